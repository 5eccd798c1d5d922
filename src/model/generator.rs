//! The generator of a model file: a second list of layers that makes images of noise, beside a discriminator that judges them
//! (Goodfellow et al. 2014; Radford et al. 2016).
//!
//! ```toml
//! [generator]
//! noise = 100
//!
//! [[generator.layer]]
//! type = "linear"
//! units = 6272
//! ```

use super::layer_spec::LayerSpec;

/// A network that makes images.
#[derive(Clone, Debug, PartialEq)]
pub struct Generator {
    /// Numbers that an image is made of: its first layer reads `[n, noise]`.
    pub noise: usize,
    /// Its layers, in the order in which they run; the last one gives images like the model's input.
    pub layers: Vec<LayerSpec>,
}

/// Most numbers of noise.
pub(super) const MAX_NOISE: usize = 1 << 16;

impl Generator {
    /// What stands before the names of its layers and parameters.
    pub const PREFIX: &str = "generator.";

    /// The least and the largest value of its images, if its last layer bounds them.
    pub fn range(&self) -> Option<[f32; 2]> {
        self.layers.last()?.range()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ModelSpec;

    const SMALL: &str = "name = \"m\"\ninput = [2, 2, 1]\n[generator]\nnoise = 3\n[[generator.layer]]\ntype = \"linear\"\nunits = 4\nactivation = \"tanh\"\n[[layer]]\ntype = \"linear\"\nunits = 1\n";

    #[test]
    fn a_generator_survives_being_written_and_read() {
        let model = ModelSpec::parse(SMALL, "m").unwrap();
        let generator = model.generator.as_ref().unwrap();
        assert_eq!((generator.noise, generator.layers.len(), model.layers.len()), (3, 1, 1));
        assert_eq!(generator.range(), Some([-1.0, 1.0]));
        assert_eq!(model, ModelSpec::parse(&model.to_toml(), "written").unwrap());
    }

    #[test]
    fn mistakes_are_named() {
        for (from, to, words) in [
            ("noise = 3\n", "", "`noise` is missing"),
            ("noise = 3", "noise = 0", "a number from 1"),
            ("noise = 3", "noise = 3\nnoises = 3", "unknown key `noises`"),
            ("units = 4", "unit = 4", "generator: layer 1 `linear_1`"),
            ("input = [2, 2, 1]", "tokens = 5", "a generator makes images"),
        ] {
            let error = ModelSpec::parse(&SMALL.replacen(from, to, 1), "m").unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
