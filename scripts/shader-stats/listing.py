"""Listings of AMD's compiler (ACO): what a sequence of instructions issues, where its loops are, and which of its trips to
memory nothing hides."""
import collections
import gzip
import math
import re

# wave64 instructions that take one cycle on RDNA3, for both halves at once (ACO's own rule); other vector ones take two
DUAL = frozenset(
    """v_fma_f32 v_fmac_f32 v_fmaak_f32 v_fmamk_f32 v_mul_f32 v_add_f32 v_sub_f32 v_subrev_f32 v_fma_f16 v_fmac_f16 v_mul_f16
    v_add_f16 v_sub_f16 v_mov_b32 v_mov_b16 v_cndmask_b32 v_max_f32 v_min_f32 v_max_f16 v_min_f16 v_dot2_f32_f16""".split()
)
QUARTER = re.compile(r"v_(mul_(lo|hi)_[iu]32|mad_[iu]64_[iu]32|(rcp|rsq|sqrt|exp|log|sin|cos)_)")
FMA = re.compile(r"v_(fma|fmac|fmaak|fmamk|mac|mad|madak|madmk|pk_fma|dual_fmac|dual_fmaak|dual_fmamk)(_mix\w*)?_f(16|32)")
WMMA_CYCLES = 32
WIDTH = {"b8": 1, "u8": 1, "i8": 1, "ubyte": 1, "sbyte": 1, "byte": 1, "b16": 2, "u16": 2, "i16": 2, "d16": 2, "short": 2,
         "ushort": 2, "sshort": 2, "b32": 4, "dword": 4, "b64": 8, "dwordx2": 8, "b96": 12, "dwordx3": 12, "b128": 16,
         "dwordx4": 16}


def bytes_of(operation):
    """Bytes that a lane moves in an instruction."""
    return next((WIDTH[part] for part in reversed(operation.split("_")) if part in WIDTH), 4)


class Listing:
    """The instructions of a kernel as (operation, arguments), and where its labels are."""

    def __init__(self, lines):
        self.code = []
        self.labels = {}
        for line in lines:
            if label := re.match(r"(BB\d+):", line):
                self.labels[label[1]] = len(self.code)
            elif again := re.match(r"\s+\(then repeated (\d+) times\)", line):
                self.code += [self.code[-1]] * int(again[1])
            elif found := re.match(r"\s+([a-z]\S*)\s*(.*?)\s*(;|$)", line):
                self.code.append((found[1], found[2]))

    @classmethod
    def read(cls, path):
        with gzip.open(path, "rt", errors="replace") as lines:
            return cls(lines)

    def loops(self):
        """(first, end) of each loop: a branch backwards; branches to one head are one loop."""
        ends = {}
        for i, (operation, arguments) in enumerate(self.code):
            if operation.startswith(("s_branch", "s_cbranch")):
                head = self.labels.get(arguments.split()[0] if arguments else "")
                if head is not None and head <= i:
                    ends[head] = max(i + 1, ends.get(head, 0))
        return sorted(ends.items())


