//! The kinds of layers a model file can name, and what each builds: an op and its parameters.

use lepton_kernels::add::Add;
use lepton_kernels::avg_pool2d::AvgPool2d;
use lepton_kernels::conv2d::Conv2d;
use lepton_kernels::flatten::Flatten;
use lepton_kernels::gemm;
use lepton_kernels::global_avg_pool::GlobalAvgPool;
use lepton_kernels::linear::Linear;
use lepton_kernels::max_pool2d::MaxPool2d;
use lepton_kernels::relu::Relu;
use lepton_kernels::{Op, Padding, Shape, ShapeError, Window};
use serde::{Deserialize, Serialize};

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Uniform in ±sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010): Keras' default for weights.
    GlorotUniform {
        /// Inputs of one output.
        fan_in: usize,
        /// Outputs that one input reaches.
        fan_out: usize,
    },
    /// All zero: Keras' default for biases.
    Zero,
}

/// A parameter that a layer asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSpec {
    /// `weight` or `bias`; the layer's name is put before it.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// How it starts.
    pub init: Init,
}

/// A size along both axes: `3` or `[3, 2]` (height, width).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Pair {
    /// The same along both.
    Same(usize),
    /// Height, then width.
    Each([usize; 2]),
}

impl Pair {
    fn sizes(self) -> [usize; 2] {
        match self {
            Pair::Same(size) => [size, size],
            Pair::Each(sizes) => sizes,
        }
    }
}

/// `"valid"`, `"same"`, `1`, `[1, 2]` (height, width) or `[top, bottom, left, right]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PaddingSpec {
    /// By name.
    Named(NamedPadding),
    /// The same on all sides.
    All(usize),
    /// Two or four numbers.
    Sides(Vec<usize>),
}

/// Padding by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedPadding {
    /// No padding.
    Valid,
    /// Output as large as the input, divided by the stride.
    Same,
}

impl PaddingSpec {
    fn resolve(&self) -> Result<Padding, ShapeError> {
        let sides = |[top, bottom, left, right]: [usize; 4]| Padding::Explicit { top, bottom, left, right };
        Ok(match self {
            PaddingSpec::Named(NamedPadding::Valid) => Padding::Valid,
            PaddingSpec::Named(NamedPadding::Same) => Padding::Same,
            PaddingSpec::All(all) => sides([*all; 4]),
            PaddingSpec::Sides(s) if s.len() == 2 => sides([s[0], s[0], s[1], s[1]]),
            PaddingSpec::Sides(s) if s.len() == 4 => sides([s[0], s[1], s[2], s[3]]),
            PaddingSpec::Sides(s) => {
                return Err(ShapeError::new(format!("padding has {} numbers; it takes 1, 2 or 4", s.len()))
                    .hint("padding = [height, width] or [top, bottom, left, right]"));
            }
        })
    }
}

fn valid() -> PaddingSpec {
    PaddingSpec::Named(NamedPadding::Valid)
}

fn one() -> Pair {
    Pair::Same(1)
}

fn yes() -> bool {
    true
}

fn ones() -> usize {
    1
}

/// What follows a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Nothing.
    #[default]
    None,
    /// `max(x, 0)`.
    Relu,
}

impl Activation {
    fn relu(self) -> gemm::Relu {
        match self {
            Activation::Relu => gemm::Relu::Whole,
            Activation::None => gemm::Relu::None,
        }
    }
}

/// `conv2d`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conv2dSpec {
    filters: usize,
    kernel: Pair,
    #[serde(default = "one")]
    stride: Pair,
    #[serde(default = "valid")]
    padding: PaddingSpec,
    #[serde(default = "one")]
    dilation: Pair,
    #[serde(default = "ones")]
    groups: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default)]
    activation: Activation,
}

/// `max_pool2d` and `avg_pool2d`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolSpec {
    pool: Pair,
    /// The pool's size if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stride: Option<Pair>,
    #[serde(default = "valid")]
    padding: PaddingSpec,
    /// For `avg_pool2d`: whether padding counts in the divisor.
    #[serde(default)]
    count_include_pad: bool,
}

/// `linear`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearSpec {
    units: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default)]
    activation: Activation,
}

/// A layer without attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoAttributes {}

/// A layer's kind with its attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the variants are the type names of a model file")]
pub enum Layer {
    Conv2d(Conv2dSpec),
    MaxPool2d(PoolSpec),
    AvgPool2d(PoolSpec),
    GlobalAvgPool(NoAttributes),
    Linear(LinearSpec),
    Relu(NoAttributes),
    Add(NoAttributes),
    Flatten(NoAttributes),
}

/// An op with the parameters it needs.
pub type Built = (Box<dyn Op>, Vec<ParameterSpec>);

impl Layer {
    /// Names that a model file's `type` may have.
    pub const TYPES: [&str; 8] =
        ["conv2d", "max_pool2d", "avg_pool2d", "global_avg_pool", "linear", "relu", "add", "flatten"];

    /// Reads the attributes of a layer of this type.
    ///
    /// # Errors
    /// The parser's message: an unknown or missing key, or a value of the wrong kind.
    pub fn parse(kind: &str, attributes: toml::Table) -> Result<Self, String> {
        check_sizes(&attributes)?;
        let text = |e: toml::de::Error| e.message().to_string();
        Ok(match kind {
            "conv2d" => Layer::Conv2d(attributes.try_into().map_err(text)?),
            "max_pool2d" => Layer::MaxPool2d(attributes.try_into().map_err(text)?),
            "avg_pool2d" => Layer::AvgPool2d(attributes.try_into().map_err(text)?),
            "global_avg_pool" => Layer::GlobalAvgPool(attributes.try_into().map_err(text)?),
            "linear" => Layer::Linear(attributes.try_into().map_err(text)?),
            "relu" => Layer::Relu(attributes.try_into().map_err(text)?),
            "add" => Layer::Add(attributes.try_into().map_err(text)?),
            "flatten" => Layer::Flatten(attributes.try_into().map_err(text)?),
            other => return Err(format!("unknown type `{other}`; there are {}", Self::TYPES.join(", "))),
        })
    }

