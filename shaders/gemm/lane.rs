//! The `lane` family: see `lane.wgsl.j2`.

use minijinja::context;

use super::product::{Direction, Product};
use super::template::{self, Storage, real_vector, vector};
use super::{Expansion, Tiling, count_tiles};

/// Workgroups that keep every core of a software adapter busy.
const ENOUGH_TILES: usize = 32;
/// Rows of K that one invocation sums by itself at the most: far from the loop limit of old Mesa, and short enough for
/// the rounding of a plain f32 sum.
const LONGEST_SLAB: usize = 8192;

/// Rows of a tile, in runs of one for each lane, and columns of a lane.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tile {
    row_blocks: usize,
    columns: usize,
}

impl Tile {
    /// More rows load less and take longer to compile, which pays only where there is much to multiply.
    fn by_rule(product: &Product, width: usize) -> Tile {
        let [m, n, k] = product.sizes();
        let row_blocks = std::env::var("ROWS").map_or(if m * n >= 1 << 19 && k >= 64 { 4 } else { 2 }, |v| v.parse().unwrap());
        // as many columns as fill no more than the product's
        let columns = [1, 2].into_iter().find(|c| n <= c * width).unwrap_or(4);
        Tile { row_blocks: row_blocks.min(m.div_ceil(width)), columns }
    }

    fn size(&self, width: usize) -> [usize; 2] {
        [self.row_blocks * width, self.columns * width]
    }

    fn name(&self, width: usize) -> String {
        let [m, n] = self.size(width);
        format!("{m}x{n}")
    }

    fn all() -> impl Iterator<Item = Tile> {
        let blocks = [4, 2, 1].into_iter();
        blocks.flat_map(|row_blocks| [4, 2, 1].into_iter().map(move |columns| Tile { row_blocks, columns }))
    }
}

pub(super) fn candidates(product: &Product, width: usize) -> Vec<String> {
    let rule = Tile::by_rule(product, width);
    let fits = |t: &Tile| t.columns <= rule.columns && t.row_blocks * width < 2 * product.sizes()[0].max(width);
    let others = Tile::all().filter(|t| *t != rule && fits(t)).map(|t| t.name(width));
    std::iter::once(rule.name(width)).chain(others).collect()
}

/// Slabs of a weight gradient.
pub(super) fn slabs(product: &Product, width: usize) -> usize {
    let k = product.sizes()[2];
    let tiles = count_tiles(product, Tile::by_rule(product, width).size(width));
    ENOUGH_TILES.div_ceil(tiles).min(k.div_ceil(64)).max(k.div_ceil(LONGEST_SLAB))
}

/// The text of `product` and how it is launched.
pub(super) fn expand(product: &Product, slabs: usize, width: usize, chosen: Option<&str>) -> Expansion {
    let [m, n, k] = product.sizes();
    let named = chosen.and_then(|name| Tile::all().find(|t| t.name(width) == name));
    let tile = named.unwrap_or_else(|| Tile::by_rule(product, width));
    let tiling = Tiling::new(product, tile.size(width), slabs);
    let columns = tile.columns;
    let vectors = columns > 1 && n % columns == 0;
    let back = product.direction == Direction::GradInput;
    let per_in = product.conv.c_in / product.conv.groups;
    let per_out = product.conv.c_out / product.conv.groups;
    let wanted: usize = std::env::var("UNROLL").map_or(2, |v| v.parse().unwrap());
    let run = match product.direction { Direction::Forward => per_in, Direction::GradInput => per_out, Direction::GradWeight => 64 };
    let unroll = if run % wanted == 0 { wanted } else { 1 };
    let wide = std::env::var("WIDE").is_ok() && product.precision == crate::op::Precision::F32;
    let wide_a = wide && match product.direction {
        Direction::Forward => per_in % 2 == 0 && unroll % 2 == 0,
        Direction::GradInput => per_out % 2 == 0 && unroll % 2 == 0,
        Direction::GradWeight => per_in % 2 == 0 && tile.row_blocks % 2 == 0,
    };
    let wide_b = wide && if back { per_out % 2 == 0 && unroll % 2 == 0 } else { vectors && columns == 4 };
    let loads_a = if wide_a && product.direction == Direction::GradWeight { tile.row_blocks / 2 } else { tile.row_blocks };
    let b_type = match (wide_b, back) { (true, true) => "u64", (true, false) => "vec2<u64>", (false, true) => "Real", _ => real_vector(if vectors { columns } else { 1 }) };
    let storage = Storage { a_type: if wide_a { "u64" } else { "Real" }, b_type, c_columns: if vectors { columns } else { 1 } };
    let own = context! {
        // rows of a tile that is cut to M are still counted in whole tiles
        name => "lane", width, columns, rows => tiling.tile[0].min(m), row_blocks => tile.row_blocks,
        tile_n => tiling.tile[1], v => vector(columns), unroll, wide_a, wide_b, loads_a,
    };
    let (text, grid) = template::expand("lane.wgsl.j2", product, &tiling, &storage, own);
    // the loop along K is two: over rows of pixels, or over taps, and within them
    let (summed, run) = match product.direction {
        Direction::Forward => (k, per_in),
        Direction::GradInput => (k, product.conv.c_out / product.conv.groups),
        Direction::GradWeight => (tiling.slab, product.conv.placed.output[1]),
    };
    let iterations = summed + summed.div_ceil(run) + 2 + tiling.tile[0];
    Expansion { source: text, tiling, groups: grid, iterations: iterations as u64, workgroup: width as u32 }
}
