//! The `lane` family: see `lane.wgsl.j2`.

use minijinja::context;

use super::product::{Direction, Product};
use super::template::{self, Storage, vector};
use super::{Expansion, Tiling};

/// Blocks of rows of a tile, each as many rows as the subgroup has lanes. More rows load less and take longer to compile,
/// which pays only where there is much to multiply: 16 rows on 8 lanes, or 32.
fn row_blocks(product: &Product) -> usize {
    let [m, n, k] = product.sizes();
    if m * n >= 1 << 19 && k >= 64 { 4 } else { 2 }
}
/// Workgroups that keep every core of a software adapter busy.
const ENOUGH_TILES: usize = 32;
/// Rows of K that one invocation sums by itself at the most: far from the loop limit of old Mesa, and short enough for
/// the rounding of a plain f32 sum.
const LONGEST_SLAB: usize = 8192;

/// Columns of a lane: as many as fill no more than the product's columns.
fn columns(n: usize, width: usize) -> usize {
    [1, 2].into_iter().find(|c| n <= c * width).unwrap_or(4)
}

pub(super) fn tiling(product: &Product, slabs: Option<usize>, width: usize) -> Tiling {
    let [m, n, k] = product.sizes();
    let tile = [(row_blocks(product) * width).min(m.next_multiple_of(width)), columns(n, width) * width];
    let tiles = m.div_ceil(tile[0]) * n.div_ceil(tile[1]) * product.conv.groups;
    let slabs = slabs.unwrap_or_else(|| match product.direction {
        Direction::GradWeight => ENOUGH_TILES.div_ceil(tiles).min(k.div_ceil(64)).max(k.div_ceil(LONGEST_SLAB)),
        _ => 1,
    });
    Tiling { tile, slabs, slab: k.div_ceil(slabs) }
}

/// The text of `product` and how it is launched.
pub(super) fn expand(product: &Product, slabs: usize, width: usize) -> Expansion {
    let [m, n, k] = product.sizes();
    let tiling = tiling(product, Some(slabs), width);
    let columns = columns(n, width);
    let vectors = columns > 1 && n % columns == 0;
    let back = product.direction == Direction::GradInput;
    let storage = Storage {
        a_vec: false,
        b_columns: if vectors && !back { columns } else { 1 },
        c_columns: if vectors { columns } else { 1 },
    };
    let own = context! {
        name => "lane", width, columns, rows => tiling.tile[0].min(m), row_blocks => tiling.tile[0] / width,
        tile_n => tiling.tile[1], v => vector(columns),
    };
    // rows of a tile that is cut to M are still counted in whole tiles
    let (text, grid) = template::expand("lane.wgsl.j2", product, &tiling, &storage, own);
    let summed = if product.direction == Direction::GradWeight { tiling.slab } else { k };
    let iterations = summed + tiling.tile[0];
    Expansion { source: text, tiling, groups: grid, iterations: iterations as u64, workgroup: width as u32 }
}
