#!/usr/bin/env python3
"""lepton-gpu and PyTorch on the same CPU, in turn within one run: A B A B …, and the ratio of each pair.

usage: compare.py LEPTON_GPU [--python PYTHON] [--rounds 5] [--batch 128] [--steps 40]

LEPTON_GPU is the release binary; it uses the software Vulkan driver that VK_DRIVER_FILES names, if it is set. PYTHON is
one that has PyTorch. Prints a JSON line a round and the medians.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def ours(binary, batch, steps):
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder) / "run"
        out = subprocess.run([binary, "train", "--batch", str(batch), "--steps", str(steps), "--epochs", "99", "--out", run],
                             check=True, capture_output=True, text=True).stdout
        events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    first = next(e["seconds"] for e in events if e["event"] == "first_step")
    steps = [e["images"] / e["seconds"] for e in events if e["event"] == "progress"][2:]
    return statistics.median(steps), first, out.splitlines()[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=40)
    args = parser.parse_args()
    rounds = []
    for number in range(args.rounds):
        rate, first, adapter = ours(args.binary, args.batch, args.steps)
        command = [args.python, HERE / "torch_cpu.py", "--batch", str(args.batch), "--steps", str(args.steps)]
        peer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if number == 0:
            print(adapter)
        row = {"round": number, "lepton_images_per_s": round(rate, 1), "first_step_s": round(first, 2),
               "torch_images_per_s": peer["images_per_s"], "ratio": round(rate / peer["images_per_s"], 3),
               "batch": args.batch, "peer": peer["peer"]}
        rounds.append(row)
        print(json.dumps(row), flush=True)
    middle = lambda key: statistics.median(row[key] for row in rounds)
    print(f"median: {middle('lepton_images_per_s'):.0f} against {middle('torch_images_per_s'):.0f} images/s, "
          f"ratio {middle('ratio'):.2f} ({min(r['ratio'] for r in rounds):.2f} to {max(r['ratio'] for r in rounds):.2f})")


if __name__ == "__main__":
    main()
