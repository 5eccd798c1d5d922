#!/usr/bin/env python3
"""lepton-gpu and its peers on the same machine, in turn within one run: A B C A B C …, and the ratios of each round.

usage: compare.py [LEPTON_GPU] [--peers torch,keras,burn] [--workload seed-mnist] [--batch 128] [--rounds 5] …

LEPTON_GPU is the release binary. Prints a table for each workload and batch, and appends every raw row to
benches/results/<date>-<device>/peers-<workload>-<batch>.jsonl, or below --out. README.md beside this file says what the
rows mean. Exit status: 0 if each contender was measured, 1 if one was not, 2 if nothing could be compared.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shlex
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import common

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
IMAGES = 32_768  # that lepton-gpu trains on, at the most
IMAGE_BYTES = 128 * 2**20  # of them all: what software Vulkan binds
LEAST_SECONDS = 10  # of the budget, for a run to be begun
BURN_NAMES = {"seed-mnist": "W1", "seed-cifar": "W2"}


class Failed(Exception):
    """A contender gave no figure; the text says why."""


class OutOfTime(Exception):
    """The budget of the whole comparison is spent."""


class Budget:
    def __init__(self, seconds):
        self.end = time.monotonic() + seconds if seconds else float("inf")

    def limit(self, seconds):
        """What a run may take that may take `seconds`, and whether that is less."""
        left = self.end - time.monotonic()
        if left < LEAST_SECONDS:
            raise OutOfTime
        return min(left, seconds), left < seconds


def launch(command, limit, env=None, watch=None):
    """Runs a command to its end: exit status, stdout, stderr, peak resident MiB. `watch` is called every few ms."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started, env = time.monotonic(), {**os.environ, "PEER_STARTED": repr(time.time()), **(env or {})}
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env,
                                       start_new_session=True)
        except OSError as error:
            raise Failed(f"cannot be started: {error}") from error
        try:
            while True:
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    break
                if time.monotonic() - started > limit:
                    raise Failed(f"timeout: not finished within {limit:.0f} s")
                if watch:
                    watch(time.monotonic() - started)
                time.sleep(0.004)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        out.seek(0), err.seek(0)
        text = [file.read().decode(errors="replace") for file in (out, err)]
    return process.returncode, *text, round(usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))


def last_line(text):
    return next(reversed(text.strip().splitlines()), "")


def reason(status, out, err):
    """Why a program failed: the line that says error, else the last one."""
    said = [line for line in (err + out).splitlines() if re.match(r"error|thread .* panicked|\w*Error\b", line)]
    return f"exit status {status}: {said[-1] if said else last_line(err) or last_line(out) or 'no output'}"


