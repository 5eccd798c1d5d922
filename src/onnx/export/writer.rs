//! A graph that is being written: nodes, weights and names that nothing else has.

use std::collections::HashSet;

use half::f16;

use crate::onnx::proto::{Attribute, Node, Tensor, elem, kind};

/// A graph that is being written.
#[derive(Debug, Default)]
pub struct Writer {
    /// Nodes in the order in which they run.
    pub nodes: Vec<Node>,
    /// Constant tensors.
    pub weights: Vec<Tensor>,
    half: bool,
    names: HashSet<String>,
}

/// An attribute that is a whole number.
pub fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: name.into(), i: Some(value), kind: kind::INT, ..Attribute::default() }
}

/// An attribute that is a number.
pub fn float(name: &str, value: f32) -> Attribute {
    Attribute { name: name.into(), f: Some(value), kind: kind::FLOAT, ..Attribute::default() }
}

/// An attribute that is a list of sizes.
pub fn ints<T: Copy + TryInto<i64>>(name: &str, values: &[T]) -> Attribute {
    let ints = values.iter().map(|&value| value.try_into().ok().expect("sizes are below 2^63")).collect();
    Attribute { name: name.into(), ints, kind: kind::INTS, ..Attribute::default() }
}

/// An attribute that is a text.
pub fn text(name: &str, value: &str) -> Attribute {
    Attribute { name: name.into(), s: Some(value.into()), kind: kind::STRING, ..Attribute::default() }
}

/// Whether a parameter is stored in f16 where that is asked for: matrices and filters, whose numbers are many, if f16 holds all of
/// them.
pub fn is_halved(sizes: &[usize], values: &[f32]) -> bool {
    let wide = sizes.iter().filter(|&&size| size > 1).count();
    wide > 1 && values.iter().all(|&value| f16::from_f32(value).is_finite())
}

impl Writer {
    /// An empty graph; with `half`, matrices and filters are stored in f16, and widened as the model is loaded.
    pub fn new(half: bool) -> Self {
        Writer { half, ..Writer::default() }
    }

    /// `wanted`, or with a number behind it if the name is taken; it is taken afterwards.
    pub fn name(&mut self, wanted: &str) -> String {
        let numbered = (1..).map(|i| format!("{wanted}_{i}"));
        let name = std::iter::once(wanted.to_string()).chain(numbered).find(|name| !self.names.contains(name));
        let name = name.expect("there are more numbers than names");
        self.names.insert(name.clone());
        name
    }

    /// Adds a node named after `layer`; gives the name of its output.
    pub fn node(&mut self, op: &str, layer: &str, inputs: &[&str], attribute: Vec<Attribute>) -> String {
        let output = self.name(&format!("{layer}/{op}"));
        let input = inputs.iter().map(|&name| name.into()).collect();
        self.nodes.push(Node {
            input,
            output: vec![output.clone()],
            name: output.clone(),
            op_type: op.into(),
            attribute,
            domain: String::new(),
        });
        output
    }

    /// Adds a parameter; gives its name.
    pub fn weight(&mut self, name: &str, sizes: &[usize], values: &[f32]) -> String {
        if !self.half || !is_halved(sizes, values) {
            return self.constant(name, sizes, values);
        }
        let name = self.name(name);
        let stored = self.name(&format!("{name}.f16"));
        let raw = values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect();
        self.tensor(&stored, sizes, elem::FLOAT16, raw);
        self.nodes.push(Node {
            input: vec![stored],
            output: vec![name.clone()],
            name: format!("{name}/Cast"),
            op_type: "Cast".into(),
            attribute: vec![int("to", elem::FLOAT.into())],
            domain: String::new(),
        });
        name
    }

    /// Adds a constant tensor of f32; gives its name.
    pub fn constant(&mut self, name: &str, sizes: &[usize], values: &[f32]) -> String {
        let name = self.name(name);
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(&name, sizes, elem::FLOAT, raw);
        name
    }

    /// Adds a constant list of whole numbers; gives its name.
    pub fn numbers(&mut self, name: &str, values: &[i64]) -> String {
        let name = self.name(name);
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(&name, &[values.len()], elem::INT64, raw);
        name
    }

    /// Adds a number; gives its name.
    pub fn number(&mut self, name: &str, value: f32) -> String {
        self.constant(name, &[], &[value])
    }

    fn tensor(&mut self, name: &str, sizes: &[usize], data_type: i32, raw_data: Vec<u8>) {
        let dims = sizes.iter().map(|&size| size as i64).collect();
        self.weights.push(Tensor { dims, data_type, name: name.into(), raw_data, ..Tensor::default() });
    }

    /// Gives a value another name, everywhere.
    pub fn rename(&mut self, from: &str, to: &str) {
        let names = self.nodes.iter_mut().flat_map(|node| node.input.iter_mut().chain(&mut node.output));
        names.filter(|name| *name == from).for_each(|name| *name = to.into());
    }
}