def issued(code, wave=64):
    """Counts of a sequence: `fma`, `wmma`, `load`, `scalar_load`, `store_lds`, `store_lds_b32`, `branch`, and cycles: `valu`,
    and `lds` without conflicts, at 128 bytes a cycle."""
    counts = collections.Counter()
    halves = wave // 32
    for operation, arguments in code:
        base = re.sub(r"_(e32|e64|dpp|sdwa|e64_dpp)$", "", operation)
        if operation.startswith("v_wmma"):
            counts["wmma"] += 1
            counts["valu"] += WMMA_CYCLES
        elif operation.startswith("v_"):
            both = operation + " " + arguments
            counts["fma"] += len(FMA.findall(both))
            dual = operation.startswith("v_dual") or base in DUAL
            if base.startswith("v_fma_mix"):
                # dual where two of its three sources are one register
                dual = len(set(re.findall(r"v\d+", arguments)[1:])) < 3
            counts["valu"] += (4 if QUARTER.match(base) else 1) * (1 if dual else halves)
        elif operation.startswith("ds_"):
            moves = 2 if "2addr" in operation else 1
            width = bytes_of(operation)
            counts["lds"] += max(moves * halves, moves * width * wave // 128)
            if "store" in operation or "write" in operation:
                counts["store_lds"] += 1
                counts["store_lds_b32"] += moves if width == 4 else 0
        elif re.match(r"(buffer|global|flat)_", operation):
            counts["load"] += "load" in operation
        elif operation.startswith(("s_load", "s_buffer_load")):
            counts["scalar_load"] += 1
        elif operation.startswith(("s_branch", "s_cbranch")):
            counts["branch"] += 1
    return counts


def left_in_flight(operation, arguments):
    """How many loads a wait leaves in flight; None if it is no wait for loads."""
    if operation.startswith("s_wait_loadcnt"):
        # with dscnt: both counts in one number, six bits each
        found = int(arguments.split()[0], 0)
        return found >> 8 if "dscnt" in operation else found
    if operation == "s_waitcnt" and (found := re.search(r"vmcnt\((\d+)\)", arguments)):
        return int(found[1])
    return None


def round_trips(code, cyclic=False):
    """Trips to memory, one after another, that nothing of the same wave hides: waits for a load that was issued fewer than 32
    multiplications before, and since the last such wait (what was in flight then came with it). Of a loop: in its second turn."""
    work = trips = 0
    flying = []
    for turn in range(2 if cyclic else 1):
        before = trips
        for operation, arguments in code:
            if re.match(r"(buffer|global|flat)_load", operation):
                flying.append((work, trips))
            elif operation.startswith("v_wmma"):
                work += 16
            elif FMA.match(operation):
                work += 1
            elif (left := left_in_flight(operation, arguments)) is not None:
                landed = flying[: max(0, len(flying) - left)]
                del flying[: len(landed)]
                trips += any(work - then < 32 and epoch == trips for then, epoch in landed)
    return trips - before


def is_product(name):
    """Whether a kernel of this name is a matrix product, a slice of K after the other."""
    return "/simt" in name or "/coop" in name


class Slices:
    """The loop of a matrix product over slices of K. Multiplications may lie in it, or in a loop inside it; code around it may
    multiply what was fetched last."""

    def __init__(self, listing, wave):
        code = listing.code
        loops = [(first, end, issued(code[first:end], wave)) for first, end in listing.loops()]

        def rank(loop):
            first, end, counts = loop
            fetches = counts["load"] > 0
            return (fetches and counts["store_lds"] > 0, fetches, end - first)

        multiplies = [loop for loop in loops if loop[2]["fma"] + 16 * loop[2]["wmma"] >= 8]
        self.found = bool(multiplies)
        first, end, counts = max(multiplies, key=rank) if multiplies else (0, len(code), issued(code, wave))
        inside = [loop for loop in multiplies if first < loop[0] and loop[1] <= end]
        if inside:
            inner_first, inner_end, inner = max(inside, key=lambda loop: loop[1] - loop[0])
            turns = turns_of(code[inner_first:inner_end]) or 16
            self.code = code[first:inner_first] + code[inner_first:inner_end] * turns + code[inner_end:end]
            for key, count in inner.items():
                counts[key] += (turns - 1) * count
        else:
            turns = 1
            self.code = code[first:end]
        self.turns = turns
        self.counts = counts
        self.trips_before = round_trips(code[:first])
        self.around = issued(code[:first] + code[end:], wave)
        self.trips = round_trips(self.code, cyclic=self.found)
        # where all of K is one slice, it is fetched before the loop
        self.exposed = self.trips if counts["load"] else round_trips(code)
        self.swizzled = any(operation.startswith(("v_xor", "v_xad")) for operation, _ in code)


def number(text):
    try:
        return int(text, 0)
    except ValueError:
        return None


def turns_of(code):
    """Turns of a loop that counts in a scalar register: its limit by its step. None if it does not look like that."""
    steps = {}
    for operation, arguments in code:
        parts = [part.strip() for part in arguments.split(",")]
        if re.match(r"s_addk?(_co)?_[iu]32", operation) and number(parts[-1]):
            steps[parts[0]] = number(parts[-1])
    for operation, arguments in reversed(code):
        parts = [part.strip() for part in arguments.split(",")]
        if operation.startswith("s_cmp") and parts[0] in steps and number(parts[1]):
            return max(1, math.ceil(number(parts[1]) / steps[parts[0]]))
    return None
