#!/usr/bin/env python3
"""Writes summary.md into a folder filled by scripts/gpu.sh: each target with the result, from the raw files.

usage: gpu_summary.py DIR        (standard library only; scripts/gpu.sh calls it)
"""
import json
import pathlib
import statistics
import sys

FORMAT = 1  # of bench.json, src/bench/result.rs
LARGE_FLOPS = 2 * 10**9  # a product is large from here on: less is over in tens of microseconds
LARGE_BYTES = 32 * 2**20  # the same for a kernel that moves memory: less stays in caches
NETWORKS = ["resnet20", "speednet", "resnet18-cifar"]  # of the part `networks`
LEVEL = 0.95  # what counts as level with a peer


class Report:
    def __init__(self, folder):
        self.folder = folder
        self.about = dict(line.split("\t", 1) for line in self.lines("about.tsv"))
        self.parts = [(line.split("\t") + [""] * 3)[:4] for line in self.lines("parts.tsv")]
        self.runs = [line.split("\t") for line in self.lines("runs.tsv")]
        self.bench = self.read_bench()
        self.peers = self.read_peers("peers", "seed-mnist")

    def lines(self, name):
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def status(self, name):
        return next((status for part, status, _, _ in self.parts if part == name), None)

    def read_bench(self):
        try:
            found = json.loads((self.folder / "bench.json").read_text())
        except (OSError, ValueError):
            return None
        if found.get("format") != FORMAT:
            print(f"gpu_summary.py: bench.json has format {found.get('format')}, not {FORMAT}", file=sys.stderr)
            return None
        return found

    def read_peers(self, part, workload):
        """The last summary, by contender; none if this run's comparison did not come that far."""
        if self.status(part) not in ("0", "1"):
            return {}
        rows = [json.loads(line) for line in self.lines(f"peers-{workload}-128.jsonl")]
        last = next((row for row in reversed(rows) if "summary" in row), {"summary": []})
        return {row["contender"]: row for row in last["summary"]}

    # ---- the aims: each gives (what was reached, whether that is enough; None if it is not known) ----

    def step(self, precision):
        rows = self.bench["training"] if self.bench else []
        for row in rows:
            if (row["model"], row["batch"], row["precision"]) == ("seed-mnist", 128, precision):
                low, high = min(row["step_seconds"]["samples"]), max(row["step_seconds"]["samples"])
                median = row["step_seconds"]["median"]
                return f"{median * 1e6:,.1f} us ({low * 1e6:,.1f} to {high * 1e6:,.1f})", median <= 150e-6
        return None, None

    def against(self, ours, words, least):
        """The lowest ratio over the modes of torch that have exactly these words."""
        names = [f"torch {mode}" for mode in words]
        ratios = [(self.peers[name]["ratio"].get(ours), name) for name in names if name in self.peers]
        ratios = [(ratio, name) for ratio, name in ratios if ratio]
        if not ratios:
            return None, None
        ratio, name = min(ratios, key=lambda pair: pair[0]["median"])
        text = f"{ratio['median']:.2f} x {name} ({ratio['low']:.2f} to {ratio['high']:.2f})"
        return text, ratio["median"] >= least

    def kernels(self, keep):
        return [kernel for kernel in self.bench["kernels"] if keep(kernel)] if self.bench else []

    def shares(self, keep, least):
        found = sorted(self.kernels(keep), key=lambda kernel: kernel["share"])
        if not found:
            return None, None
        enough = sum(kernel["share"] >= least for kernel in found)
        middle = statistics.median(kernel["share"] for kernel in found)
        worst = found[0]
        return (f"median {100 * middle:.0f} %, {enough} of {len(found)} there; lowest {100 * worst['share']:.0f} % "
                f"({worst['op']} {worst['direction']}, {worst['shape']}), highest {100 * found[-1]['share']:.0f} %",
                enough == len(found))

    def products(self):
        return self.shares(lambda k: k["precision"] == "f32" and "simt" in k["kernel"] and k["bound"] == "fma_f32" and
                           k["flops"] >= LARGE_FLOPS, 0.7)

    def memory(self):
        return self.shares(lambda k: k["bound"] == "copy" and k["bytes"] >= LARGE_BYTES, 0.8)

    def cooperative(self):
        found = self.kernels(lambda k: "coop" in k["kernel"] and k["flops"] >= LARGE_FLOPS)
        if not found:
            return None, None
        rates = sorted(((k["flops"] / k["seconds"]["median"] / 1e12, k) for k in found), key=lambda pair: pair[0])
        best, kernel = rates[-1]
        middle = statistics.median(rate for rate, _ in rates)
        return (f"highest {best:.0f} TFLOP/s ({kernel['op']} {kernel['direction']}, {kernel['shape']}), "
                f"median of {len(rates)} large shapes {middle:.0f}"), best >= 60

    def article(self, precision):
        times = [int(ms) / 1000 for data, run, _, ms, _ in self.runs if (data, run) == ("mnist", precision)]
        if not times or self.about.get("software"):  # there it is another, shorter run
            return None, None
        return f"{statistics.median(times):.2f} s ({', '.join(f'{t:.2f}' for t in times)})", \
            statistics.median(times) <= 2

    def losses(self):
        checks = [(row, row["loss"]) for row in (self.bench or {"training": []})["training"] if row["loss"]]
        if not checks:
            return None, None
        wrong = [f"{row['model']} {row['batch']} {row['precision']}" for row, loss in checks
                 if loss["found"] is None or  # a NaN
                 abs(loss["found"] / loss["reference"] - 1) > loss["tolerance"]]
        return f"{len(checks) - len(wrong)} of {len(checks)} right{': not ' + ', '.join(wrong) if wrong else ''}", not wrong

    def verified(self):
        status = self.status("verify")
        return (None, None) if status in (None, "-") else (f"verify's status is {status}", status == "0")

    def accuracy(self):
        means = {}
        for precision in ("f32", "f16"):
            found = [float(run[4]) for run in self.runs if run[1] == precision and run[4]]
            if found:
                means[precision] = statistics.mean(found)
        if len(means) < 2:
            return None, None
        return f"{100 * means['f16']:.2f} % against {100 * means['f32']:.2f} %, mean of the seeds below", None

    def aims(self):
        f32, f16 = "lepton-gpu f32", "lepton-gpu f16"
        return [
            ("every kernel equals its definition", self.verified()),
            ("losses of the benchmark", self.losses()),
            ("`seed-mnist` step, batch 128, f32: at most 150 us", self.step("f32")),
            ("the same in f16", self.step("f16")),
            ("f32: at least 3 x PyTorch eager", self.against(f32, ["eager", "channels_last"], 3)),
            ("f32: level with a CUDA graph", self.against(f32, ["graph"], LEVEL)),
            ("f16: at least 3 x PyTorch's autocast", self.against(f16, ["channels_last+amp"], 3)),
            ("f16: level with a CUDA graph of it", self.against(f16, ["channels_last+amp+graph"], LEVEL)),
            ("`simt` f32 products, large: at least 70 % of the f32 ceiling", self.products()),
            ("memory-bound kernels, large: at least 80 % of the copy rate", self.memory()),
            ("cooperative products: at least 60 TFLOP/s, aim 150", self.cooperative()),
            ("5 epochs of MNIST with evaluation, from process start: at most 2 s", self.article("f32")),
            ("the same in f16", self.article("f16")),
            ("test accuracy in f16", self.accuracy()),
        ]

    def in_turn(self, workload, peers):
        """The table of one comparison."""
        if not peers:
            return []
        out = ["", f"## In turn with PyTorch, `{workload}`, batch 128", "",
               "| | images/s | lepton-gpu f32 / it | lepton-gpu f16 / it | first step, s | loss |",
               "|---|---|---|---|---|---|"]
        for name, row in peers.items():
            ratios = [row["ratio"].get(f"lepton-gpu {p}") for p in ("f32", "f16")]
            cells = [f"{r['median']:.2f} ({r['low']:.2f} to {r['high']:.2f})" if r else "" for r in ratios]
            out.append(f"| {name} | {row['images_per_s']['median']:,.0f} | {cells[0]} | {cells[1]} | "
                       f"{row['first_step_s']} | {row['loss']} |")
        return out

    def text(self):
        about = self.about
        out = [f"# {about.get('adapter', 'unknown adapter')}", "",
               f"{about.get('version')}, commit {about.get('commit')}, {about.get('system')}, {about.get('began')}.", ""]
        if about.get("software"):
            out += ["**No GPU: short runs on software Vulkan, to try the script. No figure here measures anything.**", ""]
        out += ["| aim | reached | |", "|---|---|---|"]
        for aim, (reached, enough) in self.aims():
            out.append(f"| {aim} | {reached or 'not measured'} | {'' if enough is None else 'yes' if enough else 'NO'} |")
        if self.bench:
            out += ["", "Ceilings: " + ", ".join(f"{c['name']} {c['value']['median']:,.1f} {c['unit']}"
                                                 for c in self.bench["ceilings"]) + "."]
            if self.bench["score"]:
                out += ["", f"Score: {self.bench['score']['value']:.1f}."]
            out += [f"Left out: {reason}." for reason in self.bench["left_out"]]
        out += self.in_turn("seed-mnist", self.peers)
        for workload in NETWORKS:
            out += self.in_turn(workload, self.read_peers("networks", workload))
        if self.runs:
            out += ["", "## Trained", "", "| data | precision | seed | wall clock, s | test accuracy |", "|---|---|---|---|---|"]
            out += [f"| {data} | {precision} | {seed} | {int(ms) / 1000:.2f} | {accuracy} |"
                    for data, precision, seed, ms, accuracy in self.runs]
        out += ["", "## Parts", "", "| part | status | s | |", "|---|---|---|---|"]
        out += [f"| {part} | {'not run' if status == '-' else status} | {int(ms) / 1000:.1f} | {note.replace('|', '/')} |"
                for part, status, ms, note in self.parts]
        return "\n".join(out) + "\n"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    (folder / "summary.md").write_text(Report(folder).text())


if __name__ == "__main__":
    main()
