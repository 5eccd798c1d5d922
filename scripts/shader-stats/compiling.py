"""Compiles the kernels of a training step for a GPU that is not there, and reads what its compiler said."""
import dataclasses
import functools
import gzip
import json
import os
import pathlib
import re
import subprocess
import threading
import time

from gpus import GPUS
from listing import Listing, Slices, is_product, issued, round_trips

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
MESA = HERE.parent / "mesa.sh"
KEPT_DAYS = 30  # what no run has asked for since is removed
PATIENCE = 1800  # seconds for the kernels of a step


class Unable(Exception):
    """This machine cannot compile for a GPU; the message says why."""


class Failure(Exception):
    """Kernels that do not compile, or a program that cannot say which there are."""


def output(*command, what):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    if done.returncode == 3:
        raise Unable(what)
    if done.returncode != 0:
        raise Failure(what)
    return done.stdout.strip()


@functools.cache
def folder():
    return pathlib.Path(output(MESA, "folder", what="mesa.sh fails"))


@functools.cache
def version(tree):
    """The version of a tree's Mesa, which is downloaded if it is not there."""
    return output(MESA, "version", tree, what=f"Mesa of {tree} cannot be had here")


@functools.cache
def layer():
    return output(HERE / "build.sh", "layer", what="the layer cannot be built here")


@functools.cache
def shim(name, tree):
    if name == "intel":
        return output(HERE / "build.sh", "intel", what="Intel's stand-in cannot be built here")
    return str(folder() / tree / "lib" / f"lib{name}_noop_drm_shim.so")


@functools.cache
def starts(tree):
    """Checks that the program runs on a tree's C library, which may be older than the one that it was built with."""
    version(tree)
    done = subprocess.run([MESA, "run", tree, "lvp", program(), "--version"], capture_output=True, text=True)
    if "GLIBC" in done.stderr:
        raise Unable(f"the program needs a newer C library than that of {tree}")


def prepare(gpu):
    """Fetches and builds what compiling for a GPU needs.

    Raises Unable where this machine cannot."""
    starts(gpu.tree)
    return version(gpu.tree), layer(), shim(gpu.compiler.shim, gpu.tree)


def program():
    """The program whose kernels are compiled: LEPTON, or what `cargo build` made."""
    named = os.environ.get("LEPTON")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPO / "target"))
    path = pathlib.Path(named) if named else target / "debug" / "lepton-gpu"
    if not path.is_file():
        raise Failure(f"there is no program {path}: run `cargo build`, or name one with LEPTON")
    return path.resolve()


# ---- what the program prints -----------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Launch:
    """A launch of the plan."""

    layer: str
    kernel: str
    threads: int
    multiply_adds: int
    bytes: int
    trains: bool  # part of a training step


TRAINING = ("forward", "gradients", "update")
ROW = re.compile(r"\s+(\d+)\s+(\S+)\s+(\S.*?)\s+(\d+)\s+(\d+)\s+(\d+)\s.* -> ")
KERNEL = re.compile(r"\s+(\d+)\s+(\S.*?)\s+(\d+)  (\S.*)")


def launches_of(text):
    """The launches of a printed plan by list and number: `forward 0`."""
    launches, title = {}, None
    for line in text.splitlines():
        if heading := re.fullmatch(r"(\S.*): \d+ dispatches", line):
            title = heading[1]
        elif title and (row := ROW.match(line)):
            number, layer_name, kernel, *counts = row.groups()
            trains = title.split()[-1] in TRAINING
            launches[f"{title} {number}"] = Launch(layer_name, kernel, *map(int, counts), trains)
    return launches


def kernels_of(text):
    """(name, threads of a workgroup, names of launches) of each kernel, in the order in which they were compiled."""
    rows = [KERNEL.fullmatch(line) for line in text.splitlines()]
    return [(row[2], int(row[3]), row[4].split(", ")) for row in rows if row]


# ---- what the compiler said ------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Kernel:
    """A kernel as a GPU's compiler made it, with the launches that use it. None: the driver does not say."""

    name: str
    launches: list
    workgroups: int
    threads: int  # of a workgroup
    subgroup: int
    registers: int
    waves: int
    workgroup_memory: int | None
    spills: int
    scratch: int | None
    instructions: int
    listing_path: pathlib.Path | None

    @property
    def layer(self):
        return self.launches[0].layer

    @property
    def steps(self):
        """Launches in a training step."""
        return sum(launch.trains for launch in self.launches)

    @property
    def spilled(self):
        return bool(self.spills or self.scratch)

    @functools.cached_property
    def listing(self):
        return Listing.read(self.listing_path)

    @functools.cached_property
    def slices(self):
        """The loop of a product."""
        return Slices(self.listing, self.subgroup)

    @functools.cached_property
    def cycles(self):
        """Cycles of vector instructions that the whole of it issues."""
        return issued(self.listing.code, self.subgroup)["valu"]

    @functools.cached_property
    def trips(self):
        """Exposed round trips to memory: of a product in a slice of K, of others in all."""
        if self.listing_path is None:
            return None
        return self.slices.exposed if is_product(self.name) else round_trips(self.listing.code)


