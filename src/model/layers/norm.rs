//! `batch_norm`, `layer_norm`, `group_norm` and `instance_norm`.

use lepton_kernels::batch_norm::BatchNorm;
use lepton_kernels::group_norm::{SetNorm, Together};
use lepton_kernels::rectifier::Rectifier;
use lepton_kernels::{Shape, ShapeError};
use serde::Deserialize;

use super::options::{ACTIVATION, Activation, optional, required, yes};
use super::{Build, Init, LayerBuilder, LayerType, OptionDoc, Reads, Value, parse};

const EPSILON: OptionDoc = optional("epsilon", "number above 0", "1e-5", "added to the variance");
const AFFINE: OptionDoc =
    optional("affine", "true or false", "true", "learn a scale, initially 1, and a shift, initially 0");

/// Batch normalisation, in `LAYERS`.
pub const BATCH: LayerType = LayerType {
    name: "batch_norm",
    summary: "normalises each channel over the batch; uses running averages at inference",
    reads: Reads::Exactly(1),
    options: &[
        EPSILON,
        optional("momentum", "number from 0 to 1", "0.1", "weight of each batch in the running averages"),
        AFFINE,
        optional(
            "scale",
            "true or false",
            "true",
            "learn the scale; otherwise it is fixed at 1 and only the shift is learned",
        ),
        ACTIVATION,
    ],
    parse: parse::<Batch>,
};
/// Layer normalisation, in `LAYERS`.
pub const LAYER: LayerType = LayerType {
    name: "layer_norm",
    summary: "normalises each pixel over its channels, or each image as a whole",
    reads: Reads::Exactly(1),
    options: &[
        optional("over", "\"channels\" or \"image\"", "\"channels\"", "elements that share a mean and variance"),
        EPSILON,
        AFFINE,
        ACTIVATION,
    ],
    parse: parse::<Channels>,
};
/// Group normalisation, in `LAYERS`.
pub const GROUP: LayerType = LayerType {
    name: "group_norm",
    summary: "normalises each group of channels over the pixels of an image",
    reads: Reads::Exactly(1),
    options: &[
        required("groups", "number that divides the channels", "number of groups of consecutive channels"),
        EPSILON,
        AFFINE,
        ACTIVATION,
    ],
    parse: parse::<Groups>,
};
/// Instance normalisation, in `LAYERS`.
pub const INSTANCE: LayerType = LayerType {
    name: "instance_norm",
    summary: "normalises each channel separately over the pixels of an image",
    reads: Reads::Exactly(1),
    options: &[EPSILON, OptionDoc { default: Some("false"), ..AFFINE }, ACTIVATION],
    parse: parse::<Instance>,
};

fn epsilon() -> f32 {
    1e-5
}

fn momentum() -> f32 {
    0.1
}

fn check_epsilon(epsilon: f32) -> Result<(), ShapeError> {
    if epsilon > 0.0 && epsilon.is_finite() {
        Ok(())
    } else {
        Err(ShapeError::new(format!("epsilon = {epsilon} is not above 0, so a constant channel would be divided by 0"))
            .hint("epsilon = 1e-5"))
    }
}

/// What is normalised, and with `affine` a scale and a shift of this shape, named as in PyTorch.
fn inputs(layer: &mut LayerBuilder, affine: bool, shape: Shape) -> Vec<Value> {
    let mut inputs = vec![Value::Input(0)];
    if affine {
        inputs.push(layer.scale_or_shift("weight", shape.clone(), Init::Constant(1.0)));
        inputs.push(layer.scale_or_shift("bias", shape, Init::Constant(0.0)));
    }
    inputs
}

/// The channels that a layer reads.
fn channels(layer: &LayerBuilder) -> Shape {
    Shape::new(&layer.shape(Value::Input(0)).sizes()[layer.shape(Value::Input(0)).rank() - 1..])
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    #[serde(default = "epsilon")]
    epsilon: f32,
    #[serde(default = "momentum")]
    momentum: f32,
    #[serde(default = "yes")]
    affine: bool,
    #[serde(default = "yes")]
    scale: bool,
    #[serde(default)]
    activation: Activation,
}

impl Build for Batch {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        check_epsilon(self.epsilon)?;
        if !(self.scale || self.affine) {
            return Err(ShapeError::new("scale = false needs affine = true, but affine is false")
                .hint("remove scale or affine"));
        }
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(
                ShapeError::new(format!("momentum = {} is not from 0 to 1", self.momentum)).hint("momentum = 0.1")
            );
        }
        let c = channels(layer);
        let mut inputs = inputs(layer, self.affine, c.clone());
        if let (false, Some(&Value::Parameter(scale))) = (self.scale, inputs.get(1)) {
            layer.parameters[scale].trained = false;
        }
        inputs.push(layer.running("running_mean", c.clone(), Init::Constant(0.0)));
        inputs.push(layer.running("running_var", c, Init::Constant(1.0)));
        let Batch { epsilon, momentum, affine, .. } = *self;
        let y =
            layer.add(BatchNorm { epsilon, momentum, affine, rectifier: Rectifier::None, frozen: false }, &inputs)?;
        layer.activate(self.activation, y)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Over {
    #[default]
    Channels,
    Image,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Channels {
    #[serde(default)]
    over: Over,
    #[serde(default = "epsilon")]
    epsilon: f32,
    #[serde(default = "yes")]
    affine: bool,
    #[serde(default)]
    activation: Activation,
}

impl Build for Channels {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        check_epsilon(self.epsilon)?;
        let whole_image = self.over == Over::Image;
        let shape = if whole_image { Shape::new(&layer.shape(Value::Input(0)).sizes()[1..]) } else { channels(layer) };
        let inputs = inputs(layer, self.affine, shape);
        let together = if whole_image { Together::Image } else { Together::Pixel };
        let op = SetNorm { together, epsilon: self.epsilon, affine: self.affine, relu: false };
        let y = layer.add(op, &inputs)?;
        layer.activate(self.activation, y)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Groups {
    groups: usize,
    #[serde(default = "epsilon")]
    epsilon: f32,
    #[serde(default = "yes")]
    affine: bool,
    #[serde(default)]
    activation: Activation,
}

impl Build for Groups {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        build_groups(layer, self.groups, self.epsilon, self.affine, self.activation)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Instance {
    #[serde(default = "epsilon")]
    epsilon: f32,
    #[serde(default)]
    affine: bool,
    #[serde(default)]
    activation: Activation,
}

impl Build for Instance {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        layer.shape(Value::Input(0)).nhwc()?;
        let groups = channels(layer).count();
        build_groups(layer, groups, self.epsilon, self.affine, self.activation)
    }
}

fn build_groups(
    layer: &mut LayerBuilder,
    groups: usize,
    epsilon: f32,
    affine: bool,
    activation: Activation,
) -> Result<Value, ShapeError> {
    check_epsilon(epsilon)?;
    let c = channels(layer);
    let inputs = inputs(layer, affine, c);
    let y = layer.add(SetNorm { together: Together::Groups(groups), epsilon, affine, relu: false }, &inputs)?;
    layer.activate(activation, y)
}
