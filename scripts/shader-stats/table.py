"""Tables of what compilers made of kernels: a line a kernel, written, read and compared."""
import collections
import dataclasses

from model import SPREAD, USUAL, Model

COLUMNS = (
    "preset", "precision", "batch", "layer", "kernel", "launches", "workgroups", "threads", "subgroup", "registers", "waves",
    "workgroup_memory", "spills", "scratch", "instructions", "round_trips", "predicted_us",
)
KEY = COLUMNS[:5]


@dataclasses.dataclass
class Table:
    gpu: str
    mesa: str
    rows: list  # dicts of text by column
    predictions: list  # lines of text

    def write(self, path, about):
        """Writes the table, whole or not at all."""
        lines = [f"# {about}, as Mesa {self.mesa} compiles for it. Nothing ran on a GPU: no time here is measured."]
        if self.predictions:
            lines.append("# predicted_us and the following are a model's predictions (scripts/shader-stats/model.py)")
            lines += [f"# predicted {line}" for line in self.predictions]
        lines.append("\t".join(COLUMNS))
        lines += ["\t".join(row[column] for column in COLUMNS) for row in self.rows]
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".new")
        partial.write_text("\n".join(lines) + "\n")
        partial.rename(path)

    @classmethod
    def read(cls, path):
        lines = path.read_text().splitlines()
        head = [line for line in lines if line.startswith("#")]
        columns, *rows = [line.split("\t") for line in lines if not line.startswith("#")]
        mesa = head[0].split(", as Mesa ")[1].split(" ")[0]
        predictions = [line.removeprefix("# predicted ") for line in head[1:] if line.startswith("# predicted ")]
        return cls(path.stem, mesa, [dict(zip(columns, row)) for row in rows], predictions)

    def replace(self, other):
        """The same with another table's steps in place of its own."""
        mine, theirs = by_work(self.rows), by_work(other.rows)
        rows = [row for of_work in {**mine, **theirs}.values() for row in of_work]
        lines = {line.split(":")[0]: line for line in self.predictions + other.predictions}
        return Table(self.gpu, other.mesa, rows, list(lines.values()))


def by_work(rows):
    works = collections.defaultdict(list)
    for row in rows:
        works[row["preset"], row["precision"], row["batch"]].append(row)
    return works


def text(value):
    return "-" if value is None else str(value)


def rows_of(gpu, work, kernels):
    """The rows of a training step, and its predicted time in words; none if the model is not about this GPU."""
    rows = []
    totals = [0.0] * 3
    models = [Model(of) for of in (USUAL, *SPREAD)] if gpu.predicted else []
    for kernel in kernels:
        first = next((launch for launch in kernel.launches if launch.trains), kernel.launches[0])
        predicted = None
        if models:
            predicted = f"{models[0].predict(kernel, first).seconds * 1e6:.1f}"
            for launch in kernel.launches:
                for i, model in enumerate(models):
                    totals[i] += model.predict(kernel, launch).seconds if launch.trains else 0
        values = (
            work.preset, work.precision, work.batch, kernel.layer, kernel.name, kernel.steps, kernel.workgroups, kernel.threads,
            kernel.subgroup, kernel.registers, kernel.waves, kernel.workgroup_memory, kernel.spills, kernel.scratch,
            kernel.instructions, kernel.trips, predicted,
        )
        rows.append(dict(zip(COLUMNS, map(text, values))))
    if not models:
        return rows, None
    rates = [f"{work.batch / total:,.0f}" for total in totals]
    return rows, f"{work}: {totals[0] * 1e3:.2f} ms a step, {rates[0]} images/s ({rates[1]} to {rates[2]})"


def spilled(row):
    """Whether a kernel puts registers into memory."""
    return any(row[column] not in ("0", "-") for column in ("spills", "scratch"))


def name_of(row):
    return " ".join((*(row[column] for column in KEY[:3]), row["layer"], row["kernel"]))


def compare(table, fresh):
    """(what is worse, what is different) in `fresh` than in a table of the same steps, each in words."""
    before = collections.defaultdict(collections.deque)
    for row in table.rows:
        before[tuple(row[column] for column in KEY)].append(row)
    worse, other = [], []
    for row in fresh.rows:
        same = before[tuple(row[column] for column in KEY)]
        old = same.popleft() if same else None
        if spilled(row) and not (old and spilled(old)):
            worse.append(f"{name_of(row)}: {row['spills']} spills, {row['scratch']} bytes of scratch; none in the table")
        if old is None:
            other.append(f"{name_of(row)}: not in the table")
            continue
        if int(row["waves"]) < int(old["waves"]):
            worse.append(f"{name_of(row)}: {row['waves']} waves, {old['waves']} in the table")
        changed = [
            f"{column} {old[column]} -> {row[column]}" for column in COLUMNS[5:] if old[column] != row[column] and column != "waves"
        ]
        if changed:
            other.append(f"{name_of(row)}: {', '.join(changed)}")
    works = by_work(fresh.rows)
    for row in (row for left in before.values() for row in left):
        if (row["preset"], row["precision"], row["batch"]) in works:
            other.append(f"{name_of(row)}: only in the table")
    return worse, other
