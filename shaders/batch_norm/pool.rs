//! Batch normalisation, ReLU and max pooling in one kernel each way: the normalised images are never stored, and the sums of
//! backward run over the pooled pixels alone.
//!
//! For windows that do not overlap. Inputs as those of [`BatchNorm`], and its outputs with the pooled y.

use super::{BETA, BatchNorm, GAMMA, INPUT, cases, parts, twin};
use crate::case::Fill;
use crate::columns::{Columns, walk_images};
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::Dtype;
use crate::max_pool2d::MaxPool2d;
use crate::rectifier::Rectifier;
use crate::target::Target;
use crate::window::Placed;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Padding, Shape, ShapeError, Step, Window, channels, source};

/// This op in `OPS`.
pub const POOL: Entry = Entry {
    name: "batch_norm_pool",
    summary: "batch normalisation, optional ReLU and max pooling without an image in between",
    cases: all,
};

const APPLY: Elementwise = Elementwise {
    name: "batch_norm/pool_apply",
    source: include_str!("pool_apply.wgsl"),
    per_step: true,
    includes: &[],
};
const GRADIENT_SUMS: Elementwise =
    Elementwise { name: "batch_norm/pool_gradient_sums", source: include_str!("pool_gradient_sums.wgsl"), ..APPLY };
const GRAD_INPUT: Elementwise =
    Elementwise { name: "batch_norm/pool_grad_input", source: include_str!("pool_grad_input.wgsl"), ..APPLY };

/// Batch norm, ReLU and max pooling as one op: `[n, h, w, c]` to `[n, oh, ow, c]`.
#[derive(Clone, Debug)]
pub struct BatchNormPool {
    /// The normalisation, and whether a ReLU stands between it and the pooling; no other [`Rectifier`] may.
    pub norm: BatchNorm,
    /// The window of the pooling.
    pub window: Window,
}

/// Tap of each window's winner, and its x.
const WINNER: Operand = Operand::Saved(0);
const WON: Operand = Operand::Saved(1);

impl BatchNormPool {
    /// Whether windows stand apart, and taps fit a byte beside the two values that are no tap.
    pub fn suits(window: &Window) -> bool {
        let Window { kernel, stride, dilation, .. } = window;
        (0..2).all(|a| kernel[a] <= stride[a] && dilation[a] == 1) && kernel[0] * kernel[1] <= 254
    }

    fn relu(&self) -> bool {
        self.norm.rectifier == Rectifier::Relu
    }

    fn pool(&self) -> MaxPool2d {
        MaxPool2d { window: self.window, relu: false }
    }

    fn place(&self, inputs: &[Shape]) -> (Placed, [usize; 2]) {
        let [n, h, w, c] = inputs[INPUT].nhwc().expect("shapes were checked");
        (self.window.place([h, w]).expect("shapes were checked"), [n, c])
    }
}

