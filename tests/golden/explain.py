#!/usr/bin/env python3
"""Writes `explain.safetensors`: maps by pytorch-grad-cam and captum, of a small network (`explain.toml`) and two images.

    python tests/golden/explain.py           rewrite the file
    python tests/golden/explain.py --check   remake it in memory, compare byte for byte

Needs captum and grad-cam beside what `make.py` needs. Layout, counters and versions as there. Parameter number p counts every
parameter in layer order, running averages among them: weights of products are `make.py`'s normal numbers over the square root of
the inputs of an output, times 100 in `dense`, so that gradients are far from the 1e-6 that pytorch-grad-cam adds in Grad-CAM++; of a
norm 1 + (2 unit - 1) / 4, its running variance as well; biases and running means (2 unit - 1) / 10. Images are bytes `[2, h, w, c]`,
read as x / 255; class 1 of the first is explained, class 2 of the second. Computed in f64.

`cam.*` are of the layer `sum_relu`, as pytorch-grad-cam scales them: enlarged to the image, from 0 to 1. The others are as captum
gives them, `saliency` and `smooth_grad` reduced to the largest channel, `integrated` and `occlusion` to the sum and one channel.
Integrated gradients start from 0, by Gauss and Legendre with 50 points. Occlusion covers 5x5 pixels every 3. SmoothGrad's noise is
that of the program: 9 samples, seed 5, a deviation of 0.15 times the image's range; captum averages gradients over them.
"""
import sys

import numpy as np
import torch
from captum.attr import IntegratedGradients, Occlusion, Saliency
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, HiResCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from make import HERE, VERSIONS, normal, safetensors, unit

SIZE, CLASSES, SEED, SAMPLES = (18, 22, 3), (1, 2), 5, 9
LAYERS = [("conv1", (3, 3, 3, 8), True), ("norm1", 8, None), ("conv2", (3, 3, 1, 8), False), ("norm2", 8, None),
          ("conv3", (3, 3, 8, 8), True), ("conv4", (3, 3, 8, 10), True), ("hidden", (10, 12), True),
          ("dense", (12, 4), True)]


def parameters():
    """Name and values, f32, in layer order."""
    number = 0
    for layer, shape, bias in LAYERS:
        if isinstance(shape, int):
            for name in ("weight", "bias", "running_mean", "running_var"):
                spread = 2.0 * unit(900 + number, shape) - 1.0
                value = spread / 10 if name in ("bias", "running_mean") else 1 + spread / 4
                yield f"{layer}.{name}", value.astype(np.float32)
                number += 1
            continue
        inputs = int(np.prod(shape[:-1]))
        scale = (100.0 if layer == "dense" else 1.0) / np.sqrt(inputs)
        yield f"{layer}.weight", (normal(f"explain.{layer}", *shape) * scale).astype(np.float32)
        number += 1
        if bias:
            yield f"{layer}.bias", ((2.0 * unit(900 + number, shape[-1]) - 1.0) / 10).astype(np.float32)
            number += 1


class Network(torch.nn.Module):
    def __init__(self, values):
        super().__init__()
        nn = torch.nn
        self.conv1, self.norm1 = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv2, self.norm2 = nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=8, bias=False), nn.BatchNorm2d(8)
        self.conv3, self.sum_relu = nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()
        self.conv4 = nn.Conv2d(8, 10, 3, stride=2, padding=1)
        self.hidden, self.dense = nn.Linear(10, 12), nn.Linear(12, 4)
        self.relu6, self.relu = nn.ReLU6(), nn.ReLU()
        layout = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}
        state = {name: torch.from_numpy(v.transpose(layout[v.ndim]).copy()) for name, v in values.items()}
        self.load_state_dict(state, strict=False)
        self.double().eval()

    def forward(self, x):
        x = self.relu6(self.norm1(self.conv1(x)))
        x = self.relu(self.norm2(self.conv2(x)))
        x = self.sum_relu(self.conv3(x) + x)
        x = self.relu(self.conv4(x))
        return self.dense(torch.tanh(self.hidden(x.mean((2, 3)))))


