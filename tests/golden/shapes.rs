//! Layers that change an image's size or shape, as a model file has them, against PyTorch: their ops one after another on the
//! twins, and every op on the adapter.

use std::collections::HashMap;

use lepton_gpu::model::{Layer, LayerBuilder, ModelSpec, Value};
use lepton_gpu::verify::verify_cases;
use lepton_kernels::case::{Fill, Input};
use lepton_kernels::{Array, Case, Step};

use super::file::Golden;
use super::{STORED, assert_close, common, network};

/// The layer of a case, read as a model file's.
fn layer(attributes: &serde_json::Value) -> Layer {
    let mut table: toml::Table = serde_json::from_value(attributes.clone()).expect("numbers, texts and lists");
    let kind = table.remove("type").expect("a type");
    Layer::parse(kind.as_str().expect("a text"), table).unwrap_or_else(|error| panic!("{attributes}: {error}"))
}

/// A layer that was built, and its tensors as they become known.
struct Run<'a> {
    site: LayerBuilder<'a>,
    inputs: Vec<Array>,
    parameters: Vec<Array>,
    /// Outputs of each op.
    outputs: Vec<Vec<Array>>,
}

impl Run<'_> {
    fn array(&self, value: Value) -> &Array {
        match value {
            Value::Input(i) => &self.inputs[i],
            Value::Parameter(i) => &self.parameters[i],
            Value::Node(i) => &self.outputs[i][0],
        }
    }

    fn arrays(&self, node: usize) -> Vec<Array> {
        self.site.nodes[node].inputs.iter().map(|&value| self.array(value).clone()).collect()
    }

    fn forward(&mut self) {
        for node in 0..self.site.nodes.len() {
            let outputs = self.site.nodes[node].op.twin(&self.arrays(node), &Step::default());
            self.outputs.push(outputs);
        }
    }

    /// Gradients of what the ops read; every tensor has one reader.
    fn backward(&self, output: Value, dy: Array) -> HashMap<Value, Array> {
        let mut gradients = HashMap::from([(output, dy)]);
        for (number, node) in self.site.nodes.iter().enumerate().rev() {
            let dy = gradients[&Value::Node(number)].clone();
            let found = node.op.twin_backward(&self.arrays(number), &self.outputs[number], &dy, &Step::default());
            gradients.extend(node.inputs.iter().copied().zip(found).filter_map(|(value, dx)| Some((value, dx?))));
        }
        gradients
    }
}

#[test]
fn layers_that_change_a_shape_agree_with_pytorch() {
    let gpu = common::gpu();
    let golden = Golden::open("shapes");
    let cases = golden.cases();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    for (name, attributes) in cases {
        let x = golden.array(&format!("{name}.x"));
        let mut site = LayerBuilder::new("layer", vec![x.shape.clone()]);
        let output = layer(&attributes).build(&mut site).unwrap_or_else(|error| panic!("{name}: {error}"));
        let parameters = site.parameters.iter().map(|p| golden.array(&format!("{name}.{}", p.name))).collect();
        let mut run = Run { site, inputs: vec![x], parameters, outputs: Vec::new() };
        for (asked, given) in run.site.parameters.iter().zip(&run.parameters) {
            assert_eq!(asked.shape, given.shape, "{name}.{}", asked.name);
        }
        run.forward();
        assert_close(&format!("{name}.y"), run.array(output), &golden.array(&format!("{name}.y")), STORED);
        let gradients = run.backward(output, golden.array(&format!("{name}.dy")));
        assert_close(&format!("{name}.dx"), &gradients[&Value::Input(0)], &golden.array(&format!("{name}.dx")), STORED);
        for (i, parameter) in run.site.parameters.iter().enumerate() {
            let what = format!("{name}.d{}", parameter.name);
            assert_close(&what, &gradients[&Value::Parameter(i)], &golden.array(&what), STORED);
        }
        // the twins are PyTorch, so the adapter must be the twins on the same input
        let Some(gpu) = &gpu else { continue };
        let arrays: Vec<Vec<Array>> = (0..run.site.nodes.len()).map(|node| run.arrays(node)).collect();
        for (node, arrays) in run.site.nodes.into_iter().zip(arrays) {
            let inputs = arrays.into_iter().map(|a| Input { shape: a.shape, fill: Fill::Exactly(a.data) }).collect();
            let op_name = node.op.name();
            let case = Case { op: node.op, inputs, step: Step::default(), only: None, reason: "from PyTorch" };
            let verdict = verify_cases(gpu, op_name, &[case]).unwrap();
            assert!(verdict.passed(), "{name}: {:?}", verdict.failures);
        }
    }
}

#[test]
fn training_an_autoencoder_follows_pytorch() {
    let Some(gpu) = common::gpu() else { return };
    let golden = Golden::open("autoencoder");
    let model = ModelSpec::parse(include_str!("autoencoder.toml"), "autoencoder").unwrap();
    for at in ["safe", "step0"] {
        network::check_gradients(&gpu, &golden, &model, at, 1e-4);
    }
    network::check_losses(&gpu, &golden, &model, 8, "adam");
}
