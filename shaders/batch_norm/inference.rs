//! Batch normalisation away from training: an affine map of each channel, from the running averages.

use super::{BETA, GAMMA, INPUT, cases};
use crate::case::Fill;
use crate::columns::walk;
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::Dtype;
use crate::rectifier::Rectifier;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, images, source};

/// This op in `OPS`.
pub const INFERENCE: Entry = Entry {
    name: "batch_norm_inference",
    summary: "batch normalisation by running averages, optional ReLU or ReLU6; not trained through",
    cases: all,
};

const KERNEL: Elementwise = Elementwise {
    name: "batch_norm/inference",
    source: include_str!("inference.wgsl"),
    per_step: false,
    includes: &[],
};

/// The op; inputs as those of [`BatchNorm`](super::BatchNorm), output y.
#[derive(Clone, Debug)]
pub struct BatchNormInference {
    /// Added to the variance.
    pub epsilon: f32,
    /// Whether gamma and beta are inputs.
    pub affine: bool,
    /// What follows in the same kernel.
    pub rectifier: Rectifier,
}

impl Op for BatchNormInference {
    fn name(&self) -> &'static str {
        INFERENCE.name
    }

    fn attributes(&self) -> String {
        self.rectifier.name().into()
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        images::rows(&inputs[INPUT])?;
        Ok(vec![inputs[INPUT].clone()])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        if input == 0 { Dtype::Real } else { Dtype::F32 }
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let [rows, _, c] = images::rows(&inputs[INPUT]).expect("shapes were checked");
        let own = [("EPSILON", self.epsilon.into())];
        let running = if self.affine { 3 } else { 1 };
        let x = Operand::X;
        let mut bindings = vec![read(x(INPUT)), read(x(running)), read(x(running + 1)), write(Operand::Y(0))];
        if self.affine {
            bindings.extend([read(x(GAMMA)), read(x(BETA))]);
        }
        let affine: &[&'static str] = if self.affine { &[source::SCALE, source::SHIFT] } else { &[source::NO_AFFINE] };
        let texts = [affine, &[self.rectifier.text()]].concat();
        walk(KERNEL, &texts, target, [rows, c], &own, &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let [.., c] = images::rows(&inputs[INPUT].shape).expect("shapes were checked");
        let running = if self.affine { 3 } else { 1 };
        let of = |input: usize, i: usize| inputs[input].data[i % c];
        let value = |(i, x): (usize, &f64)| {
            let xhat = (x - of(running, i)) / (of(running + 1, i) + f64::from(self.epsilon)).sqrt();
            let value = if self.affine { xhat * of(1, i) + of(2, i) } else { xhat };
            self.rectifier.apply(value)
        };
        vec![Array::new(inputs[INPUT].shape.clone(), inputs[INPUT].data.iter().enumerate().map(value).collect())]
    }
}

fn all() -> Vec<Case> {
    let case = |affine, rectifier, x: &[usize], reason| {
        let c = [*x.last().expect("channels")];
        let running = if affine { 3 } else { 1 };
        let shapes: Vec<&[usize]> = std::iter::once(x).chain(std::iter::repeat_n(&c[..], running + 1)).collect();
        let op = BatchNormInference { epsilon: 1e-3, affine, rectifier };
        Case::new(op, &shapes, reason).fill(running + 1, Fill::Positive)
    };
    let mut far_off = case(true, Rectifier::None, &[2, 3, 5, 4], "a mean of 1000")
        .fill(0, cases::far(120, 1000.0))
        .fill(3, Fill::Exactly(vec![1000.0, 999.5, 1001.25, 1000.75]));
    far_off.only = Some(crate::Precision::F32);
    vec![
        case(true, Rectifier::None, &[3, 5, 7, 6], "uneven images"),
        case(true, Rectifier::Relu, &[3, 5, 4, 8], "ReLU, runs of four channels"),
        case(false, Rectifier::Relu, &[70, 9], "features, no scale and shift"),
        case(true, Rectifier::Relu6, &[3, 5, 4, 7], "ReLU6, of which many values are above 6")
            .fill(1, Fill::Normal(8.0)),
        far_off,
    ]
}
