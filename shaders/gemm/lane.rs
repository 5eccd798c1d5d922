//! The `lane` family: see `lane.wgsl.j2`.

use minijinja::context;

use super::product::{Conv, Direction, Product};
use super::template::{self, Storage, pairs, real_vector, vector};
use super::{Expansion, Lanes, Tiling, count_tiles};
use crate::dtype::Precision;
use crate::sharing;
use crate::tuning::TileSize;
use crate::window::Placed;

const ENOUGH_TILES: usize = sharing::CORES.product_tiles;
/// Rows of K that one invocation sums by itself at the most: far from the loop limit of old Mesa, and short enough for
/// the rounding of a plain f32 sum.
const LONGEST_SLAB: usize = 8192;
/// Columns of a lane times runs of rows in a larger tile: its sums, eight or so times over.
const SUMS: usize = 16;
/// Multiply-adds from which larger tiles, which take longer to compile, are worth it.
const MUCH: u64 = 1 << 24;
/// Steps along K in one turn of the loop: a sum stays in a register for so many multiply-adds.
const UNROLL: usize = 2;
/// Pixels from which a weight gradient of a 1x1 convolution is summed along a row of all of them.
const LONG_SUM: usize = 256;

/// Rows of a tile, in runs of one for each lane, and columns of a lane.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tile {
    row_blocks: usize,
    columns: usize,
}

impl Tile {
    /// More rows load less for each multiply-add.
    fn by_rule(product: &Product, width: usize) -> Tile {
        let [m, n, _] = product.sizes();
        // as many columns as fill no more than the product's
        let columns = [1, 2].into_iter().find(|c| n <= c * width).unwrap_or(4);
        let row_blocks = if product.multiply_adds() >= MUCH { SUMS / columns } else { 2 };
        Tile { row_blocks: row_blocks.min(8).min(m.div_ceil(width)), columns }
    }

    fn size(&self, width: usize) -> [usize; 2] {
        [self.row_blocks * width, self.columns * width]
    }

    fn all() -> impl Iterator<Item = Tile> {
        let blocks = [8, 4, 2, 1].into_iter();
        let all = blocks.flat_map(|row_blocks| [4, 2, 1].map(|columns| Tile { row_blocks, columns }));
        all.filter(|t| t.row_blocks * t.columns <= SUMS)
    }
}

pub(super) fn tiles(width: usize) -> Vec<TileSize> {
    Tile::all().map(|t| t.size(width).into()).collect()
}

pub(super) fn candidates(product: &Product, width: usize) -> Vec<TileSize> {
    let rule = Tile::by_rule(product, width);
    let fits = |t: &Tile| t.columns <= rule.columns && t.row_blocks * width < 2 * product.sizes()[0].max(width);
    let others = Tile::all().filter(|t| *t != rule && fits(t));
    std::iter::once(rule).chain(others).map(|t| t.size(width).into()).collect()
}

/// Slabs of a weight gradient.
pub(super) fn slabs(product: &Product, width: usize) -> usize {
    let k = product.sizes()[2];
    let tiles = count_tiles(product, Tile::by_rule(product, width).size(width));
    ENOUGH_TILES.div_ceil(tiles).min(k.div_ceil(64)).max(k.div_ceil(LONGEST_SLAB))
}

/// How a tile of a product loads its operands.
struct Loads {
    /// Steps along K in one turn of the loop.
    unroll: usize,
    /// A is read two floats at a time: two steps along K, or two rows of a weight gradient.
    wide_a: bool,
    /// B is read two floats at a time: two steps along K of an input gradient, or two columns.
    wide_b: bool,
    storage: Storage,
}

impl Loads {
    fn of(product: &Product, tile: Tile, wide: bool) -> Loads {
        let n = product.sizes()[1];
        let vectors = tile.columns > 1 && n.is_multiple_of(tile.columns);
        let per_in = product.conv.c_in / product.conv.groups;
        let per_out = product.conv.c_out / product.conv.groups;
        // channels that follow each other in A, and whether both steps of a turn are of one tap
        let (channels, whole_turns) = match product.direction {
            Direction::Forward => (per_in, per_in.is_multiple_of(UNROLL)),
            Direction::GradInput => (per_out, per_out.is_multiple_of(UNROLL)),
            // the last turn of a row is cut
            Direction::GradWeight => (per_in, true),
        };
        let unroll = if whole_turns { UNROLL } else { 1 };
        let wide = wide && product.precision == Precision::F32;
        let even =
            if product.direction == Direction::GradWeight { tile.row_blocks.is_multiple_of(2) } else { unroll == 2 };
        let wide_a = wide && channels.is_multiple_of(2) && even;
        let back = product.direction == Direction::GradInput;
        let wide_b = wide && if back { wide_a } else { vectors };
        let b_type = match (wide_b, back) {
            (true, true) => "u64",
            (true, false) => pairs(tile.columns),
            (false, true) => "Real",
            (false, false) => real_vector(if vectors { tile.columns } else { 1 }),
        };
        let a_type = if wide_a { "u64" } else { "Real" };
        let storage = Storage { a_type, b_type, c_columns: if vectors { tile.columns } else { 1 } };
        Loads { unroll, wide_a, wide_b, storage }
    }
}

/// The weight gradient of a 1x1 convolution over one row of all pixels, which is the same product: a turn of the loop then is
/// `UNROLL` pixels, where images of one pixel have turns of one. Shorter sums, those of linear layers, are not worth it.
fn in_one_row(product: &Product) -> Product {
    let Product { direction, conv, .. } = product;
    let rows = product.sizes()[2];
    if *direction != Direction::GradWeight || conv.placed.input != [1, 1] || rows < LONG_SUM {
        return product.clone();
    }
    let placed = Placed { input: [1, rows], output: [1, rows], ..conv.placed };
    Product { conv: Conv { n: 1, placed, ..conv.clone() }, ..product.clone() }
}

/// The text of `product` and how it is launched.
pub(super) fn expand(product: &Product, slabs: usize, lanes: Lanes, chosen: Option<TileSize>) -> Expansion {
    let product = &in_one_row(product);
    let width = lanes.width as usize;
    let [m, _, k] = product.sizes();
    let named = chosen.and_then(|size| Tile::all().find(|t| TileSize::from(t.size(width)) == size));
    let tile = named.unwrap_or_else(|| Tile::by_rule(product, width));
    let tiling = Tiling::new(product, tile.size(width), slabs, 1);
    let Loads { unroll, wide_a, wide_b, storage } = Loads::of(product, tile, lanes.wide);
    let paired_rows = wide_a && product.direction == Direction::GradWeight;
    let own = context! {
        // rows of a tile that is cut to M are still counted in whole tiles
        name => "lane", width, rows => tiling.tile[0].min(m), row_blocks => tile.row_blocks,
        columns => tile.columns, tile_n => tiling.tile[1], v => vector(tile.columns),
        unroll, wide_a, wide_b, loads_a => if paired_rows { tile.row_blocks / 2 } else { tile.row_blocks },
    };
    let (text, grid) = template::expand("lane.wgsl.j2", product, &tiling, &storage, own);
    // the loop along K is two: over taps or rows of pixels, and within them
    let (summed, run) = match product.direction {
        Direction::Forward => (k, product.conv.c_in / product.conv.groups),
        Direction::GradInput => (k, product.conv.c_out / product.conv.groups),
        Direction::GradWeight => (tiling.slab, product.conv.placed.output[1]),
    };
    let iterations = summed + summed.div_ceil(run) + 2 + tiling.tile[0];
    Expansion { source: text, tiling, groups: grid, iterations: iterations as u64, workgroup: width as u32 }
}
