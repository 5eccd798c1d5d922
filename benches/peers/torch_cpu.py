#!/usr/bin/env python3
"""PyTorch on the CPU: training steps of seed-mnist (forward, loss, backward, Adam) on data in memory.

usage: torch_cpu.py [--batch 128] [--steps 30]        prints one JSON line: images per second, median of the steps
"""
import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=30)
    args = parser.parse_args()
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10))
    images, labels = torch.rand(args.batch, 1, 28, 28), torch.randint(0, 10, (args.batch,))
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    times = []
    for step in range(args.steps + 3):
        begun = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(net(images), labels).backward()
        optimizer.step()
        if step >= 3:  # the first steps choose algorithms
            times.append(time.perf_counter() - begun)
    print(json.dumps({"peer": f"torch-{torch.__version__}", "threads": torch.get_num_threads(), "batch": args.batch,
                      "images_per_s": round(args.batch / statistics.median(times), 1)}))


if __name__ == "__main__":
    main()
