//! Elementwise activations, one file of `kinds/` each: `activate` and `slope`. ReLU is an op of its own (`relu/`), because it
//! joins other kernels.
//!
//! Backward reads the input, from which every slope can be had exactly, and keeps nothing else.

mod cases;
mod twin;

use crate::dispatch::{Constant, Elementwise, Operand, read, write};
use crate::target::Target;
use crate::{Array, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "activation", summary: "leaky ReLU, ELU, GELU, SiLU, sigmoid, tanh, …", cases: cases::all };

const FORWARD: Elementwise =
    Elementwise { name: "activation/forward", source: include_str!("forward.wgsl"), per_step: false, includes: &[] };
const BACKWARD: Elementwise =
    Elementwise { name: "activation/backward", source: include_str!("backward.wgsl"), per_step: false, includes: &[] };

const LOGISTIC: &str = include_str!("kinds/logistic.wgsl");
const TANGENT: &str = include_str!("kinds/tangent.wgsl");

/// An activation and its parameters; each is a file in `kinds/`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ActivationKind {
    /// `x` above 0, `negative_slope · x` elsewhere (Maas, Hannun and Ng 2013).
    LeakyRelu {
        /// The slope where `x` is not positive.
        negative_slope: f32,
    },
    /// `x` above 0, `alpha (exp(x) - 1)` elsewhere (Clevert, Unterthiner and Hochreiter 2016).
    Elu {
        /// What it falls to is `-alpha`.
        alpha: f32,
    },
    /// `x (1 + erf(x / √2)) / 2` (Hendrycks and Gimpel 2016).
    Gelu,
    /// GELU as its authors approximate it, with tanh.
    GeluTanh,
    /// `x · sigmoid(x)`, also called swish.
    Silu,
    /// `x · hardsigmoid(x)` (Howard et al. 2019).
    Hardswish,
    /// `min(max(x + 3, 0), 6) / 6`.
    Hardsigmoid,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `log(1 + exp(x))`.
    Softplus,
    /// `x · tanh(softplus(x))` (Misra 2019).
    Mish,
}

impl ActivationKind {
    /// Its name in model files, and what it is defined by: text, and the text that that uses.
    fn parts(self) -> (&'static str, [&'static str; 2], &'static str) {
        match self {
            ActivationKind::LeakyRelu { .. } => ("leaky_relu", ["", ""], include_str!("kinds/leaky_relu.wgsl")),
            ActivationKind::Elu { .. } => ("elu", [TANGENT, ""], include_str!("kinds/elu.wgsl")),
            ActivationKind::Gelu => ("gelu", ["", ""], include_str!("kinds/gelu.wgsl")),
            ActivationKind::GeluTanh => ("gelu_tanh", [LOGISTIC, TANGENT], include_str!("kinds/gelu_tanh.wgsl")),
            ActivationKind::Silu => ("silu", [LOGISTIC, ""], include_str!("kinds/silu.wgsl")),
            ActivationKind::Hardswish => ("hardswish", ["", ""], include_str!("kinds/hardswish.wgsl")),
            ActivationKind::Hardsigmoid => ("hardsigmoid", ["", ""], include_str!("kinds/hardsigmoid.wgsl")),
            ActivationKind::Relu6 => ("relu6", ["", ""], include_str!("kinds/relu6.wgsl")),
            ActivationKind::Sigmoid => ("sigmoid", [LOGISTIC, ""], include_str!("kinds/sigmoid.wgsl")),
            ActivationKind::Tanh => ("tanh", [TANGENT, ""], include_str!("kinds/tanh.wgsl")),
            ActivationKind::Softplus => ("softplus", [LOGISTIC, ""], include_str!("kinds/softplus.wgsl")),
            ActivationKind::Mish => ("mish", [LOGISTIC, ""], include_str!("kinds/mish.wgsl")),
        }
    }

    /// Its name in model files.
    pub fn name(self) -> &'static str {
        self.parts().0
    }

    /// Its number, if it has one: the constant `A` of its text.
    fn number(self) -> Option<f32> {
        match self {
            ActivationKind::LeakyRelu { negative_slope } => Some(negative_slope),
            ActivationKind::Elu { alpha } => Some(alpha),
            _ => None,
        }
    }
}

/// `y = activate(x)` elementwise, any shape; `torch.nn`'s activation of the same name.
#[derive(Clone, Debug)]
pub struct Activate {
    /// The function, of which backward takes the slope.
    pub kind: ActivationKind,
}

impl Activate {
    fn launch(&self, kernel: Elementwise, inputs: &[Shape], target: &Target, ends: &[Operand]) -> Lowered {
        let constants: Vec<(&'static str, Constant)> =
            self.kind.number().map(|a| ("A", a.into())).into_iter().collect();
        let (_, [first, second], own) = self.kind.parts();
        let kernel = Elementwise { includes: &[first, second, own], ..kernel };
        let (&to, from) = ends.split_last().expect("a kernel writes something");
        let bindings: Vec<_> = from.iter().map(|&operand| read(operand)).chain([write(to)]).collect();
        kernel.launch(target.precision, inputs[0].count().div_ceil(4), 0, &constants, &bindings).into()
    }
}

impl Op for Activate {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        let number = self.kind.number().map(|a| format!(" {a}"));
        format!("{}{}", self.kind.name(), number.unwrap_or_default())
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        match self.kind.number() {
            Some(a) if !a.is_finite() => {
                let problem = format!("{} of {a} is not a finite activation", self.kind.name());
                Err(ShapeError::new(problem).hint("a finite number, such as 0.01 for leaky_relu or 1.0 for elu"))
            }
            _ => Ok(vec![inputs[0].clone()]),
        }
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
        vec![inputs[0].map(|x| twin::activate(self.kind, x))]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        vec![Some(inputs[0].zip(dy, |x, dy| dy * twin::slope(self.kind, x)))]
    }

    fn tolerance(&self) -> f64 {
        // Vulkan lets exp be wrong by 3 + 2 |x| in the last place, and a slope has several
        1e-5
    }
}
