//! A batch normalisation folded into the product before it: away from training both are one affine map, so that
//! `(w · x + b - mean) · s + beta = (w · s) · x + (b - mean) · s + beta`.
//!
//! Inputs: weight `[.., c]`, bias `[c]` if there is one, gamma and beta `[c]` with `affine`, running mean and variance `[c]`.
//! Outputs: the folded weight, as products read it, and the folded bias `[c]`.

use crate::case::Fill;
use crate::columns::walk;
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, source};

// numbers of the inputs: the product's weight and, if it has one, its bias
const WEIGHT: usize = 0;
const BIAS: usize = 1;

/// This op in `OPS`.
pub const FOLD: Entry =
    Entry { name: "fold_batch_norm", summary: "weight and bias of a product that does a batch norm, too", cases };

const KERNEL: Elementwise =
    Elementwise { name: "fold_batch_norm", source: include_str!("fold.wgsl"), per_step: false, includes: &[] };

/// Weight `[.., c]` and bias `[c]` of the product and batch norm together, for inference.
#[derive(Clone, Debug)]
pub struct FoldBatchNorm {
    /// Added to the variance.
    pub epsilon: f32,
    /// Whether gamma and beta are inputs.
    pub affine: bool,
    /// Whether the product has a bias.
    pub bias: bool,
}

impl FoldBatchNorm {
    /// Number of gamma, or of what follows if there is none.
    fn gamma(&self) -> usize {
        1 + usize::from(self.bias)
    }

    /// Number of the running mean.
    fn running(&self) -> usize {
        self.gamma() + if self.affine { 2 } else { 0 }
    }
}

fn channels(weight: &Shape) -> usize {
    *weight.sizes().last().expect("a weight has channels")
}

impl Op for FoldBatchNorm {
    fn name(&self) -> &'static str {
        FOLD.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[WEIGHT].clone(), Shape::new(&[channels(&inputs[WEIGHT])])])
    }

    fn activations(&self) -> usize {
        0
    }

    fn input_dtype(&self, _input: usize) -> Dtype {
        Dtype::F32
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        if output == 0 { Dtype::Real } else { Dtype::F32 }
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let c = channels(&inputs[WEIGHT]);
        let (x, running) = (Operand::X, self.running());
        let mut bindings =
            vec![read(x(WEIGHT)), read(x(running)), read(x(running + 1)), write(Operand::Y(0)), write(Operand::Y(1))];
        let bias = if self.bias { include_str!("fold_bias.wgsl") } else { include_str!("fold_no_bias.wgsl") };
        if self.bias {
            bindings.push(read(x(BIAS)));
        }
        if self.affine {
            bindings.extend([read(x(self.gamma())), read(x(self.gamma() + 1))]);
        }
        let texts: &[&'static str] =
            if self.affine { &[bias, source::SCALE, source::SHIFT] } else { &[bias, source::NO_AFFINE] };
        let size = [inputs[WEIGHT].count() / c, c];
        walk(KERNEL, texts, target, size, &[("EPSILON", self.epsilon.into())], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let c = channels(&inputs[WEIGHT].shape);
        let (gamma, running) = (self.gamma(), self.running());
        let mut weight = inputs[WEIGHT].clone();
        let mut folded = Array::zeros(Shape::new(&[c]));
        for ch in 0..c {
            let (scale, shift) =
                if self.affine { (inputs[gamma].data[ch], inputs[gamma + 1].data[ch]) } else { (1.0, 0.0) };
            let scale = scale / (inputs[running + 1].data[ch] + f64::from(self.epsilon)).sqrt();
            weight.data.iter_mut().skip(ch).step_by(c).for_each(|w| *w *= scale);
            let bias = if self.bias { inputs[BIAS].data[ch] } else { 0.0 };
            folded.data[ch] = (bias - inputs[running].data[ch]) * scale + shift;
        }
        vec![weight, folded]
    }
}

fn cases() -> Vec<Case> {
    let case = |affine, bias, weight: &[usize], reason| {
        let op = FoldBatchNorm { epsilon: 1e-5, affine, bias };
        let c = [channels(&Shape::new(weight))];
        let variance = op.running() + 1;
        let shapes: Vec<&[usize]> = std::iter::once(weight).chain(std::iter::repeat_n(&c[..], variance)).collect();
        Case::new(op, &shapes, reason).fill(variance, Fill::Positive)
    };
    vec![
        case(true, false, &[3, 2, 5, 12], "filters of a convolution without bias"),
        case(true, true, &[3, 3, 1, 7], "filters with bias, nothing divides by four"),
        case(false, true, &[11, 70], "a linear layer, no scale and shift, more rows than a thread's"),
    ]
}
