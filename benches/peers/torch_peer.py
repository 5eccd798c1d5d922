#!/usr/bin/env python3
"""PyTorch: training steps (forward, loss, backward, update) on data that are on the device.

usage: torch_peer.py [--workload seed-mnist] [--batch 128] [--modes eager,graph] [--device cpu|cuda] [--seconds 3]

A mode is words joined by +:
  eager          nothing beside what a program has anyway
  channels_last  images and filters in NHWC
  amp            autocast to bf16
  tf32           convolutions and products may use TF32; without it f32 is f32
  graph          the whole step as one CUDA graph (CUDA only)
  compile        torch.compile, on CUDA in its mode reduce-overhead, which makes CUDA graphs too

One JSON line a mode. `first_step_s` counts from the start of the process, so only the first mode has it.
"""
import argparse
import contextlib
import platform
import sys
import time

import common
import torch
import torch.nn.functional as F
from torch import nn

WORDS = {"eager", "channels_last", "amp", "tf32", "graph", "compile"}
BATCHES = 32  # distinct batches, taken in turn
EAGER_BEFORE_GRAPH = 3  # steps in which libraries choose algorithms and the optimiser makes its state


def seed(workload):
    """models/seed-mnist.toml and models/seed-cifar.toml."""
    height, _, channels = common.SHAPES[workload]
    left = ((height - 2) // 2 - 2) // 2 - 2
    return nn.Sequential(
        nn.Conv2d(channels, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(64 * left * left, 64), nn.ReLU(), nn.Linear(64, common.CLASSES))


def conv_norm(inputs, outputs, kernel, stride):
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    """He et al. 2016's basic block; where the shape changes, what stands in for the identity is their option A (every other
    pixel, channels of zeros) or B (a 1x1 convolution with a norm)."""

    def __init__(self, inputs, outputs, stride, option):
        super().__init__()
        self.first = conv_norm(inputs, outputs, 3, stride)
        self.second = conv_norm(outputs, outputs, 3, 1)
        other = Thinned(outputs - inputs) if option == "A" else conv_norm(inputs, outputs, 1, stride)
        self.around = nn.Identity() if inputs == outputs else other

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.around(x))


class Thinned(nn.Module):
    """Every other pixel, and channels of zeros on both sides."""

    def __init__(self, more):
        super().__init__()
        self.sides = (0, 0, 0, 0, more // 2, more // 2)

    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], self.sides)


def resnet(widths, blocks, option):
    """models/resnet20.toml and models/resnet18-cifar.toml: a 3x3 stem without a pool."""
    layers, inputs = [conv_norm(3, widths[0], 3, 1), nn.ReLU()], widths[0]
    for stage, width in enumerate(widths):
        for block in range(blocks):
            layers.append(Residual(inputs, width, 2 if stage > 0 and block == 0 else 1, option))
            inputs = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, common.CLASSES))


