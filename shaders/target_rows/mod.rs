//! What a loss over classes is to be held against, a row at a time.
//!
//! Inputs: labels `[n]` (u32), row weights `[n]` (1 / rows that count, 0 for a row that holds nobody), then as the options say:
//! other labels `[n]` (u32) and the share of the first label `[n]`, weights of the classes `[classes]`, the loss scale `[4]`.
//! Output `[n, 5]`: label, other label, share, weight, weight times loss scale. Labels are whole numbers in f32, exact
//! below 2²⁴.
//!
//! Where classes have weights, rows are weighted so that their losses sum to `torch.nn.CrossEntropyLoss(weight)`'s mean:
//! divided by the weights of the targets, those of all batches of an update ([`Step::update_weight`]).

use crate::dispatch::{Operand, WORKGROUP, one_workgroup, read, write};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, loss_scale, source};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "target_rows", summary: "labels, shares and weights of the rows of a loss over classes", cases };

// numbers of the inputs that are always there
const LABELS: usize = 0;
const WEIGHTS: usize = 1;

/// Numbers of a row.
pub const WIDTH: usize = 5;
/// A row in WGSL.
pub(crate) const ROW: &str = include_str!("row.wgsl");

/// A row of the output, as `row.wgsl` has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The label.
    pub label: f64,
    /// The label that it is mixed with.
    pub other: f64,
    /// Share of the first label; that of the other is the rest.
    pub share: f64,
    /// Weight of the row's loss.
    pub weight: f64,
    /// The weight times the loss scale.
    pub scaled: f64,
}

impl Row {
    /// Row `i` of `[n, 5]`.
    pub fn of(rows: &Array, i: usize) -> Row {
        let [label, other, share, weight, scaled] = std::array::from_fn(|at| rows.data[i * WIDTH + at]);
        Row { label, other, share, weight, scaled }
    }

    fn numbers(self) -> [f64; WIDTH] {
        [self.label, self.other, self.share, self.weight, self.scaled]
    }
}

/// The op: which inputs it has.
#[derive(Clone, Debug, Default)]
pub struct TargetRows {
    /// Two labels a row: other labels and shares follow the weights.
    pub mixed: bool,
    /// Weights of the classes follow.
    pub weighted: bool,
    /// The loss scale follows.
    pub scaled: bool,
}

impl TargetRows {
    /// Input numbers of other labels, shares, class weights and loss scale; where there is none, an input of the same kind.
    fn inputs(&self) -> [usize; 4] {
        let mut next = WEIGHTS + 1;
        let mut take = |there: bool, instead: usize| {
            next += usize::from(there);
            if there { next - 1 } else { instead }
        };
        [take(self.mixed, LABELS), take(self.mixed, WEIGHTS), take(self.weighted, WEIGHTS), take(self.scaled, WEIGHTS)]
    }
}

impl Op for TargetRows {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![Shape::new(&[inputs[LABELS].count(), WIDTH])])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        if input == LABELS || (self.mixed && input == 2) { Dtype::U32 } else { Dtype::F32 }
    }

    fn output_dtype(&self, _output: usize) -> Dtype {
        Dtype::F32
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let rows = inputs[LABELS].count();
        let constants = vec![
            ("ROWS", rows.into()),
            ("MIXED", self.mixed.into()),
            ("WEIGHTED", self.weighted.into()),
            ("SCALED", self.scaled.into()),
        ];
        let mut bindings = vec![read(Operand::X(LABELS)), read(Operand::X(WEIGHTS))];
        bindings.extend(self.inputs().map(|i| read(Operand::X(i))));
        bindings.push(write(Operand::Y(0)));
        let texts = [source::STEP, source::LOSS_SCALE, ROW, include_str!("rows.wgsl")];
        let iterations = 2 * rows.div_ceil(WORKGROUP as usize) + WORKGROUP as usize;
        one_workgroup(ENTRY.name, &texts, iterations, constants, bindings).into()
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let [others, shares, class_weights, scale] = self.inputs().map(|i| &inputs[i].data);
        let (labels, weights) = (&inputs[LABELS].data, &inputs[WEIGHTS].data);
        let n = labels.len();
        let other = |i: usize| if self.mixed { others[i] } else { labels[i] };
        let share = |i: usize| if self.mixed { shares[i] } else { 1.0 };
        let of_class = |class: f64| if self.weighted { class_weights[class as usize] } else { 1.0 };
        let counting: Vec<usize> = (0..n).filter(|&i| weights[i] != 0.0).collect();
        let mass = |i: usize| share(i) * of_class(labels[i]) + (1.0 - share(i)) * of_class(other(i));
        let mean = match f64::from(step.update_weight) {
            whole if self.weighted && whole > 0.0 => whole / f64::from(step.update_images),
            _ => counting.iter().map(|&i| mass(i)).sum::<f64>() / counting.len().max(1) as f64,
        };
        let row = |i: usize| {
            let weight = if weights[i] == 0.0 || mean == 0.0 { 0.0 } else { weights[i] / mean };
            let scaled = weight * if self.scaled { scale[loss_scale::SCALE] } else { 1.0 };
            Row { label: labels[i], other: other(i), share: share(i), weight, scaled }
        };
        vec![Array::new(Shape::new(&[n, WIDTH]), (0..n).flat_map(|i| row(i).numbers()).collect())]
    }
}

fn cases() -> Vec<Case> {
    let even =
        |n: usize, used: usize| Fill::Exactly((0..n).map(|i| if i < used { 1.0 / used as f64 } else { 0.0 }).collect());
    let shares = |n: usize| Fill::Exactly((0..n).map(|i| (i as f64 * 0.37).fract()).collect());
    let weights = Fill::Exactly(vec![0.5, 2.0, 0.25, 3.0, 0.0]);
    let scale = Fill::Exactly(vec![1024.0, 1.0, 0.0, 0.0]);
    let op = |mixed, weighted, scaled| TargetRows { mixed, weighted, scaled };
    let update = Step { update_images: 23, update_weight: 17.5, ..Step::default() };
    let all_zero = Fill::Exactly(vec![0.0; 5]);
    let case = |op: TargetRows, n: usize, used: usize, rest: &[(usize, Fill)], reason| {
        let shapes: Vec<Vec<usize>> = [vec![n], vec![n]].into_iter().chain(rest.iter().map(|r| vec![r.0])).collect();
        let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
        let case = Case::new(op, &shapes, reason).fill(0, Fill::Below(5)).fill(1, even(n, used));
        rest.iter().enumerate().fold(case, |case, (i, (_, fill))| case.fill(2 + i, fill.clone()))
    };
    let mix = |n: usize| [(n, Fill::Below(5)), (n, shares(n))];
    vec![
        case(op(false, false, false), 7, 5, &[], "labels alone, a batch that is not full"),
        case(op(false, true, false), 131, 130, &[(5, weights.clone())], "weighted classes, more rows than threads"),
        case(op(true, false, false), 6, 6, &mix(6), "two labels a row"),
        case(
            op(true, true, true),
            70,
            67,
            &[&mix(70)[..], &[(5, weights.clone()), (4, scale.clone())]].concat(),
            "two labels, weighted classes, a scaled gradient",
        ),
        case(op(false, false, true), 3, 2, &[(4, scale)], "a scaled gradient"),
        case(op(false, true, false), 4, 3, &[(5, all_zero)], "no class counts"),
        case(op(false, true, false), 9, 8, &[(5, weights)], "a batch of an update over 23 images").step(update),
    ]
}
