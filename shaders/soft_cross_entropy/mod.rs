//! Softmax and cross entropy with smoothed, mixed, weighted or whole-distribution targets, and the focal loss; with
//! gradient and right answers in one kernel.
//!
//! Inputs: logits `[n, classes]`, rows `[n, 5]` of [`target_rows`](crate::target_rows), then as the options say: weights of
//! the classes `[classes]`, targets `[n, classes]`. Outputs: the weighted loss of each row `[n]`, whether its largest logit
//! is the label `[n]` (0 or 1), and the gradient of the summed loss `[n, classes]` times the loss scale.
//!
//! `torch.nn.CrossEntropyLoss(weight, label_smoothing)`; with `gamma` the focal loss of Lin et al. 2017, in its softmax form.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::target_rows::{ROW, Row, WIDTH};
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill};

// numbers of the inputs
const LOGITS: usize = 0;
const ROWS: usize = 1;

/// This op in `OPS`.
pub const ENTRY: Entry = Entry {
    name: "soft_cross_entropy",
    summary: "softmax and cross entropy with smoothed, mixed or weighted targets, or focal; gradient and right answers",
    cases,
};

const KERNEL: Elementwise =
    Elementwise { name: "soft_cross_entropy", source: include_str!("rows.wgsl"), per_step: false, includes: &[ROW] };

/// Cross entropy of logits `[n, classes]` with smoothing, mixing, class weights, whole distributions or focusing.
#[derive(Clone, Debug, Default)]
pub struct SoftCrossEntropy {
    /// This share of every target is spread over all classes.
    pub smoothing: f32,
    /// Focusing: losses are multiplied by `(1 - p)^gamma`; 0 is cross entropy.
    pub gamma: f32,
    /// Weights of the classes follow the rows.
    pub weighted: bool,
    /// A target distribution of each row follows.
    pub distribution: bool,
}

impl SoftCrossEntropy {
    /// Input numbers of class weights and targets; the rows where there is none.
    fn extras(&self) -> [usize; 2] {
        let weights = if self.weighted { 2 } else { 1 };
        [weights, if self.distribution { 2 + usize::from(self.weighted) } else { 1 }]
    }

    /// The target of class `c`, smoothed and weighted.
    fn target(&self, inputs: &[Array], row: usize, c: usize) -> f64 {
        let classes = inputs[LOGITS].shape.sizes()[1];
        let [weights, targets] = self.extras().map(|i| &inputs[i].data);
        let of = Row::of(&inputs[ROWS], row);
        let at = |label: f64| f64::from(u8::from(label == c as f64));
        let plain = if self.distribution {
            targets[row * classes + c]
        } else {
            of.share * at(of.label) + (1.0 - of.share) * at(of.other)
        };
        let smoothing = f64::from(self.smoothing);
        let weight = if self.weighted { weights[c] } else { 1.0 };
        weight * ((1.0 - smoothing) * plain + smoothing / classes as f64)
    }
}

impl Op for SoftCrossEntropy {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        let mut parts = Vec::new();
        if self.smoothing != 0.0 {
            parts.push(format!("smoothing {}", self.smoothing));
        }
        if self.gamma != 0.0 {
            parts.push(format!("gamma {}", self.gamma));
        }
        parts.join(" ")
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [n, classes] = inputs[LOGITS].matrix()?;
        let rows = Shape::new(&[n]);
        Ok(vec![rows.clone(), rows, Shape::new(&[n, classes])])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        if input == 0 { Dtype::Real } else { Dtype::F32 }
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
        let constants = [
            ("CLASSES", classes.into()),
            ("SMOOTHING", self.smoothing.into()),
            ("GAMMA", self.gamma.into()),
            ("WEIGHTED", self.weighted.into()),
            ("DISTRIBUTION", self.distribution.into()),
        ];
        let [weights, targets] = self.extras();
        let reads = [0, 1, weights, targets].map(|i| read(Operand::X(i)));
        let writes = [0, 1, 2].map(|i| write(Operand::Y(i)));
        KERNEL.launch(target.precision, n, 4 * classes, &constants, &[&reads[..], &writes].concat()).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let [n, classes] = inputs[LOGITS].shape.matrix().expect("shapes were checked");
        let gamma = f64::from(self.gamma);
        let mut outputs = vec![Array::zeros(Shape::new(&[n])); 2];
        let mut gradient = Array::zeros(inputs[LOGITS].shape.clone());
        for i in 0..n {
            let of = Row::of(&inputs[ROWS], i);
            if of.weight == 0.0 {
                continue;
            }
            let row = &inputs[LOGITS].data[i * classes..][..classes];
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let log_total = row.iter().map(|v| (v - largest).exp()).sum::<f64>().ln();
            let log_p: Vec<f64> = row.iter().map(|v| v - largest - log_total).collect();
            let p: Vec<f64> = log_p.iter().map(|l| l.exp()).collect();
            // 1 - p as the sum of the others
            let rest = |c: usize| (0..classes).filter(|&o| o != c).map(|o| p[o]).sum::<f64>();
            let q: Vec<f64> = (0..classes).map(|c| self.target(inputs, i, c)).collect();
            let loss = |c: usize| if q[c] == 0.0 { 0.0 } else { -q[c] * rest(c).powf(gamma) * log_p[c] };
            // the derivative of loss(c) by log p[c]
            let slope = |c: usize| {
                let focus = if gamma == 0.0 { 0.0 } else { gamma * rest(c).powf(gamma - 1.0) * p[c] * log_p[c] };
                if q[c] == 0.0 { 0.0 } else { q[c] * (focus - rest(c).powf(gamma)) }
            };
            outputs[0].data[i] = of.weight * (0..classes).map(loss).sum::<f64>();
            let label = if of.share >= 0.5 { of.label } else { of.other };
            outputs[1].data[i] = f64::from(row.iter().position(|&v| v == largest) == Some(label as usize));
            let total: f64 = (0..classes).map(slope).sum();
            for (c, p) in p.iter().enumerate() {
                gradient.data[i * classes + c] = of.scaled * (slope(c) - p * total);
            }
        }
        outputs.push(gradient);
        outputs
    }

    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], _dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let classes = inputs[LOGITS].shape.sizes()[1];
        let mut gradient = outputs[2].clone();
        for (i, row) in gradient.data.chunks_exact_mut(classes).enumerate() {
            let Row { weight, scaled, .. } = Row::of(&inputs[ROWS], i);
            let scale = if weight == 0.0 { 1.0 } else { scaled / weight };
            row.iter_mut().for_each(|g| *g /= scale);
        }
        vec![Some(gradient)]
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }
}

