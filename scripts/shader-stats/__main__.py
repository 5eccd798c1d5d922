"""What compilers of GPUs make of the program's kernels, on a machine without these GPUs: see scripts/shader-stats.sh."""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys

import compiling
from compiling import REPO, Failure, Unable
from gpus import GPUS, SHORT_GPUS, SHORT_PRESETS, TABLED, works
from listing import is_product
from table import Table, compare, rows_of, spilled

TABLES = REPO / "benches" / "shaders"
SHOWN = 12  # differences in words; more are counted


def presets():
    """All built-in models."""
    done = subprocess.run([compiling.program(), "models"], capture_output=True, text=True, check=True)
    return [line.split()[0] for line in done.stdout.split("\n\n")[0].splitlines()[1:]]


def arguments():
    parser = argparse.ArgumentParser(prog="shader-stats.sh", description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--out", metavar="DIR", type=pathlib.Path, default=REPO / "runs" / "shaders",
                      help="write the tables there (default: runs/shaders)")
    mode.add_argument("--check", action="store_true", help="compare with the tables in benches/shaders")
    mode.add_argument("--update", action="store_true", help="renew the tables in benches/shaders")
    mode.add_argument("--spills", action="store_true",
                      help="only say which kernels spill or use scratch; without a preset: of all presets")
    parser.add_argument("--short", action="store_true", help="the GPUs and presets of `make test`")
    parser.add_argument("--verbose", action="store_true", help="with --check: every difference")
    parser.add_argument("words", metavar="GPU|PRESET", nargs="*",
                        help=f"GPUs ({', '.join(GPUS)}; default: all) and presets (default: {', '.join(TABLED)})")
    args = parser.parse_args()
    known = presets()
    for word in args.words:
        if word not in GPUS and word not in known:
            parser.error(f"{word} is neither a GPU ({', '.join(GPUS)}) nor a preset")
    args.gpus = [word for word in args.words if word in GPUS] or (SHORT_GPUS if args.short else list(GPUS))
    args.presets = [word for word in args.words if word not in GPUS]
    if not args.presets:
        args.presets = SHORT_PRESETS if args.short else known if args.spills else list(TABLED)
    return args


def available(names):
    """The GPUs that this machine can compile for, and whether these are all."""
    there = []
    for name in names:
        try:
            compiling.prepare(GPUS[name])
            there.append(GPUS[name])
        except Unable as reason:
            print(f"skipped: {name}: {reason}", file=sys.stderr)
    return there, len(there) == len(names)


class Run:
    """Compiles, several steps at a time, and collects what came of it."""

    def __init__(self, gpus, presets):
        self.jobs = [(gpu, work) for gpu in gpus for preset in presets for work in works(gpu, preset)]
        self.failures = []

    def results(self, what):
        """(GPU, step, what(kernels)) in order; a failure is kept, and its result left out."""
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            futures = [pool.submit(self.one, gpu, work, what) for gpu, work in self.jobs]
            for (gpu, work), future in zip(self.jobs, futures):
                try:
                    yield gpu, work, future.result()
                except Failure as failure:
                    print(failure, file=sys.stderr)
                    self.failures.append(gpu.name)

    @staticmethod
    def one(gpu, work, what):
        return what(gpu, work, compiling.compile_work(gpu, work))


def summary(gpu, work, rows, predicted):
    trips = [int(row["round_trips"]) for row in rows if row["round_trips"] != "-" and is_product(row["kernel"])]
    words = [f"{gpu.name}: {work}: {len(rows)} kernels, {sum(map(spilled, rows))} with spills or scratch"]
    if trips:
        words.append(f"round trips in a slice of a product {max(trips)} at most, {sum(trips) / len(trips):.1f} on average")
    if predicted:
        words.append("predicted" + predicted.removeprefix(str(work)))
    return "; ".join(words)


def tables(gpus, args):
    """A table for each GPU, and the GPUs of steps that failed."""
    run = Run(gpus, args.presets)
    made = {gpu.name: Table(gpu.name, compiling.version(gpu.tree), [], []) for gpu in gpus}
    for gpu, work, (rows, predicted) in run.results(rows_of):
        print(summary(gpu, work, rows, predicted), flush=True)
        made[gpu.name].rows += rows
        made[gpu.name].predictions += [predicted] if predicted else []
    return made, run.failures


def show(lines, verbose):
    for line in lines if verbose else lines[:SHOWN]:
        print(f"  {line}")
    if not verbose and len(lines) > SHOWN:
        print(f"  and {len(lines) - SHOWN} more (--verbose)")


def check(made, args):
    """Whether a table has become worse. Another Mesa than the table's makes other code: that is told, and no failure."""
    bad = False
    for name, fresh in made.items():
        path = TABLES / f"{name}.tsv"
        if not path.exists():
            print(f"{name}: there is no {path}")
            bad = True
            continue
        table = Table.read(path)
        worse, other = compare(table, fresh)
        if table.mesa != fresh.mesa:
            print(f"{name}: the table was made with Mesa {table.mesa}, this is {fresh.mesa}: differences are no failures")
        elif worse:
            bad = True
        if worse:
            print(f"{name}: worse than in {path.relative_to(REPO)}")
            show(worse, True)
        if other:
            print(f"{name}: other than in {path.relative_to(REPO)}; `make shaders UPDATE=1` renews it")
            show(other, args.verbose)
    return not bad


def write(made, folder, whole):
    for name, fresh in made.items():
        path = folder / f"{name}.tsv"
        if path.exists() and not whole and Table.read(path).mesa == fresh.mesa:
            fresh = Table.read(path).replace(fresh)
        fresh.write(path, f"{name}: {GPUS[name].about}")
        print(f"wrote {path}")


def spills(gpus, args):
    """Prints the kernels that spill; whether there are none."""
    run, spilled_count, count = Run(gpus, args.presets), 0, 0
    for gpu, work, kernels in run.results(lambda gpu, work, kernels: kernels):
        count += len(kernels)
        for kernel in (kernel for kernel in kernels if kernel.spilled):
            spilled_count += 1
            print(f"{gpu.name}: {work}: {kernel.layer} {kernel.name}: {kernel.spills} spills, {kernel.scratch} bytes of scratch, "
                  f"{kernel.registers} registers, {kernel.waves} waves", flush=True)
    print(f"{spilled_count} of {count} kernels have spills or scratch; {len(run.failures)} steps failed")
    return not spilled_count and not run.failures


def main():
    args = arguments()
    gpus, all_there = available(args.gpus)
    if not gpus:
        return 3
    if args.spills:
        good = spills(gpus, args)
    else:
        made, failures = tables(gpus, args)
        if args.check:
            good = check(made, args)
        else:
            # what failed is not written over
            whole = set(TABLED) <= set(args.presets)
            write({name: table for name, table in made.items() if name not in failures}, TABLES if args.update else args.out, whole)
            good = True
        good = good and not failures
    compiling.forget_old()
    return 1 if not good else 0 if all_there else 3


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"shader-stats: {failure}")
