"""What is compiled, and for which GPUs: two tables.

Nothing of a GPU is there: a library (the shim) stands in for the kernel's side of its driver, and the driver's compiler does
what it always does.
"""
import dataclasses

MESA = "trixie-backports"  # the tree of scripts/mesa.sh
OLDER = "bookworm-backports"


@dataclasses.dataclass(frozen=True)
class Compiler:
    """A driver, and what it calls the figures. None: it does not say."""

    driver: str
    shim: str  # a library of the tree, or `intel`, which is built (build.sh)
    registers: str
    waves: str
    workgroup_memory: str | None
    spills: str
    scratch: str | None
    instructions: str
    listing: str | None = None  # kept for the count of round trips


RADV = Compiler("radeon", "amdgpu", "VGPRs", "Subgroups per SIMD", "LDS size", "Spilled VGPRs", "Scratch size",
                "Instructions", listing="Assembly")
NVK = Compiler("nouveau", "nouveau", "Number of GPRs", "Max warps/SM", None, "Spills to memory", "SLM size",
               "Instruction count")
HONEYKRISP = Compiler("asahi", "asahi", "GPRs", "Threads", None, "Spills", "Scratch", "Instructions")
TURNIP = Compiler("freedreno", "freedreno", "Registers used", "Max Waves Per Core", None, "STP Count", None,
                  "Instruction Count")
ANV = Compiler("intel", "intel", "Max live registers", "Max dispatch width", "Workgroup Memory Size", "Spills",
               "Scratch Memory Size", "Instructions")
OLDER_ANV = dataclasses.replace(ANV, spills="Spill Count", instructions="Instruction Count")


@dataclasses.dataclass(frozen=True)
class Gpu:
    """A GPU that a compiler can be told to compile for."""

    name: str
    about: str
    compiler: Compiler
    environment: dict
    tree: str = MESA
    predicted: bool = False  # the model of model.py is about this GPU
    f16: bool = True
    share: int = 1  # of a batch: as much as its bindings hold


def amd(name, about, chip=None, **more):
    return Gpu(name, about, RADV, {"AMDGPU_GPU_ID": chip or name}, **more)


def nvidia(name, about, chipset):
    return Gpu(name, about, NVK, {"NOUVEAU_CHIPSET": chipset})


def intel(name, about, chip=None, compiler=ANV, **more):
    environment = {"INTEL_STUB_GPU": "1", "INTEL_STUB_GPU_PLATFORM": chip or name, "MESA_LOADER_DRIVER_OVERRIDE": "iris"}
    return Gpu(name, about, compiler, environment, **more)


GPUS = {
    gpu.name: gpu
    for gpu in (
        amd("navi31", "AMD RDNA3, Radeon RX 7900 XTX", predicted=True),
        amd("navi31@25", "the same, by the Mesa of Debian 12's backports", chip="navi31", tree=OLDER, predicted=True),
        amd("navi21", "AMD RDNA2, Radeon RX 6900 XT"),
        amd("gfx1201", "AMD RDNA4, Radeon RX 9070 XT"),
        amd("vega20", "AMD GCN5, Radeon VII"),
        nvidia("ga102", "NVIDIA Ampere, GeForce RTX 3090", "172"),
        nvidia("tu102", "NVIDIA Turing, GeForce RTX 2080 Ti", "162"),
        Gpu("m1", "Apple M1", HONEYKRISP, {}),
        Gpu("a740", "Qualcomm Adreno 740", TURNIP, {"FD_GPU_ID": "740"}, f16=False, share=4),
        intel("dg2", "Intel Xe-HPG, Arc A770"),
        intel("dg2@25", "the same, by the Mesa of Debian 12's backports", chip="dg2", compiler=OLDER_ANV, tree=OLDER),
        intel("bmg", "Intel Xe2, Arc B580"),
    )
}


@dataclasses.dataclass(frozen=True)
class Work:
    """A training step whose kernels are compiled."""

    preset: str
    precision: str
    batch: int
    optimizer: str

    def __str__(self):
        return f"{self.preset} {self.precision} {self.batch}"


F32_ONLY = ("dcgan",)
# how presets are compiled: the optimiser, and a batch for each precision; networks of one kind share kernels then
TRAINED = {
    **dict.fromkeys(("seed-mnist", "seed-cifar"), ("adam", 128, 128)),
    **dict.fromkeys(("resnet20", "resnet32", "resnet44", "resnet56", "resnet110"), ("sgd", 128, 128)),
    **dict.fromkeys(("resnet18-cifar", "resnet34-cifar", "resnet50-cifar"), ("sgd", 128, 512)),
    "speednet": ("sgd", 1024, 1024),
    "mobilenet-v2": ("sgd", 64, 64),
}
OTHERS = ("adam", 32, 32)
# those whose tables are kept
TABLED = ("seed-mnist", "seed-cifar", "resnet20", "resnet18-cifar", "speednet", "mobilenet-v2")
# what `make test` compiles: for every sort of register file one GPU
SHORT_GPUS = ("navi31", "ga102", "m1")
SHORT_PRESETS = ("seed-mnist", "resnet20")


def works(gpu, preset):
    """A preset in the precisions that it has on a GPU."""
    optimizer, *batches = TRAINED.get(preset, OTHERS)
    precisions = ("f32", "f16") if gpu.f16 and preset not in F32_ONLY else ("f32",)
    return [Work(preset, precision, batch // gpu.share, optimizer) for precision, batch in zip(precisions, batches)]
