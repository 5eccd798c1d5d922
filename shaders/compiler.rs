//! What the makers of GPUs' compilers do with kernels that hold much in registers: one row of numbers for each.

/// The numbers of a maker. None of them decides about a bit of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compiler {
    /// The maker's PCI number.
    vendor: u32,
    /// Steps along K of a product's slice that stand in the text one after another; a loop walks the slice by so many.
    pub unroll: usize,
    /// f32 values that a thread of a product holds without spilling: its sums, and what it has fetched of the next slice.
    pub held: usize,
    /// Registers that four elements take until they are stored where they lie scattered: single channels, or a gradient's phases.
    pub scattered: usize,
}

impl Compiler {
    /// Any that is not known: what it compiles, it compiles without spilling. Apple's runs more threads where they hold less.
    pub const CAUTIOUS: Compiler = Compiler { vendor: 0, unroll: 1, held: 76, scattered: 4 };

    /// Compilers that are known to like it otherwise, as `scripts/shader-stats.sh` shows. RADV moves loads next to their use
    /// unless slice and loads are one block, and has 256 registers; NVIDIA's threads have 255, and half of them at 128. Intel's have
    /// 128, and spill hundreds where a slice is unrolled and up to a hundred where many addresses are live.
    pub const KNOWN: [Compiler; 3] = [
        Compiler { vendor: 0x1002, unroll: 16, held: 96, scattered: 4 },
        Compiler { vendor: 0x10de, unroll: 16, held: 88, scattered: 4 },
        Compiler { vendor: 0x8086, unroll: 1, held: 76, scattered: 12 },
    ];

    /// The compiler of the maker with this PCI number.
    pub fn of(vendor: u32) -> Compiler {
        Self::KNOWN.into_iter().find(|known| known.vendor == vendor).unwrap_or(Self::CAUTIOUS)
    }
}
