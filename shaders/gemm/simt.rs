//! The `simt` family: see `simt.wgsl.j2`.

use minijinja::context;

use super::product::Product;
use super::template::{self, Storage};
use super::{Expansion, SLAB_RUN, Tiling, count_tiles, whole_slabs};
use crate::sharing;
use crate::target::Compiler;
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

/// Tiles from the largest to the smallest; of one size, those that hold more in registers first. The two slices of the first
/// fill the 16 KiB of workgroup memory that WebGPU promises. More sums a thread mean fewer loads a multiply-add: 8x8 of them
/// load half of what 4x4 do. More tiles mean more busy multiprocessors.
const TILES: [Tile; 12] = [
    tile(128, 128, 16, 8, 8),
    tile(128, 128, 8, 8, 8),
    tile(128, 64, 16, 8, 8),
    tile(128, 64, 8, 8, 8),
    tile(64, 128, 16, 8, 8),
    tile(64, 128, 8, 8, 8),
    tile(64, 64, 16, 8, 8),
    tile(64, 64, 8, 8, 8),
    tile(64, 64, 16, 8, 4),
    tile(128, 32, 16, 8, 4),
    tile(64, 32, 16, 4, 4),
    tile(32, 32, 16, 4, 4),
];
/// What a weight gradient's slabs are counted in, whichever tile computes it.
const SMALLEST: Tile = TILES[11];
const LARGE: Tile = TILES[6];

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

    /// Fetches of a thread for a slice, each of four elements, of A and of B.
    fn fetches(&self) -> [usize; 2] {
        [self.m, self.n].map(|side| side * self.k / 4 / self.threads())
    }

    /// Whether a thread has its values in registers, as this compiler compiles `product`.
    fn is_held(&self, product: &Product, compiler: Compiler) -> bool {
        let [fetches_a, fetches_b] = self.fetches();
        let is_scattered = Storage::in_fours(product).a_type == "Real" || product.phases().len() > 1;
        let a = if is_scattered { compiler.scattered } else { 4 };
        self.thread_m * self.thread_n + a * fetches_a + 4 * fetches_b <= compiler.held
    }

    /// Whether it wastes less than half of itself on either side of the product.
    fn fits(&self, m: usize, n: usize) -> bool {
        self.m < 2 * m.next_multiple_of(32) && self.n < 2 * n.next_multiple_of(32)
    }

    /// The largest tile that is held, fits and leaves enough workgroups; the smallest where none does.
    fn by_rule(product: &Product, slabs: usize, compiler: Compiler) -> Tile {
        let [m, n, _] = product.sizes();
        let padding = |t: &Tile| m.next_multiple_of(t.m) * n.next_multiple_of(t.n);
        let good = |t: &&Tile| {
            t.is_held(product, compiler)
                && t.fits(m, n)
                && count_tiles(product, [t.m, t.n]) * slabs >= ENOUGH_TILES
                // no more than an eighth of the work on rows and columns that are not there
                && padding(t) * 8 <= padding(&SMALLEST) * 9
        };
        TILES.iter().find(good).copied().unwrap_or(SMALLEST)
    }

    /// The tile of this size that a compiler holds in registers.
    fn of_size(size: TileSize, product: &Product, compiler: Compiler) -> Option<Tile> {
        TILES.into_iter().find(|t| t.size() == size && t.is_held(product, compiler))
    }
}

/// Rows and columns of the smallest tile.
pub(super) fn smallest() -> [usize; 2] {
    [SMALLEST.m, SMALLEST.n]
}

pub(super) fn tiles() -> Vec<TileSize> {
    let mut sizes: Vec<TileSize> = TILES.iter().map(Tile::size).collect();
    sizes.dedup();
    sizes
}

pub(super) fn candidates(product: &Product, slabs: usize, compiler: Compiler) -> Vec<TileSize> {
    let rule = Tile::by_rule(product, slabs, compiler).size();
    let [m, n, _] = product.sizes();
    let is_other = |t: &&Tile| t.size() != rule && t.fits(m, n) && t.is_held(product, compiler);
    let mut sizes: Vec<TileSize> = TILES.iter().filter(is_other).map(Tile::size).collect();
    sizes.dedup();
    std::iter::once(rule).chain(sizes).collect()
}

