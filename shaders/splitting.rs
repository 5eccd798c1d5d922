//! When the sum of a matrix product with few tiles is split along K: what is assumed of GPUs, one row of numbers for each kind.
//!
//! A product with fewer tiles than a GPU runs at a time leaves multiprocessors idle. Cut into slabs it has more workgroups, but a second
//! launch has to add the slabs, and both move them through memory. Whether that pays is estimated from these numbers. They decide
//! the order of sums, and so the bits of a result: who changes one changes runs on those GPUs.

/// What splitting a sum costs and brings on a kind of GPU. No API that wgpu speaks tells how many multiprocessors there are, so
/// that a row assumes those of its maker's large GPUs: where fewer are, a split that was not needed costs its second launch;
/// where more are, a split that was not made leaves most of them idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Splitting {
    /// Workgroups of the smallest tile that run beside each other as fast as one alone: two for each multiprocessor.
    pub at_once: usize,
    /// Nanoseconds that such a workgroup takes for a row of K.
    pub row_ns: u64,
    /// The same where cooperative matrices compute it.
    pub matrix_row_ns: u64,
    /// Nanoseconds that a launch takes however small it is, with the barrier before it.
    pub launch_ns: u64,
    /// Bytes that caches move in a nanosecond: slabs of a product with few tiles are small.
    pub bytes_per_ns: u64,
    /// Whether a product is split as that of a single example would be: then the bits of a result are the same in any batch.
    pub per_example: bool,
}

/// Times are those that `scripts/shader-stats/model.py` predicts for a Radeon RX 7900 XTX; none was measured.
const PREDICTED: Splitting =
    Splitting { at_once: 128, row_ns: 15, matrix_row_ns: 8, launch_ns: 3000, bytes_per_ns: 1000, per_example: false };

/// GPUs that share the memory of the processor, whoever made them: from 8 multiprocessors to 40, and a tenth of the bandwidth.
const INTEGRATED: Splitting = Splitting { at_once: 32, bytes_per_ns: 100, ..PREDICTED };

/// Makers by their PCI numbers, and workgroups at once on their large GPUs: of a Radeon RX 7900 XTX with 96 compute units, a GeForce
/// RTX 4090 with 128 multiprocessors, an Arc A770 with 32 Xe cores.
const MAKERS: [(u32, usize); 3] = [(0x1002, 192), (0x10de, 256), (0x8086, 64)];

/// Slabs at the most: a thread adds all slabs of its elements, and has them in registers.
const MOST_SLABS: usize = 16;

impl Splitting {
    /// Numbers by which everything is split that can be, as far as it can: for tests and comparisons.
    pub const ALWAYS: Splitting = Splitting {
        at_once: 1 << 20,
        row_ns: 1,
        matrix_row_ns: 1,
        launch_ns: 0,
        bytes_per_ns: u64::MAX,
        per_example: false,
    };

    /// The numbers of a GPU by its maker's PCI number, and by whether it shares the processor's memory. Of a maker that is not known,
    /// 64 multiprocessors are assumed.
    pub fn of(vendor: u32, integrated: bool) -> Splitting {
        let known = MAKERS.into_iter().find(|(maker, _)| *maker == vendor);
        match known {
            _ if integrated => INTEGRATED,
            Some((_, at_once)) => Splitting { at_once, ..PREDICTED },
            None => PREDICTED,
        }
    }

    /// In how many slabs a product is cut, of which `slab` gives the rows, and whether none is empty; 1 where a split saves less
    /// than a quarter of the estimated time. `row_ns` is that of its kernels.
    pub(crate) fn slabs(&self, sizes: Sizes, row_ns: u64, slab: impl Fn(usize) -> Option<usize>) -> usize {
        let Sizes { tiles, depth, outputs } = sizes;
        let sum = |slabs: usize, rows: usize| {
            (tiles * slabs).max(self.at_once) as u64 * rows as u64 * row_ns / self.at_once as u64
        };
        // written, and read again
        let moved = |slabs: usize| 2 * 4 * (slabs * outputs) as u64 / self.bytes_per_ns;
        let split = |slabs: usize| Some((sum(slabs, slab(slabs)?) + self.launch_ns + moved(slabs), slabs));
        match (2..=MOST_SLABS).filter_map(split).min() {
            Some((ns, slabs)) if 4 * ns <= 3 * sum(1, depth) => slabs,
            _ => 1,
        }
    }
}

/// What an estimate knows of a product.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Its tiles, where they are the smallest.
    pub tiles: usize,
    /// Rows of K.
    pub depth: usize,
    /// Elements of the result.
    pub outputs: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slabs(splitting: &Splitting, tiles: usize, depth: usize) -> usize {
        let sizes = Sizes { tiles, depth, outputs: tiles * 1024 };
        splitting.slabs(sizes, splitting.row_ns, |slabs| Some(depth.div_ceil(slabs)))
    }

    #[test]
    fn a_split_pays_where_few_tiles_have_a_long_sum() {
        let amd = Splitting::of(0x1002, false);
        assert_eq!(slabs(&amd, 64, 4608), 3, "64 tiles three times fill 192 places");
        assert_eq!(slabs(&amd, 192, 4608), 1, "there are enough tiles");
        assert_eq!(slabs(&amd, 8, 192), 1, "the sum takes less than the launch that a split adds");
        assert!(slabs(&amd, 8, 576) > 4, "eight tiles of a longer one");
        assert_eq!(slabs(&Splitting::of(0x1002, true), 64, 4608), 1, "an integrated GPU is full");
    }

    #[test]
    fn fewer_launches_are_preferred_where_they_cost_more() {
        let cheap = Splitting { launch_ns: 0, ..PREDICTED };
        let dear = Splitting { launch_ns: 10_000, ..PREDICTED };
        assert!(slabs(&cheap, 8, 192) > 1 && slabs(&PREDICTED, 8, 192) == 1);
        assert!(slabs(&PREDICTED, 8, 576) > 1 && slabs(&dear, 8, 576) == 1);
    }

    #[test]
    fn slabs_that_would_be_empty_are_not_cut() {
        let sizes = Sizes { tiles: 4, depth: 4608, outputs: 4096 };
        assert_eq!(PREDICTED.slabs(sizes, 15, |slabs| (slabs == 5).then_some(928)), 5);
        assert_eq!(PREDICTED.slabs(sizes, 15, |_| None), 1);
    }

    #[test]
    fn every_maker_has_one_row() {
        for (i, (maker, at_once)) in MAKERS.into_iter().enumerate() {
            assert!(MAKERS[..i].iter().all(|(other, _)| *other != maker), "{maker:#x} twice");
            assert_eq!(Splitting::of(maker, false).at_once, at_once);
            assert_eq!(Splitting::of(maker, true), INTEGRATED);
        }
        assert_eq!(Splitting::of(0, false), PREDICTED);
    }
}
