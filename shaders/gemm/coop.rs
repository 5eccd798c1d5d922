//! The `coop` family: see `coop.wgsl.j2`.

use minijinja::context;

use super::product::Product;
use super::template::{self, Storage};
use super::{Conv, Expansion, Matrix, SLAB_RUN, Tiling, count_tiles, whole_slabs};
use crate::sharing;
use crate::tuning::TileSize;

/// Matrices of a subgroup and subgroups of a workgroup, `[rows, columns]` each.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tile {
    fragments: [usize; 2],
    subgroups: [usize; 2],
}

/// Tiles from the largest to the smallest; of two of a size, the first that an adapter's subgroups can run. Matrices that a
/// subgroup holds are loaded once and used up to four times. Four by two are few enough that no known compiler spills them;
/// four by four need subgroups of 64.
const TILES: [Tile; 8] = [
    Tile { fragments: [4, 2], subgroups: [2, 4] },
    Tile { fragments: [4, 4], subgroups: [2, 2] },
    Tile { fragments: [4, 2], subgroups: [4, 2] },
    Tile { fragments: [4, 4], subgroups: [4, 1] },
    Tile { fragments: [4, 2], subgroups: [2, 2] },
    Tile { fragments: [2, 4], subgroups: [2, 2] },
    Tile { fragments: [2, 2], subgroups: [2, 2] },
    Tile { fragments: [2, 2], subgroups: [2, 1] },
];
const SMALLEST: Tile = TILES[7];
/// The most threads of a workgroup.
const MOST_THREADS: usize = 256;
/// Matrices that a slice is deep.
const DEPTH: usize = 2;
/// Elements between rows of a slice, so that the rows of one matrix lie in different banks.
const PAD: usize = 8;

/// Parts that a bias's gradient is summed in, so that the tile does not decide about its rounding.
const PARTS: usize = 16;

const ENOUGH_TILES: usize = sharing::GPU.product_tiles;
/// Rows of K that one slab sums at the most, for the rounding of a plain f32 sum.
const LONGEST_SLAB: usize = 16_384;

impl Tile {
    fn size(&self, matrix: Matrix) -> [usize; 2] {
        [0, 1].map(|a| self.fragments[a] * self.subgroups[a] * matrix.side as usize)
    }

    fn threads(&self, matrix: Matrix) -> usize {
        self.subgroups[0] * self.subgroups[1] * matrix.subgroup as usize
    }

    /// Bytes of workgroup memory in the hungriest direction.
    fn workgroup_bytes(&self, matrix: Matrix) -> usize {
        let side = matrix.side as usize;
        let ([m, n], k) = (self.size(matrix), DEPTH * side);
        let slice_a = (m * (k + PAD)).max(k * (m + PAD)) * 2;
        let slice_b = (n * (k + PAD)).max(k * (n + PAD)) * 2;
        let sums = self.subgroups[0] * self.subgroups[1] * side * side * 4;
        slice_a + slice_b + sums + PARTS * n / 4 * 16
    }

    /// The tiles for matrices, from the largest to the smallest, each size once.
    fn all(matrix: Matrix) -> impl Iterator<Item = Tile> {
        let runs = move |tile: &Tile| tile.threads(matrix) <= MOST_THREADS && tile.shares(matrix, 4);
        let same = move |a: &Tile, b: &Tile| a.size(matrix) == b.size(matrix);
        let first = move |tile: &Tile| TILES.iter().filter(|t| runs(t)).find(|t| same(t, tile)) == Some(tile);
        TILES.into_iter().filter(first)
    }

    /// Whether threads share both slices evenly in runs of so many elements.
    fn shares(&self, matrix: Matrix, run: usize) -> bool {
        let depth = DEPTH * matrix.side as usize;
        self.size(matrix).iter().all(|lines| (lines * depth / run).is_multiple_of(self.threads(matrix)))
    }

    /// Elements that a thread loads at once: eight where channels and threads allow, which halves the addresses.
    fn run(&self, product: &Product, matrix: Matrix) -> usize {
        let Conv { c_in, c_out, groups, .. } = product.conv;
        let eights = [c_in / groups, c_out / groups].iter().all(|channels| channels.is_multiple_of(8));
        if eights && self.shares(matrix, 8) { 8 } else { 4 }
    }

    /// Whether memory suffices, and it wastes less than half of itself on either side.
    fn fits(&self, product: &Product, matrix: Matrix) -> bool {
        let ([m, n, _], [tile_m, tile_n]) = (product.sizes(), self.size(matrix));
        let least = SMALLEST.size(matrix);
        self.workgroup_bytes(matrix) <= matrix.workgroup_bytes as usize
            && tile_m < 2 * m.next_multiple_of(least[0])
            && tile_n < 2 * n.next_multiple_of(least[1])
    }

    /// Those that fit and do no more than an eighth of the work on rows and columns that are not there.
    fn frugal(product: &Product, matrix: Matrix) -> impl Iterator<Item = Tile> {
        let [m, n, _] = product.sizes();
        let padded = move |t: &Tile| {
            let [tile_m, tile_n] = t.size(matrix);
            m.next_multiple_of(tile_m) * n.next_multiple_of(tile_n)
        };
        Tile::all(matrix).filter(move |t| t.fits(product, matrix) && padded(t) * 8 <= padded(&SMALLEST) * 9)
    }