/// Slabs of a weight gradient.
pub(super) fn slabs(product: &Product) -> usize {
    let [m, n, k] = product.sizes();
    let tile = if m > SMALLEST.m && n > SMALLEST.n { LARGE } else { SMALLEST };
    let tiles = count_tiles(product, [tile.m, tile.n]);
    whole_slabs(product, ENOUGH_TILES.div_ceil(tiles).min(k.div_ceil(8 * tile.k)).max(k.div_ceil(LONGEST_SLAB)))
}

/// The text of `product` and how it is launched.
pub(super) fn expand(product: &Product, slabs: usize, compiler: Compiler, chosen: Option<TileSize>) -> Expansion {
    let named = chosen.and_then(|size| Tile::of_size(size, product, compiler));
    let tile = named.unwrap_or_else(|| Tile::by_rule(product, slabs, compiler));
    let tiling = Tiling::new(product, [tile.m, tile.n], slabs, SLAB_RUN);
    let (threads, [fetches_a, fetches_b]) = (tile.threads(), tile.fetches());
    let own = context! {
        name => "simt", each => 4, stage => "vec4f", stage_scalar => "f32", threads, tile_m => tile.m, tile_n => tile.n,
        unroll => compiler.unroll.min(tile.k), thread_m => tile.thread_m, thread_n => tile.thread_n,
        threads_m => tile.m / tile.thread_m, threads_n => tile.n / tile.thread_n,
        fetches_a, fetches_b,
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
    use crate::Shape;
    use crate::dtype::Precision;
    use crate::gemm::{Conv, Direction};
    use crate::window::Window;

    #[test]
    fn threads_share_the_loads_of_every_tile_evenly() {
        for tile in TILES {
            let (threads, quads) = (tile.threads(), tile.k / 4);
            assert!(threads.is_power_of_two() && (32..=256).contains(&threads), "{tile:?}: {threads} threads");
            for side in [tile.m, tile.n] {
                assert_eq!((side * quads) % threads, 0, "{tile:?}: fetches of {side}");
                assert_eq!(threads % (side / 4), 0, "{tile:?}: a thread always fetches the same of {side}");
            }
            assert_eq!(threads % (4 * quads), 0, "{tile:?}: and the same of K");
            assert!((tile.m + tile.n) * tile.k * 4 <= 16 << 10, "{tile:?}: workgroup memory");
            assert_eq!(SLAB_RUN % tile.k, 0, "{tile:?}: slabs of whole slices");
            // transposed slices are stored with their quads exchanged among eight
            assert!(tile.m / tile.thread_m >= 8 && tile.n / tile.thread_n >= 8, "{tile:?}: runs of eight quads");
        }
    }

    /// A convolution of so many channels with a stride, and one of its products.
    fn product(direction: Direction, c_in: usize, stride: usize) -> Product {
        let window = Window::new([3, 3], [stride, stride]);
        let conv = Conv::new(&window, 1, &Shape::new(&[64, 32, 32, c_in]), &Shape::new(&[3, 3, c_in, 64])).unwrap();
        Product::new(direction, &conv, Precision::F32)
    }

    #[test]
    fn every_compiler_holds_a_tile_of_every_size() {
        let product = product(Direction::Forward, 64, 1);
        for compiler in Compiler::KNOWN.into_iter().chain([Compiler::CAUTIOUS]) {
            for size in tiles() {
                let tile = Tile::of_size(size, &product, compiler);
                let tile = tile.unwrap_or_else(|| panic!("{compiler:?} holds no {size}"));
                assert_eq!(tile.k % compiler.unroll.min(tile.k), 0, "{compiler:?}: whole turns of a slice of {size}");
            }
        }
    }

    #[test]
    fn a_compiler_of_few_registers_gets_smaller_tiles_where_elements_lie_scattered() {
        let sizes = |product: &Product| {
            [0x10de, 0x8086].map(|vendor| {
                let tile = Tile::by_rule(product, 1, Compiler::of(vendor));
                assert_eq!(candidates(product, 1, Compiler::of(vendor))[0], tile.size());
                [tile.m, tile.n]
            })
        };
        assert_eq!(sizes(&product(Direction::Forward, 64, 1)), [[128, 64], [128, 64]]);
        assert_eq!(sizes(&product(Direction::Forward, 3, 1)), [[128, 64], [64, 64]]);
        assert_eq!(sizes(&product(Direction::GradInput, 64, 2)), [[128, 64], [64, 64]]);
        assert!(!candidates(&product(Direction::Forward, 3, 1), 1, Compiler::of(0x8086)).contains(&[128, 64].into()));
    }
}