class Lepton:
    """`lepton-gpu train` on synthetic images in IDX files; its windows are the submissions in events.jsonl."""

    def __init__(self, options, workload, batch, precision, data):
        self.options, self.workload, self.batch, self.precision, self.data = options, workload, batch, precision, data
        self.name, self.limit, self.rate = f"lepton-gpu {precision}", options.timeout, None

    def command(self, steps, folder):
        optimizer = common.OPTIMIZERS[self.workload]
        words = [self.options.lepton, "train", "--data", self.data, "--model", self.options.model or self.workload,
                 "--batch", self.batch, "--epochs", 1_000_000, "--steps", steps, "--out", folder / "run",
                 "--optimizer", optimizer["name"], "--lr", optimizer["lr"]]
        for option in ("momentum", "weight_decay"):
            if option in optimizer:
                words += ["--" + option.replace("_", "-"), optimizer[option]]
        words += ["--nesterov"] if optimizer.get("nesterov") else []
        for name in common.FROZEN.get(self.workload, []):
            words += ["--freeze", name]
        if self.precision != "f32":
            words += ["--precision", self.precision]
        if self.options.adapter:
            words += ["--adapter", self.options.adapter]
        return [str(word) for word in words]

    def run(self, limit):
        end = time.monotonic() + limit
        if self.rate is None:  # how many steps take the time that is wanted
            self.rate = self.train(24, limit)["images_per_s"]
            self.rate = self.train(self.steps(0.5), end - time.monotonic())["images_per_s"]
        row = self.train(self.steps(self.options.seconds), end - time.monotonic())
        self.rate = row["images_per_s"]
        return row

    def steps(self, seconds):
        return max(common.LOSS_STEPS + 4, round(seconds * self.rate / self.batch))

    def train(self, steps, limit):
        first = []
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            log = folder / "run" / "events.jsonl"

            def watch(seconds):
                if not first and log.exists() and log.stat().st_size:
                    first.append(seconds)

            command = self.command(steps, folder)
            status, out, err, rss = launch(command, limit, watch=watch)
            if status:
                raise Failed(reason(status, out, err))
            events = [json.loads(line) for line in log.read_text().splitlines()]
        progress = [event for event in events if event["event"] == "progress"]
        windows = progress[3:] or progress[1:]
        if not windows:
            raise Failed(f"{len(progress)} windows in {steps} steps are too few")
        enough = next((event for event in progress if event["step"] >= common.LOSS_STEPS), progress[-1])
        said = dict(re.findall(r"^(adapter|model|memory) +(.*)$", out, re.MULTILINE))
        mib = re.match(r"([\d.,]+) MiB", said.get("memory", ""))
        samples = [round(event["images"] / event["seconds"], 1) for event in windows]
        return {
            "images_per_s": statistics.median(samples), "samples": samples, "steps": steps,
            "first_step_s": round(first[0], 3) if first else None, "loss": round(enough["loss"], 4),
            "loss_steps": enough["step"], "device": said.get("adapter"), "peak_rss_mib": rss,
            "device_mib": float(mib[1].replace(",", "")) if mib else None, "plan": said.get("model"),
            "command": shlex.join(command[1:])}


class Script:
    """torch_peer.py in one mode, or keras_peer.py."""

    def __init__(self, options, workload, batch, peer, mode=None):
        self.name, self.limit = f"{peer} {mode or 'fit'}", options.timeout
        self.command = [options.python, str(HERE / f"{peer}_peer.py"), "--workload", workload, "--batch", str(batch),
                        "--device", options.device, "--seconds", str(options.seconds)]
        self.command += ["--modes", mode] if mode else []

    def run(self, limit):
        status, out, err, rss = launch(self.command, limit)
        try:
            row = json.loads(last_line(out))
        except ValueError:
            raise Failed(reason(status, out, err)) from None
        if "error" in row:
            raise Failed(row["error"])
        return {**row, "peak_rss_mib": rss}


class Burn:
    """burn/, or any program with its options and its line."""

    def __init__(self, options, workload, batch):
        self.name, self.limit = "burn wgpu", options.burn_timeout
        if workload not in BURN_NAMES:
            self.command = None
            return
        seconds = options.seconds
        self.command = [options.burn, "--backend", "wgsl", "--workload", BURN_NAMES[workload], "--batch", str(batch),
                        "--win", f"{seconds / 5:.2f}", "--wins", "5", "--warm", f"{seconds:.2f}"]

    def run(self, limit):
        if not self.command:
            raise Failed(f"has only {', '.join(BURN_NAMES)}")
        status, out, err, rss = launch(self.command, limit)
        if status:
            raise Failed(reason(status, out, err))
        row = json.loads(last_line(out))
        rate = row.pop("img_s")
        return {**row, "images_per_s": rate, "samples": row.get("samples", [rate]), "peak_rss_mib": rss}


def write_idx(folder, workload):
    """The training images, and a few for the test at the end, which takes no part in the figures.

    Not all at once in memory: a process's peak includes that of the one which started it.
    """
    height, width, channels = common.SHAPES[workload]
    fitting = IMAGE_BYTES // (height * width * channels) // 256 * 256
    for name, count in (("train", min(IMAGES, fitting)), ("t10k", 256)):
        with (folder / f"{name}-images-idx4-ubyte").open("wb") as images, \
                (folder / f"{name}-labels-idx1-ubyte").open("wb") as labels:
            images.write(struct.pack(">4B4I", 0, 0, 8, 4, count, height, width, channels))
            labels.write(struct.pack(">4BI", 0, 0, 8, 1, count))
            for chunk in common.chunks(workload, count):
                images.write(chunk[0])
                labels.write(chunk[1])


