#!/usr/bin/env python3
"""Writes backbone/ from a file with `images` u8 [n, 224, 224, 3], and PyTorch's `logits` [n, 1000] and pooled `features`
[n, 1280] of EfficientNet-Lite0 with ImageNet's weights, computed in f64:

    python tests/golden/backbone.py efficientnet-lite0-reference.safetensors

Four of its photos, from TrashNet (Thung and Yang 2016, MIT), as lossless WebP, and a safetensors file with their numbers.
"""
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

OUT = Path(__file__).resolve().parent / "backbone"
PHOTOS = ("cardboard10", "glass10", "metal10", "plastic10")

data = Path(sys.argv[1]).read_bytes()
start = 8 + int.from_bytes(data[:8], "little")
header = json.loads(data[8:start])


def tensor(name):
    begin, end = header[name]["data_offsets"]
    kind = {"U8": "u1", "F32": "<f4"}[header[name]["dtype"]]
    return np.frombuffer(data[start + begin:start + end], kind).reshape(header[name]["shape"])


names = [Path(name).stem for name in header["__metadata__"]["names"].split(",")]
rows = [names.index(photo) for photo in PHOTOS]
for photo, row in zip(PHOTOS, rows):
    Image.fromarray(tensor("images")[row]).save(OUT / f"{photo}.webp", lossless=True, quality=100, method=6)
kept, body = {"__metadata__": {"names": ",".join(PHOTOS)}}, b""
for name in ("features", "logits"):
    part = tensor(name)[rows]
    kept[name] = {"dtype": "F32", "shape": list(part.shape), "data_offsets": [len(body), len(body) + part.nbytes]}
    body += part.tobytes()
text = json.dumps(kept, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
(OUT / "reference.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + body)
