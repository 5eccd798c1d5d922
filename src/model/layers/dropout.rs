//! `dropout`, `spatial_dropout` and `stochastic_depth`: while training, something goes at random and the rest is scaled up;
//! otherwise they are not there.

use lepton_kernels::ShapeError;
use lepton_kernels::dropout::{Dropout, Granularity};
use serde::Deserialize;

use super::options::required;
use super::{Build, LayerBuilder, LayerType, OptionDoc, Reads, Value};

/// Dropout of elements, in `LAYERS`.
pub const DROPOUT: LayerType =
    layer("dropout", "sets random elements to zero during training and scales up the rest", |t| {
        read(t, Granularity::Element)
    });
/// Dropout of channels, in `LAYERS`.
pub const SPATIAL: LayerType =
    layer("spatial_dropout", "drops whole channels of images at random during training", |t| {
        read(t, Granularity::Channel)
    });
/// Dropout of images, in `LAYERS`.
pub const STOCHASTIC_DEPTH: LayerType = layer(
    "stochastic_depth",
    "drops whole images at random during training; for a residual branch, before `add`",
    |t| read(t, Granularity::Image),
);

const RATE: OptionDoc = required("rate", "number of at least 0 and below 1", "fraction dropped");

type Parse = fn(toml::Table) -> Result<Box<dyn Build>, String>;

const fn layer(name: &'static str, summary: &'static str, parse: Parse) -> LayerType {
    LayerType { name, summary, reads: Reads::Exactly(1), options: &[RATE], parse }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    rate: f32,
}

/// A rate, and what goes together.
#[derive(Debug)]
struct Dropped {
    rate: f32,
    granularity: Granularity,
}

fn read(attributes: toml::Table, granularity: Granularity) -> Result<Box<dyn Build>, String> {
    let Spec { rate } = attributes.try_into().map_err(|e: toml::de::Error| e.message().to_string())?;
    Ok(Box::new(Dropped { rate, granularity }))
}

impl Build for Dropped {
    fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
        let Dropped { rate, granularity } = *self;
        let stream = layer.stream();
        layer.add(Dropout { rate, granularity, stream }, &[Value::Input(0)])
    }
}

#[cfg(test)]
mod tests {
    use lepton_kernels::dropout::Dropout;

    use crate::losses::LossConfig;
    use lepton_kernels::Mode;

    use crate::model::ModelSpec;
    use crate::plan::{Graph, Setting};

    /// The dropouts of a model with three of them, as they are described for debugging.
    fn dropouts(mode: Mode) -> Vec<String> {
        let layer = |name, kind| format!("[[layer]]\nname = \"{name}\"\ntype = \"{kind}\"\nrate = 0.25\n");
        let layers = [layer("a", "spatial_dropout"), layer("b", "dropout"), layer("c", "dropout")].concat();
        let ends = "[[layer]]\nname = \"mean\"\ntype = \"global_avg_pool\"\n";
        let model = ModelSpec::parse(&format!("name = \"m\"\ninput = [4, 4, 3]\n{layers}{ends}"), "m").unwrap();
        let graph = Graph::build(&model, &Setting { mode, ..Setting::new(2, 5, LossConfig::default()) }).unwrap();
        let ops = graph.nodes.iter().map(|node| &node.op);
        ops.filter(|op| op.is::<Dropout>()).map(|op| format!("{op:?}")).collect()
    }

    #[test]
    fn dropout_is_there_only_in_training_and_every_layer_draws_its_own_numbers() {
        assert_eq!(dropouts(Mode::Infer), Vec::<String>::new());
        let mut training = dropouts(Mode::Train);
        assert_eq!(training.len(), 3);
        training.sort();
        training.dedup();
        assert_eq!(training.len(), 3, "{training:?}");
    }
}