/// Rows as `target_rows` gives them: labels and others below `classes`, every third share below a half, the last row of
/// weight 0.
fn rows(n: usize, classes: usize, mixed: bool, scale: f64) -> Fill {
    let row = |i: usize| {
        let (label, other) = ((i * 7 + 1) % classes, (i * 3 + 2) % classes);
        let share = if i % 3 == 2 { 0.25 } else { 0.75 };
        let weight = if i + 1 == n { 0.0 } else { 0.5 + 0.125 * (i % 4) as f64 };
        let (other, share) = if mixed { (other, share) } else { (label, 1.0) };
        [label as f64, other as f64, share, weight, weight * scale]
    };
    Fill::Exactly((0..n).flat_map(row).collect())
}

fn cases() -> Vec<Case> {
    let op = |smoothing, gamma| SoftCrossEntropy { smoothing, gamma, ..SoftCrossEntropy::default() };
    let case = |op: SoftCrossEntropy, n: usize, classes: usize, mixed: bool, reason| {
        let shapes: [&[usize]; 4] = [&[n, classes], &[n, WIDTH], &[classes], &[n, classes]];
        let (weighted, distribution) = (op.weighted, op.distribution);
        let there = [true, true, weighted, distribution];
        let shapes: Vec<&[usize]> = shapes.into_iter().zip(there).filter_map(|(s, there)| there.then_some(s)).collect();
        let mut case = Case::new(op, &shapes, reason).fill(1, rows(n, classes, mixed, 1.0));
        if weighted {
            case = case.fill(2, Fill::Positive);
        }
        if distribution {
            // rows that sum to 1, one of them with a 0 in it
            let raw = |i: usize, c: usize| ((i * 5 + c * 3) % 7) as f64;
            let share = |i: usize, c: usize| raw(i, c) / (0..classes).map(|c| raw(i, c)).sum::<f64>();
            let all = (0..n * classes).map(|e| share(e / classes, e % classes)).collect();
            case = case.fill(2 + usize::from(weighted), Fill::Exactly(all));
        }
        case
    };
    let sure = vec![1e4, -1e4, 0.0, 30.0, 11.0, -3.0, 2.0, 2.0, 1.0, 0.5, 0.0, 90.0];
    vec![
        case(op(0.1, 0.0), 7, 10, false, "smoothed labels, a row of weight 0"),
        case(op(0.0, 0.0), 67, 3, true, "two labels a row, more rows than a workgroup"),
        case(SoftCrossEntropy { weighted: true, ..op(0.2, 0.0) }, 5, 9, true, "smoothed, mixed, weighted"),
        case(SoftCrossEntropy { distribution: true, ..op(0.0, 0.0) }, 6, 5, false, "a whole distribution, zeros in it"),
        case(
            SoftCrossEntropy { weighted: true, distribution: true, ..op(0.1, 0.0) },
            5,
            11,
            false,
            "a smoothed, weighted distribution",
        ),
        case(op(0.0, 2.0), 9, 6, false, "focal").fill(0, Fill::Normal(2.0)),
        case(SoftCrossEntropy { weighted: true, ..op(0.0, 0.5) }, 8, 4, false, "focal with gamma below 1, weighted"),
        case(op(0.05, 1.5), 5, 7, true, "focal with smoothed, mixed labels"),
        case(op(0.0, 0.0), 4, 3, false, "logits of ±1e4, ties").fill(0, Fill::Exactly(sure.clone())),
        case(op(0.0, 2.0), 4, 3, false, "focal where one is sure, or all is 0").fill(0, Fill::Exactly(sure)),
        case(op(0.1, 0.0), 6, 5, true, "a scaled gradient").fill(1, rows(6, 5, true, 16.0)),
    ]
}