class Bottleneck(nn.Module):
    """He et al. 2016's bottleneck with the stride in its 3x3 convolution, as in models/resnet50.toml and torchvision."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.parts = nn.Sequential(conv_norm(inputs, width, 1, 1), nn.ReLU(), conv_norm(width, width, 3, stride),
                                   nn.ReLU(), conv_norm(width, 4 * width, 1, 1))
        same = inputs == 4 * width and stride == 1
        self.around = nn.Identity() if same else conv_norm(inputs, 4 * width, 1, stride)

    def forward(self, x):
        return F.relu(self.parts(x) + self.around(x))


def resnet50():
    """models/resnet50.toml on images of 224x224."""
    layers, inputs = [conv_norm(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            layers.append(Bottleneck(inputs, 64 << stage, 2 if stage > 0 and block == 0 else 1))
            inputs = 256 << stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, common.CLASSES))


class Scaled(nn.Module):
    def forward(self, x):
        return x / 9


def speednet():
    """models/speednet.toml, its filters at random instead of whitening: they are frozen in both."""
    def norm(channels):
        norm = nn.BatchNorm2d(channels, eps=1e-12, momentum=0.4)
        norm.weight.requires_grad_(False)
        return norm

    def group(inputs, outputs):
        return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.MaxPool2d(2), norm(outputs), nn.GELU(),
                nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), norm(outputs), nn.GELU()]

    whiten = nn.Conv2d(3, 24, 2)
    whiten.weight.requires_grad_(False)
    return nn.Sequential(whiten, nn.GELU(), *group(24, 64), *group(64, 256), *group(256, 256), nn.MaxPool2d(3),
                         nn.Flatten(), nn.Linear(256, common.CLASSES, bias=False), Scaled())


NETWORKS = {
    "seed-mnist": lambda: seed("seed-mnist"),
    "seed-cifar": lambda: seed("seed-cifar"),
    "resnet20": lambda: resnet((16, 32, 64), 3, "A"),
    "resnet18-cifar": lambda: resnet((64, 128, 256, 512), 2, "B"),
    "speednet": speednet,
    "resnet50": resnet50,
}


class Training:
    """One network in one mode; `step` trains on the next batch and returns the loss as a tensor on the device."""

    def __init__(self, workload, words, batch, device):
        self.words, self.batch, self.device, self.done = words, batch, device, 0
        torch.manual_seed(0)
        torch.backends.cudnn.benchmark = True  # shapes are fixed, so the search is done once
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = "tf32" in words
        layout = torch.channels_last if "channels_last" in words else torch.contiguous_format
        self.network = NETWORKS[workload]().to(device).to(memory_format=layout)
        self.run = self.network
        if "compile" in words:
            self.run = torch.compile(self.network, mode="reduce-overhead" if device == "cuda" else "default")
        self.optimizer = self.make_optimizer(dict(common.OPTIMIZERS[workload]))
        pixels, labels = common.synthetic(workload, BATCHES * batch)
        images = torch.frombuffer(pixels, dtype=torch.uint8).view(-1, *common.SHAPES[workload]).permute(0, 3, 1, 2)
        self.images = (images.to(device).float() / 255).contiguous(memory_format=layout)
        self.labels = torch.tensor(list(labels), device=device)
        self.graph = None

    def make_optimizer(self, options):
        kind = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[options.pop("name")]
        cuda = self.device == "cuda"
        if "graph" in self.words and kind is torch.optim.Adam:
            options["capturable"] = True  # the step count is on the device
        learned = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        return kind(learned, fused=cuda or None, **options)

    def update(self, images, labels):
        self.optimizer.zero_grad(set_to_none=True)
        amp = contextlib.nullcontext()
        if "amp" in self.words:  # a graph must not replay casts that were cached outside it
            amp = torch.autocast(self.device, torch.bfloat16, cache_enabled="graph" not in self.words)
        with amp:
            loss = F.cross_entropy(self.run(images).float(), labels)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def step(self):
        start = self.done % BATCHES * self.batch
        images, labels = self.images[start:start + self.batch], self.labels[start:start + self.batch]
        self.done += 1
        if "graph" not in self.words:
            return self.update(images, labels)
        if self.done <= EAGER_BEFORE_GRAPH:
            return self.update_aside(images, labels)
        if self.graph is None:
            self.capture(images, labels)
        self.static_images.copy_(images)
        self.static_labels.copy_(labels)
        self.graph.replay()
        return self.loss

    def update_aside(self, images, labels):
        """What comes before a capture has to run in another stream than the default one."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            loss = self.update(images, labels)
        torch.cuda.current_stream().wait_stream(side)
        return loss

    def capture(self, images, labels):
        self.static_images, self.static_labels = images.clone(), labels.clone()
        self.optimizer.zero_grad(set_to_none=True)  # so that the graph owns the gradients
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.loss = self.update(self.static_images, self.static_labels)

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()


def timed(training, count):
    begun = time.perf_counter()
    for _ in range(count):
        training.step()
    training.wait()
    return time.perf_counter() - begun


def measure(workload, mode, batch, device, seconds, first_of_process):
    words = set(mode.split("+"))
    if words - WORDS:
        raise ValueError(f"{mode}: unknown {', '.join(sorted(words - WORDS))}; known: {', '.join(sorted(WORDS))}")
    if "graph" in words and device != "cuda":
        raise ValueError("graph needs CUDA")
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    training = Training(workload, words, batch, device)
    losses = [training.step().item()]
    first = round(common.since_start(), 3) if first_of_process else None
    losses += [training.step().item() for _ in range(common.LOSS_STEPS - 1)]
    count = max(1, round(seconds / 10 / (timed(training, 5) / 5)))
    windows, stop = [], time.perf_counter() + seconds
    while len(windows) < 3 or time.perf_counter() < stop:
        windows.append(timed(training, count))
    cuda = device == "cuda"
    common.result(
        [count * batch / window for window in windows], peer="torch", mode=mode, workload=workload, batch=batch,
        window_steps=count, first_step_s=first, loss=round(sum(losses) / len(losses), 4), loss_steps=len(losses),
        loss_first=round(losses[0], 4), loss_last=round(losses[-1], 4),
        parameters=sum(p.numel() for p in training.network.parameters()),
        device=torch.cuda.get_device_name() if cuda else "cpu", threads=torch.get_num_threads(),
        peak_rss_mib=common.peak_rss_mib(),
        device_mib=round(torch.cuda.max_memory_reserved() / 2**20) if cuda else None,
        versions={"torch": torch.__version__, "cuda": torch.version.cuda if cuda else None,
                  "cudnn": torch.backends.cudnn.version() if cuda else None, "python": platform.python_version()})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", choices=NETWORKS, default="seed-mnist")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--modes", default="eager")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seconds", type=float, default=3)
    args = parser.parse_args()
    failed = False
    for number, mode in enumerate(args.modes.split(",")):
        try:
            measure(args.workload, mode, args.batch, args.device, args.seconds, number == 0)
        except Exception as error:  # one mode that does not run must not lose the rest
            failed = True
            common.failure(error, peer="torch", mode=mode, workload=args.workload, batch=args.batch)
        if args.device == "cuda" and torch.cuda.is_available():
            torch.cuda.empty_cache()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
