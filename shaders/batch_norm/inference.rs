//! Batch normalisation away from training: an affine map of each channel, from the running averages.

use super::{BETA, GAMMA, INPUT, cases};
use crate::case::Fill;
use crate::columns::walk;
use crate::dispatch::{Binding, Elementwise, Operand, read, write};
use crate::dtype::Dtype;
use crate::rectifier::Rectifier;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, images, source};

/// This op in `OPS`.
pub const INFERENCE: Entry = Entry {
    name: "batch_norm_inference",
    summary: "batch normalisation by running averages, optional ReLU or ReLU6; a gradient of x alone",
    cases: all,
};

const KERNEL: Elementwise = Elementwise {
    name: "batch_norm/inference",
    source: include_str!("inference.wgsl"),
    per_step: false,
    includes: &[],
};
const GRAD_INPUT: Elementwise = Elementwise { name: "batch_norm/inference_grad_input", ..KERNEL };

/// The op; inputs as those of [`BatchNorm`](super::BatchNorm), output y. Only x has a gradient: parameters are not trained
/// through it.
#[derive(Clone, Debug)]
pub struct BatchNormInference {
    /// Added to the variance.
    pub epsilon: f32,
    /// Whether gamma and beta are inputs.
    pub affine: bool,
    /// What follows in the same kernel.
    pub rectifier: Rectifier,
}

impl BatchNormInference {
    /// Number of the input that is the running mean.
    fn running(&self) -> usize {
        if self.affine { 3 } else { 1 }
    }

    /// A launch over all rows that reads x and the averages, and what `store` says.
    fn launch(
        &self,
        kernel: Elementwise,
        inputs: &[Shape],
        target: &Target,
        store: &'static str,
        stored: &[Binding],
    ) -> Lowered {
        let [rows, _, c] = images::rows(&inputs[INPUT]).expect("shapes were checked");
        let (x, running) = (Operand::X, self.running());
        let mut bindings = vec![read(x(INPUT)), read(x(running)), read(x(running + 1))];
        bindings.extend_from_slice(stored);
        if self.affine {
            bindings.extend([read(x(GAMMA)), read(x(BETA))]);
        }
        let affine: &[&'static str] = if self.affine { &[source::SCALE, source::SHIFT] } else { &[source::NO_AFFINE] };
        let texts = [affine, &[store, self.rectifier.text()]].concat();
        walk(kernel, &texts, target, [rows, c], &[("EPSILON", self.epsilon.into())], &bindings).into()
    }

    /// The normalised value of element `i`, before what ends it, and the slope of that in x.
    fn affine_map(&self, inputs: &[Array], i: usize) -> [f64; 2] {
        let [.., c] = images::rows(&inputs[INPUT].shape).expect("shapes were checked");
        let of = |input: usize| inputs[input].data[i % c];
        let running = self.running();
        let (scale, shift) = if self.affine { (of(GAMMA), of(BETA)) } else { (1.0, 0.0) };
        let slope = scale / (of(running + 1) + f64::from(self.epsilon)).sqrt();
        [(inputs[INPUT].data[i] - of(running)) * slope + shift, slope]
    }
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

    fn differentiable(&self, input: usize) -> bool {
        input == INPUT
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        self.launch(KERNEL, inputs, target, include_str!("inference_y.wgsl"), &[write(Operand::Y(0))])
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if !wanted[INPUT] {
            return Lowered::default();
        }
        let stored = [read(Operand::Dy(0)), write(Operand::Dx(INPUT))];
        self.launch(GRAD_INPUT, inputs, target, include_str!("inference_dx.wgsl"), &stored)
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let value = |i| self.rectifier.apply(self.affine_map(inputs, i)[0]);
        let x = &inputs[INPUT];
        vec![Array::new(x.shape.clone(), (0..x.data.len()).map(value).collect())]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let gradient = |i: usize| {
            let [value, slope] = self.affine_map(inputs, i);
            slope * self.rectifier.passed(value, dy.data[i])
        };
        let dx = Array::new(dy.shape.clone(), (0..dy.data.len()).map(gradient).collect());
        std::iter::once(Some(dx)).chain(inputs[1..].iter().map(|_| None)).collect()
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
