//! How much work is worth sharing out, on a GPU and on the cores of a software adapter: one row of numbers for each.
//!
//! They decide in how many slabs sums are cut, and so the bits of a result: who changes one changes every run.

use crate::target::Target;

/// The numbers of a kind of adapter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sharing {
    /// Tiles of a matrix product that leave nobody idle.
    pub product_tiles: usize,
    /// Workgroups of a launch that adds up columns (`columns.rs`).
    pub column_groups: usize,
    /// Workgroups of a depthwise convolution's weight gradient.
    pub depthwise_groups: usize,
    /// Rows that a thread walks one after another.
    pub walked_rows: usize,
    /// Rows, or slabs, that a thread loads before it uses one, at most 4 (`MOST_A_TURN`): loads in flight together take the time of
    /// one, but a core has no registers for them.
    pub rows_a_turn: usize,
    /// Threads that share a row of a softmax: 16, or 1 (`softmax_cross_entropy/row_together.wgsl`, `row_alone.wgsl`).
    pub softmax_threads: usize,
    /// Neighbouring pixels of a thread of a depthwise convolution: more read less, and leave fewer threads.
    pub depthwise_pixels: usize,
}

/// A GPU. Large ones have about 130 multiprocessors: two tiles of up to 256 threads for each of them, or four workgroups of
/// 64, so that some compute while others wait for memory. An estimate, which no measurement on a GPU has refined.
pub(crate) const GPU: Sharing = Sharing {
    product_tiles: 256,
    column_groups: 512,
    depthwise_groups: 512,
    walked_rows: 4,
    rows_a_turn: 4,
    softmax_threads: 16,
    depthwise_pixels: 4,
};

/// Cores of a software adapter. Mesa's driver deals workgroups to threads, one a core: 32 or 64 of them keep any desktop's
/// cores busy to the end, and each saved one saves its start and the adding of its slab. Runs are long because threads of a
/// subgroup are lanes of one vector, which reads what follows in memory best.
pub(crate) const CORES: Sharing = Sharing {
    product_tiles: 32,
    column_groups: 64,
    depthwise_groups: 32,
    walked_rows: 32,
    rows_a_turn: 1,
    softmax_threads: 1,
    depthwise_pixels: 8,
};

impl Sharing {
    /// The numbers for a target.
    pub fn of(target: &Target) -> Sharing {
        if target.threads_are_cheap() { GPU } else { CORES }
    }
}
