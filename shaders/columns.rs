//! How launches over a matrix `[rows, channels]` are cut: into slabs of rows whose columns are added up
//! (`common/columns.wgsl`), or into runs of rows that a thread walks (`common/rows.wgsl`). Both follow from the shape and the
//! family alone.

use crate::channels::{lanes, packed_lanes};
use crate::dispatch::{Binding, Constant, Elementwise, WORKGROUP};
use crate::sharing::Sharing;
use crate::target::Target;
use crate::window::{self, Placed};
use crate::{Dispatch, source};

/// Rows that a thread adds at the least, if there are so many: enough to pay for adding the parts.
const LEAST_ROWS: usize = 16;
/// Rows that a thread adds at the most: rounding, and the loop limit of old software drivers.
const MOST_ROWS: usize = 4096;

/// Iterations that a row takes at the most: its turn, and one each where it is loaded, used and stored.
const LOOPS: usize = 4;

/// Shared texts of a launch, put before its own: lanes and placement come first.
type Texts<'a> = &'a [&'static str];

/// The sums of the columns of a matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    rows: usize,
    channels: usize,
    lanes: usize,
    width: usize,
    /// Workgroups side by side.
    groups: usize,
    /// Rows that a thread loads before it uses one.
    turn: usize,
    /// Rows of a slab.
    slab: usize,
    /// Slabs that the rows are cut into, each summed by itself.
    pub slabs: usize,
}

impl Columns {
    pub(crate) fn new(rows: usize, channels: usize, target: &Target) -> Self {
        Self::in_runs(rows, channels, lanes(channels).0, target)
    }

    /// In runs of `lanes` channels, 1 or 4.
    pub(crate) fn in_runs(rows: usize, channels: usize, lanes: usize, target: &Target) -> Self {
        let runs = channels / lanes;
        // 128 bytes side by side, as far as there are channels
        let width = runs.next_power_of_two().min(32 / lanes);
        let (groups, parts) = (runs.div_ceil(width), WORKGROUP as usize / width);
        let wanted = Sharing::of(target).column_groups.div_ceil(groups).min(rows.div_ceil(LEAST_ROWS * parts));
        let slab = rows.div_ceil(wanted.max(rows.div_ceil(parts * MOST_ROWS)).max(1));
        let turn = Sharing::of(target).rows_a_turn;
        Columns { rows, channels, lanes, width, groups, slab, slabs: rows.div_ceil(slab), turn }
    }

    fn parts(&self) -> usize {
        WORKGROUP as usize / self.width
    }

