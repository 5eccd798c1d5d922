//! Layers of `acts.py` as a model file names them: activations, softmax, PReLU, products, concatenation, gates.

use lepton_gpu::model::{Layer, LayerBuilder, Value};
use lepton_gpu::verify::verify_cases;
use lepton_kernels::case::{Fill, Input};
use lepton_kernels::{Array, Case, Step};

use super::file::Golden;
use super::{STORED, assert_close, common};

/// A layer on the twins: what every op reads and writes, and the gradients of the layer's inputs and parameters.
struct Twins {
    inputs: Vec<Array>,
    parameters: Vec<Array>,
    nodes: Vec<Array>,
    gradients: Vec<Array>,
}

impl Twins {
    fn value(&self, value: Value) -> &Array {
        match value {
            Value::Input(i) => &self.inputs[i],
            Value::Parameter(i) => &self.parameters[i],
            Value::Node(i) => &self.nodes[i],
        }
    }

    fn reads(&self, site: &LayerBuilder, node: usize) -> Vec<Array> {
        site.nodes[node].inputs.iter().map(|&value| self.value(value).clone()).collect()
    }

    /// Forward, then backward from the gradient of `output`.
    fn run(site: &LayerBuilder, inputs: Vec<Array>, parameters: Vec<Array>, output: Value, dy: &Array) -> Self {
        let mut twins = Twins { inputs, parameters, nodes: Vec::new(), gradients: Vec::new() };
        for (i, node) in site.nodes.iter().enumerate() {
            let y = node.op.twin(&twins.reads(site, i), &Step::default()).remove(0);
            twins.nodes.push(y);
        }
        let leaves = (0..twins.inputs.len()).map(Value::Input).chain((0..twins.parameters.len()).map(Value::Parameter));
        let values: Vec<Value> = leaves.chain((0..site.nodes.len()).map(Value::Node)).collect();
        let place = |value: Value| values.iter().position(|v| *v == value).expect("every value is listed");
        let mut gradients: Vec<Array> = values.iter().map(|&v| twins.value(v).map(|_| 0.0)).collect();
        gradients[place(output)] = dy.clone();
        for (i, node) in site.nodes.iter().enumerate().rev() {
            let (reads, writes) = (twins.reads(site, i), [twins.nodes[i].clone()]);
            let dy = gradients[place(Value::Node(i))].clone();
            let dx = node.op.twin_backward(&reads, &writes, &dy, &Step::default());
            for (&value, dx) in node.inputs.iter().zip(dx) {
                let sum = gradients[place(value)].zip(&dx.expect("all of it is differentiable"), |a, b| a + b);
                gradients[place(value)] = sum;
            }
        }
        gradients.truncate(twins.inputs.len() + twins.parameters.len());
        twins.gradients = gradients;
        twins
    }
}

#[test]
fn activations_gates_and_joints_agree_with_pytorch() {
    let gpu = common::gpu();
    let golden = Golden::open("acts");
    let cases = golden.cases();
    assert_eq!(cases.len(), 31, "cases");
    for (name, attributes) in cases {
        let array = |of: &str| golden.array(&format!("{name}.{of}"));
        let kind = attributes["layer"].as_str().unwrap();
        let layer = Layer::parse(kind, toml::Table::try_from(&attributes["options"]).unwrap()).unwrap();
        let names: Vec<&str> = attributes["inputs"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        let (inputs, parameters): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| name.starts_with('x'));
        let inputs: Vec<Array> = inputs.into_iter().map(array).collect();
        let mut site = LayerBuilder::new(&name, inputs.iter().map(|x| x.shape.clone()).collect());
        let output = layer.build(&mut site).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(site.parameters.iter().map(|p| p.name).collect::<Vec<_>>(), parameters, "{name}");
        let parameters = parameters.into_iter().map(array).collect();
        let twins = Twins::run(&site, inputs, parameters, output, &array("dy"));
        assert_close(&format!("{name}.y"), twins.value(output), &array("y"), STORED);
        for (input, gradient) in names.iter().zip(&twins.gradients) {
            assert_close(&format!("{name}.d{input}"), gradient, &array(&format!("d{input}")), STORED);
        }
        // the twins are PyTorch, so the adapter must be the twins on the same inputs
        let Some(gpu) = &gpu else { continue };
        let reads: Vec<Vec<Array>> = (0..site.nodes.len()).map(|i| twins.reads(&site, i)).collect();
        for (node, reads) in site.nodes.into_iter().zip(reads) {
            let inputs = reads.into_iter().map(|a| Input { shape: a.shape, fill: Fill::Exactly(a.data) }).collect();
            let case = Case { op: node.op, inputs, step: Step::default(), only: None, reason: "from PyTorch" };
            let verdict = verify_cases(gpu, case.op.name(), &[case]).unwrap();
            assert!(verdict.passed(), "{name}: {:?}", verdict.failures);
        }
    }
}