def take_turns(contenders, options, budget, write):
    """Rounds of {name: row}. Who fails is left out of later rounds; a round cut short by the budget is not counted."""
    rounds, out = [], set()
    for number in range(options.rounds):
        rows = {}
        try:
            for contender in contenders:
                if contender.name in out:
                    continue
                limit, cut = budget.limit(contender.limit)
                try:
                    row = contender.run(limit)
                    rows[contender.name] = row
                    note = f"{row['images_per_s']:,.0f} images/s"
                except Failed as error:
                    if cut and str(error).startswith("timeout"):
                        raise OutOfTime from error
                    row, note = {"error": str(error)}, f"no result: {str(error).splitlines()[0]}"
                    out.add(contender.name)
                write({"round": number, "contender": contender.name, "load": os.getloadavg()[0], **row})
                print(f"round {number + 1}  {contender.name:32} {note}", file=sys.stderr, flush=True)
        except OutOfTime:
            print(f"round {number + 1} was not finished: the budget is spent", file=sys.stderr, flush=True)
            write({"round": number, "error": "the budget is spent"})
            return rounds, out, True
        rounds.append(rows)
    return rounds, out, False


def spread(values):
    return {"median": statistics.median(values), "low": min(values), "high": max(values)} if values else None


def summarise(contenders, rounds):
    """For each contender its rate, and lepton-gpu's rate as a multiple of it, per round."""
    ours = [contender.name for contender in contenders if isinstance(contender, Lepton)]
    rows = []
    for contender in contenders:
        name = contender.name
        got = [row[name] for row in rounds if name in row]
        if not got:
            continue
        middle = lambda key: next(iter(
            [round(statistics.median(v), 2) for v in [[r[key] for r in got if r.get(key) is not None]] if v]), None)
        ratios = {}
        for mine in ours:
            both = [row[mine]["images_per_s"] / row[name]["images_per_s"] for row in rounds if mine in row and name in row]
            if mine != name and both:
                ratios[mine] = spread(both)
        rows.append({"contender": name, "rounds": len(got), "images_per_s": spread([r["images_per_s"] for r in got]),
                     "ratio": ratios, "first_step_s": middle("first_step_s"), "loss": middle("loss"),
                     "peak_rss_mib": middle("peak_rss_mib"), "device_mib": middle("device_mib")})
    return rows, ours


def show(rows, ours):
    heads = ["", "images/s (rounds)", *[f"{name} / it" for name in ours], "first step", "RSS, MiB", "device, MiB"]
    lines = []
    for row in rows:
        rate = row["images_per_s"]
        ratios = [row["ratio"].get(name) for name in ours]
        shown = [f"{r['median']:.2f} ({r['low']:.2f} to {r['high']:.2f})" if r else "" for r in ratios]
        plain = [f"{row[key]:,.0f}" if row[key] is not None else "" for key in ("peak_rss_mib", "device_mib")]
        first = f"{row['first_step_s']:.2f} s" if row["first_step_s"] is not None else ""
        lines.append([row["contender"], f"{rate['median']:,.0f} ({rate['low']:,.0f} to {rate['high']:,.0f})", *shown,
                      first, *plain])
    widths = [max(len(line[i]) for line in [heads, *lines]) for i in range(len(heads))]
    for line in [heads, *lines]:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))).rstrip())


def adapter(options):
    """The name of the adapter that lepton-gpu would use."""
    command = [options.lepton, "devices", "--json", *(["--adapter", options.adapter] if options.adapter else [])]
    status, out, err, _ = launch(command, 60)
    if status:
        raise Failed(f"{' '.join(command)}: {reason(status, out, err)}")
    found = json.loads(out)
    return found["adapters"][found["used"]]


def folder_name(device):
    """`NVIDIA H100 80GB HBM3` as nvidia-h100-80gb-hbm3; what stands in brackets is left out."""
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"\(.*", "", device).lower()).strip("-") or "unknown"


def present(options):
    """The peers that can run here."""
    found = []
    for peer, module in (("torch", "torch"), ("keras", "tensorflow")):
        test = f"import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)"
        if subprocess.run([options.python, "-c", test], capture_output=True, check=False).returncode == 0:
            found.append(peer)
    return found + (["burn"] if pathlib.Path(options.burn).exists() else [])


