//! Depthwise convolution: every channel has a filter of its own, so that each direction is a walk over images that memory
//! bounds, not a matrix product.
//!
//! The kernels are templates, because what a thread keeps in registers must be unrolled: forward and grad_input a run of
//! pixels, grad_weight a block of taps.

use std::sync::LazyLock;

use minijinja::{Environment, Value, context};

use crate::Lowered;
use crate::dispatch::{Binding, Constant, Dispatch, Elementwise, Operand, WORKGROUP, read, write};
use crate::gemm::{BIAS, Conv, INPUT, Layer, WEIGHT, masked_dy};
use crate::rectifier::Rectifier;
use crate::sharing::Sharing;
use crate::target::Target;
use crate::templates;
use crate::window::{Placed, lanes, packed_lanes};

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    templates::environment(&[
        ("depthwise/forward", include_str!("forward.wgsl.j2")),
        ("depthwise/grad_input", include_str!("grad_input.wgsl.j2")),
        ("depthwise/grad_weight", include_str!("grad_weight.wgsl.j2")),
    ])
});

/// Taps that a thread of grad_weight sums at once along an axis, at the most: registers for more would leave too few threads.
const MOST_TAPS: usize = 3;
/// Columns and parts of a workgroup, as in grad_weight.
const WIDTH: usize = 8;
const PARTS: usize = WORKGROUP as usize / WIDTH;
/// Pixels that one thread sums at the most, for the rounding of a plain f32 sum.
const LONGEST_SUM: usize = 8192;
/// Loop iterations of one thread at the most: old Mesa stops at 65,535.
const MOST_ITERATIONS: usize = 60_000;

/// Whether a convolution is depthwise.
pub(crate) fn suits(conv: &Conv) -> bool {
    conv.groups == conv.c_in && conv.groups == conv.c_out
}

/// What forward and grad_input read beside the filters `X(1)`, what they write, and what happens at the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    /// The images that are read.
    pub from: Operand,
    /// The images that are written.
    pub to: Operand,
    /// The bias `X(2)` is added.
    pub bias: bool,
    /// What follows.
    pub rectifier: Rectifier,
    /// The result is 0 where `X(0)` is not positive. No bias is added then.
    pub masked: bool,
}

impl Ends {
    /// `Y(0)` from `X(0)`, in a convolution and in a transposed one.
    pub(crate) fn forward(layer: Layer) -> Self {
        Ends {
            from: Operand::X(INPUT),
            to: Operand::Y(0),
            bias: layer.bias,
            rectifier: layer.relu.forward(),
            masked: false,
        }
    }

    /// `Dx(0)` from `dy`.
    pub(crate) fn grad_input(dy: Operand, masked: bool) -> Self {
        Ends { from: dy, to: Operand::Dx(INPUT), bias: false, rectifier: Rectifier::None, masked }
    }

    fn bindings(&self) -> Vec<Binding> {
        let extra = if self.bias { Some(Operand::X(BIAS)) } else { self.masked.then_some(Operand::X(INPUT)) };
        let mut bindings = vec![read(self.from), read(Operand::X(WEIGHT)), write(self.to)];
        bindings.extend(extra.map(read));
        bindings
    }
}

/// Pixels of the convolution's output from those of its input.
pub(crate) fn forward(conv: &Conv, ends: Ends, target: &Target) -> Dispatch {
    let Placed { output: [oh, ow], kernel: [kh, kw], stride, dilation, .. } = conv.placed;
    let run = run(ow, target);
    let slides = stride[1] == dilation[1];
    let Ends { bias, rectifier, masked, .. } = ends;
    let walk = Walk {
        name: "depthwise/forward",
        context: context! { run, slides, rectifier => rectifier.name(), bias, masked },
        threads: conv.n * oh * ow.div_ceil(run) * channel_runs(conv),
        iterations: kh * (1 + kw),
        constants: vec![],
        bindings: ends.bindings(),
    };
    walk.launch(conv, target)
}

/// The gradients of the wanted inputs: `X(0)` the images, `X(1)` the filters, `X(2)` the bias.
pub(super) fn backward(conv: &Conv, layer: Layer, wanted: &[bool], target: &Target) -> Lowered {
    let mut lowered = Lowered::default();
    let count = conv.n * conv.placed.output[0] * conv.placed.output[1] * conv.c_out;
    let dy = masked_dy(count, layer.relu, target, &mut lowered);
    if wanted[0] {
        lowered.dispatches.push(grad_input(conv, Ends::grad_input(dy, layer.masked), target));
    }
    if wanted[1] || (layer.bias && wanted[2]) {
        let sums = Sums::new(conv, target);
        lowered.gradient_slabs = sums.slabs;
        lowered.dispatches.push(grad_weight(conv, &sums, layer.bias, [Operand::X(INPUT), dy], target));
    }
    lowered
}

/// The gradient of the filters `Dx(1)` of a transposed convolution, which has the sizes of `conv` the other way round, and its
/// slabs: what is gathered is `dy`.
pub(crate) fn transposed_grad_weight(conv: &Conv, dy: Operand, target: &Target) -> (usize, Dispatch) {
    let sums = Sums::new(conv, target);
    (sums.slabs, grad_weight(conv, &sums, false, [dy, Operand::X(INPUT)], target))
}

