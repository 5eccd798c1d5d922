#!/usr/bin/env python3
"""Writes `gan.safetensors`: PyTorch's numbers of a generator and a discriminator (`gan.toml`) that are trained in turn.

    python tests/golden/gan.py           rewrite the file
    python tests/golden/gan.py --check   remake it in memory, compare byte for byte

Layout, counters and versions as in `make.py`. `images` are 16 images of bytes, `start.PARAMETER` the starting values. Step t of 3
learns from images 6 t .. 6 t + 6, the last one from four. A step, as in PyTorch's DCGAN example but with fresh noise for the
generator (Goodfellow et al. 2014, algorithm 1):

    noise A -> generator (its batch norm in training) -> detached; BCE of real images against 0.9 plus BCE of those against 0;
               Adam updates the discriminator
    noise B -> generator -> discriminator, BCE against 1; Adam updates the generator

Noise is lepton-gpu's: the number of an element is image number * 5 + column, its bits
mix(mix(element ^ key[0]) + mix(stream ^ key[1])), the upper 24 of them 2 u - 1; the stream is mix(0x6e6f6973) for noise A
and mix(0x6e6f6974) for noise B; the key of step t is [77 + t, 1000 + t]. `stepT.d_loss`, `stepT.g_loss` and `stepT.PARAMETER` are
what the step computes and leaves, in f64.
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F

from make import F64, HERE, VERSIONS, bits, nchw, nhwc, normal, safetensors

BATCH, IMAGES, NOISE, STEPS = 6, 16, 5, 3
LEARNING_RATE, BETAS, SMOOTHING = 2e-3, (0.5, 0.999), 0.1
SHAPES = {
    "generator.project.weight": (5, 12),
    "generator.norm.weight": (3,),
    "generator.norm.bias": (3,),
    "generator.norm.running_mean": (3,),
    "generator.norm.running_var": (3,),
    "generator.up.weight": (4, 4, 2, 3),
    "generator.up.bias": (2,),
    "conv.weight": (3, 3, 2, 4),
    "conv.bias": (4,),
    "judge.weight": (16, 1),
    "judge.bias": (1,),
}


def mix(value):
    h = value & 0xFFFFFFFF
    h = (h ^ h >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    h = (h ^ h >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return h ^ h >> 16


def noise(step, half, first, rows):
    key, stream = (77 + step, 1000 + step), mix(0x6E6F6973 + half)
    drawn = [mix(mix((first * NOISE + i) ^ key[0]) + mix(stream ^ key[1])) for i in range(rows * NOISE)]
    return torch.tensor([2 * (d >> 8) / 2**24 - 1 for d in drawn], dtype=F64).reshape(rows, NOISE)


def start():
    values = {}
    for name, shape in SHAPES.items():
        value = normal(f"gan.{name}", *shape) * np.float32(0.4)
        if name.endswith(("norm.weight", "running_var")):
            value = np.float32(1) + np.abs(value)
        values[name] = value.astype(np.float32)
    return values


def generate(p, z):
    x = (z @ p["generator.project.weight"]).reshape(-1, 2, 2, 3)
    x = F.batch_norm(nchw(x), p["generator.norm.running_mean"], p["generator.norm.running_var"], p["generator.norm.weight"],
                     p["generator.norm.bias"], training=True, momentum=0.1, eps=1e-5)
    weight = p["generator.up.weight"].permute(3, 2, 0, 1)
    return nhwc(torch.tanh(F.conv_transpose2d(F.relu(x), weight, p["generator.up.bias"], stride=2, padding=1)))


def judge(p, x):
    weight = p["conv.weight"].permute(3, 2, 0, 1)
    x = F.leaky_relu(F.conv2d(nchw(x), weight, p["conv.bias"], stride=2, padding=1), 0.2)
    return nhwc(x).reshape(len(x), -1) @ p["judge.weight"] + p["judge.bias"]


def verdict(logits, target):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def run():
    images = (bits(4321, IMAGES * 32) >> np.uint64(56)).astype(np.uint8).reshape(IMAGES, 4, 4, 2)
    given = start()
    tensors = {"images": images} | {f"start.{name}": value for name, value in given.items()}
    p = {name: torch.tensor(value, dtype=F64) for name, value in given.items()}
    trained = {name: t.requires_grad_() for name, t in p.items() if "running" not in name}
    own = [[t for name, t in trained.items() if name.startswith("generator") == generator] for generator in (False, True)]
    discriminator, generator = (torch.optim.Adam(parameters, LEARNING_RATE, BETAS, 1e-8) for parameters in own)
    for t in range(STEPS):
        first, rows = BATCH * t, min(BATCH, IMAGES - BATCH * t)
        real = (torch.tensor(images[first:first + rows], dtype=F64) / 255 - 0.5) / 0.5
        fake = generate(p, noise(t, 0, first, rows)).detach()
        d_loss = verdict(judge(p, real), 1 - SMOOTHING) + verdict(judge(p, fake), 0.0)
        discriminator.zero_grad()
        d_loss.backward()
        discriminator.step()
        g_loss = verdict(judge(p, generate(p, noise(t, 1, first, rows))), 1.0)
        generator.zero_grad()
        g_loss.backward()
        generator.step()
        tensors |= {f"step{t}.d_loss": np.float64([d_loss.item()]), f"step{t}.g_loss": np.float64([g_loss.item()])}
        tensors |= {f"step{t}.{name}": value.detach().numpy().copy() for name, value in p.items()}
    return tensors


def main():
    torch.set_num_threads(1)
    path = HERE / "gan.safetensors"
    data = safetensors(run(), {"made_with": VERSIONS, "model": (HERE / "gan.toml").read_text()})
    if "--check" in sys.argv[1:]:
        same = path.read_bytes() == data
        print(path.name, "is what the script makes" if same else "DIFFERS")
        sys.exit(0 if same else 1)
    path.write_bytes(data)
    print(path.name, len(data), "bytes")


if __name__ == "__main__":
    main()
