//! The option `init`: how the weights of a layer start.

use lepton_kernels::ShapeError;
use serde::Deserialize;

use super::options::optional;
use super::{Init, OptionDoc};

/// The option `init`.
pub const INIT: OptionDoc = optional(
    "init",
    "\"glorot_uniform\", \"glorot_normal\", \"he_uniform\", \"he_normal\", \"torch\", \"truncated_normal\", \"orthogonal\", \"zeros\" or { normal = DEVIATION }",
    "\"glorot_uniform\"",
    "weight initialisation",
);

/// The option `init` of filters.
pub const FILTER_INIT: OptionDoc = OptionDoc {
    takes: "\"glorot_uniform\", \"glorot_normal\", \"he_uniform\", \"he_normal\", \"torch\", \"truncated_normal\", \"orthogonal\", \"zeros\", { normal = DEVIATION }, \"dirac\" or \"whitening\"",
    meaning: "weight initialisation; \"dirac\": the first filters pass channels through, the others are initialised as with \"torch\"; \"whitening\": computed from the training images, for 2 · kh · kw · c filters that read the model's input",
    ..INIT
};

/// Standard deviation of `truncated_normal` before its ends are cut off, as in Keras.
const TRUNCATED_DEVIATION: f64 = 0.05;

/// How the weights of a layer start, by name. Biases start at 0, with `torch` as PyTorch's do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initializer {
    /// Uniform of variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010): Keras' default.
    #[default]
    GlorotUniform,
    /// Normal of variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010; `torch.nn.init.xavier_normal_`).
    GlorotNormal,
    /// Uniform of variance 2 / fan_in (He et al. 2015; `torch.nn.init.kaiming_uniform_` for a ReLU).
    HeUniform,
    /// Normal of variance 2 / fan_in (He et al. 2015; `torch.nn.init.kaiming_normal_` for a ReLU).
    HeNormal,
    /// What `torch.nn.Conv2d` and `torch.nn.Linear` start with: weights and biases uniform in ±1 / sqrt(fan_in)
    /// (`kaiming_uniform_` with a = sqrt(5)).
    Torch,
    /// Normal of deviation 0.05 without what lies more than two deviations out: Keras' `TruncatedNormal`.
    TruncatedNormal,
    /// Normal of this deviation (`torch.nn.init.normal_`).
    Normal(f64),
    /// Rows or columns at right angles, of length 1 (Saxe et al. 2013).
    Orthogonal,
    /// Everywhere 0.
    Zeros,
    /// Of filters: as many as there are channels hand on one each, the others start as PyTorch's; the bias is 0.
    Dirac,
    /// Of filters on the model's input: what whitens the training images.
    Whitening,
}

/// Inputs of one output, and outputs that one input reaches.
#[derive(Clone, Copy, Debug)]
pub struct Fan {
    /// Inputs of one output.
    pub inputs: usize,
    /// Outputs that one input reaches.
    pub outputs: usize,
}

/// What PyTorch's weights and biases start within.
fn torch(fan: Fan) -> f64 {
    1.0 / (fan.inputs as f64).sqrt()
}

impl Initializer {
    /// How filters of a convolution of so many groups start; `whitening` says how many of them it needs.
    ///
    /// # Errors
    /// If there are not so many.
    pub fn filters(self, fan: Fan, filters: usize, groups: usize) -> Result<Init, ShapeError> {
        let needed = 2 * fan.inputs;
        match self {
            Initializer::Dirac => Ok(Init::Dirac { limit: torch(fan), groups }),
            Initializer::Whitening if groups != 1 => Err(ShapeError::new(format!(
                "init = \"whitening\" needs all channels in one group, but groups = {groups}"
            ))
            .hint("groups = 1")),
            Initializer::Whitening if filters != needed => {
                let inputs = fan.inputs;
                Err(ShapeError::new(format!(
                    "init = \"whitening\" makes {needed} filters, two for each of a patch's {inputs} values, but filters = {filters}"
                ))
                .hint(format!("filters = {needed}")))
            }
            Initializer::Whitening => Ok(Init::Whitening),
            _ => self.weights(fan, filters),
        }
    }

