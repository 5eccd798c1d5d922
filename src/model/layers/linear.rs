//! `linear`: every output from every input.

use lepton_kernels::linear::Linear;
use lepton_kernels::{Shape, ShapeError};
use serde::Deserialize;

use super::options::{ACTIVATION, Activation, BIAS, required, yes};
use super::weights::{Fan, INIT, Start};
use super::{Build, LayerType, Reads, Site, Value, parse};

/// This type in `LAYERS`.
pub const ENTRY: LayerType = LayerType {
    name: "linear",
    summary: "every output from every input (Keras' Dense)",
    reads: Reads::Exactly(1),
    options: &[required("units", "number", "outputs"), BIAS, INIT, ACTIVATION],
    parse: parse::<Spec>,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    units: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default)]
    init: Start,
    #[serde(default)]
    activation: Activation,
}

impl Build for Spec {
    fn build(&self, site: &mut Site) -> Result<Value, ShapeError> {
        let x = Value::Input(0);
        let [_, features] = site.shape(x).matrix()?;
        if self.units == 0 {
            return Err(ShapeError::new("units = 0 leaves nothing").hint("units = 10"));
        }
        let fan = Fan { inputs: features, outputs: self.units };
        let init = self.init.weights(fan, self.units);
        let mut inputs = vec![x, site.parameter("weight", Shape::new(&[features, self.units]), init)];
        if self.bias {
            inputs.push(site.parameter("bias", Shape::new(&[self.units]), self.init.bias(fan)));
        }
        let y = site.op(Linear::default(), &inputs)?;
        site.activate(self.activation, y)
    }
}
