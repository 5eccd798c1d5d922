//! Batch normalisation, the addition of a shortcut and ReLU as one op: the end of a residual block, whose normalised images are
//! never stored. In backward one launch undoes the ReLU and sums what the normalisation needs; where the block's output has two
//! readers, it also adds their gradients.
//!
//! Inputs: x and the shortcut, then as those of [`BatchNorm`]. Outputs as its.

use super::{BETA, BatchNorm, GAMMA, INPUT, cases, parts, twin};
use crate::case::{Fill, Input};
use crate::columns::{Columns, walk};
use crate::dispatch::{Binding, Elementwise, Operand, read, write};
use crate::dtype::Dtype;
use crate::mask::gradient;
use crate::rectifier::Rectifier;
use crate::target::Target;
use crate::{Array, Case, Dispatch, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ADD: Entry = Entry {
    name: "batch_norm_add",
    summary: "batch normalisation plus a shortcut, optional ReLU: the end of a residual block",
    cases: all,
};

const APPLY: Elementwise =
    Elementwise { name: "batch_norm/add_apply", source: include_str!("add_apply.wgsl"), per_step: true, includes: &[] };
const GRADIENT_SUMS: Elementwise =
    Elementwise { name: "batch_norm/add_gradient_sums", source: include_str!("add_gradient_sums.wgsl"), ..APPLY };

/// Number of the input that is the shortcut.
const SHORTCUT: usize = 1;

/// `y = batch_norm(x) + shortcut`, then a ReLU if asked for.
#[derive(Clone, Debug)]
pub struct BatchNormAdd {
    /// The normalisation, which ends in no ReLU.
    pub norm: BatchNorm,
    /// Whether a ReLU follows the addition.
    pub relu: bool,
    /// Whether the gradient comes in two parts, which the ReLU's backward adds up.
    pub parted: bool,
}

/// What belongs to the normalisation: all but the shortcut's.
fn own<T: Clone>(inputs: &[T]) -> Vec<T> {
    inputs[..SHORTCUT].iter().chain(&inputs[SHORTCUT + 1..]).cloned().collect()
}

/// The number that the normalisation gives an input; none for the shortcut.
fn number_there(input: usize) -> Option<usize> {
    (input != SHORTCUT).then(|| if input < SHORTCUT { input } else { input - 1 })
}

/// The number here of what the normalisation calls input `i`.
fn number_here(i: usize) -> usize {
    if i < SHORTCUT { i } else { i + 1 }
}

/// A launch of the normalisation as one of this op, whose ReLU's backward left `dy`.
fn adapted(dispatch: Dispatch, dy: Operand) -> Dispatch {
    dispatch.map(|operand| match operand {
        Operand::X(i) => Operand::X(number_here(i)),
        Operand::Dx(i) => Operand::Dx(number_here(i)),
        Operand::Dy(_) => dy,
        other => other,
    })
}

impl Op for BatchNormAdd {
    fn name(&self) -> &'static str {
        ADD.name
    }

    fn attributes(&self) -> String {
        if self.relu { "relu".into() } else { String::new() }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        if inputs[INPUT] != inputs[SHORTCUT] {
            return Err(ShapeError::new(format!("it adds {} to {}, which differ", inputs[SHORTCUT], inputs[INPUT])));
        }
        self.norm.outputs(&own(inputs))
    }

    fn activations(&self) -> usize {
        2
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        number_there(input).map_or(Dtype::Real, |input| self.norm.input_dtype(input))
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        self.norm.output_dtype(output)
    }

    fn alias(&self, output: usize) -> Option<usize> {
        self.norm.alias(output).map(number_here)
    }

    fn differentiable(&self, input: usize) -> bool {
        number_there(input).is_none_or(|input| self.norm.differentiable(input))
    }

    fn gradient_parts(&self) -> usize {
        if self.parted { 2 } else { 1 }
    }

    fn gradient_is(&self, input: usize) -> Option<Operand> {
        (input == SHORTCUT && !self.relu).then_some(Operand::Dy(0))
    }

    fn least_images(&self, inputs: &[Shape]) -> usize {
        self.norm.least_images(&own(inputs))
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let inputs = own(inputs);
        let [rows, pixels, c] = self.norm.check(&inputs).expect("shapes were checked");
        let mut lowered = parts::statistics(&self.norm, &inputs, target);
        lowered.dispatches = lowered.dispatches.into_iter().map(|launch| adapted(launch, Operand::Dy(0))).collect();
        let x = Operand::X;
        let mut bindings =
            vec![read(x(INPUT)), read(x(SHORTCUT)), read(parts::STATISTICS_OUTPUT), write(Operand::Y(0))];
        if self.norm.affine {
            bindings.extend([GAMMA, BETA].map(|input| read(x(number_here(input)))));
        }
        let constants = [("PIXELS", pixels.into()), ("RELU", self.relu.into())];
        lowered.dispatches.push(walk(APPLY, parts::affine(&self.norm), target, [rows, c], &constants, &bindings));
        lowered
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        let (shapes, wanted_there) = (own(inputs), own(wanted));
        if !self.relu {
            let mut lowered = self.norm.backward(&shapes, &wanted_there, target);
            lowered.dispatches = lowered.dispatches.into_iter().map(|launch| adapted(launch, Operand::Dy(0))).collect();
            return lowered;
        }
        if !wanted.contains(&true) {
            return Lowered::default();
        }
        let [rows, pixels, c] = self.norm.check(&shapes).expect("shapes were checked");
        let columns = Columns::new(rows, c, target);
        let mut lowered = Lowered::default();
        let totals = parts::finish_gradients(&self.norm, &columns, c, &wanted_there, target, &mut lowered);
        if wanted[INPUT] {
            lowered.dispatches.push(parts::grad_input(&self.norm, &shapes, totals, target));
        }
        // the gradient before the ReLU is that of the shortcut
        let mut before = Operand::Dx(SHORTCUT);
        if !wanted[SHORTCUT] {
            before = Operand::Scratch(lowered.scratch.len());
            lowered.scratch.push(Dtype::Real.bytes(inputs[INPUT].count(), target.precision) as usize / 4);
        }
        let (text, dy) = gradient(self.gradient_parts());
        let x_and_y = [read(Operand::X(INPUT)), read(Operand::Y(0)), read(parts::STATISTICS_OUTPUT)];
        let bindings: Vec<Binding> =
            x_and_y.into_iter().chain([write(before), write(Operand::Scratch(0))]).chain(dy).collect();
        let sums =
            columns.launch(GRADIENT_SUMS, &[parts::TWO_SUMS, text], target, &[("PIXELS", pixels.into())], &bindings);
        let rest = lowered.dispatches.into_iter().map(|launch| adapted(launch, before));
        Lowered { dispatches: [sums].into_iter().chain(rest).collect(), ..lowered }
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let mut outputs = self.norm.twin(&own(inputs), step);
        let floor = if self.relu { 0.0 } else { f64::NEG_INFINITY };
        outputs[0] = outputs[0].zip(&inputs[SHORTCUT], |y, shortcut| (y + shortcut).max(floor));
        outputs
    }

    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let g = outputs[0].zip(dy, |y, dy| if self.relu && y <= 0.0 { 0.0 } else { dy });
        let mut gradients = twin::backward(&self.norm, &own(inputs), &outputs[3], &g);
        gradients.insert(SHORTCUT, Some(g));
        gradients
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }
}

