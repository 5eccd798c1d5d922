//! The `simt` family: see `simt.wgsl.j2`.

use minijinja::context;

use super::product::Product;
use super::template::{self, Storage};
use super::{Expansion, SLAB_RUN, Tiling, count_tiles, whole_slabs};
use crate::sharing;
use crate::tuning::TileSize;

/// Rows and columns of a tile, its slice of K, and the sums of one thread.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tile {
    m: usize,
    n: usize,
    k: usize,
    thread_m: usize,
    thread_n: usize,
}

const fn tile(m: usize, n: usize, k: usize, thread_m: usize, thread_n: usize) -> Tile {
    Tile { m, n, k, thread_m, thread_n }
}

/// Tiles from the largest to the smallest. The two slices of the first fill the 16 KiB of workgroup memory that WebGPU
/// promises. More sums a thread mean fewer loads a multiply-add; more tiles mean more busy multiprocessors.
const TILES: [Tile; 7] = [
    tile(128, 128, 16, 8, 8),
    tile(128, 64, 16, 8, 8),
    tile(64, 128, 16, 8, 8),
    tile(128, 32, 16, 8, 4),
    tile(64, 64, 16, 8, 4),
    tile(64, 32, 16, 4, 4),
    tile(32, 32, 16, 4, 4),
];
/// What a weight gradient's slabs are counted in, whichever tile computes it.
const SMALLEST: Tile = TILES[6];
const LARGE: Tile = TILES[4];

const ENOUGH_TILES: usize = sharing::GPU.product_tiles;
/// Rows of K that one slab sums at the most, for the rounding of a plain f32 sum and the loop limit of old Mesa.
const LONGEST_SLAB: usize = 8192;

impl Tile {
    fn size(&self) -> TileSize {
        [self.m, self.n].into()
    }

    fn threads(&self) -> usize {
        self.m * self.n / (self.thread_m * self.thread_n)
    }

    /// Whether it wastes less than half of itself on either side of the product.
    fn fits(&self, m: usize, n: usize) -> bool {
        self.m < 2 * m.next_multiple_of(32) && self.n < 2 * n.next_multiple_of(32)
    }

    /// The largest tile that fits and leaves enough workgroups; the smallest where none does.
    fn by_rule(product: &Product, slabs: usize) -> Tile {
        let [m, n, _] = product.sizes();
        let padding = |t: &Tile| m.next_multiple_of(t.m) * n.next_multiple_of(t.n);
        let good = |t: &&Tile| {
            t.fits(m, n)
                && count_tiles(product, [t.m, t.n]) * slabs >= ENOUGH_TILES
                // no more than an eighth of the work on rows and columns that are not there
                && padding(t) * 8 <= padding(&SMALLEST) * 9
        };
        TILES.iter().find(good).copied().unwrap_or(SMALLEST)
    }

    fn of(product: &Product, slabs: usize, chosen: Option<TileSize>) -> Tile {
        let named = chosen.and_then(|size| TILES.iter().find(|t| t.size() == size));
        named.copied().unwrap_or_else(|| Tile::by_rule(product, slabs))
    }
}

pub(super) fn tiles() -> Vec<TileSize> {
    TILES.iter().map(Tile::size).collect()
}

pub(super) fn candidates(product: &Product, slabs: usize) -> Vec<TileSize> {
    let rule = Tile::by_rule(product, slabs);
    let [m, n, _] = product.sizes();
    let others = TILES.iter().filter(|t| **t != rule && t.fits(m, n)).map(Tile::size);
    std::iter::once(rule.size()).chain(others).collect()
}

/// Slabs of a weight gradient.
pub(super) fn slabs(product: &Product) -> usize {
    let [m, n, k] = product.sizes();
    let tile = if m > SMALLEST.m && n > SMALLEST.n { LARGE } else { SMALLEST };
    let tiles = count_tiles(product, [tile.m, tile.n]);
    whole_slabs(product, ENOUGH_TILES.div_ceil(tiles).min(k.div_ceil(8 * tile.k)).max(k.div_ceil(LONGEST_SLAB)))
}

/// The text of `product` and how it is launched.
pub(super) fn expand(product: &Product, slabs: usize, chosen: Option<TileSize>) -> Expansion {
    let tile = Tile::of(product, slabs, chosen);
    let tiling = Tiling::new(product, [tile.m, tile.n], slabs, SLAB_RUN);
    let threads = tile.threads();
    let own = context! {
        name => "simt", each => 4, stage => "vec4f", stage_scalar => "f32", threads, tile_m => tile.m, tile_n => tile.n,
        unroll => 1, thread_m => tile.thread_m, thread_n => tile.thread_n,
        threads_m => tile.m / tile.thread_m, threads_n => tile.n / tile.thread_n,
        fetches_a => tile.m * tile.k / 4 / threads, fetches_b => tile.n * tile.k / 4 / threads,
        ..template::slices(product, &tiling, tile.k),
    };
    let (text, grid) = template::expand("simt.wgsl.j2", product, &tiling, &Storage::in_fours(product), own);
    let slices = tiling.slab.min(product.sizes()[2]).div_ceil(tile.k);
    let iterations = (slices * (tile.k + 1)) as u64;
    Expansion { source: text, tiling, groups: grid, iterations, workgroup: threads as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_share_the_loads_of_every_tile_evenly() {
        for tile in TILES {
            let threads = tile.threads();
            assert!(threads.is_power_of_two() && (32..=256).contains(&threads), "{tile:?}: {threads} threads");
            assert_eq!((tile.m * tile.k / 4) % threads, 0, "{tile:?}: loads of A");
            assert_eq!((tile.n * tile.k / 4) % threads, 0, "{tile:?}: loads of B");
            assert!((tile.m + tile.n) * tile.k * 4 <= 16 << 10, "{tile:?}: workgroup memory");
        }
    }
}
