//! Softmax over channels, the last axis: `exp(x) / Σ exp(x)`, or its logarithm.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "softmax", summary: "softmax over channels, or its logarithm", cases };

const FORWARD: Elementwise =
    Elementwise { name: "softmax/forward", source: include_str!("forward.wgsl"), per_step: false, includes: &[] };
const BACKWARD: Elementwise =
    Elementwise { name: "softmax/backward", source: include_str!("backward.wgsl"), per_step: false, includes: &[] };

/// Softmax over the last axis, any shape; with `log` its logarithm: `torch.nn.Softmax` and `LogSoftmax`.
#[derive(Clone, Debug, Default)]
pub struct Softmax {
    /// Whether it gives the logarithm.
    pub log: bool,
}

/// The number of channels.
fn channels(shape: &Shape) -> usize {
    *shape.sizes().last().expect("a tensor has an axis")
}

impl Softmax {
    fn launch(&self, kernel: Elementwise, inputs: &[Shape], target: &Target, ends: &[Operand]) -> Lowered {
        let c = channels(&inputs[0]);
        let (&to, from) = ends.split_last().expect("a kernel writes something");
        let bindings: Vec<_> = from.iter().map(|&operand| read(operand)).chain([write(to)]).collect();
        let constants = [("C", c.into()), ("LOG", self.log.into())];
        kernel.launch(target.precision, inputs[0].count() / c, 3 * c, &constants, &bindings).into()
    }
}

impl Op for Softmax {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        if self.log { "log".into() } else { String::new() }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[0].clone()])
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        self.launch(FORWARD, inputs, target, &[Operand::X(0), Operand::Y(0)])
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if !wanted[0] {
            return Lowered::default();
        }
        self.launch(BACKWARD, inputs, target, &[Operand::X(0), Operand::Dy(0), Operand::Dx(0)])
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let mut y = inputs[0].clone();
        for row in y.data.chunks_exact_mut(channels(&inputs[0].shape)) {
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let log_total = largest + row.iter().map(|x| (x - largest).exp()).sum::<f64>().ln();
            for x in row {
                *x = if self.log { *x - log_total } else { (*x - log_total).exp() };
            }
        }
        vec![y]
    }

    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let c = channels(&inputs[0].shape);
        let row_of = |array: &Array, i: usize| array.data[i / c * c..][..c].to_vec();
        // dx_i = sum over j of dy_j * dy_j/dx_i, a row of the Jacobian at a time
        let gradient = |i: usize| {
            let (y, dy) = (row_of(&outputs[0], i), row_of(dy, i));
            let jacobian = |j: usize| {
                let same = if j == i % c { 1.0 } else { 0.0 };
                if self.log { same - y[i % c].exp() } else { y[j] * (same - y[i % c]) }
            };
            (0..c).map(|j| dy[j] * jacobian(j)).sum()
        };
        vec![Some(Array::new(inputs[0].shape.clone(), (0..inputs[0].data.len()).map(gradient).collect()))]
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for log in [false, true] {
        let case = |shape: &[usize], reason| Case::new(Softmax { log }, &[shape], reason);
        let far = vec![1e4, -1e4, 0.0, -1e4, -1e4, 1e4, 1e4, 1e4, 1e4];
        cases.extend([
            case(&[2, 3, 5, 7], "uneven images: over channels alone").fill(0, Fill::Normal(2.0)),
            case(&[67, 10], "more rows than a workgroup"),
            case(&[3, 3], "±1e4, the largest first, last and tied").fill(0, Fill::Exactly(far)),
            case(&[5, 1], "one channel: 1, or 0 with log"),
        ]);
    }
    cases
}
