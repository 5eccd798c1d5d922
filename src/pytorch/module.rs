//! A model as an `nn.Module`: its layers under their own names.

use std::collections::HashMap;
use std::fmt::Write as _;

use lepton_kernels::Shape;

use super::layers::{LAYERS, activated};
use super::site::Site;
use crate::model::{LayerSpec, ModelError, ModelSpec};
use crate::plan::graph::LayerNodes;
use crate::plan::{Graph, Setting, default_loss};

/// Layers that PyTorch lacks, and the order of axes.
const HELPERS: &str = include_str!("helpers.py");

/// The classes that build and run a model; the last one is `Net`.
///
/// # Errors
/// If the layers do not fit together, or one of them is an application's own.
pub(super) fn classes(model: &ModelSpec) -> Result<String, ModelError> {
    let graph = Graph::build(model, &Setting::new(1, 1, default_loss(model)))?;
    let [h, w, c] = model.input;
    let mut text = HELPERS.to_string();
    let mut built = graph.layers.as_slice();
    let mut extra = "";
    if let Some(generator) = &model.generator {
        let (own, rest) = built.split_at(generator.layers.len());
        text += &class(&graph, "Generator", &generator.layers, own, &Shape::new(&[1, generator.noise]), "")?;
        (built, extra) = (rest, "        self.generator = Generator()\n");
    }
    text += &class(&graph, "Net", &model.layers, built, &Shape::new(&[1, h, w, c]), extra)?;
    Ok(text)
}

fn class(
    graph: &Graph,
    name: &str,
    layers: &[LayerSpec],
    built: &[LayerNodes],
    input: &Shape,
    extra: &str,
) -> Result<String, ModelError> {
    let (mut init, mut forward) = (String::from(extra), String::new());
    let mut given: HashMap<&str, (String, Shape)> = HashMap::from([("input", ("x".into(), input.clone()))]);
    let mut last = "x".to_string();
    for (spec, nodes) in layers.iter().zip(built) {
        let kind = spec.layer.kind().name;
        let Some((_, write)) = LAYERS.iter().find(|(name, _)| *name == kind) else {
            let problem = format!("layer `{}` is an application's own `{kind}`, which has no PyTorch code", spec.name);
            return Err(ModelError::Invalid { model: name.into(), problem });
        };
        let reads: Vec<(String, Shape)> = spec.inputs.iter().map(|input| given[input.as_str()].clone()).collect();
        let (reads, inputs) = reads.into_iter().unzip();
        let output = graph.tensors[nodes.output].shape.clone();
        let variable = variable(&spec.name);
        let own =
            if variable == spec.name { format!("self.{variable}") } else { format!("getattr(self, {:?})", spec.name) };
        let site = Site { options: spec.layer.attributes(), reads, inputs, output: output.clone(), own };
        let code = write(&site);
        if let Some(module) = &code.module {
            let _ = writeln!(init, "        self.add_module({:?}, {module})", spec.name);
        }
        let activation = if kind == "squeeze_excite" { "none" } else { site.word("activation", "none") };
        let _ = writeln!(forward, "        {variable} = {}", activated(activation, &code.value));
        last.clone_from(&variable);
        given.insert(&spec.name, (variable, output));
    }
    Ok(format!(
        "class {name}(nn.Module):\n    def __init__(self):\n        super().__init__()\n{init}\n    def forward(self, x):\n{forward}        return {last}\n\n\n"
    ))
}

/// Words that no variable of Python can be called.
const TAKEN: [&str; 14] =
    ["and", "as", "class", "def", "del", "from", "global", "if", "in", "is", "not", "or", "pass", "x"];

/// A layer's name as a variable.
fn variable(name: &str) -> String {
    let word = name.replace('-', "_");
    let taken = TAKEN.contains(&word.as_str()) || word.starts_with(|first: char| first.is_ascii_digit());
    if taken { format!("_{word}") } else { word }
}

#[cfg(test)]
mod tests {
    use super::super::layers::LAYERS as CODE;
    use super::*;
    use crate::model::{LAYERS, PRESETS};

    #[test]
    fn every_type_of_layer_has_code() {
        for kind in LAYERS {
            assert!(CODE.iter().any(|(name, _)| *name == kind.name), "{} has none", kind.name);
        }
        assert_eq!(CODE.len(), LAYERS.len());
    }

    #[test]
    fn every_preset_becomes_a_module() {
        for preset in PRESETS {
            let model = ModelSpec::parse(preset.text, preset.name).unwrap().for_classes(3).for_texts(16, 50);
            let text = classes(&model).unwrap();
            assert!(text.contains("class Net(nn.Module):"), "{text}");
        }
    }
}
