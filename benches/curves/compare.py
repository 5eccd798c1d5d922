#!/usr/bin/env python3
"""Training losses of lepton-gpu beside PyTorch's, step by step: same start, same batches, same order, same update.

usage: compare.py --data cifar-10-batches-bin [--program target/release/lepton-gpu] [--models resnet20,speednet]
                  [--steps 200] [--images 2048] [--batch 32] [--lr F] [--disturb 1e-6] [--out DIR]

For each model, `lepton-gpu train --steps 0` writes its starting weights; then it trains on the first --images training
images of CIFAR-10 without augmentation, and PyTorch (f32, processor) does the same from the same weights. What PyTorch
does is read from the run's config.toml and model.toml. The program's losses are differences of the running means in
events.jsonl; where a GPU is so quick that an event covers several steps, their mean is compared.

--disturb trains PyTorch once more from weights that are multiplied by 1 + F·(normal number): how far two right programs
may be apart after so many steps. 0 leaves that out.

Written: DIR/MODEL.json (both curves, settings, differences) and DIR/MODEL.png.
"""
import argparse
import fnmatch
import json
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import torch
import torch.nn.functional as F

import order
from draw import draw
from network import Network, read_safetensors, torch_layout

HERE = Path(__file__).resolve().parent
RECORD = 1 + 3 * 32 * 32
SMOOTH = 10  # steps of the smoothed curves
GOAL = 0.01

# As the recipes train them, at the learning rate of the batch here: for resnet20 He et al. 2016's 0.1 at 128 images, for
# speednet recipes/cifar10-speednet.toml's 1.5 at 1024. Schedules, augmentation and averages are left out.
MODELS = {
    "resnet20": (0.1 / 128, ["--momentum", "0.9", "--weight-decay", "1e-4", "--decay-all"]),
    "speednet": (1.5 / 1024, [
        "--momentum", "0.85", "--nesterov", "--weight-decay", "0.00133043", "--decay-all", "--label-smoothing", "0.2",
        "--lr-factor", "*norm*.bias=64", "--decay-factor", "*norm*.bias=0.015625",
        "--freeze", "whiten.weight", "--freeze", "fixed.weight"]),
}


def cut(data, images, folder):
    """The first training images of CIFAR-10, over five files, as the data set has them."""
    raw = b"".join((data / f"data_batch_{i}.bin").read_bytes()[:images * RECORD] for i in range(1, 6))[:images * RECORD]
    if len(raw) != images * RECORD:
        sys.exit(f"{data} has {len(raw) // RECORD} images, and --images is {images}\n  try: a smaller --images")
    for i in range(5):
        start, end = i * images // 5, (i + 1) * images // 5
        (folder / f"data_batch_{i + 1}.bin").write_bytes(raw[start * RECORD:end * RECORD])
    records = torch.frombuffer(bytearray(raw), dtype=torch.uint8).view(images, RECORD)
    return records[:, 1:].view(images, 3, 32, 32), records[:, 0].long()