/// Pixels of the convolution's input from those of its output.
pub(crate) fn grad_input(conv: &Conv, ends: Ends, target: &Target) -> Dispatch {
    let Placed { input: [h, w], kernel: [kh, kw], stride, dilation, .. } = conv.placed;
    let run = run(w.div_ceil(stride[1]), target);
    // taps so far apart are a multiple of the stride apart
    let [step_h, step_w] = [0, 1].map(|axis| stride[axis] / gcd(stride[axis], dilation[axis]));
    let Ends { bias, rectifier, masked, .. } = ends;
    let slides = stride[1].is_multiple_of(dilation[1]);
    let walk = Walk {
        name: "depthwise/grad_input",
        context: context! { run, slides, masked, bias, rectifier => rectifier.name() },
        threads: conv.n * h * w.div_ceil(run * stride[1]) * stride[1] * channel_runs(conv),
        iterations: step_h.min(kh) + step_w.min(kw) + kh * (1 + kw),
        constants: vec![("STEP_H", step_h.into()), ("STEP_W", step_w.into())],
        bindings: ends.bindings(),
    };
    walk.launch(conv, target)
}

fn grad_weight(conv: &Conv, sums: &Sums, bias: bool, reads: [Operand; 2], target: &Target) -> Dispatch {
    let mut bindings = vec![read(reads[0]), read(reads[1]), write(Operand::Dx(WEIGHT))];
    if bias {
        bindings.push(write(Operand::Dx(BIAS)));
    }
    let [taps_y, taps_x] = sums.taps;
    let slides = conv.placed.stride[1] == conv.placed.dilation[1];
    let walk = Walk {
        name: "depthwise/grad_weight",
        context: context! { taps_y, taps_x, slides, bias },
        threads: sums.slabs * sums.groups * WORKGROUP as usize,
        iterations: sums.iterations,
        constants: vec![("ROWS", sums.rows.into()), ("SLAB", sums.slab.into())],
        bindings,
    };
    walk.launch(conv, target)
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Pixels of a thread, as many as cut `row` pixels most evenly.
fn run(row: usize, target: &Target) -> usize {
    row.div_ceil(row.div_ceil(Sharing::of(target).depthwise_pixels))
}

/// Runs of channels, each a thread's.
fn channel_runs(conv: &Conv) -> usize {
    conv.c_in / lanes(conv.c_in).0
}

/// A kernel over the pixels of a convolution, before it is expanded.
struct Walk {
    name: &'static str,
    context: Value,
    threads: usize,
    iterations: usize,
    constants: Vec<(&'static str, Constant)>,
    bindings: Vec<Binding>,
}

impl Walk {
    fn launch(self, conv: &Conv, target: &Target) -> Dispatch {
        let Walk { name, context, threads, iterations, constants: own, bindings } = self;
        let source = templates::render(&TEMPLATES, name, context);
        let (_, includes) = packed_lanes(conv.c_in, target);
        let mut constants = conv.placed.constants(conv.c_in);
        constants.extend(own);
        let kernel = Elementwise { name, source: &source, per_step: false, includes: &includes };
        kernel.launch(target.precision, threads, iterations, &constants, &bindings)
    }
}

/// How the sums of grad_weight are shared out.
struct Sums {
    /// Taps of a thread.
    taps: [usize; 2],
    /// Rows of y in the batch.
    rows: usize,
    /// Slabs of the gradient.
    slabs: usize,
    /// Rows of y in a slab.
    slab: usize,
    /// Workgroups of a slab.
    groups: usize,
    /// Loop iterations of a thread.
    iterations: usize,
}

impl Sums {
    fn new(conv: &Conv, target: &Target) -> Self {
        let Placed { output: [oh, ow], kernel, .. } = conv.placed;
        // blocks as even as they can be: 4 taps are 2 and 2
        let taps = kernel.map(|taps| taps.div_ceil(taps.div_ceil(MOST_TAPS)));
        let blocks = kernel[0].div_ceil(taps[0]) * kernel[1].div_ceil(taps[1]);
        let groups = (channel_runs(conv) * blocks).div_ceil(WIDTH);
        let rows = conv.n * oh;
        let most_rows = (LONGEST_SUM / ow).min(MOST_ITERATIONS / (1 + ow)).max(1);
        let enough = Sharing::of(target).depthwise_groups;
        let slabs = enough.div_ceil(groups).min(rows.div_ceil(PARTS)).max(rows.div_ceil(PARTS * most_rows));
        let slab = rows.div_ceil(slabs);
        let gathered = (taps[0] * taps[1] + 1).div_ceil(PARTS);
        let iterations = slab.div_ceil(PARTS) * (1 + ow) + gathered * (1 + PARTS);
        Sums { taps, rows, slabs, slab, groups, iterations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Family;
    use crate::{Padding, Shape, Window};

    #[test]
    fn sums_are_short_and_leave_no_row_out() {
        let shapes = [[1, 1, 1, 1], [64, 7, 7, 512], [128, 112, 112, 32], [1, 3000, 2000, 4], [4096, 512, 1, 8]];
        for (shape, kernel) in shapes.into_iter().flat_map(|shape| [1, 3, 4, 7].map(|k| (shape, k))) {
            let window = Window { padding: Padding::Same, ..Window::new([kernel, kernel], [1, 1]) };
            let weight = Shape::new(&[kernel, kernel, 1, shape[3]]);
            let conv = Conv::new(&window, shape[3], &Shape::new(&shape), &weight).expect("it fits");
            let sums = Sums::new(&conv, &Target::f32(Family::Simt));
            let of_a_thread = sums.slab.div_ceil(PARTS) * conv.placed.output[1];
            assert!(of_a_thread <= LONGEST_SUM, "{shape:?}: {of_a_thread} terms");
            assert!(sums.iterations < 65_535, "{shape:?}: {} iterations", sums.iterations);
            assert!(sums.slab * sums.slabs >= sums.rows, "{shape:?}: rows are left over");
            assert!(sums.slabs < 65_536, "{shape:?}: {} slabs", sums.slabs);
        }
    }
}