    fn constants(&self, own: &[(&'static str, Constant)]) -> Vec<(&'static str, Constant)> {
        let mut all = vec![
            ("ROWS", self.rows.into()),
            ("SLAB", self.slab.into()),
            ("C", self.channels.into()),
            ("WIDTH", self.width.into()),
            ("TURN", self.turn.into()),
        ];
        all.extend_from_slice(own);
        all
    }

    /// A launch over all slabs.
    pub(crate) fn launch(
        &self,
        kernel: Elementwise,
        texts: Texts,
        target: &Target,
        own: &[(&'static str, Constant)],
        bindings: &[Binding],
    ) -> Dispatch {
        let iterations = LOOPS * self.slab.div_ceil(self.parts()) + 2 * self.parts();
        self.start(kernel, texts, target, self.slabs, iterations, own, bindings)
    }

    /// A launch that adds the slabs.
    pub(crate) fn finish(
        &self,
        kernel: Elementwise,
        texts: Texts,
        target: &Target,
        own: &[(&'static str, Constant)],
        bindings: &[Binding],
    ) -> Dispatch {
        let iterations = 2 * (LOOPS * self.slabs.div_ceil(self.parts()) + self.parts());
        let mut constants = own.to_vec();
        constants.push(("SLABS", self.slabs.into()));
        self.start(kernel, texts, target, 1, iterations, &constants, bindings)
    }

    #[allow(clippy::too_many_arguments, reason = "what a launch is made of, each once")]
    fn start(
        &self,
        kernel: Elementwise,
        texts: Texts,
        target: &Target,
        slabs: usize,
        iterations: usize,
        own: &[(&'static str, Constant)],
        bindings: &[Binding],
    ) -> Dispatch {
        let (_, lanes) = packed_lanes(self.lanes, target);
        let includes: Vec<&'static str> = [lanes, source::COLUMNS].into_iter().chain(texts.iter().copied()).collect();
        let threads = slabs * self.groups * WORKGROUP as usize;
        let kernel = Elementwise { includes: &includes, ..kernel };
        kernel.launch(target.precision, threads, iterations, &self.constants(own), bindings)
    }
}

/// A launch that walks the rows of a matrix `[rows, channels]`.
pub(crate) fn walk(
    kernel: Elementwise,
    texts: Texts,
    target: &Target,
    [rows, channels]: [usize; 2],
    own: &[(&'static str, Constant)],
    bindings: &[Binding],
) -> Dispatch {
    let mut constants = vec![("C", channels.into())];
    constants.extend_from_slice(own);
    let (lanes, text) = packed_lanes(channels, target);
    let includes: Vec<&'static str> = [text, source::ROWS].into_iter().chain(texts.iter().copied()).collect();
    start_walk(Elementwise { includes: &includes, ..kernel }, target, rows, channels / lanes, 0, constants, bindings)
}

/// A walk over pixels of images under a window (`common/window.wgsl`), each of which takes `work` iterations.
#[allow(clippy::too_many_arguments, reason = "what a launch is made of, each once")]
pub(crate) fn walk_images(
    kernel: Elementwise,
    texts: Texts,
    target: &Target,
    placed: &Placed,
    [rows, channels]: [usize; 2],
    work: usize,
    own: &[(&'static str, Constant)],
    bindings: &[Binding],
) -> Dispatch {
    let mut constants = placed.constants(channels);
    constants.extend_from_slice(own);
    let (lanes, common) = window::packed_lanes(channels, target);
    let includes: Vec<&'static str> = common.into_iter().chain([source::ROWS]).chain(texts.iter().copied()).collect();
    start_walk(Elementwise { includes: &includes, ..kernel }, target, rows, channels / lanes, work, constants, bindings)
}

fn start_walk(
    kernel: Elementwise,
    target: &Target,
    rows: usize,
    runs: usize,
    work: usize,
    mut constants: Vec<(&'static str, Constant)>,
    bindings: &[Binding],
) -> Dispatch {
    let run = Sharing::of(target).walked_rows.min(rows.max(1));
    let blocks = rows.div_ceil(run);
    // neighbouring threads of a GPU read neighbouring rows; a thread on a core reads what follows
    let [block_step, row_step] = if target.threads_are_cheap() { [1, blocks] } else { [run, 1] };
    constants.extend([
        ("ROWS", rows.into()),
        ("RUN", run.into()),
        ("TURN", Sharing::of(target).rows_a_turn.into()),
        ("BLOCK_STEP", block_step.into()),
        ("ROW_STEP", row_step.into()),
    ]);
    kernel.launch(target.precision, blocks * runs, run * (LOOPS + work), &constants, bindings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Family, Lanes};

    #[test]
    fn slabs_cover_every_row_and_loops_are_short() {
        let shapes = [[1, 1], [64 * 49, 512], [128 * 112 * 112, 32], [1 << 24, 1], [7, 3000], [4096, 8]];
        for [rows, channels] in shapes {
            for family in [Family::Simt, Family::Lane(Lanes { width: 8, wide: true })] {
                let columns = Columns::new(rows, channels, &Target::f32(family));
                assert!(columns.slab * columns.slabs >= rows, "{rows} x {channels}: rows are left over");
                assert!(columns.slab.div_ceil(columns.parts()) <= MOST_ROWS, "{rows} x {channels}: a long sum");
                assert!(columns.slabs < 32_768, "{rows} x {channels}: {} slabs", columns.slabs);
            }
        }
    }
}