fn all() -> Vec<Case> {
    let norm = BatchNorm::default;
    let plain = BatchNorm { affine: false, momentum: 0.3, epsilon: 1e-2, rectifier: Rectifier::None, frozen: false };
    let case = |op: BatchNormAdd, x: &[usize], live, reason| {
        let mut case = cases::case(op.norm.clone(), x, live, reason);
        case.inputs.insert(SHORTCUT, Input { shape: Shape::new(x), fill: Fill::Normal(1.0) });
        case.op = Box::new(op);
        case
    };
    let op = |norm, relu, parted| BatchNormAdd { norm, relu, parted };
    vec![
        case(op(norm(), true, true), &[3, 5, 7, 12], 3, "uneven images, a gradient in two parts"),
        case(op(norm(), true, false), &[4, 3, 5, 7], 3, "a gradient in one part, a last batch of three"),
        case(op(norm(), false, false), &[3, 4, 5, 8], 3, "no ReLU: the shortcut's gradient is that of y"),
        case(op(BatchNorm { frozen: true, ..norm() }, true, true), &[4, 3, 5, 8], 3, "running averages normalise"),
        case(op(plain, true, true), &[7, 10], 6, "features, no scale and shift, a last batch"),
        case(op(norm(), true, true), &[2, 33, 31, 4], 2, "several slabs of several parts"),
    ]
}
