//! The model that is being made: layers with the shapes of what they give and the values of their parameters.

use std::collections::HashSet;

use super::value::Activation;
use crate::checkpoint::NamedTensor;
use crate::model::{ModelBuilder, ModelSpec, NewLayer, layer};
use crate::onnx::array::{Array, Problem};

/// A layer with the values of its parameters.
#[derive(Debug)]
pub struct Built {
    new: NewLayer,
    name: String,
    reads: Vec<usize>,
    /// The type of layer.
    pub kind: String,
    /// Sizes of what it gives, without the batch.
    pub shape: Vec<usize>,
    /// Its parameters by their name within the layer.
    pub parameters: Vec<(&'static str, Array<f32>)>,
}

/// The layers of a model; number 0 is its input.
#[derive(Debug)]
pub struct Layers {
    built: Vec<Built>,
    names: HashSet<String>,
}

/// A layer to be added.
pub struct Addition<'a> {
    /// Its type and options.
    pub layer: NewLayer,
    /// The type alone.
    pub kind: &'static str,
    /// What it would best be called; empty if nothing is known.
    pub called: &'a str,
    /// Sizes of what it gives, without the batch.
    pub shape: Vec<usize>,
    /// Its parameters.
    pub parameters: Vec<(&'static str, Array<f32>)>,
}

impl Layers {
    /// No layers yet, on an input of these sizes.
    pub fn on(input: Vec<usize>) -> Self {
        let names = HashSet::from(["input".to_string()]);
        let (new, name) = (layer("input"), "input".into());
        let input = Built { new, name, reads: Vec::new(), kind: "input".into(), shape: input, parameters: Vec::new() };
        Layers { built: vec![input], names }
    }

    /// A layer.
    pub fn get(&self, number: usize) -> &Built {
        &self.built[number]
    }

    /// A layer that is changed.
    pub fn get_mut(&mut self, number: usize) -> &mut Built {
        &mut self.built[number]
    }

    /// A name for a layer that no other has.
    fn name(&mut self, called: &str, kind: &str) -> String {
        let clean: String =
            called.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
        let clean = clean.trim_matches('_');
        let numbered = |base: &str| (1..).map(|i| format!("{base}_{i}")).find(|name| !self.names.contains(name));
        let name = match clean {
            "" => numbered(kind),
            _ if self.names.contains(clean) => numbered(clean),
            _ => Some(clean.to_string()),
        };
        let name = name.expect("there are more numbers than names");
        self.names.insert(name.clone());
        name
    }

    /// Adds a layer that reads these; gives its number.
    pub fn add(&mut self, addition: Addition, reads: &[usize]) -> usize {
        let Addition { layer, kind, called, shape, parameters } = addition;
        let name = self.name(called, kind);
        self.built.push(Built { new: layer, name, reads: reads.to_vec(), kind: kind.into(), shape, parameters });
        self.built.len() - 1
    }

    /// Adds a layer without parameters.
    pub fn plain(&mut self, kind: &'static str, layer: NewLayer, shape: Vec<usize>, reads: &[usize]) -> usize {
        self.add(Addition { layer, kind, called: "", shape, parameters: Vec::new() }, reads)
    }

    /// Lets a layer that nothing else reads take `scale · x + shift` into its own parameters, if it can.
    pub fn absorb(&mut self, x: &Activation, scale: &[f64], shift: &[f64]) -> bool {
        let one = scale.iter().all(|&scale| scale == 1.0);
        let built = &mut self.built[x.layer];
        let last = *built.shape.last().expect("a layer gives something");
        let list = |values: &[f64]| Array::list(values.iter().map(|&value| value as f32).collect());
        if !x.sole || scale.len() != last {
            return false;
        }
        let option = |new: &NewLayer, key: &str, value: bool| new.clone().with(key, value);
        match built.kind.as_str() {
            "conv_transpose2d" if one && built.parameters.len() == 1 => {
                built.new = option(&built.new, "bias", true);
                built.parameters.push(("bias", list(shift)));
            }
            // factors alone are a layer of their own, which is trained as that
            "conv2d" | "linear" if shift.iter().any(|&shift| shift != 0.0) => {
                if built.parameters.len() == 1 {
                    built.new = option(&built.new, "bias", true);
                    built.parameters.push(("bias", list(&vec![0.0; last])));
                }
                for (name, values) in &mut built.parameters {
                    let moved = if *name == "bias" { shift.to_vec() } else { vec![0.0; last] };
                    for (i, value) in values.data.iter_mut().enumerate() {
                        *value = (f64::from(*value) * scale[i % last] + moved[i % last]) as f32;
                    }
                }
            }
            "group_norm" | "layer_norm" | "instance_norm" if built.parameters.is_empty() => {
                built.new = option(&built.new, "affine", true);
                built.parameters = vec![("weight", list(scale)), ("bias", list(shift))];
            }
            _ => return false,
        }
        true
    }

    /// The model of the layers up to `last`, and the values of its parameters.
    ///
    /// # Errors
    /// If the layers make no model.
    pub fn finish(mut self, builder: ModelBuilder, last: usize) -> Result<(ModelSpec, Vec<NamedTensor>), Problem> {
        self.built.truncate(last + 1);
        let names: Vec<String> = self.built.iter().map(|built| built.name.clone()).collect();
        let (mut builder, mut tensors) = (builder, Vec::new());
        for (number, built) in self.built.into_iter().enumerate().skip(1) {
            let mut new = built.new.named(&built.name);
            if built.reads != [number - 1] {
                new = new.reading(built.reads.iter().map(|&read| names[read].clone()));
            }
            builder = builder.layer(new);
            for (name, values) in built.parameters {
                let data = values.data.iter().flat_map(|value| value.to_le_bytes()).collect();
                tensors.push(NamedTensor { name: format!("{}.{name}", built.name), shape: values.sizes, data });
            }
        }
        let model = builder.build().map_err(|error| error.to_string())?;
        Ok((model, tensors))
    }
}

/// What a tensor's name says of the layer that it belongs to: `layer1.0.conv1.weight` is of `layer1_0_conv1`.
pub fn called(tensor: &str) -> &str {
    let known = ["weight", "bias", "running_mean", "running_var"];
    let split = tensor.rsplit_once('.').filter(|(_, end)| known.contains(end));
    split.map_or("", |(layer, _)| layer)
}
