//! Group normalisation (Wu and He 2018) as `torch.nn.GroupNorm`, with one channel a group `torch.nn.InstanceNorm2d`; and layer
//! normalisation (Ba, Kiros and Hinton 2016) as `torch.nn.LayerNorm`.
//!
//! All are one thing: x as `[rows, pixels, channels]`, cut into sets, each of which loses its mean and is divided by its
//! deviation; then a scale and a shift, gamma and beta, of each channel. Nothing of it knows of other images, so a batch
//! that is not full needs no care.

mod sets;

use crate::case::Fill;
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, images};
use sets::{INPUT, Sets, Style};

/// Group and instance normalisation in `OPS`.
pub const ENTRY: Entry = Entry {
    name: "group_norm",
    summary: "normalisation of each image's groups of channels, optional ReLU; also instance norm",
    cases: group_cases,
};
/// Layer normalisation in `OPS`.
pub const LAYER: Entry = Entry {
    name: "layer_norm",
    summary: "normalisation of each pixel's channels or of whole images",
    cases: layer_cases,
};

/// The values that are normalised together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// Groups of an image's channels, so many of them: group norm, and with as many as there are channels instance norm.
    Groups(usize),
    /// The channels of a pixel: layer norm.
    Pixel,
    /// A whole image: layer norm over all axes but the batch.
    Image,
}

/// Group, instance or layer normalisation of `[n, h, w, c]` or `[n, c]`, as `torch.nn.GroupNorm` and `torch.nn.LayerNorm`.
///
/// With `affine`, gamma and beta are inputs: `[c]`, or `[h, w, c]` of whole images.
#[derive(Clone, Debug)]
pub struct SetNorm {
    /// What loses its mean and is divided by its deviation.
    pub together: Together,
    /// Added to the variance.
    pub epsilon: f32,
    /// Whether gamma and beta are inputs.
    pub affine: bool,
    /// Whether a ReLU follows in the same kernel.
    pub relu: bool,
}

impl SetNorm {
    fn sets(&self, x: &Shape) -> Result<Sets, ShapeError> {
        let [rows, pixels, channels] = images::rows(x)?;
        match self.together {
            Together::Groups(groups) if groups == 0 || !channels.is_multiple_of(groups) => {
                Err(ShapeError::new(format!("groups = {groups} does not divide its {channels} channels"))
                    .hint("a number of groups that divides the channels"))
            }
            Together::Groups(groups) => Ok(Sets { rows: rows / pixels, pixels, channels, groups }),
            Together::Pixel => Ok(Sets { rows, pixels: 1, channels, groups: 1 }),
            Together::Image => Ok(Sets { rows: rows / pixels, pixels: 1, channels: pixels * channels, groups: 1 }),
        }
    }

    fn style(&self) -> Style {
        Style { epsilon: self.epsilon, affine: self.affine, relu: self.relu }
    }
}

impl Op for SetNorm {
    fn name(&self) -> &'static str {
        match self.together {
            Together::Groups(_) => ENTRY.name,
            Together::Pixel | Together::Image => LAYER.name,
        }
    }

    fn attributes(&self) -> String {
        match (self.together, self.relu) {
            (Together::Groups(groups), relu) => format!("groups {groups}") + if relu { " + relu" } else { "" },
            (Together::Pixel, relu) => if relu { "relu" } else { "" }.into(),
            (Together::Image, relu) => String::from("whole image") + if relu { ", relu" } else { "" },
        }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        self.sets(&inputs[INPUT])?;
        Ok(vec![inputs[INPUT].clone()])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        if input == 0 { Dtype::Real } else { Dtype::F32 }
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        self.sets(&inputs[INPUT]).expect("shapes were checked").forward(self.style(), target)
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        self.sets(&inputs[INPUT]).expect("shapes were checked").backward(self.style(), wanted, target)
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        vec![self.sets(&inputs[INPUT].shape).expect("shapes were checked").twin(self.style(), inputs)]
    }

    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let sets = self.sets(&inputs[INPUT].shape).expect("shapes were checked");
        sets.twin_backward(self.style(), inputs, &outputs[0], dy)
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }
}

fn group_cases() -> Vec<Case> {
    let op = |groups, affine, relu| SetNorm { together: Together::Groups(groups), epsilon: 1e-5, affine, relu };
    let case = |op: SetNorm, x: &[usize], reason| {
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

fn layer_cases() -> Vec<Case> {
    let case = |together, affine, relu, x: &[usize], reason| {
        let gamma = if together == Together::Image { &x[1..] } else { &x[x.len() - 1..] };
        let shapes: Vec<&[usize]> =
            std::iter::once(x).chain(std::iter::repeat_n(gamma, if affine { 2 } else { 0 })).collect();
        Case::new(SetNorm { together, epsilon: 1e-5, affine, relu }, &shapes, reason)
    };
    vec![
        case(Together::Pixel, true, false, &[5, 12], "features, runs of four"),
        case(Together::Pixel, true, true, &[3, 5, 4, 7], "channels of pixels, nothing divides by four, ReLU"),
        case(Together::Pixel, false, false, &[3, 67], "no scale and shift, a long row"),
        case(Together::Pixel, true, false, &[2, 13, 11, 16], "several slabs of gamma's gradient"),
        case(Together::Image, true, true, &[3, 5, 7, 4], "whole images, ReLU"),
        case(Together::Image, false, false, &[2, 3, 5, 3], "whole images, no scale and shift"),
    ]
}
