//! The activation that kernels of other ops can end in: a ReLU, with or without a bound above.

/// What ends an op.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rectifier {
    /// Nothing.
    #[default]
    None,
    /// `max(y, 0)`; the gradient at exactly 0 is 0.
    Relu,
    /// `min(max(y, 0), 6)`; the gradient at exactly 0 and 6 is 0.
    Relu6,
}

impl Rectifier {
    /// Its name in model files and plans; empty for nothing.
    pub fn name(self) -> &'static str {
        match self {
            Rectifier::None => "",
            Rectifier::Relu => "relu",
            Rectifier::Relu6 => "relu6",
        }
    }

    /// `rectified(value)` and `passed(value, gradient)` of kernels; `V` is what they compute with.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Rectifier::None => include_str!("common/rectify_none.wgsl"),
            Rectifier::Relu => include_str!("common/rectify_relu.wgsl"),
            Rectifier::Relu6 => include_str!("common/rectify_relu6.wgsl"),
        }
    }

    /// What it makes of a value.
    pub fn apply(self, value: f64) -> f64 {
        match self {
            Rectifier::None => value,
            Rectifier::Relu => value.max(0.0),
            Rectifier::Relu6 => value.clamp(0.0, 6.0),
        }
    }

    /// The gradient before it, from the one after it and from its value before or after.
    pub fn passed(self, value: f64, gradient: f64) -> f64 {
        let passes = match self {
            Rectifier::None => true,
            Rectifier::Relu => value > 0.0,
            Rectifier::Relu6 => value > 0.0 && value < 6.0,
        };
        if passes { gradient } else { 0.0 }
    }
}
