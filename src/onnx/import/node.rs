//! A node with what it reads, and its attributes by name.

use std::rc::Rc;

use super::constant::Constant;
use super::value::{Activation, Value};
use crate::onnx::array::Problem;
use crate::onnx::proto::{self, Attribute};

/// A node that is being read.
#[derive(Debug)]
pub struct Node<'a> {
    /// As it is in the file.
    pub proto: &'a proto::Node,
    /// What it reads; none where an input is left out.
    pub inputs: Vec<Option<Value>>,
    /// The version of the ops.
    pub opset: i64,
}

impl Node<'_> {
    fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.proto.attribute.iter().find(|attribute| attribute.name == name)
    }

    /// A whole number.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |attribute| attribute.i.unwrap_or_default())
    }

    /// A number.
    pub fn float(&self, name: &str, default: f32) -> f64 {
        self.attribute(name).map_or(default, |attribute| attribute.f.unwrap_or_default()).into()
    }

    /// A list of whole numbers, if it is there.
    pub fn ints(&self, name: &str) -> Option<Vec<i64>> {
        self.attribute(name).map(|attribute| attribute.ints.clone())
    }

    /// A list of numbers; empty if it is not there.
    pub fn floats(&self, name: &str) -> Vec<f64> {
        self.attribute(name).map_or_else(Vec::new, |attribute| attribute.floats.iter().map(|&x| x.into()).collect())
    }

    /// A text; empty if it is not there.
    pub fn text(&self, name: &str) -> String {
        let text = self.attribute(name).and_then(|attribute| attribute.s.as_deref()).unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }

    /// A tensor.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn tensor(&self, name: &str) -> Result<Option<Constant>, Problem> {
        self.attribute(name).and_then(|attribute| attribute.t.as_ref()).map(Constant::read).transpose()
    }

    /// A list of sizes, one for each of `count` axes.
    ///
    /// # Errors
    /// If there are not as many, or one is negative.
    pub fn sizes(&self, name: &str, count: usize, default: usize) -> Result<Vec<usize>, Problem> {
        let Some(found) = self.ints(name) else { return Ok(vec![default; count]) };
        let sizes: Option<Vec<usize>> = found.iter().map(|&size| usize::try_from(size).ok()).collect();
        sizes.filter(|sizes| sizes.len() == count).ok_or_else(|| format!("{name} = {found:?}, not {count} sizes"))
    }

    /// Whether input `i` is there.
    pub fn has(&self, i: usize) -> bool {
        matches!(self.inputs.get(i), Some(Some(_)))
    }

    /// Input `i`.
    ///
    /// # Errors
    /// If it is left out.
    pub fn value(&self, i: usize) -> Result<&Value, Problem> {
        self.inputs.get(i).and_then(Option::as_ref).ok_or_else(|| format!("input {i} is missing"))
    }

    /// Input `i`, which depends on the model's input.
    ///
    /// # Errors
    /// If it is left out or constant.
    pub fn activation(&self, i: usize) -> Result<Activation, Problem> {
        match self.value(i)? {
            Value::Activation(activation) => Ok(activation.clone()),
            Value::Constant(_) => Err(format!("input {i} is constant, which no layer is made for")),
        }
    }

    /// Input `i`, which is constant.
    ///
    /// # Errors
    /// If it is left out or computed from the model's input.
    pub fn constant(&self, i: usize) -> Result<Rc<Constant>, Problem> {
        match self.value(i)? {
            Value::Constant(constant) => Ok(constant.clone()),
            Value::Activation(_) => {
                Err(format!("input {i} is computed from the model's input; only constants do here"))
            }
        }
    }

    /// Whole numbers that older versions have as an attribute and newer ones as input `i`.
    ///
    /// # Errors
    /// If the input is not constant.
    pub fn listed(&self, name: &str, i: usize) -> Result<Option<Vec<i64>>, Problem> {
        if self.has(i) { Ok(Some(self.constant(i)?.numbers())) } else { Ok(self.ints(name)) }
    }

    /// The name of input `i` in the file.
    pub fn input_name(&self, i: usize) -> &str {
        self.proto.input.get(i).map_or("", String::as_str)
    }
}
