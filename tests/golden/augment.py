#!/usr/bin/env python3
"""Writes augment.safetensors: augmented images as PyTorch and Python's colorsys make them.

    python tests/golden/augment.py

What is drawn for an image comes from integers (shaders/augment/draw.wgsl); they are computed here once more, in Python.
What is done with it is not ours: torch.nn.functional.pad and a flip for crops, grid_sample in f64 for a rotation (places
rounded to 1/256 pixel, border padding), colorsys for a hue. Images are bytes [n][h][w][c], results are in 0..1.
"""
import colorsys
import math

import numpy as np
import torch
import torch.nn.functional as F

from make import HERE, VERSIONS, bits, safetensors

KEY = (0x12345678, 0x9ABCDEF1)
MASK = 0xFFFFFFFF
ONE = 1 << 14


def mix(h):
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & MASK
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & MASK
    return h ^ (h >> 16)


def noise(stream, image):
    return mix((mix(image ^ KEY[0]) + mix(stream ^ KEY[1])) & MASK)


def around(stream, image, most):
    return ((noise(stream, image) >> 16) * (2 * most + 1) >> 16) - most


def photographs(name, n, h, w, c):
    coarse = (bits(name, n * 3 * 3 * c) >> np.uint64(56)).astype(np.float64).reshape(n, 3, 3, c)
    fine = F.interpolate(torch.from_numpy(coarse).permute(0, 3, 1, 2), size=(h, w), mode="bilinear", align_corners=True)
    return fine.round().permute(0, 2, 3, 1).contiguous()


def crops(x, padding, mode):
    n, h, w, _ = x.shape
    out = []
    for i in range(n):
        planes = x[i].permute(2, 0, 1)[None]
        padded = F.pad(planes, (padding,) * 4, mode=mode)
        top, left = (padding + around(s, i, padding) for s in (2, 3))
        crop = padded[0, :, top:top + h, left:left + w]
        if noise(0, i) >> 8 < 1 << 23:
            crop = crop.flip(2)
        out.append(crop.permute(1, 2, 0))
    return torch.stack(out)


def rotations(x, degrees):
    n, h, w, _ = x.shape
    ys, xs = torch.meshgrid(torch.arange(h, dtype=torch.float64), torch.arange(w, dtype=torch.float64), indexing="ij")
    ys, xs = ys - (h - 1) / 2, xs - (w - 1) / 2
    out = []
    for i in range(n):
        angle = around(4, i, round(degrees / 360 * 4096)) / 4096 * 2 * math.pi
        cosine, sine = (round(f(angle) * ONE) / ONE for f in (math.cos, math.sin))
        places = [(h - 1) / 2 + cosine * ys + sine * xs, (w - 1) / 2 - sine * ys + cosine * xs]
        places = [torch.floor(p * 256 + 0.5) / 256 for p in places]
        grid = torch.stack([2 * (p + 0.5) / size - 1 for p, size in zip(reversed(places), (w, h))], dim=-1)
        turned = F.grid_sample(x[i].permute(2, 0, 1)[None], grid[None], padding_mode="border", align_corners=False)
        out.append(turned[0].permute(1, 2, 0))
    return torch.stack(out)


def hues(x, most):
    out = np.zeros(x.shape)
    for i, image in enumerate(x.numpy() / 255):
        turn = around(23, i, round(most * ONE)) / ONE
        for y in range(x.shape[1]):
            for column in range(x.shape[2]):
                hue, saturation, value = colorsys.rgb_to_hsv(*image[y, column])
                out[i, y, column] = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)
    return torch.from_numpy(out * 255)


def main():
    tensors, metadata = {}, {"versions": VERSIONS, "key": list(KEY)}

    def add(name, policy, x, y):
        tensors[f"{name}.x"] = x.numpy().astype(np.uint8)
        tensors[f"{name}.y"] = (y / 255).numpy().astype(np.float32)
        metadata[name] = policy

    for number, (mode, outside) in enumerate([("constant", "zero"), ("reflect", "reflect"), ("replicate", "edge")]):
        x = photographs(9000 + number, 8, 6, 9, 3)
        policy = {"flip": {"random": 0.5}, "crop": 3, "outside": outside}
        add(f"crop_{outside}", policy, x, crops(x, 3, mode))
    x = photographs(9010, 8, 11, 8, 1)
    add("rotate", {"rotate": 40.0, "outside": "edge"}, x, rotations(x, 40))
    x = photographs(9011, 8, 5, 7, 3)
    add("hue", {"jitter": {"hue": 0.5}}, x, hues(x, 0.5))
    (HERE / "augment.safetensors").write_bytes(safetensors(tensors, metadata))


if __name__ == "__main__":
    main()