    fn by_rule(product: &Product, slabs: usize, matrix: Matrix) -> Tile {
        let enough = |t: &Tile| count_tiles(product, t.size(matrix)) * slabs >= ENOUGH_TILES;
        Tile::frugal(product, matrix).find(enough).unwrap_or(SMALLEST)
    }
}

/// Whether a product is worth cooperative matrices: large enough on all sides that most of a tile is used.
pub(super) fn suits(product: &Product) -> bool {
    product.sizes().iter().all(|&size| size >= 32)
}

/// Rows and columns of the smallest tile.
pub(super) fn smallest(matrix: Matrix) -> [usize; 2] {
    SMALLEST.size(matrix)
}

/// The tiles of matrices of every side.
pub(super) fn tiles() -> Vec<TileSize> {
    let sized = |side| Matrix { side, subgroup: 1, workgroup_bytes: 0, unit: 4 };
    [8, 16].map(sized).into_iter().flat_map(|matrix| Tile::all(matrix).map(move |t| t.size(matrix).into())).collect()
}

pub(super) fn candidates(product: &Product, slabs: usize, matrix: Matrix) -> Vec<TileSize> {
    let rule = Tile::by_rule(product, slabs, matrix);
    let others = Tile::all(matrix).filter(|t| *t != rule && t.fits(product, matrix));
    std::iter::once(rule).chain(others).map(|t| t.size(matrix).into()).collect()
}

/// Slabs of a weight gradient.
pub(super) fn slabs(product: &Product, matrix: Matrix) -> usize {
    let k = product.sizes()[2];
    let tile = Tile::frugal(product, matrix).next().unwrap_or(SMALLEST);
    let tiles = count_tiles(product, tile.size(matrix));
    let deep = 8 * DEPTH * matrix.side as usize;
    whole_slabs(product, ENOUGH_TILES.div_ceil(tiles).min(k.div_ceil(deep)).max(k.div_ceil(LONGEST_SLAB)))
}

/// The text of `product` and how it is launched.
pub(super) fn expand(product: &Product, slabs: usize, matrix: Matrix, chosen: Option<TileSize>) -> Expansion {
    let named = chosen
        .and_then(|size| Tile::all(matrix).find(|t| TileSize::from(t.size(matrix)) == size && t.fits(product, matrix)));
    let tile = named.unwrap_or_else(|| Tile::by_rule(product, slabs, matrix));
    let [tile_m, tile_n] = tile.size(matrix);
    let tiling = Tiling::new(product, [tile_m, tile_n], slabs, SLAB_RUN);
    let (threads, side) = (tile.threads(matrix), matrix.side as usize);
    let (tile_k, each) = (DEPTH * side, tile.run(product, matrix));
    let fours = Storage::in_fours(product);
    let (stage, storage) = if each == 8 { ("Eight", fours.in_eights()) } else { ("Real4", fours) };
    let own = context! {
        name => "coop", each, unit => matrix.unit, stage, stage_scalar => "Real", threads, tile_m, tile_n,
        side, subgroup => matrix.subgroup, subgroups => tile.subgroups[0] * tile.subgroups[1],
        subgroups_n => tile.subgroups[1], fragments_m => tile.fragments[0], fragments_n => tile.fragments[1],
        fetches_a => tile_m * tile_k / each / threads, fetches_b => tile_n * tile_k / each / threads,
        ..template::slices(product, &tiling, tile_k),
    };
    let (text, grid) = template::expand("coop.wgsl.j2", product, &tiling, &storage, own);
    let slices = tiling.slab.min(product.sizes()[2]).div_ceil(tile_k);
    let matrices = tile.fragments[0] * tile.fragments[1];
    let iterations = (slices + matrices * (side * side / 4).div_ceil(matrix.subgroup as usize)) as u64;
    Expansion { source: text, tiling, groups: grid, iterations, workgroup: threads as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MATRICES: [(u32, u32); 4] = [(8, 8), (8, 32), (16, 32), (16, 64)];

    #[test]
    fn threads_share_the_loads_of_every_tile_evenly() {
        for (side, subgroup) in MATRICES {
            let matrix = Matrix { side, subgroup, workgroup_bytes: 48 << 10, unit: 4 };
            for tile in Tile::all(matrix) {
                let ([m, n], k, threads) = (tile.size(matrix), DEPTH * side as usize, tile.threads(matrix));
                assert!(threads <= MOST_THREADS, "{tile:?}");
                assert_eq!(m * k / 4 % threads, 0, "{tile:?} {matrix:?}: loads of A");
                assert_eq!(n * k / 4 % threads, 0, "{tile:?} {matrix:?}: loads of B");
                assert_eq!(threads % (n / 4), 0, "{tile:?} {matrix:?}: a thread has its columns");
                assert_eq!(k % PARTS, 0, "{matrix:?}: a slice holds every part alike");
                assert!(tile.workgroup_bytes(matrix) <= 40 << 10, "{tile:?} {matrix:?}: workgroup memory");
            }
        }
    }

    #[test]
    fn every_adapter_has_tiles_of_the_same_sizes() {
        for (side, subgroup) in MATRICES {
            let matrix = Matrix { side, subgroup, workgroup_bytes: 48 << 10, unit: 4 };
            let sizes: Vec<_> = Tile::all(matrix).map(|t| t.size(matrix).map(|s| s / side as usize)).collect();
            assert_eq!(sizes, [[8, 8], [16, 4], [8, 4], [4, 8], [4, 4], [4, 2]], "{matrix:?}");
        }
    }
}
