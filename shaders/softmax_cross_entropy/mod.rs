//! Softmax, cross entropy, its gradient and the count of right answers, in one kernel.
//!
//! Inputs: logits `[n, classes]`, labels `[n]` (u32), row weights `[n]`: `1 / n` for the mean over a batch, 0 for a row that
//! only fills up a smaller last batch; in f16 also the loss scale `[4]`, by which the gradient is multiplied. Outputs: the
//! weighted loss of each row `[n]`, whether its largest logit is the label `[n]` (0 or 1; of equal logits the first
//! counts), and the gradient of the summed loss `[n, classes]`.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::Dtype;
use crate::sharing::Sharing;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, source};

// numbers of the inputs
const LOGITS: usize = 0;
const LABELS: usize = 1;
const WEIGHTS: usize = 2;
const LOSS_SCALE: usize = 3;

/// This op in `OPS`.
pub const ENTRY: Entry = Entry {
    name: "softmax_cross_entropy",
    summary: "softmax, cross entropy from logits with integer labels, gradient and right answers",
    cases,
};

const ROWS: &str = include_str!("rows.wgsl");
const UNSCALED: Elementwise =
    Elementwise { name: "softmax_cross_entropy", source: ROWS, per_step: false, includes: &[] };
const SCALED: Elementwise = Elementwise { name: "softmax_cross_entropy/scaled", ..UNSCALED };

/// Cross entropy of logits `[n, classes]` and labels `[n]`, its gradient and right answers: `torch.nn.CrossEntropyLoss`.
#[derive(Clone, Debug)]
pub struct SoftmaxCrossEntropy;

impl Op for SoftmaxCrossEntropy {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [n, classes] = inputs[LOGITS].matrix()?;
        let rows = Shape::new(&[n]);
        Ok(vec![rows.clone(), rows, Shape::new(&[n, classes])])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        [Dtype::Real, Dtype::U32, Dtype::F32, Dtype::F32][input]
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        if output == 2 { Dtype::Real } else { Dtype::F32 }
    }

    fn differentiable(&self, input: usize) -> bool {
        input == 0
    }

    fn loss_gradient(&self) -> Option<usize> {
        Some(2)
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let [n, classes] = inputs[LOGITS].matrix().expect("shapes were checked");
        let mut bindings = vec![
            read(Operand::X(LOGITS)),
            read(Operand::X(LABELS)),
            read(Operand::X(WEIGHTS)),
            write(Operand::Y(0)),
            write(Operand::Y(1)),
            write(Operand::Y(2)),
        ];
        let scaled = inputs.len() == 4;
        if scaled {
            bindings.push(read(Operand::X(LOSS_SCALE)));
        }
        let (kernel, scale) = if scaled {
            (SCALED, [source::LOSS_SCALE, include_str!("scaled.wgsl")].as_slice())
        } else {
            (UNSCALED, [include_str!("unscaled.wgsl")].as_slice())
        };
        let threads = Sharing::of(target).softmax_threads;
        let row = if threads == 1 { include_str!("row_alone.wgsl") } else { include_str!("row_together.wgsl") };
        let includes = [scale, &[row]].concat();
        let kernel = Elementwise { includes: &includes, ..kernel };
        let constants = [("ROWS", n.into()), ("CLASSES", classes.into())];
        let iterations = 3 * classes.div_ceil(threads) + 2 * threads;
        kernel.launch(target.precision, n * threads, iterations, &constants, &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let [n, classes] = inputs[LOGITS].shape.matrix().expect("shapes were checked");
        let mut outputs = vec![Array::zeros(Shape::new(&[n])); 2];
        let mut gradient = Array::zeros(inputs[LOGITS].shape.clone());
        let scale = inputs.get(3).map_or(1.0, |scale| scale.data[0]);
        for i in 0..n {
            let row = &inputs[LOGITS].data[i * classes..][..classes];
            let (label, weight) = (inputs[LABELS].data[i] as usize, inputs[WEIGHTS].data[i]);
            if weight == 0.0 {
                continue;
            }
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let total: f64 = row.iter().map(|v| (v - largest).exp()).sum();
            outputs[0].data[i] = weight * (total.ln() - (row[label] - largest));
            outputs[1].data[i] = f64::from(row.iter().position(|&v| v == largest) == Some(label));
            for (c, value) in row.iter().enumerate() {
                let target = if c == label { 1.0 } else { 0.0 };
                gradient.data[i * classes + c] = scale * weight * ((value - largest).exp() / total - target);
            }
        }
        outputs.push(gradient);
        outputs
    }

    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], _dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let scale = inputs.get(3).map_or(1.0, |scale| scale.data[0]);
        vec![Some(outputs[2].map(|g| g / scale))]
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }
}

fn cases() -> Vec<Case> {
    let case = |n: usize, classes: usize, reason| {
        Case::new(SoftmaxCrossEntropy, &[&[n, classes], &[n], &[n]], reason)
            .fill(1, Fill::Below(classes))
            .fill(2, Fill::Positive)
    };
    let extreme = vec![1e4, -1e4, 0.0, -1e4, -1e4, 1e4, 1e4, 1e4, 1e4, -1e4, 9_990.0, 3.0];
    let padded = (0..7).map(|i| if i < 4 { 0.25 } else { 0.0 }).collect();
    vec![
        case(5, 10, "ordinary logits"),
        case(67, 3, "more rows than a workgroup").fill(0, Fill::Normal(5.0)),
        case(4, 3, "logits of ±1e4, the winner first, last and tied").fill(0, Fill::Exactly(extreme)),
        case(7, 4, "a batch that is not full").fill(2, Fill::Exactly(padded)),
        case(3, 1, "one class: no loss, no gradient"),
        case(9, 37, "more classes than threads of a row").fill(0, Fill::Ties),
        Case::new(SoftmaxCrossEntropy, &[&[6, 5], &[6], &[6], &[4]], "a scaled gradient")
            .fill(1, Fill::Below(5))
            .fill(2, Fill::Positive)
            .fill(3, Fill::Exactly(vec![16.0, 0.0625, 0.0, 0.0])),
    ]
}
