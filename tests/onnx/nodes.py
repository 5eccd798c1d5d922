"""The node tests of the installed onnx package as a folder, for those of its versions that make them when they are asked for.

    python nodes.py FOLDER

FOLDER/TEST/model.onnx, TEST/test_data_set_0/input_0.pb and output_0.pb, as older versions carry them in
onnx/backend/test/data/node.
"""

import pathlib
import sys
import warnings

import onnx
from onnx import numpy_helper
from onnx.backend.test.case import node

warnings.filterwarnings("ignore")


def main(folder):
    written = 0
    for case in node.collect_testcases(None):
        values = [value for pair in case.data_sets[0] for value in pair]
        if case.model is None or not all(hasattr(value, "dtype") for value in values):
            continue
        place = pathlib.Path(folder, case.name)
        data = place / "test_data_set_0"
        data.mkdir(parents=True, exist_ok=True)
        (place / "model.onnx").write_bytes(case.model.SerializeToString())
        for kind, infos, values in zip(
            ["input", "output"], [case.model.graph.input, case.model.graph.output], case.data_sets[0]
        ):
            for i, (info, value) in enumerate(zip(infos, values)):
                tensor = numpy_helper.from_array(value, info.name)
                (data / f"{kind}_{i}.pb").write_bytes(tensor.SerializeToString())
        written += 1
    print(f"{written} tests of onnx {onnx.__version__}")


if __name__ == "__main__":
    main(sys.argv[1])
