//! Matrix products: what convolution, linear layers and their gradients are made of.
//!
//! A convolution and its two gradients are implicit matrix products over a gathered operand ([`Product`]). Three families of
//! kernels compute them: [`Family::Simt`] for GPUs, [`Family::Coop`] for GPUs with cooperative matrices, [`Family::Lane`]
//! for software adapters. Their text is expanded from templates, because register tiles must be unrolled; everything else
//! about a kernel is in `loaders.wgsl.j2`, which all share.
//!
//! Rules choose a tile from the shape of a product; a [table](crate::tuning::Tiles) overrules them. The number of slabs follows from the
//! shape and the target alone, and every tile sums along K in the same order, so that a table changes the time of a run and not its bits.

mod coop;
mod lane;
mod layer;
mod matrix;
mod phase;
mod product;
mod simt;
mod split;
mod template;
mod transposed;
mod trial;
mod winograd;

pub(crate) use layer::{BIAS, INPUT, WEIGHT, masked_dy};
pub use layer::{Layer, Relu, backward, forward};
pub(crate) use matrix::{Transposed, multiply};
pub use product::{Conv, Direction, Product};
pub(crate) use transposed::{transposed_forward, transposed_grad_input, transposed_grad_weight};
pub use trial::Trial;

use crate::dispatch::{Dispatch, Operand, read, write};
use crate::dtype::Precision;
use crate::target::{Compiler, Target};
use crate::tuning::{TileSize, Tuning};

pub use crate::target::{Family, Lanes, Matrix};

/// The family that computes `product` on `target`.
fn family_of(product: &Product, target: &Target) -> Family {
    match target.matrix {
        Some(matrix) if product.precision == Precision::F16 && coop::suits(product) => Family::Coop(matrix),
        _ => target.family,
    }
}

/// How a product is cut into tiles.
pub(crate) struct Tiling {
    /// Rows and columns of a tile.
    pub tile: [usize; 2],
    /// Slabs that K is cut into, each summed by itself.
    pub slabs: usize,
    /// Rows of K in a slab.
    pub slab: usize,
}

impl Tiling {
    /// Slabs of whole runs of `run` rows of K, as far as K has them.
    fn new(product: &Product, tile: [usize; 2], slabs: usize, run: usize) -> Self {
        Tiling { tile, slabs, slab: slab_rows(product.sizes()[2], slabs, run) }
    }
}

/// Rows of K that the slabs of a GPU's families are counted in: the slices of every tile divide it.
const SLAB_RUN: usize = 32;

/// Rows in each of so many slabs of whole runs; the last slab may have fewer.
fn slab_rows(depth: usize, slabs: usize, run: usize) -> usize {
    depth.div_ceil(slabs).next_multiple_of(run)
}

/// About `wanted` slabs of whole slices, none of them empty.
fn whole_slabs(product: &Product, wanted: usize) -> usize {
    let k = product.sizes()[2];
    k.div_ceil(slab_rows(k, wanted, SLAB_RUN))
}

/// Tiles of `tile` in all rows, columns and groups of a product.
fn count_tiles(product: &Product, tile: [usize; 2]) -> usize {
    let (rows, _) = template::rows_of_tiles(product, tile[0], 1);
    rows * product.sizes()[1].div_ceil(tile[1]) * product.conv.groups
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
    /// Where the result goes, `[slabs, M, N]`.
    pub c: Operand,
    /// The bias that is added, its gradient that is summed (grad_weight), or the input that masks.
    pub extra: Option<Operand>,
}

/// The launch of `product` in so many slabs, for all of which `c` and `extra` must have room.
fn launch(product: &Product, target: &Target, operands: Operands, slabs: usize) -> Dispatch {
    let family = family_of(product, target);
    let tuning = Tuning { product: product.key(), tiles: candidates(product, family, target.compiler, slabs) };
    // a table may hold a tile of another family, from before the adapter had cooperative matrices: the rules decide then
    let chosen = target.tiles.get(&tuning.product);
    let expansion = match family {
        Family::Simt => simt::expand(product, slabs, target.compiler, chosen),
        Family::Lane(lanes) => lane::expand(product, slabs, lanes, chosen),
        Family::Coop(matrix) => coop::expand(product, slabs, matrix, chosen),
    };
    let Expansion { source, tiling, groups, iterations, workgroup } = expansion;
    let name = format!("{}/{family} {}x{}", product.direction.name(), tiling.tile[0], tiling.tile[1]);
    let kernel =
        crate::Kernel { name: name.into(), source: source.into(), constants: vec![], per_step: false, workgroup };
    let mut bindings = vec![read(operands.a), read(operands.b), write(operands.c)];
    if let Some(extra) = operands.extra {
        bindings.push(if product.direction == Direction::GradWeight { write(extra) } else { read(extra) });
    }
    let multiply_adds = product.multiply_adds();
    Dispatch { kernel: kernel.into(), bindings, groups, iterations, multiply_adds, tuning: Some(tuning) }
}

/// How many slabs a weight gradient's K is cut into: enough that no core or multiprocessor is idle, and none so long that a plain
/// f32 sum loses digits. The other products are cut where their tiles are few (`split.rs`).
fn slabs(product: &Product, target: &Target) -> usize {
    match family_of(product, target) {
        Family::Simt => simt::slabs(product),
        Family::Lane(lanes) => lane::slabs(product, lanes.width as usize),
        Family::Coop(matrix) => coop::slabs(product, matrix),
    }
}

/// The tiles that can compute `product`, the one that the rules choose first.
fn candidates(product: &Product, family: Family, compiler: Compiler, slabs: usize) -> Vec<TileSize> {
    match family {
        Family::Simt => simt::candidates(product, slabs, compiler),
        Family::Lane(lanes) => lane::candidates(product, lanes.width as usize),
        Family::Coop(matrix) => coop::candidates(product, slabs, matrix),
    }
}

/// All tiles that adapters have on which products in f32 are computed by the family of this name (`simt`, `lane8`), those
/// of cooperative matrices included; none if no family is called that.
pub fn tiles_of(family: &str) -> Option<Vec<TileSize>> {
    let lane = |width| Family::Lane(Lanes { width, wide: false });
    let families = std::iter::once(Family::Simt).chain(Family::LANE_WIDTHS.map(lane));
    let own = match families.into_iter().find(|known| known.to_string() == family)? {
        Family::Lane(lanes) => lane::tiles(lanes.width as usize),
        Family::Simt | Family::Coop(_) => simt::tiles(),
    };
    Some(own.into_iter().chain(coop::tiles()).collect())
}