    /// How weights with these neighbours start; the last axis of their shape has `columns`.
    ///
    /// # Errors
    /// If only filters of a convolution can start so.
    pub fn weights(self, fan: Fan, columns: usize) -> Result<Init, ShapeError> {
        let (fan_in, fan_out) = (fan.inputs, fan.outputs);
        let (inputs, both) = (fan_in as f64, (fan_in + fan_out) as f64);
        Ok(match self {
            Initializer::GlorotUniform => Init::GlorotUniform { fan_in, fan_out },
            Initializer::GlorotNormal => Init::Normal { deviation: (2.0 / both).sqrt() },
            Initializer::HeUniform => Init::Uniform { limit: (6.0 / inputs).sqrt() },
            Initializer::HeNormal => Init::Normal { deviation: (2.0 / inputs).sqrt() },
            Initializer::Torch => Init::Uniform { limit: torch(fan) },
            Initializer::TruncatedNormal => Init::TruncatedNormal { deviation: TRUNCATED_DEVIATION },
            Initializer::Normal(deviation) if !(deviation.is_finite() && deviation > 0.0) => {
                let problem = format!("init = {{ normal = {deviation} }} must have a standard deviation above 0");
                return Err(ShapeError::new(problem).hint("init = { normal = 0.02 }"));
            }
            Initializer::Normal(deviation) => Init::Normal { deviation },
            Initializer::Orthogonal => Init::Orthogonal { columns },
            Initializer::Zeros => Init::Constant(0.0),
            Initializer::Dirac | Initializer::Whitening => {
                let problem = "init = \"dirac\" and \"whitening\" work only for the filters of a convolution";
                return Err(ShapeError::new(problem).hint("init = \"torch\""));
            }
        })
    }

    /// How a bias beside such weights starts.
    pub fn bias(self, fan: Fan) -> Init {
        match self {
            Initializer::Torch => Init::Uniform { limit: torch(fan) },
            _ => Init::Constant(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use lepton_kernels::Shape;

    use super::super::{Layer, LayerBuilder};
    use crate::model::initial_values;

    /// The variance of every parameter of a layer as it starts.
    fn variances(kind: &str, options: &str, input: &[usize]) -> Vec<f64> {
        let layer = Layer::parse(kind, options.parse().expect("TOML")).expect("a layer");
        let mut builder = LayerBuilder::new("layer", vec![Shape::new(input)]);
        layer.build(&mut builder).expect("it fits");
        let variance =
            |values: Vec<f32>| values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / values.len() as f64;
        builder.parameters.iter().map(|p| variance(initial_values(p.name, &p.shape, p.init, 5))).collect()
    }

    #[test]
    fn starts_have_the_variance_that_their_papers_give_for_the_layer() {
        // a linear layer from 200 to 300, a convolution of 3x3x20 to 40, the other way with 10 filters of 4x4
        let (linear, conv, up) = ((200.0, 300.0), (180.0, 360.0), (160.0, 320.0));
        for (kind, options, input, (fan_in, fan_out)) in [
            ("linear", "units = 300", vec![1, 200], linear),
            ("conv2d", "filters = 40\nkernel = 3", vec![1, 5, 5, 20], conv),
            ("conv_transpose2d", "filters = 10\nkernel = 4", vec![1, 5, 5, 20], up),
        ] {
            for (name, weight, bias) in [
                ("glorot_uniform", 2.0 / (fan_in + fan_out), 0.0),
                ("glorot_normal", 2.0 / (fan_in + fan_out), 0.0),
                ("he_uniform", 2.0 / fan_in, 0.0),
                ("he_normal", 2.0 / fan_in, 0.0),
                ("torch", 1.0 / (3.0 * fan_in), 1.0 / (3.0 * fan_in)),
                ("truncated_normal", (0.05f64 * 0.879_63).powi(2), 0.0),
                ("zeros", 0.0, 0.0),
            ] {
                let found = variances(kind, &format!("{options}\ninit = \"{name}\""), &input);
                let near = |got: f64, want: f64, slack: f64| (got - want).abs() <= slack * want;
                assert!(near(found[0], weight, 0.08), "{kind} {name}: weights {}, should be {weight}", found[0]);
                // few numbers: a bias's variance is known to a factor
                assert!(near(found[1], bias, 0.7), "{kind} {name}: bias {}, should be {bias}", found[1]);
            }
            let normal = variances(kind, &format!("{options}\ninit = {{ normal = 0.02 }}"), &input);
            assert!((normal[0] / 4e-4 - 1.0).abs() < 0.08 && normal[1] == 0.0, "{kind}: {normal:?}");
            let longest = variances(kind, &format!("{options}\ninit = \"orthogonal\""), &input)[0];
            assert!(longest > 0.0 && longest < 1.0, "{kind} orthogonal: {longest}");
        }
    }

    #[test]
    fn a_deviation_is_above_0() {
        for deviation in ["0.0", "-1.0", "nan"] {
            let options = format!("units = 3\ninit = {{ normal = {deviation} }}");
            let layer = Layer::parse("linear", options.parse().expect("TOML")).expect("a layer");
            let error = layer.build(&mut LayerBuilder::new("layer", vec![Shape::new(&[1, 2])])).unwrap_err();
            assert!(error.to_string().contains("above 0"), "{error}");
        }
    }
}
