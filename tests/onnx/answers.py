"""What the ONNX checker and onnxruntime say of files, beside the answers that were written with them.

    python answers.py FOLDER

Of every FOLDER/NAME.onnx the input is NAME.input and the wanted first output NAME.answer (f32, images with channels last). Prints
`NAME DIFFERENCE`, the largest difference as a part of the largest answer; ends with 1 if one is above 1e-4.
"""

import pathlib
import sys

import numpy
import onnx
import onnxruntime

TYPES = {"tensor(float)": numpy.float32, "tensor(uint8)": numpy.uint8, "tensor(int64)": numpy.int64}
LIMIT = 1e-4


def main(folder):
    worst = 0.0
    for path in sorted(pathlib.Path(folder).glob("*.onnx")):
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        values = numpy.fromfile(path.with_suffix(".input"), TYPES[given.type]).reshape([-1] + given.shape[1:])
        outputs = session.run(None, {given.name: values})
        found = outputs[0]
        if found.ndim == 4:
            found = found.transpose(0, 2, 3, 1)
        wanted = numpy.fromfile(path.with_suffix(".answer"), numpy.float32).reshape(found.shape)
        difference = float(numpy.abs(found - wanted).max() / numpy.abs(wanted).max())
        names = [output.name for output in session.get_outputs()]
        if "probabilities" in names:
            chances = outputs[names.index("probabilities")]
            assert ((chances >= 0) & (chances <= 1)).all(), names
        limit = 2e-2 if path.stem.endswith("-f16") else LIMIT
        worst = max(worst, difference / limit)
        print(f"{path.stem} {difference:.1e} {','.join(names)}", flush=True)
    sys.exit(worst > 1)


if __name__ == "__main__":
    main(sys.argv[1])
