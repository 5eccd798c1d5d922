//! The `simt` family: see `simt.wgsl.j2`.

use minijinja::context;

use super::product::{Direction, Product};
use super::template::{self, Storage};
use super::{Expansion, Tiling};

/// Rows and columns of a tile, its slice of K, and the sums of one thread.
struct Tile {
    m: usize,
    n: usize,
    k: usize,
    thread_m: usize,
    thread_n: usize,
}

/// For products with many tiles.
const LARGE: Tile = Tile { m: 64, n: 64, k: 16, thread_m: 8, thread_n: 4 };
/// For products that would leave most of a GPU idle with large tiles.
const SMALL: Tile = Tile { m: 32, n: 32, k: 16, thread_m: 4, thread_n: 4 };

/// Workgroups that are worth having on a large GPU.
const ENOUGH_TILES: usize = 256;
/// Rows of K that one slab sums at the most, for the rounding of a plain f32 sum and the loop limit of old Mesa.
const LONGEST_SLAB: usize = 8192;

impl Tile {
    fn of(product: &Product) -> &'static Tile {
        let [m, n, _] = product.sizes();
        let tiles = m.div_ceil(LARGE.m) * n.div_ceil(LARGE.n) * product.conv.groups;
        if n > SMALL.n && m > SMALL.m && tiles >= ENOUGH_TILES / 4 { &LARGE } else { &SMALL }
    }
}

pub(super) fn tiling(product: &Product, slabs: Option<usize>) -> Tiling {
    let [m, n, k] = product.sizes();
    let tile = Tile::of(product);
    let tiles = m.div_ceil(tile.m) * n.div_ceil(tile.n) * product.conv.groups;
    let slabs = slabs.unwrap_or_else(|| match product.direction {
        Direction::GradWeight => ENOUGH_TILES.div_ceil(tiles).min(k.div_ceil(8 * tile.k)).max(k.div_ceil(LONGEST_SLAB)),
        _ => 1,
    });
    Tiling { tile: [tile.m, tile.n], slabs, slab: k.div_ceil(slabs) }
}

/// The text of `product` and how it is launched.
pub(super) fn expand(product: &Product, slabs: usize) -> Expansion {
    let [_, n, _] = product.sizes();
    let (tile, tiling) = (Tile::of(product), tiling(product, Some(slabs)));
    let per_in = product.conv.c_in / product.conv.groups;
    let per_out = product.conv.c_out / product.conv.groups;
    let back = product.direction == Direction::GradInput;
    let four = |channels: usize| if channels.is_multiple_of(4) { 4 } else { 1 };
    let storage =
        Storage { a_vec: four(if back { per_out } else { per_in }) == 4, b_columns: four(per_out), c_columns: four(n) };
    let threads = tile.m * tile.n / (tile.thread_m * tile.thread_n);
    let own = context! {
        name => "simt", threads, tile_m => tile.m, tile_n => tile.n, tile_k => tile.k,
        thread_m => tile.thread_m, thread_n => tile.thread_n,
        threads_m => tile.m / tile.thread_m, threads_n => tile.n / tile.thread_n,
        fetches_a => tile.m * tile.k / 4 / threads, fetches_b => tile.n * tile.k / 4 / threads,
    };
    let (text, grid) = template::expand("simt.wgsl.j2", product, &tiling, &storage, own);
    let slices = tiling.slab.div_ceil(tile.k);
    let iterations = (slices * (tile.k + 1)) as u64;
    Expansion { source: text, tiling, groups: grid, iterations, workgroup: threads as u32 }
}
