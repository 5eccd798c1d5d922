//! Batch normalisation of training (Ioffe and Szegedy 2015), as `torch.nn.BatchNorm2d` and `BatchNorm1d` define it: each
//! channel minus its mean over the batch, divided by its deviation there, then scaled and shifted.
//!
//! Inputs: x `[n, h, w, c]` or `[n, c]`; with `affine` gamma and beta `[c]`; running mean and running variance `[c]`.
//! Outputs: y; the running averages, updated in place (the variance from the sum of squares divided by `count - 1`), in which
//! the batch has a share of the momentum, or of the step's `least_momentum` if that is larger; and
//! statistics `[4, c]`: the channel's first x, the mean minus it, `1 / sqrt(variance + epsilon)`, how many values they are
//! of. Images beyond the step's batch length count nowhere and give 0.
//!
//! With `frozen` the running averages stand for mean and variance of the batch, as constants, and stay as they are: `eval()` of the
//! layer in PyTorch, while everything else is trained.
//!
//! Away from training [`BatchNormInference`] stands in its place, or is folded into the product before it
//! ([`FoldBatchNorm`]).

mod add;
mod cases;
mod fold;
mod inference;
mod parts;
mod pool;
mod twin;

pub use add::{ADD, BatchNormAdd};
pub use fold::{FOLD, FoldBatchNorm};
pub use inference::{BatchNormInference, INFERENCE};
pub use pool::{BatchNormPool, POOL};

use crate::dtype::Dtype;
use crate::op::InInference;
use crate::rectifier::Rectifier;
use crate::target::Target;
use crate::{Array, Entry, Lowered, Mode, Op, Operand, Shape, ShapeError, Step, images};

// numbers of the inputs; gamma and beta with `affine`
const INPUT: usize = 0;
const GAMMA: usize = 1;
const BETA: usize = 2;

/// This op in `OPS`.
pub const ENTRY: Entry = Entry {
    name: "batch_norm",
    summary: "normalisation of each channel over the batch, with running averages, optional ReLU or ReLU6",
    cases: cases::all,
};

/// Batch normalisation in training, `[n, h, w, c]` or `[n, c]`, as `torch.nn.BatchNorm2d` and `BatchNorm1d`.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    /// Added to the variance.
    pub epsilon: f32,
    /// Share of a batch in the running averages.
    pub momentum: f32,
    /// Whether gamma and beta are inputs.
    pub affine: bool,
    /// What follows in the same kernel.
    pub rectifier: Rectifier,
    /// Whether the running averages normalise, and stay as they are.
    pub frozen: bool,
}

impl Default for BatchNorm {
    fn default() -> Self {
        BatchNorm { epsilon: 1e-5, momentum: 0.1, affine: true, rectifier: Rectifier::None, frozen: false }
    }
}

impl BatchNorm {
    /// Number of the input that is the running mean.
    fn running(&self) -> usize {
        if self.affine { 3 } else { 1 }
    }

    /// What the statistics of x are made of, whatever follows.
    fn check(&self, inputs: &[Shape]) -> Result<[usize; 3], ShapeError> {
        let [rows, pixels, c] = images::rows(&inputs[INPUT])?;
        match inputs[1..].iter().find(|parameter| parameter.sizes() != [c]) {
            Some(other) => Err(ShapeError::new(format!("a parameter {other} does not fit {c} channels"))),
            None => Ok([rows, pixels, c]),
        }
    }

    /// Images that a batch must have so that each channel has two values: of one, the normalised value is always 0.
    fn least_images(&self, inputs: &[Shape]) -> usize {
        if !self.frozen && matches!(self.check(inputs), Ok([_, 1, _])) { 2 } else { 1 }
    }

    /// The outputs that follow y.
    fn further_outputs(c: usize) -> [Shape; 3] {
        [Shape::new(&[c]), Shape::new(&[c]), Shape::new(&[4, c])]
    }
}

impl Op for BatchNorm {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        let frozen = if self.frozen { "frozen" } else { "" };
        [frozen, self.rectifier.name()].into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ")
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [.., c] = self.check(inputs)?;
        Ok([inputs[INPUT].clone()].into_iter().chain(Self::further_outputs(c)).collect())
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        if input == 0 { Dtype::Real } else { Dtype::F32 }
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        if output == 0 { Dtype::Real } else { Dtype::F32 }
    }

    fn alias(&self, output: usize) -> Option<usize> {
        matches!(output, 1 | 2).then(|| self.running() + output - 1)
    }

    fn differentiable(&self, input: usize) -> bool {
        input < self.running()
    }

    fn in_inference(&self) -> InInference {
        let BatchNorm { epsilon, affine, rectifier, .. } = *self;
        InInference::Other(Box::new(BatchNormInference { epsilon, affine, rectifier }))
    }

    fn least_images(&self, inputs: &[Shape]) -> usize {
        self.least_images(inputs)
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let mut lowered = parts::statistics(self, inputs, target);
        lowered.dispatches.push(parts::apply(self, inputs, target));
        lowered
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        let mut lowered = Lowered::default();
        if !wanted.contains(&true) {
            return lowered;
        }
        let totals = parts::gradients(self, inputs, wanted, target, &mut lowered);
        if wanted[0] {
            lowered.dispatches.push(parts::grad_input(self, inputs, totals, target));
        }
        lowered
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        twin::forward(self, inputs, step)
    }

    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let g = dy.zip(&outputs[0], |d, y| self.rectifier.passed(y, d));
        twin::backward(self, inputs, &outputs[3], &g)
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }
}

/// Where the sums over the batch lie that `dx` needs.
#[derive(Clone, Copy)]
struct Totals {
    dgamma: Operand,
    dbeta: Operand,
}
