//! What the planner knows about the adapter: which kernels suit it.

use std::fmt;

use crate::dtype::Precision;
use crate::tuning::Tiles;

pub use crate::compiler::Compiler;
pub use crate::splitting::Splitting;

/// A family of kernels for matrix products ([`gemm`](crate::gemm)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Tiles in workgroup memory, sums in registers: every GPU.
    Simt,
    /// One subgroup a workgroup, rows spread by broadcast, no workgroup memory: software adapters.
    Lane(Lanes),
    /// Cooperative matrices: operands in f16, sums in f32.
    Coop(Matrix),
}

/// The lanes of a software adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lanes {
    /// Lanes of a subgroup: all that the adapter has, no fewer and no more.
    pub width: u32,
    /// Whether two floats may be loaded as one 64-bit integer.
    pub wide: bool,
}

/// The cooperative matrices of an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Matrix {
    /// Rows, columns and depth: 8 or 16.
    pub side: u32,
    /// Threads of a subgroup, all of which hold a matrix together.
    pub subgroup: u32,
    /// Bytes of workgroup memory that a tile may take.
    pub workgroup_bytes: u32,
    /// Numbers in an element of the arrays that matrices are loaded from: 4, or 1 where they can be loaded from single
    /// numbers alone, as in Metal.
    pub unit: u32,
}

impl Family {
    /// Subgroup widths that `lane` is made for.
    pub const LANE_WIDTHS: [u32; 3] = [4, 8, 16];
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Family::Simt => write!(f, "simt"),
            Family::Lane(lanes) => write!(f, "lane{}", lanes.width),
            Family::Coop(matrix) => write!(f, "coop{}", matrix.side),
        }
    }
}

/// What the planner knows about the adapter and was asked for: which kernels suit it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The family of matrix products where cooperative matrices are not used.
    pub family: Family,
    /// How activations are stored.
    pub precision: Precision,
    /// The cooperative matrices that large products use in f16, where the adapter has them.
    pub matrix: Option<Matrix>,
    /// What makes machine code of the kernels.
    pub compiler: Compiler,
    /// When sums of products with few tiles are split along K; never where that is unset, as on software adapters.
    pub splitting: Option<Splitting>,
    /// Tiles of products that were measured; rules choose the others.
    pub tiles: Tiles,
}

impl Target {
    /// Products of `family` in f32, for any compiler and a GPU of any maker.
    pub fn f32(family: Family) -> Self {
        Target {
            family,
            precision: Precision::F32,
            matrix: None,
            compiler: Compiler::CAUTIOUS,
            splitting: (!matches!(family, Family::Lane(_))).then(|| Splitting::of(0, false)),
            tiles: Tiles::default(),
        }
    }

    /// The same with results that have the same bits in any batch.
    #[must_use]
    pub fn for_any_batch(self) -> Target {
        let splitting = self.splitting.map(|splitting| Splitting { per_example: true, ..splitting });
        Target { splitting, ..self }
    }

    /// Whether more threads cost nothing, as on a GPU, which needs thousands of them. A software adapter has a handful of
    /// cores: there a thread that adds little to the work of the others is a loss, and so are barriers.
    pub fn threads_are_cheap(&self) -> bool {
        !matches!(self.family, Family::Lane(_))
    }
}