def compare(options, workload, batch, data, folder, about, budget):
    contenders = [Lepton(options, workload, batch, precision, data) for precision in options.precision.split(",")]
    for peer in options.peers:
        if peer == "torch":
            contenders += [Script(options, workload, batch, "torch", mode) for mode in options.modes.split(",")]
        else:
            contenders.append(Burn(options, workload, batch) if peer == "burn" else
                              Script(options, workload, batch, "keras"))
    path = folder / f"peers-{workload}-{batch}.jsonl"
    with path.open("a") as file:
        def write(row):
            file.write(json.dumps(row) + "\n")
            file.flush()

        write({"run": {**about, "workload": workload, "batch": batch}})
        rounds, failed, spent = take_turns(contenders, options, budget, write)
        rows, ours = summarise(contenders, rounds)
        write({"summary": rows, "rounds": len(rounds), "failed": sorted(failed), "budget_spent": spent})
    print(f"\n{workload}, batch {batch}, {len(rounds)} rounds of {options.seconds:g} s, {about['adapter']['name']}")
    if rows:
        show(rows, ours)
    for name in sorted(failed):
        print(f"{name}: no result (see {path})")
    print(f"raw: {path}", flush=True)
    return bool(rows), not failed and not spent


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lepton", nargs="?", default=str(ROOT / "target/release/lepton-gpu"), metavar="LEPTON_GPU")
    parser.add_argument("--peers", help="of torch, keras, burn [default: those that are here]")
    parser.add_argument("--workload", default="seed-mnist", help="one or more of " + ", ".join(common.SHAPES))
    parser.add_argument("--batch", default="128", help="one or more")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="that a run measures, after its first steps")
    parser.add_argument("--modes", default="eager", help="of torch_peer.py, each a contender")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="of torch and keras")
    parser.add_argument("--precision", default="f32", help="of lepton-gpu: f32, f16 or both, each a contender")
    parser.add_argument("--adapter", help="of lepton-gpu")
    parser.add_argument("--model", help="that lepton-gpu trains [default: the preset named as the workload]")
    parser.add_argument("--python", default=sys.executable, help="one that has torch and keras")
    parser.add_argument("--burn", default=str(HERE / "burn/target/release/burn-peer"), metavar="PROGRAM")
    parser.add_argument("--timeout", type=float, default=180, help="seconds for one run")
    parser.add_argument("--burn-timeout", type=float, default=900, help="the same for Burn, which tunes itself first")
    parser.add_argument("--budget", type=float, help="seconds for everything")
    parser.add_argument("--out", type=pathlib.Path, help="folder for the raw rows")
    options = parser.parse_args()
    for workload in options.workload.split(","):
        if workload not in common.SHAPES:
            parser.error(f"unknown workload {workload}; known: {', '.join(common.SHAPES)}")
    if options.peers is not None and (unknown := set(options.peers.split(",")) - {"torch", "keras", "burn"}):
        parser.error(f"unknown peer {', '.join(sorted(unknown))}; known: torch, keras, burn")
    options.lepton = str(pathlib.Path(options.lepton).resolve())
    options.peers = options.peers.split(",") if options.peers else present(options)
    return options


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends the process that is being measured, too
    budget, began = Budget(options.budget), datetime.datetime.now(datetime.timezone.utc)
    try:
        summary = adapter(options)
    except Failed as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    folder = options.out or ROOT / "benches/results" / f"{began:%Y-%m-%d}-{folder_name(summary['name'])}"
    folder.mkdir(parents=True, exist_ok=True)
    about = {"began": began.isoformat(timespec="seconds"), "arguments": sys.argv[1:], "adapter": summary,
             "lepton": launch([options.lepton, "--version"], 60)[1].strip(), "os": platform.platform(),
             "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()}
    any_result, all_results = False, True
    for workload in options.workload.split(","):
        with tempfile.TemporaryDirectory() as data:
            write_idx(pathlib.Path(data), workload)
            for batch in map(int, options.batch.split(",")):
                some, every = compare(options, workload, batch, data, folder, about, budget)
                any_result, all_results = any_result or some, all_results and every
    return 0 if all_results else 1 if any_result else 2


if __name__ == "__main__":
    sys.exit(main())