def pack(raw, listing):
    """Keeps the text of a listing without the machine code after it. Another thread or process may do the same at the same time."""
    try:
        text = raw.read_text(errors="replace")
    except FileNotFoundError:
        return
    partial = listing.with_name(f"{listing.name}.{os.getpid()}-{threading.get_ident()}")
    with gzip.open(partial, "wt", compresslevel=5) as packed:
        packed.writelines(line.split(" ; ")[0].rstrip() + "\n" for line in text.splitlines())
    partial.rename(listing)
    raw.unlink(missing_ok=True)


def kernel(gpu, kept, name, threads, launches, entry):
    path = kept / f"{entry}.json"
    # of a kernel that is compiled for several widths, the widest is taken
    executable = json.loads(path.read_text())[-1]
    os.utime(path)
    figures, names = executable["statistics"], gpu.compiler

    def figure(key):
        return None if key is None else figures.get(key)

    listing = kept / f"{entry}.txt.gz"
    if names.listing is None:
        listing = None
    else:
        pack(kept / f"{entry}.txt", listing)
    return Kernel(
        name, launches, launches[0].threads // threads, threads, executable["subgroup"], figures[names.registers],
        figures[names.waves], figure(names.workgroup_memory), figures[names.spills], figure(names.scratch), figures[names.instructions], listing,
    )


def compile_work(gpu, work):
    """The kernels of a training step, as a GPU's compiler makes them.

    Raises Failure if one does not compile."""
    mesa, layer_folder, shim_path = prepare(gpu)
    kept = folder() / "kept" / f"{mesa}-{gpu.name.split('@')[0]}"
    kept.mkdir(parents=True, exist_ok=True)
    log = kept / f"{os.getpid()}-{work}.log".replace(" ", "-")
    log.unlink(missing_ok=True)
    environment = os.environ | gpu.environment | {
        "MESA_SHIM": shim_path,
        "MESA_SHADER_CACHE_DISABLE": "true",
        "RADV_DEBUG": "nocache",
        "VK_LAYER_PATH": layer_folder,
        "VK_INSTANCE_LAYERS": "VK_LAYER_LEPTON_shader_stats",
        "SHADER_STATS_KEPT": str(kept),
        "SHADER_STATS_LOG": str(log),
        # the rules' tiles, and one thread, so that the kernels come in their order
        "LEPTON_TILES": "0",
        "LEPTON_PIPELINE_CACHE": "0",
        "RAYON_NUM_THREADS": "1",
    }
    for variable in ("LEPTON_ADAPTER", "LEPTON_CHECKED", "WGPU_BACKEND", "WGPU_VALIDATION"):
        environment.pop(variable, None)
    if gpu.compiler.listing:
        environment["SHADER_STATS_LISTING"] = gpu.compiler.listing
    command = [MESA, "run", gpu.tree, gpu.compiler.driver, program(), "inspect", work.preset, "--plan", "--compile",
               "--batch", work.batch, "--precision", work.precision, "--optimizer", work.optimizer]
    try:
        done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise Failure(f"{gpu.name}: {work}: not compiled after {PATIENCE} s") from error
    if done.returncode != 0:
        last = "\n".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-8:])
        raise Failure(f"{gpu.name}: {work}: `inspect` fails (exit status {done.returncode}):\n{last}")
    entries = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    log.unlink(missing_ok=True)
    plan, _, rest = done.stdout.partition("\nkernels on ")
    launches, named = launches_of(plan), kernels_of(rest)
    if not named or len(named) != len(entries):
        raise Failure(f"{gpu.name}: {work}: {len(named)} kernels are listed, {len(entries)} were compiled")
    return [
        kernel(gpu, kept, name, threads, [launches[at] for at in used], entry)
        for (name, threads, used), (entry, _) in zip(named, entries)
    ]


def forget_old():
    """Removes what was kept and not asked for in a month."""
    oldest = time.time() - KEPT_DAYS * 86400
    for path in (folder() / "kept").glob("*/*.json"):
        if path.stat().st_mtime < oldest:
            path.with_suffix(".txt.gz").unlink(missing_ok=True)
            path.unlink(missing_ok=True)
