"""What the peers share: the workloads and their data, the clock from the start of the process, the line of a result.

Nothing here needs a package. The data are the same bytes for everybody: noise with one bright row that gives the class
away, so that a network which learns shows it within a few steps.
"""
import json
import os
import random
import resource
import statistics
import sys
import time

# compare.py passes when it started the process; alone, a peer counts from here
BEGUN = float(os.environ.get("PEER_STARTED") or time.time())

SHAPES = {  # height, width, channels
    "seed-mnist": (28, 28, 1),
    "seed-cifar": (32, 32, 3),
    "resnet20": (32, 32, 3),
    "resnet18-cifar": (32, 32, 3),
    "speednet": (32, 32, 3),
    "resnet50": (224, 224, 3),
}
OPTIMIZERS = {  # Adam as the seeds' examples use it, SGD as He et al. 2016 train residual networks on CIFAR-10, and as Jordan
    # 2024 trains speednet, at a rate that this batch bears without a schedule
    "seed-mnist": {"name": "adam", "lr": 1e-3},
    "seed-cifar": {"name": "adam", "lr": 1e-3},
    "resnet20": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4},
    "resnet18-cifar": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4},
    "resnet50": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4},
    "speednet": {"name": "sgd", "lr": 0.05, "momentum": 0.85, "nesterov": True, "weight_decay": 1.3e-3},
}
FROZEN = {"speednet": ["whiten.weight", "fixed.weight"]}  # what keeps its start
CLASSES = 10
LOSS_STEPS = 20  # the loss that is reported is the mean of so many first steps; none of them is timed


def chunks(workload, count):
    """`count` images `[n, h, w, c]` and their labels `[n]`, as bytes, 1024 at a time."""
    height, width, channels = SHAPES[workload]
    row, image = width * channels, height * width * channels
    bright = b"\xff" * row
    for begin in range(0, count, 1024):
        source, images = random.Random(begin), min(1024, count - begin)
        labels = bytes(source.choices(range(CLASSES), k=images))
        pixels = bytearray(source.randbytes(images * image))
        for index, label in enumerate(labels):
            start = index * image + (2 * label + 2) * row
            pixels[start:start + row] = bright
        yield pixels, labels


def synthetic(workload, count):
    """All of them together."""
    pixels, labels = bytearray(), bytearray()
    for chunk in chunks(workload, count):
        pixels += chunk[0]
        labels += chunk[1]
    return pixels, labels


def since_start():
    """Seconds since the process was started."""
    return time.time() - BEGUN


def peak_rss_mib():
    """The most memory that this process had resident."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 2**20 if sys.platform == "darwin" else peak / 2**10)


def result(samples, **fields):
    """Prints a result: `samples` are the images per second of every timed window, in order."""
    row = {"images_per_s": round(statistics.median(samples), 1), "samples": [round(s, 1) for s in samples]}
    print(json.dumps({**fields, **row}), flush=True)


def failure(error, **fields):
    """Prints that there is no result, and why."""
    print(json.dumps({**fields, "error": f"{type(error).__name__}: {error}"[:500]}), flush=True)
