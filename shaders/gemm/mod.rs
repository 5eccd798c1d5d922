//! Matrix products: what convolution, linear layers and their gradients are made of.
//!
//! A convolution and its two gradients are implicit matrix products over a gathered operand ([`Product`]). Two families of
//! kernels compute them: [`Family::Simt`] for GPUs, [`Family::Lane`] for software adapters. Their text is expanded from
//! templates, because register tiles must be unrolled; everything else about a kernel is in `loaders.wgsl.j2`, which both
//! share.

mod lane;
mod layer;
mod product;
mod simt;
mod template;

pub use layer::{backward, forward};
pub use product::{Conv, Direction, Product};

use crate::dispatch::{Dispatch, Operand, read, write};

/// A family of kernels for matrix products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Tiles in workgroup memory, sums in registers: every GPU.
    Simt,
    /// One subgroup a workgroup, rows spread by broadcast, no workgroup memory: software adapters.
    Lane {
        /// Lanes of a subgroup: all that the adapter has, no fewer and no more.
        width: u32,
    },
}

impl Family {
    /// Subgroup widths that `lane` is made for.
    pub const LANE_WIDTHS: [u32; 3] = [4, 8, 16];
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Family::Simt => write!(f, "simt"),
            Family::Lane { width } => write!(f, "lane{width}"),
        }
    }
}

/// How a product is cut into tiles, and the iterations of its loops.
pub(crate) struct Tiling {
    /// Rows and columns of a tile.
    pub tile: [usize; 2],
    /// Slabs that K is cut into, each summed by itself.
    pub slabs: usize,
    /// Rows of K in a slab.
    pub slab: usize,
}

/// The text of a product and how it is launched.
pub(crate) struct Expansion {
    source: String,
    tiling: Tiling,
    groups: [u32; 2],
    iterations: u64,
    workgroup: u32,
}

/// The operands of a product, in the order of its bindings.
#[derive(Clone, Copy, Debug)]
pub struct Operands {
    /// The gathered operand.
    pub a: Operand,
    /// The other operand.
    pub b: Operand,
    /// The result.
    pub c: Operand,
    /// The bias that is added (forward) or its gradient that is summed (grad_weight).
    pub bias: Option<Operand>,
}

/// The launch of `product` and the number of slabs it writes. With more than one slab, `c` and `bias` must have room for
/// all of them.
fn launch(product: &Product, family: Family, operands: Operands, slabs: usize) -> Dispatch {
    let expansion = match family {
        Family::Simt => simt::expand(product, slabs),
        Family::Lane { width } => lane::expand(product, slabs, width as usize),
    };
    let Expansion { source, tiling, groups, iterations, workgroup } = expansion;
    let name = format!("{}/{family} {}x{}", product.direction.name(), tiling.tile[0], tiling.tile[1]);
    let kernel =
        crate::Kernel { name: name.into(), source: source.into(), constants: vec![], per_step: false, workgroup };
    let mut bindings = vec![read(operands.a), read(operands.b), write(operands.c)];
    if let Some(bias) = operands.bias {
        bindings.push(if product.direction == Direction::Forward { read(bias) } else { write(bias) });
    }
    Dispatch { kernel: kernel.into(), bindings, groups, iterations, multiply_adds: product.multiply_adds() }
}

/// How many slabs a product's K is cut into on this family.
fn slabs(product: &Product, family: Family) -> usize {
    match family {
        Family::Simt => simt::tiling(product, None).slabs,
        Family::Lane { width } => lane::tiling(product, None, width as usize).slabs,
    }
}