    /// The name that a model file gives this kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Layer::Conv2d(_) => "conv2d",
            Layer::MaxPool2d(_) => "max_pool2d",
            Layer::AvgPool2d(_) => "avg_pool2d",
            Layer::GlobalAvgPool(_) => "global_avg_pool",
            Layer::Linear(_) => "linear",
            Layer::Relu(_) => "relu",
            Layer::Add(_) => "add",
            Layer::Flatten(_) => "flatten",
        }
    }

    /// How many layers it reads.
    pub fn arity(&self) -> usize {
        if matches!(self, Layer::Add(_)) { 2 } else { 1 }
    }

    /// The op and its parameters for inputs of these shapes.
    ///
    /// # Errors
    /// If the layer cannot stand there.
    pub fn build(&self, inputs: &[Shape]) -> Result<Built, ShapeError> {
        Ok(match self {
            Layer::Conv2d(spec) => spec.build(&inputs[0])?,
            Layer::Linear(spec) => spec.build(&inputs[0])?,
            Layer::MaxPool2d(spec) if spec.count_include_pad => {
                return Err(ShapeError::new("count_include_pad has no meaning for a maximum").hint("remove it"));
            }
            Layer::MaxPool2d(spec) => (Box::new(MaxPool2d { window: spec.window()?, relu: false }), vec![]),
            Layer::AvgPool2d(spec) => {
                (Box::new(AvgPool2d { window: spec.window()?, count_include_pad: spec.count_include_pad }), vec![])
            }
            Layer::GlobalAvgPool(_) => (Box::new(GlobalAvgPool), vec![]),
            Layer::Relu(_) => (Box::new(Relu), vec![]),
            Layer::Add(_) => (Box::new(Add::default()), vec![]),
            Layer::Flatten(_) => (Box::new(Flatten), vec![]),
        })
    }
}

/// Sizes are whole numbers that any arithmetic on them can hold; said here once, with the key's name.
fn check_sizes(attributes: &toml::Table) -> Result<(), String> {
    for (key, value) in attributes {
        let sizes = match value {
            toml::Value::Array(list) => list.as_slice(),
            single => std::slice::from_ref(single),
        };
        let pair = ["kernel", "stride", "dilation", "pool"].contains(&key.as_str());
        if pair && !(sizes.iter().all(toml::Value::is_integer) && (!value.is_array() || sizes.len() == 2)) {
            return Err(format!("`{key}` must be a whole number or [height, width], not {value}"));
        }
        if let Some(wrong) = sizes.iter().filter_map(toml::Value::as_integer).find(|v| !(0..=LARGEST_SIZE).contains(v))
        {
            return Err(format!("`{key}` is {wrong}, and sizes go from 0 to {LARGEST_SIZE}"));
        }
    }
    Ok(())
}

/// The largest size that a model file may name.
const LARGEST_SIZE: i64 = 1 << 24;

impl Conv2dSpec {
    fn build(&self, input: &Shape) -> Result<Built, ShapeError> {
        let [.., c_in] = input.nhwc()?;
        let kernel = self.kernel.sizes();
        let window = Window {
            kernel,
            stride: self.stride.sizes(),
            dilation: self.dilation.sizes(),
            padding: self.padding.resolve()?,
        };
        if self.filters == 0 {
            return Err(ShapeError::new("filters = 0 leaves nothing").hint("filters = 32"));
        }
        if self.groups == 0 || c_in % self.groups != 0 || !self.filters.is_multiple_of(self.groups) {
            return Err(ShapeError::new(format!(
                "groups = {} does not divide its {c_in} input channels and {} filters",
                self.groups, self.filters
            ))
            .hint("a number of groups that divides both"));
        }
        let (area, c_group) = (kernel[0] * kernel[1], c_in / self.groups);
        let init = Init::GlorotUniform { fan_in: area * c_group, fan_out: area * self.filters };
        let weight = Shape::new(&[kernel[0], kernel[1], c_group, self.filters]);
        let mut parameters = vec![ParameterSpec { name: "weight", shape: weight, init }];
        if self.bias {
            parameters.push(ParameterSpec { name: "bias", shape: Shape::new(&[self.filters]), init: Init::Zero });
        }
        let relu = self.activation.relu();
        Ok((Box::new(Conv2d { window, groups: self.groups, relu, masked: false }), parameters))
    }
}

impl PoolSpec {
    fn window(&self) -> Result<Window, ShapeError> {
        let kernel = self.pool.sizes();
        let stride = self.stride.unwrap_or(self.pool).sizes();
        Ok(Window { kernel, stride, dilation: [1, 1], padding: self.padding.resolve()? })
    }
}

impl LinearSpec {
    fn build(&self, input: &Shape) -> Result<Built, ShapeError> {
        let [_, features] = input.matrix()?;
        if self.units == 0 {
            return Err(ShapeError::new("units = 0 leaves nothing").hint("units = 10"));
        }
        let init = Init::GlorotUniform { fan_in: features, fan_out: self.units };
        let mut parameters = vec![ParameterSpec { name: "weight", shape: Shape::new(&[features, self.units]), init }];
        if self.bias {
            parameters.push(ParameterSpec { name: "bias", shape: Shape::new(&[self.units]), init: Init::Zero });
        }
        Ok((Box::new(Linear { relu: self.activation.relu(), masked: false }), parameters))
    }
}
