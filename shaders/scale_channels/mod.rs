//! Multiplication by a learned number a channel, or one for all: everywhere (LayerScale, Touvron et al. 2021), or only where
//! the input is not positive (PReLU, He et al. 2015; `torch.nn.PReLU`).
//!
//! Inputs: `x` with channels last, the factors `[c]` or `[1]`. The gradient of the factors is left in slabs.

use crate::channels::lanes;
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill};

// numbers of the inputs
const INPUT: usize = 0;
const FACTORS: usize = 1;

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "scale_channels", summary: "learned factors of channels; PReLU where only below 0", cases };

const SCALE: Elementwise =
    Elementwise { name: "scale_channels", source: include_str!("scale.wgsl"), per_step: false, includes: &[] };
const GRAD: Elementwise =
    Elementwise { name: "scale_channels/grad", source: include_str!("grad.wgsl"), per_step: false, includes: &[] };

/// `y = factor[c] · x` with factors `[c]` or `[1]`; `below` just where x is not positive, as `torch.nn.PReLU`.
#[derive(Clone, Debug)]
pub struct ScaleChannels {
    /// Whether positive inputs stay as they are.
    pub below: bool,
}

/// Rows that a thread adds at the least, and slabs of a factor at the most: so many are added again by the optimiser.
const ROWS_A_SLAB: usize = 64;
const MOST_SLABS: usize = 512;
/// The same where there is one factor: the sums of all channels are its slabs.
const MOST_SLABS_OF_ONE: usize = 2048;

/// Rows and channels of a tensor.
fn rows_and_channels(shape: &Shape) -> (usize, usize) {
    let c = *shape.sizes().last().expect("a tensor has an axis");
    (shape.count() / c, c)
}

/// Parts into which the rows are dealt.
fn parts(inputs: &[Shape]) -> usize {
    let (rows, c) = rows_and_channels(&inputs[INPUT]);
    let most = if inputs[FACTORS].count() == 1 { MOST_SLABS_OF_ONE / c } else { MOST_SLABS };
    (rows / ROWS_A_SLAB).min(most).max(1)
}

impl ScaleChannels {
    fn scale(&self, inputs: &[Shape], target: &Target, from: Operand, to: Operand) -> crate::Dispatch {
        let constants = [("C", inputs[FACTORS].count().into()), ("BELOW", self.below.into())];
        let bindings = [read(Operand::X(INPUT)), read(from), read(Operand::X(FACTORS)), write(to)];
        SCALE.launch(target.precision, inputs[INPUT].count().div_ceil(4), 0, &constants, &bindings)
    }

    fn grad(&self, inputs: &[Shape], target: &Target, parts: usize) -> crate::Dispatch {
        let (rows, c) = rows_and_channels(&inputs[INPUT]);
        let (lanes, text) = lanes(c);
        let constants = [("C", c.into()), ("ROWS", rows.into()), ("SLABS", parts.into()), ("BELOW", self.below.into())];
        let bindings = [read(Operand::X(INPUT)), read(Operand::Dy(0)), write(Operand::Dx(FACTORS))];
        let kernel = Elementwise { includes: &[text], ..GRAD };
        kernel.launch(target.precision, parts * c / lanes, rows.div_ceil(parts), &constants, &bindings)
    }

    /// Whether `x` is left as it is.
    fn spares(&self, x: f64) -> bool {
        self.below && x > 0.0
    }
}

impl Op for ScaleChannels {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        if self.below { "where x <= 0".into() } else { String::new() }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let (_, c) = rows_and_channels(&inputs[INPUT]);
        if inputs[FACTORS] != Shape::new(&[c]) && inputs[FACTORS] != Shape::new(&[1]) {
            return Err(ShapeError::new(format!("it has {} factors, but its input has {c} channels", inputs[FACTORS]))
                .hint("one factor per channel, or a single one"));
        }
        Ok(vec![inputs[INPUT].clone()])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        [Dtype::Real, Dtype::F32][input]
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        self.scale(inputs, target, Operand::X(INPUT), Operand::Y(0)).into()
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        let parts = parts(inputs);
        let mut dispatches = Vec::new();
        if wanted[0] {
            dispatches.push(self.scale(inputs, target, Operand::Dy(0), Operand::Dx(0)));
        }
        if wanted[1] {
            dispatches.push(self.grad(inputs, target, parts));
        }
        let (_, c) = rows_and_channels(&inputs[INPUT]);
        let gradient_slabs = parts * c / inputs[FACTORS].count();
        Lowered { dispatches, gradient_slabs, ..Lowered::default() }
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let (x, a) = (&inputs[INPUT], &inputs[FACTORS].data);
        let scaled = |(i, &x): (usize, &f64)| if self.spares(x) { x } else { x * a[i % a.len()] };
        vec![Array::new(x.shape.clone(), x.data.iter().enumerate().map(scaled).collect())]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let (x, a) = (&inputs[INPUT], &inputs[FACTORS].data);
        let (mut dx, mut da) = (dy.clone(), Array::zeros(inputs[FACTORS].shape.clone()));
        for (i, &value) in x.data.iter().enumerate().filter(|(_, x)| !self.spares(**x)) {
            dx.data[i] *= a[i % a.len()];
            da.data[i % a.len()] += value * dy.data[i];
        }
        vec![Some(dx), Some(da)]
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }
}

fn cases() -> Vec<Case> {
    let case = |below, shapes: &[&[usize]], reason| {
        Case::new(ScaleChannels { below }, shapes, reason).fill(0, Fill::AwayFromZero)
    };
    vec![
        case(true, &[&[3, 5, 7, 6], &[6]], "a slope a channel of uneven images"),
        case(true, &[&[2, 3, 5, 7], &[1]], "one slope for all"),
        case(true, &[&[9, 11, 13, 8], &[8]], "several slabs, runs of four channels"),
        case(true, &[&[7, 5, 9, 3], &[1]], "one slope in several slabs"),
        case(true, &[&[67, 4], &[1]], "one slope, runs of four, a matrix"),
        case(true, &[&[2, 67], &[67]], "zeros, where it has a kink").fill(0, Fill::Ties),
        case(false, &[&[3, 5, 7, 6], &[6]], "everywhere"),
        case(false, &[&[150, 12], &[12]], "everywhere, several slabs of a matrix"),
    ]
}
