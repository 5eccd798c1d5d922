//! Losses of numbers against numbers: several labels an image, or values to be predicted; with gradient and right answers.
//!
//! Inputs: outputs of the model `[n, …]` with K elements a row, targets of as many elements, row weights `[n]` (1 / n for the
//! mean over a batch, 0 for a row that holds nobody), then as the options say: weights of the positives `[K]`, the loss
//! scale `[4]`. Outputs: the weighted mean loss of each row `[n]`, whether all its labels are right `[n]` (0 or 1; of
//! numbers 0), and the gradient of the summed loss times the loss scale.

mod cases;
mod twin;

use crate::dispatch::{Constant, Elementwise, Operand, read, write};
use crate::dtype::{Dtype, Precision};
use crate::target::Target;
use crate::{Array, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, source};

// numbers of the inputs
const VALUES: usize = 0;
const TARGETS: usize = 1;
const WEIGHTS: usize = 2;

/// Binary cross entropy in `OPS`.
pub const BCE: Entry = Entry {
    name: "bce_with_logits",
    summary: "sigmoid and binary cross entropy of several labels, gradient and right answers",
    cases: cases::bce,
};
/// The sigmoid form of the focal loss in `OPS`.
pub const SIGMOID_FOCAL: Entry = Entry {
    name: "sigmoid_focal",
    summary: "focal loss of several labels, gradient and right answers",
    cases: cases::sigmoid_focal,
};
/// The squared error in `OPS`.
pub const MSE: Entry = Entry { name: "mse", summary: "mean squared error and gradient", cases: cases::mse };
/// The absolute error in `OPS`.
pub const MAE: Entry = Entry { name: "mae", summary: "mean absolute error and gradient", cases: cases::mae };
/// Huber's loss in `OPS`.
pub const HUBER: Entry = Entry {
    name: "huber",
    summary: "squared error near 0 and absolute error far from it, and gradient",
    cases: cases::huber,
};

const ELEMENTS: &str = include_str!("elements.wgsl");
const ROWS: Elementwise =
    Elementwise { name: "value_loss/rows", source: include_str!("rows.wgsl"), per_step: false, includes: &[] };

/// Rows of up to so many elements are done by one thread each.
const SHORT: usize = 64;

/// The loss of an element, each a file in `kinds/`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// `torch.nn.BCEWithLogitsLoss`.
    Bce,
    /// `torchvision.ops.sigmoid_focal_loss`; a negative `alpha` weights nothing.
    Focal {
        /// Losses are multiplied by `(1 - p)^gamma` of the right answer.
        gamma: f32,
        /// Weight of positives; negatives have `1 - alpha`.
        alpha: f32,
    },
    /// `torch.nn.MSELoss`.
    Mse,
    /// `torch.nn.L1Loss`.
    Mae,
    /// `torch.nn.HuberLoss` times `factor`; `factor = 1 / delta` makes `torch.nn.SmoothL1Loss`.
    Huber {
        /// Where the square ends.
        delta: f32,
        /// Multiplies the loss.
        factor: f32,
    },
    /// A loss of an application.
    Own(&'static OwnLoss),
}

/// A loss of an element that an application brings.
#[derive(Debug)]
pub struct OwnLoss {
    /// Its name in plans.
    pub name: &'static str,
    /// `fn of_element(v: f32, t: f32, positive: f32) -> vec2f` in WGSL: the loss of output `v` compared with target `t`, and its
    /// derivative by `v`; `positive` is 1 where there are no weights.
    pub wgsl: &'static str,
    /// The definition in f64 of loss and derivative, from output and target.
    pub definition: fn(f64, f64) -> [f64; 2],
}

impl PartialEq for OwnLoss {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Kind {
    /// Its name in `OPS`.
    fn name(self) -> &'static str {
        match self {
            Kind::Bce => BCE.name,
            Kind::Focal { .. } => SIGMOID_FOCAL.name,
            Kind::Mse => MSE.name,
            Kind::Mae => MAE.name,
            Kind::Huber { .. } => HUBER.name,
            Kind::Own(own) => own.name,
        }
    }

    /// Loss and slope of one element in WGSL, after what it shares with others.
    fn texts(self) -> [&'static str; 2] {
        const LABELS: &str = include_str!("kinds/labels.wgsl");
        match self {
            Kind::Bce => [LABELS, include_str!("kinds/bce.wgsl")],
            Kind::Focal { .. } => [LABELS, include_str!("kinds/focal.wgsl")],
            Kind::Mse => ["", include_str!("kinds/mse.wgsl")],
            Kind::Mae => ["", include_str!("kinds/mae.wgsl")],
            Kind::Huber { .. } => ["", include_str!("kinds/huber.wgsl")],
            Kind::Own(own) => ["", own.wgsl],
        }
    }