def hash64(counter):
    z = counter + np.uint64(0x9e3779b97f4a7c15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xbf58476d1ce4e5b9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94d049bb133111eb)
    return z ^ (z >> np.uint64(31))


def noise(stream, count):
    """The program's normal numbers (shaders/random.rs)."""
    with np.errstate(over="ignore"):
        base = hash64(hash64(np.array([SEED], np.uint64)) ^ np.uint64(stream))
        uniform = (hash64(base ^ np.arange(2 * count, dtype=np.uint64)) >> np.uint64(11)).astype(np.float64) / 2.0**53
    return np.sqrt(-2.0 * np.log(1.0 - uniform[0::2])) * np.cos(2.0 * np.pi * uniform[1::2])


def make():
    values = dict(parameters())
    network = Network(values)
    h, w, c = SIZE
    # smooth stripes with noise, so that a part of the image is unlike another one
    y, x = np.mgrid[0:h, 0:w]
    images = []
    for number in range(2):
        waves = [np.sin(0.35 * (1 + number) * x + 0.7 * k) * np.cos(0.3 * y - 0.5 * k * number) for k in range(c)]
        rough = unit(950 + number, h * w * c).reshape(h, w, c)
        images.append(np.clip(110 + 80 * np.stack(waves, -1) + 60 * rough, 0, 255).astype(np.uint8))
    tensors = {**values, "images": np.stack(images)}
    maps = {}
    for image, target in zip(images, CLASSES):
        pixels = image.astype(np.float32) / np.float32(255)
        as_input = torch.from_numpy(pixels.astype(np.float64).transpose(2, 0, 1)[None].copy())
        add = lambda name, value: maps.setdefault(name, []).append(np.asarray(value, dtype=np.float32))
        add("logits", network(as_input).detach()[0])
        for name, method in (("grad_cam", GradCAM), ("grad_cam_plus_plus", GradCAMPlusPlus), ("hires_cam", HiResCAM)):
            with method(model=network, target_layers=[network.sum_relu]) as cam:
                add(f"cam.{name}", cam(input_tensor=as_input.clone(), targets=[ClassifierOutputTarget(target)])[0])
        fresh = lambda: as_input.clone().requires_grad_()
        gradient = Saliency(network).attribute(fresh(), target=target, abs=True)
        add("saliency", gradient[0].amax(0).detach())
        parts, delta = IntegratedGradients(network).attribute(
            fresh(), target=target, n_steps=50, method="gausslegendre", return_convergence_delta=True)
        add("integrated", parts[0].sum(0).detach())
        add("completeness", [float(parts.detach().sum()), float(delta)])
        covered = Occlusion(network).attribute(as_input, target=target, sliding_window_shapes=(3, 5, 5), strides=(3, 3, 3))
        add("occlusion", covered[0, 0].detach())
        deviation = 0.15 * float(pixels.max() - pixels.min())
        mean = 0
        for sample in range(SAMPLES):
            noisy = pixels + (deviation * noise(sample, h * w * c)).astype(np.float32).reshape(h, w, c)
            noisy = torch.from_numpy(noisy.astype(np.float64).transpose(2, 0, 1)[None].copy()).requires_grad_()
            mean = mean + Saliency(network).attribute(noisy, target=target, abs=False)[0] / SAMPLES
        add("smooth_grad", mean.abs().amax(0).detach())
    tensors.update({f"maps.{name}": np.stack(rows) for name, rows in maps.items()})
    return safetensors(tensors, {"made_with": VERSIONS, "classes": list(CLASSES)})


if __name__ == "__main__":
    made, path = make(), HERE / "explain.safetensors"
    if "--check" in sys.argv:
        sys.exit(0 if path.read_bytes() == made else "explain.safetensors differs")
    path.write_bytes(made)
    print(f"{path}: {len(made)} bytes")
