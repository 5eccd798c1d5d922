//! Group normalisation (Wu and He 2018) as `torch.nn.GroupNorm`, with one channel a group `torch.nn.InstanceNorm2d`; and layer
//! normalisation (Ba, Kiros and Hinton 2016) as `torch.nn.LayerNorm`.
//!
//! All are one thing: x as `[rows, pixels, channels]`, cut into sets, each of which loses its mean and is divided by its
//! deviation; then a scale and a shift, gamma and beta, of each channel. Nothing of it knows of other images, so a batch
//! that is not full needs no care.

mod layer;
mod sets;

pub use layer::{LAYER, LayerNorm};

use crate::case::Fill;
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, batch_norm::matrix};
use sets::{Sets, Style};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry {
    name: "group_norm",
    summary: "normalisation of each image's groups of channels, optional ReLU; also instance norm",
    cases,
};

/// The op; inputs x `[n, h, w, c]` or `[n, c]`, and with `affine` gamma and beta `[c]`.
#[derive(Clone, Debug)]
pub struct GroupNorm {
    /// Groups of channels; a divisor of their number.
    pub groups: usize,
    /// Added to the variance.
    pub epsilon: f32,
    /// Whether gamma and beta are inputs.
    pub affine: bool,
    /// Whether a ReLU follows in the same kernel.
    pub relu: bool,
}

impl GroupNorm {
    fn sets(&self, x: &Shape) -> Result<Sets, ShapeError> {
        let [rows, pixels, channels] = matrix(x)?;
        if self.groups == 0 || !channels.is_multiple_of(self.groups) {
            return Err(ShapeError::new(format!("groups = {} does not divide its {channels} channels", self.groups))
                .hint("a number of groups that divides the channels"));
        }
        Ok(Sets { rows: rows / pixels, pixels, channels, groups: self.groups })
    }

    fn style(&self) -> Style {
        Style { epsilon: self.epsilon, affine: self.affine, relu: self.relu }
    }
}

impl Op for GroupNorm {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        format!("groups {}", self.groups) + if self.relu { " + relu" } else { "" }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        self.sets(&inputs[0])?;
        Ok(vec![inputs[0].clone()])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        if input == 0 { Dtype::Real } else { Dtype::F32 }
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        self.sets(&inputs[0]).expect("shapes were checked").forward(self.style(), target)
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        self.sets(&inputs[0]).expect("shapes were checked").backward(self.style(), wanted, target)
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        vec![self.sets(&inputs[0].shape).expect("shapes were checked").twin(self.style(), inputs)]
    }

    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let sets = self.sets(&inputs[0].shape).expect("shapes were checked");
        sets.twin_backward(self.style(), inputs, &outputs[0], dy)
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }
}

fn cases() -> Vec<Case> {
    let op = |groups, affine, relu| GroupNorm { groups, epsilon: 1e-5, affine, relu };
    let case = |op: GroupNorm, x: &[usize], reason| {
        let c = [*x.last().expect("channels")];
        let shapes: Vec<&[usize]> =
            std::iter::once(x).chain(std::iter::repeat_n(&c[..], if op.affine { 2 } else { 0 })).collect();
        Case::new(op, &shapes, reason)
    };
    let mut far = case(op(2, true, false), &[2, 3, 5, 8], "a mean of 1000 costs no digits of a deviation of 1")
        .fill(0, Fill::Exactly((0..240).map(|i| 1000.0 + crate::random::normal(22, 3, i)).collect()));
    far.only = Some(crate::Precision::F32);
    vec![
        case(op(3, true, false), &[2, 5, 7, 6], "groups of two, uneven images"),
        case(op(2, true, true), &[3, 4, 5, 8], "groups of four, ReLU in the same kernels"),
        case(op(1, true, false), &[2, 11, 13, 32], "one group: a workgroup a set, several slabs"),
        case(op(7, false, false), &[3, 5, 6, 7], "instance norm: a channel a group, no scale and shift"),
        case(op(12, true, true), &[2, 21, 3, 12], "instance norm with scale, shift and ReLU"),
        case(op(4, true, false), &[5, 16], "features without pixels"),
        case(op(5, false, true), &[70, 35], "more sets than a workgroup, ReLU, no scale and shift"),
        far,
    ]
}
