//! Where an op of an inference graph becomes nodes: what it reads, by its names in the file, and the weights of its layer.

use lepton_kernels::{Op, Shape};

use super::writer::Writer;
use crate::onnx::proto::Attribute;

/// A parameter with its values.
#[derive(Clone, Debug)]
pub struct Weight<'a> {
    /// Its name, such as `conv1.weight`.
    pub name: &'a str,
    /// Its sizes, as the op reads them.
    pub sizes: &'a [usize],
    /// Its elements.
    pub values: &'a [f32],
}

/// Where an op becomes nodes. Images are `[n, c, h, w]` in the file; whatever has other than four axes is as it is here.
pub struct Site<'a> {
    /// The file.
    pub writer: &'a mut Writer,
    /// The node's name, from its layer.
    pub layer: &'a str,
    /// The op.
    pub op: &'a dyn Op,
    /// Names of the activations that it reads.
    pub inputs: Vec<String>,
    /// Their shapes, channels last.
    pub shapes: Vec<Shape>,
    /// The parameters that it reads.
    pub weights: Vec<Weight<'a>>,
    /// The shape of what it gives, channels last.
    pub output: Shape,
}

/// From `[n, h, w, c]` to `[n, c, h, w]`.
pub const TO_CHANNELS_FIRST: [usize; 4] = [0, 3, 1, 2];
/// From `[n, c, h, w]` to `[n, h, w, c]`.
pub const TO_CHANNELS_LAST: [usize; 4] = [0, 2, 3, 1];

impl Site<'_> {
    /// The op as what it is.
    pub fn op<T: Op>(&self) -> &T {
        self.op.downcast_ref().expect("a row is for one type of op")
    }

    /// Whether input `i` is images.
    pub fn is_images(&self, i: usize) -> bool {
        self.shapes[i].rank() == 4
    }

    /// The axis of channels in the file, for what input `i` is.
    pub fn channel_axis(&self, i: usize) -> i64 {
        if self.is_images(i) { 1 } else { -1 }
    }

    /// Channels of input `i`.
    pub fn channels(&self, i: usize) -> usize {
        *self.shapes[i].sizes().last().expect("a tensor has an axis")
    }

    /// The sizes of one number for each channel that meets input `i` in the file: `[c, 1, 1]` or `[c]`.
    pub fn per_channel(&self, i: usize, count: usize) -> Vec<usize> {
        if self.is_images(i) { vec![count, 1, 1] } else { vec![count] }
    }

    /// Adds a node; gives the name of its output.
    pub fn node(&mut self, op: &str, inputs: &[&str], attributes: Vec<Attribute>) -> String {
        self.writer.node(op, self.layer, inputs, attributes)
    }

    /// Adds a node on input 0 alone.
    pub fn unary(&mut self, op: &str, attributes: Vec<Attribute>) -> String {
        let x = self.inputs[0].clone();
        self.node(op, &[&x], attributes)
    }

    /// Adds the transposition of a value.
    pub fn transpose(&mut self, x: &str, order: [usize; 4]) -> String {
        self.node("Transpose", &[x], vec![super::writer::ints("perm", &order)])
    }

    /// Adds a reshape; 0 keeps the size of that axis.
    pub fn reshape(&mut self, x: &str, sizes: &[i64]) -> String {
        let shape = self.writer.numbers(&format!("{}.shape", self.layer), sizes);
        self.node("Reshape", &[x, &shape], Vec::new())
    }

    /// Adds weight number `i`, its axes in another order; gives its name.
    pub fn weight(&mut self, i: usize, order: &[usize]) -> String {
        let Weight { name, sizes, values } = self.weights[i].clone();
        let (sizes, values) = permuted(sizes, values, order);
        self.writer.weight(name, &sizes, &values)
    }

    /// Adds weight number `i` as it is, under other sizes; gives its name.
    pub fn weight_as(&mut self, i: usize, sizes: &[usize]) -> String {
        let Weight { name, values, .. } = self.weights[i].clone();
        self.writer.weight(name, sizes, values)
    }

    /// Adds a constant of the layer; gives its name.
    pub fn constant(&mut self, name: &str, sizes: &[usize], values: &[f32]) -> String {
        self.writer.constant(&format!("{}.{name}", self.layer), sizes, values)
    }
}

/// A tensor with its axes in another order: axis `i` of the result is axis `order[i]`.
pub fn permuted(sizes: &[usize], values: &[f32], order: &[usize]) -> (Vec<usize>, Vec<f32>) {
    let tensor = crate::onnx::array::Array { sizes: sizes.to_vec(), data: values.to_vec() };
    let turned = tensor.transposed(order);
    (turned.sizes, turned.data)
}
