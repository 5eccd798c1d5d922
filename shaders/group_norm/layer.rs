//! Layer normalisation: the channels of each pixel, or whole images.

use super::sets::{Sets, Style};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, batch_norm::matrix};

/// This op in `OPS`.
pub const LAYER: Entry =
    Entry { name: "layer_norm", summary: "normalisation of each pixel's channels or of whole images", cases };

/// The op; inputs x `[n, h, w, c]` or `[n, c]`, and with `affine` gamma and beta of what is normalised: `[c]`, or `[h, w, c]` of
/// whole images.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    /// Whether mean and variance are those of a whole image rather than of a pixel.
    pub whole_image: bool,
    /// Added to the variance.
    pub epsilon: f32,
    /// Whether gamma and beta are inputs.
    pub affine: bool,
    /// Whether a ReLU follows in the same kernel.
    pub relu: bool,
}

impl LayerNorm {
    fn sets(&self, x: &Shape) -> Result<Sets, ShapeError> {
        let [rows, pixels, channels] = matrix(x)?;
        Ok(match self.whole_image {
            true => Sets { rows: rows / pixels, pixels: 1, channels: pixels * channels, groups: 1 },
            false => Sets { rows, pixels: 1, channels, groups: 1 },
        })
    }

    fn style(&self) -> Style {
        Style { epsilon: self.epsilon, affine: self.affine, relu: self.relu }
    }
}

impl Op for LayerNorm {
    fn name(&self) -> &'static str {
        LAYER.name
    }

    fn attributes(&self) -> String {
        let whole = self.whole_image.then_some("whole image");
        [whole, self.relu.then_some("relu")].into_iter().flatten().collect::<Vec<_>>().join(", ")
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
    let case = |whole_image, affine, relu, x: &[usize], reason| {
        let gamma = if whole_image { &x[1..] } else { &x[x.len() - 1..] };
        let shapes: Vec<&[usize]> =
            std::iter::once(x).chain(std::iter::repeat_n(gamma, if affine { 2 } else { 0 })).collect();
        Case::new(LayerNorm { whole_image, epsilon: 1e-5, affine, relu }, &shapes, reason)
    };
    vec![
        case(false, true, false, &[5, 12], "features, runs of four"),
        case(false, true, true, &[3, 5, 4, 7], "channels of pixels, nothing divides by four, ReLU"),
        case(false, false, false, &[3, 67], "no scale and shift, a long row"),
        case(false, true, false, &[2, 13, 11, 16], "several slabs of gamma's gradient"),
        case(true, true, true, &[3, 5, 7, 4], "whole images, ReLU"),
        case(true, false, false, &[2, 3, 5, 3], "whole images, no scale and shift"),
    ]
}