def train(args, model, flags, folder, out, steps):
    """Runs the program; gives its adapter's line and its seconds."""
    epochs = -(-args.steps // -(-args.images // args.batch))
    command = [args.program, "train", folder, "--model", model, "--optimizer", "sgd", *flags, "--normalize", "dataset",
               "--batch", args.batch, "--epochs", epochs, "--steps", steps, "--seed", args.seed, "--out", out]
    begun = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{model}: the program failed\n{done.stderr}")
    line = next(line for line in done.stdout.splitlines() if line.startswith("adapter"))
    return " ".join(line.split()[1:]), time.perf_counter() - begun


def program_losses(out):
    """(first step, steps, mean loss of an image) of every event."""
    groups, before, done = [], (0, 0, 0.0), 0
    epoch = 1
    for line in (out / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["event"] != "progress":
            continue
        if event["epoch"] != epoch:
            epoch, before = event["epoch"], (0, 0, 0.0)
        seen = before[1] + event["images"]
        total, steps = event["loss"] * seen, event["step"] - before[0]
        if steps > 0:
            groups.append((done, steps, (total - before[2]) / (seen - before[1])))
            done += steps
        before = (event["step"], seen, total)
    return groups


def factors(config, name):
    """Learning rate and weight decay of a parameter, and whether it is trained."""
    rate, decay, trained = 1.0, 1.0, True
    for rule in config["update"].get("parameters", []):
        if fnmatch.fnmatchcase(name, rule["match"]):
            rate, decay = rule.get("lr", rate), rule.get("weight_decay", decay)
            trained = not rule.get("frozen", not trained)
    return rate, decay, trained


def torch_losses(args, start, data, disturb=0.0):
    """The loss of every step."""
    config = tomllib.loads((start / "config.toml").read_text())
    model = tomllib.loads((start / "model.toml").read_text())
    network = Network(model, read_safetensors(start / "last.safetensors"))
    generator, groups, sgd = torch.Generator().manual_seed(1), [], config["optimizer"]
    for name, value in network.parameters.items():
        rate, decay, trained = factors(config, name)
        value.requires_grad_(trained)
        if trained:
            with torch.no_grad():
                value *= 1 + disturb * torch.randn(value.shape, generator=generator)
            groups.append({"params": [value], "lr": config["learning_rate"] * rate,
                           "weight_decay": sgd["weight_decay"] * decay})
    optimizer = torch.optim.SGD(groups, momentum=sgd["momentum"], nesterov=sgd["nesterov"])
    mean, std = (torch.tensor(config["normalize"][part]).view(1, 3, 1, 1) for part in ("mean", "std"))
    images, labels = data
    losses = []
    for numbers in order.batches(config["seed"], len(labels), args.batch, args.steps):
        logits = network((images[numbers].float() / 255 - mean) / std)
        smoothing = config.get("loss", {}).get("label_smoothing", 0.0)
        loss = F.cross_entropy(logits, labels[numbers], label_smoothing=smoothing)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def grouped(losses, groups):
    return [sum(losses[first:first + steps]) / steps for first, steps, _ in groups]


def smoothed(losses):
    return [sum(losses[i:i + SMOOTH]) / SMOOTH for i in range(len(losses) - SMOOTH + 1)]


def apart(a, b):
    """The largest relative difference, and the step from 1 where it is."""
    differences = [abs(x - y) / abs(y) for x, y in zip(a, b)]
    at = max(range(len(differences)), key=differences.__getitem__)
    return {"largest": differences[at], "step": at + 1}


def compare(args, model):
    per_image, flags = MODELS[model]
    rate = args.lr or per_image * args.batch
    flags = [*flags, "--lr", f"{rate:.6g}"]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        data_folder = folder / "cifar"
        data_folder.mkdir()
        data = cut(args.data, args.images, data_folder)
        train(args, model, flags, data_folder, folder / "start", 0)
        adapter, seconds = train(args, model, flags, data_folder, folder / "run", args.steps)
        groups = program_losses(folder / "run")
        if sum(steps for _, steps, _ in groups) != args.steps:
            sys.exit(f"{model}: events.jsonl has not all {args.steps} steps")
        begun = time.perf_counter()
        found = {"lepton_gpu": [loss for *_, loss in groups],
                 "torch": grouped(torch_losses(args, folder / "start", data), groups)}
        torch_seconds = time.perf_counter() - begun
        if args.disturb:
            found["torch_disturbed"] = grouped(torch_losses(args, folder / "start", data, args.disturb), groups)
    ours, theirs = found["lepton_gpu"], found["torch"]
    differences = {"raw": apart(ours, theirs), f"smoothed_{SMOOTH}": apart(smoothed(ours), smoothed(theirs))}
    if args.disturb:
        other = found["torch_disturbed"]
        differences |= {"torch_disturbed_raw": apart(other, theirs),
                        f"torch_disturbed_smoothed_{SMOOTH}": apart(smoothed(other), smoothed(theirs))}
    result = {
        "model": model, "steps": args.steps, "images": args.images, "batch": args.batch, "seed": args.seed,
        "learning_rate": rate, "flags": flags, "adapter": adapter, "torch": torch.__version__,
        "disturbed_by": args.disturb, "seconds": round(seconds, 1), "torch_seconds": round(torch_seconds, 1),
        "steps_of_each_value": [steps for _, steps, _ in groups], "losses": found, "differences": differences}
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / f"{model}.json").write_text(json.dumps(result, indent=1) + "\n")
    draw(result, smoothed, args.out / f"{model}.png")
    for name, difference in differences.items():
        print(f"{model:<10} {name:<28} {100 * difference['largest']:8.4f} % at step {difference['step']}")
    return differences[f"smoothed_{SMOOTH}"]["largest"] <= GOAL and differences["raw"]["largest"] <= GOAL


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of CIFAR-10's .bin files")
    parser.add_argument("--program", default=HERE.parent.parent / "target/release/lepton-gpu")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--images", type=int, default=2048)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, help="another learning rate than the recipe's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--disturb", type=float, default=1e-6)
    parser.add_argument("--out", type=Path, default=Path("curves"))
    args = parser.parse_args()
    within = [compare(args, model) for model in args.models.split(",")]
    print(f"goal: within {100 * GOAL:.0f} %, raw and smoothed over {SMOOTH} steps: {'reached' if all(within) else 'missed'}")
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
