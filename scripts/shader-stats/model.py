"""How long a training step would take on a Radeon RX 7900 XTX: a prediction from the compiler's listings.

Nothing of it was measured on a GPU. A launch takes as long as the longest of its bounds: issuing instructions, workgroup
memory, the latency of what nothing hides, and memory. The constants below are the assumptions; `spread` shows what they are
worth. Anchors: with them the cooperative products of resnet18-cifar in f16, as they were when the model was made, run at
54 TFLOP/s, and llama.cpp's on this GPU and driver at 52.7 (github.com/ggml-org/llama.cpp/pull/28843); wave64 multiplications are
said to reach 5/6 of the peak at best; the Infinity Cache answers in 150 to 199 ns (chipsandcheese.com).
"""
import dataclasses
import math
import re

from listing import is_product

WGPS = 48  # work group processors
SIMDS = 4  # of each; a wave64 multiplication takes one cycle there, both halves at once
VECTOR_REGISTERS = 1536  # of 32 lanes, of a SIMD
MOST_WAVES = 16  # of a SIMD
WORKGROUP_MEMORY = 128 * 1024  # bytes of a work group processor


@dataclasses.dataclass(frozen=True)
class Assumptions:
    clock: float = 2.5e9  # Hz, at which 61.4 TFLOP/s are counted
    load: float = 450  # cycles from a load to its use: caches of 120 to 200 ns, mixed
    address: float = 100  # dependent arithmetic and the descriptor before it
    lds: float = 90  # cycles from a load of workgroup memory to its use
    barrier: float = 40
    efficiency: float = 0.80  # share that is reached of what can be issued: register banks, ends of loops
    dram: float = 960e9 * 0.85  # bytes a second
    infinity_cache: float = 2.0e12  # bytes a second, below 40 MB
    l2: float = 4.0e12  # bytes a second, below 5 MB
    launch: float = 3.0e-6  # seconds, with the barrier before it
    conflict: float = 4  # cycles of a store to workgroup memory by 32 lanes that are four to a bank, as transposed slices are
    # which have no swizzle


USUAL = Assumptions()
SPREAD = (
    dataclasses.replace(USUAL, load=700, efficiency=0.65, infinity_cache=USUAL.dram, launch=6e-6),
    dataclasses.replace(USUAL, load=300, efficiency=0.95, launch=1.5e-6),
)


@dataclasses.dataclass
class Prediction:
    seconds: float
    bound: str


class Model:
    def __init__(self, assumptions=USUAL):
        self.assume = assumptions

    def memory(self, size):
        """Seconds in which so many bytes are moved."""
        of = self.assume
        if size < 5e6:
            return size / of.l2
        if size < 80e6:
            return size / (of.infinity_cache + (of.dram - of.infinity_cache) * max(0, size - 40e6) / 40e6)
        return size / of.dram

    def resident(self, kernel):
        """Workgroups that a work group processor holds at a time, and waves of each."""
        waves = math.ceil(kernel.threads / kernel.subgroup)
        a_simd = min(MOST_WAVES, VECTOR_REGISTERS // (kernel.registers * (kernel.subgroup // 32)))
        groups = a_simd * SIMDS // waves
        if kernel.workgroup_memory:
            groups = min(groups, WORKGROUP_MEMORY // kernel.workgroup_memory)
        return max(1, groups), waves

    def predict(self, kernel, launch):
        """A kernel's launch, with its registers and listing, and the multiply-adds and bytes of the plan."""
        if is_product(kernel.name):
            return self.product(kernel, launch)
        return self.other(kernel, launch)

    def product(self, kernel, launch):
        of, slices = self.assume, kernel.slices
        held, waves = self.resident(kernel)
        counts, around = slices.counts, slices.around
        # multiply-adds of a workgroup in a turn of the loop; what lies around the loop is of the last slice
        each = counts["fma"] * kernel.threads + counts["wmma"] * waves * 4096
        if tile := re.search(r"(\d+)x(\d+)", kernel.name):
            area = int(tile[1]) * int(tile[2])
            each = area * max(1, round(each / area))
        inside = counts["fma"] + 16 * counts["wmma"]
        outside = round((around["fma"] + 16 * around["wmma"]) / max(1, inside)) if slices.found else 0
        turns = max(1, math.ceil(launch.multiply_adds / (kernel.workgroups * each) - 1e-9) - outside)
        # a slice costs a wave
        conflict = 1 if slices.swizzled else of.conflict
        lds = counts["lds"] + counts["store_lds_b32"] * (kernel.subgroup // 32) * (conflict - 1)
        trip = of.load + of.address
        waits = slices.turns if slices.turns > 1 else 2
        chain = counts["valu"] + slices.trips * trip + waits * of.lds + 2 * of.barrier + 10 * counts["scalar_load"]
        around_chain = around["valu"] + slices.trips_before * trip + 300 + 10 * around["branch"]
        # rounds of full processors, the last one with its share
        left, full = kernel.workgroups, WGPS * held
        cycles, bound = 0, None
        while left > 0:
            now = min(left, full)
            left -= now
            here = math.ceil(now / WGPS) * waves / SIMDS
            here = math.ceil(here) if here >= 1 else here
            by = {
                "issue": max(here, 1) * counts["valu"] / of.efficiency,
                "workgroup memory": max(2 * here, 1) * lds / of.efficiency,
                "latency": chain,
            }
            slowest = max(by, key=by.get)
            bound = bound or slowest
            a_slice = by[slowest]
            if now < full and cycles > 0:
                # the last round overlaps with what still runs
                a_slice = max(a_slice * now / full, chain)
            cycles += turns * a_slice + max(max(here, 1) * around["valu"], around_chain)
        return self.slower(cycles / of.clock, bound, launch.bytes)

    def other(self, kernel, launch):
        of = self.assume
        held, waves = self.resident(kernel)
        size = launch.bytes
        chain = kernel.trips * (of.load + of.address) + 200
        if "/finish" in kernel.name:
            # walks over the sums of slabs, eight at a time
            size = kernel.workgroups * 64 * 16 * 4 * 16
            chain = 512 // max(1, kernel.workgroups) / 8 * (3 if "batch_norm" in kernel.name else 1) * 350 * 0.75 + 800
        rounds = math.ceil(kernel.workgroups / (WGPS * held))
        issue = kernel.workgroups * waves * kernel.cycles / (WGPS * SIMDS * of.efficiency)
        latency = rounds * chain * (1 if rounds <= 2 else 0.5)
        cycles = max(issue, latency) if rounds < 3 else issue
        return self.slower(cycles / of.clock, "issue" if issue >= latency else "latency", size)

    def slower(self, compute, bound, size):
        memory = self.memory(size)
        return Prediction(max(compute, memory) + self.assume.launch, "memory" if memory >= compute else bound)