    fn constants(self) -> Vec<(&'static str, Constant)> {
        match self {
            Kind::Bce | Kind::Mse | Kind::Mae | Kind::Own(_) => vec![],
            Kind::Focal { gamma, alpha } => vec![("GAMMA", gamma.into()), ("ALPHA", alpha.into())],
            Kind::Huber { delta, factor } => vec![("DELTA", delta.into()), ("FACTOR", factor.into())],
        }
    }

    /// Whether targets are labels, 0 or 1, so that an answer is right or wrong.
    pub fn has_answers(self) -> bool {
        matches!(self, Kind::Bce | Kind::Focal { .. })
    }
}

/// Loss, right answers and gradient of outputs `[n, …]` against targets of the same size, as the losses of `torch.nn`.
#[derive(Clone, Debug)]
pub struct ValueLoss {
    /// The loss of one element, with its parameters.
    pub kind: Kind,
    /// How targets are stored: [`Dtype::F32`], or [`Dtype::Real`] for the model's own input.
    pub target: Dtype,
    /// Weights of the positives follow the row weights (`pos_weight`).
    pub positives: bool,
    /// The loss scale follows.
    pub scaled: bool,
}

impl ValueLoss {
    /// A loss of f32 targets without options.
    pub fn new(kind: Kind) -> Self {
        ValueLoss { kind, target: Dtype::F32, positives: false, scaled: false }
    }

    /// Threads of a row: one, or about as many as each then has elements, and not under 16 elements each.
    fn row_parts(elements: usize) -> usize {
        if elements <= SHORT { 1 } else { elements.div_ceil(elements.isqrt().max(16)) }
    }

    /// Input numbers of the loss scale and the weights of the positives; the row weights where there is none.
    fn extras(&self) -> [usize; 2] {
        let positives = if self.positives { 3 } else { 2 };
        [if self.scaled { 3 + usize::from(self.positives) } else { 2 }, positives]
    }
}

/// Rows and elements of a row.
fn row_sizes(shape: &Shape) -> [usize; 2] {
    let rows = shape.sizes()[0];
    [rows, shape.count() / rows.max(1)]
}

impl Op for ValueLoss {
    fn name(&self) -> &'static str {
        self.kind.name()
    }

    fn attributes(&self) -> String {
        match self.kind {
            Kind::Focal { gamma, alpha } => format!("gamma {gamma} alpha {alpha}"),
            Kind::Huber { delta, .. } => format!("delta {delta}"),
            _ => String::new(),
        }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let rows = Shape::new(&inputs[VALUES].sizes()[..1]);
        Ok(vec![rows.clone(), rows, inputs[VALUES].clone()])
    }

    fn activations(&self) -> usize {
        2
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        match input {
            0 => Dtype::Real,
            1 => self.target,
            _ => Dtype::F32,
        }
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
        let [n, k] = row_sizes(&inputs[VALUES]);
        let parts = Self::row_parts(k);
        let mut constants = vec![
            ("K", k.into()),
            ("PARTS", parts.into()),
            ("ANSWERS", self.kind.has_answers().into()),
            ("SCALED", self.scaled.into()),
            ("POSITIVES", self.positives.into()),
        ];
        constants.extend(self.kind.constants());
        let wide = self.target == Dtype::Real && target.precision == Precision::F16;
        let alias = if wide { "alias Target = f16;" } else { "alias Target = f32;" };
        let [shared, own] = self.kind.texts();
        let includes = [alias, source::LOSS_SCALE, shared, own];
        let elements = Elementwise { name: self.kind.name(), source: ELEMENTS, per_step: false, includes: &includes };
        let [scale, positives] = self.extras();
        let (x, y) = (Operand::X, Operand::Y);
        let whole = [y(0), y(1)];
        let sums = if parts == 1 { whole } else { [Operand::Scratch(0), Operand::Scratch(1)] };
        let reads = [0, 1, 2, scale, positives].map(|i| read(x(i)));
        let bindings = [&reads[..], &sums.map(write), &[write(y(2))]].concat();
        let launch = elements.launch(target.precision, n * parts, k.div_ceil(parts), &constants, &bindings);
        if parts == 1 {
            return launch.into();
        }
        let bindings = [sums.map(read), whole.map(write)].concat();
        let rows = ROWS.launch(target.precision, n, parts, &[("PARTS", parts.into())], &bindings);
        Lowered { scratch: vec![n * parts; 2], dispatches: vec![launch, rows], ..Lowered::default() }
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        twin::outputs(self, inputs)
    }

    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], _dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let scale = if self.scaled { inputs[self.extras()[0]].data[0] } else { 1.0 };
        vec![Some(outputs[2].map(|g| g / scale))]
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }
}