impl Op for BatchNormPool {
    fn name(&self) -> &'static str {
        POOL.name
    }

    fn attributes(&self) -> String {
        self.window.to_string() + if self.relu() { " + relu" } else { "" }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let mut outputs = self.norm.outputs(inputs)?;
        outputs[0] = self.pool().outputs(inputs)?.remove(0);
        Ok(outputs)
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        self.norm.input_dtype(input)
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        self.norm.output_dtype(output)
    }

    fn alias(&self, output: usize) -> Option<usize> {
        self.norm.alias(output)
    }

    fn differentiable(&self, input: usize) -> bool {
        self.norm.differentiable(input)
    }

    fn least_images(&self, inputs: &[Shape]) -> usize {
        self.norm.least_images(inputs)
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let (placed, [n, c]) = self.place(inputs);
        let mut lowered = parts::statistics(&self.norm, inputs, target);
        let mut bindings = vec![
            read(Operand::X(INPUT)),
            read(parts::STATISTICS_OUTPUT),
            write(Operand::Y(0)),
            write(WINNER),
            write(WON),
        ];
        let texts: &[&'static str] =
            if self.norm.affine { &[source::SCALE, source::SHIFT] } else { &[source::NO_AFFINE] };
        if self.norm.affine {
            bindings.extend([read(Operand::X(GAMMA)), read(Operand::X(BETA))]);
        }
        let rows = n * placed.output[0] * placed.output[1];
        let lanes = channels::lanes(c).0;
        let taps = placed.kernel[0] * placed.kernel[1] + placed.kernel[0];
        let own = [("RELU", self.relu().into())];
        lowered.dispatches.push(walk_images(APPLY, texts, target, &placed, [rows, c], taps, &own, &bindings));
        let won = Dtype::Real.bytes(rows * c, target.precision) as usize / 4;
        lowered.saved = vec![rows * c / lanes, won];
        lowered
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        let mut lowered = Lowered::default();
        if !wanted.contains(&true) {
            return lowered;
        }
        let (placed, [n, c]) = self.place(inputs);
        let pixels = placed.output[0] * placed.output[1];
        let columns = Columns::new(n * pixels, c, target);
        let bindings =
            [read(WON), read(WINNER), read(Operand::Dy(0)), read(parts::STATISTICS_OUTPUT), write(Operand::Scratch(0))];
        let own = [("PIXELS", pixels.into())];
        lowered.dispatches.push(columns.launch(GRADIENT_SUMS, &[parts::TWO_SUMS], target, &own, &bindings));
        let totals = parts::finish_gradients(&self.norm, &columns, c, wanted, target, &mut lowered);
        if wanted[0] {
            let mut bindings = vec![
                read(Operand::X(INPUT)),
                read(Operand::Dy(0)),
                read(WINNER),
                read(parts::STATISTICS_OUTPUT),
                read(totals.dgamma),
                read(totals.dbeta),
                write(Operand::Dx(INPUT)),
            ];
            let text = if self.norm.affine { source::SCALE } else { source::NO_AFFINE };
            if self.norm.affine {
                bindings.push(read(Operand::X(GAMMA)));
            }
            let cells = [0, 1].map(|a| (placed.input[a] + placed.before[a]).div_ceil(placed.stride[a]));
            let frozen = ("FROZEN", self.norm.frozen.into());
            let own = [("CELLS_H", cells[0].into()), ("CELLS_W", cells[1].into()), frozen];
            let elements = placed.stride[0] * placed.stride[1] + placed.stride[0];
            let size = [n * cells[0] * cells[1], c];
            let launch = walk_images(GRAD_INPUT, &[text], target, &placed, size, elements, &own, &bindings);
            lowered.dispatches.push(launch);
        }
        lowered
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let mut outputs = self.norm.twin(inputs, step);
        outputs[0] = self.pool().twin(&outputs[..1], step).remove(0);
        outputs
    }

    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], dy: &Array, step: &Step) -> Vec<Option<Array>> {
        let y = twin::apply(&self.norm, inputs, &outputs[3]);
        let g = self.pool().twin_backward(std::slice::from_ref(&y), &[], dy, step).remove(0).expect("a gradient");
        let g = g.zip(&y, |g, y| self.norm.rectifier.passed(y, g));
        twin::backward(&self.norm, inputs, &outputs[3], &g)
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }
}

fn all() -> Vec<Case> {
    let (norm, relu) = (BatchNorm::default(), BatchNorm { rectifier: Rectifier::Relu, ..BatchNorm::default() });
    let plain = BatchNorm { affine: false, ..relu.clone() };
    let padding = Padding::Explicit { top: 1, bottom: 0, left: 0, right: 1 };
    let case = |norm: BatchNorm, window: Window, x: &[usize; 4], live, reason| {
        let mut case = cases::case(norm.clone(), x, live, reason).fill(0, Fill::Distinct);
        case.op = Box::new(BatchNormPool { norm, window });
        case
    };
    let usual = Window::new([2, 2], [2, 2]);
    let apart = Window { padding, ..Window::new([2, 1], [3, 2]) };
    vec![
        case(relu.clone(), usual, &[2, 11, 7, 5], 2, "the usual window; a row and a column are left over"),
        case(relu.clone(), usual, &[3, 6, 8, 12], 3, "runs of four channels"),
        case(relu, usual, &[4, 5, 6, 4], 3, "a last batch of three"),
        case(norm.clone(), apart, &[3, 10, 7, 3], 3, "no ReLU, windows with gaps between them, padding"),
        case(BatchNorm { frozen: true, ..norm.clone() }, usual, &[3, 6, 8, 4], 2, "running averages normalise"),
        case(plain, apart, &[3, 9, 9, 8], 2, "no scale and shift, gaps, a last batch"),
        // so many distinct values would be far apart, and their gradients too small for a difference quotient
        case(norm, usual, &[2, 50, 46, 4], 2, "several slabs").fill(0, Fill::Normal(0.5)),
    ]
}
