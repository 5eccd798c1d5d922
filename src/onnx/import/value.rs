//! What a name of the file stands for while it is read: a constant, or what a layer gives, seen through reshapes,
//! transpositions and other rearrangements, with functions of single elements and of channels still to be applied.

use std::fmt;
use std::rc::Rc;

use super::constant::Constant;
use crate::onnx::array::Array;

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum Value {
    /// Known while the file is read.
    Constant(Rc<Constant>),
    /// Computed from the model's input.
    Activation(Activation),
}

/// The element that stands for a zero beside the image.
pub const ZERO: i32 = -1;

/// How the elements of a layer's output, `[1, h, w, c]` or `[1, c]`, lie in the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Places {
    /// With axes in this order; axes of 1 may be left out or added.
    Order(Vec<usize>),
    /// The number of each element in the layer's output, or [`ZERO`].
    Map(Rc<Vec<i32>>),
}

/// A function of single elements.
#[derive(Clone)]
pub struct Function {
    /// The function.
    pub f: Rc<dyn Fn(f64) -> f64>,
    /// The node that it comes from.
    pub node: Rc<str>,
    /// Of a sum or product of two functions: what could be two layers and one that reads both.
    pub join: Option<Rc<Join>>,
}

/// Two functions of one value that meet.
#[derive(Debug)]
pub struct Join {
    /// The type of layer in which they meet.
    pub kind: &'static str,
    /// The functions of both sides.
    pub sides: [Vec<Function>; 2],
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.node)
    }
}

/// What is still to be applied to a layer's output.
#[derive(Clone, Debug)]
pub enum Pending {
    /// Functions of single elements, one after another.
    Functions(Vec<Function>),
    /// `scale · x + shift` with a number for each channel.
    Channels {
        /// The factors.
        scale: Vec<f64>,
        /// What is added.
        shift: Vec<f64>,
    },
}

impl Pending {
    /// Nothing.
    pub const NONE: Pending = Pending::Functions(Vec::new());

    /// Whether nothing is left to do.
    pub fn is_none(&self) -> bool {
        matches!(self, Pending::Functions(functions) if functions.is_empty())
    }
}

/// What a layer gives, as it lies in the file.
#[derive(Clone, Debug)]
pub struct Activation {
    /// Number of the layer; 0 is the model's input.
    pub layer: usize,
    /// Sizes in the file; that of the batch is 1.
    pub sizes: Vec<usize>,
    /// Where the elements are.
    pub places: Places,
    /// What is still to be applied.
    pub pending: Pending,
    /// Whether nothing else reads what the layer gives.
    pub sole: bool,
}

impl Activation {
    /// What a layer of these sizes, without the batch, gives, with its axes in this order.
    pub fn of(layer: usize, shape: &[usize], order: &[usize]) -> Self {
        let whole = with_batch(shape);
        let sizes = order.iter().map(|&axis| whole[axis]).collect();
        Activation { layer, sizes, places: Places::Order(order.to_vec()), pending: Pending::NONE, sole: true }
    }

    /// What a layer of images or rows gives, in the order of axes that ONNX's ops have: channels behind the batch.
    pub fn channels_first(layer: usize, shape: &[usize]) -> Self {
        Self::of(layer, shape, if shape.len() == 3 { &[0, 3, 1, 2] } else { &[0, 1] })
    }

    /// The same under other sizes, of which only axes of 1 differ, or where order is no matter.
    #[must_use]
    pub fn sized(self, sizes: Vec<usize>) -> Self {
        Activation { sizes, ..self }
    }

    /// Elements of one input of the batch.
    pub fn count(&self) -> usize {
        self.sizes.iter().product()
    }

    /// The number of each element in the output of the layer, whose sizes are these.
    pub fn grid(&self, shape: &[usize]) -> Array<i32> {
        let data = match &self.places {
            Places::Map(map) => map.to_vec(),
            Places::Order(order) => {
                let whole = with_batch(shape);
                let count: usize = whole.iter().product();
                Array { sizes: whole, data: (0..count as i32).collect() }.transposed(order).data
            }
        };
        Array { sizes: self.sizes.clone(), data }
    }

    /// With elements from other places.
    #[must_use]
    pub fn rearranged(self, grid: Array<i32>) -> Self {
        Activation { sizes: grid.sizes, places: Places::Map(Rc::new(grid.data)), ..self }
    }

    /// Which axes are height, width and channels of the layer's images, where they are whole.
    pub fn roles(&self) -> Option<[usize; 3]> {
        let Places::Order(own) = &self.places else { return None };
        let axis = |of: usize| own.iter().position(|&axis| axis == of);
        let whole = own.len() == 4 && self.sizes.len() == 4;
        if whole { Some([axis(1)?, axis(2)?, axis(3)?]) } else { None }
    }

    /// Whether zeros stand between its elements.
    pub fn has_zeros(&self) -> bool {
        matches!(&self.places, Places::Map(map) if map.contains(&ZERO))
    }

    /// Whether another one shows the same elements of the same layer at the same places.
    pub fn sees_the_same(&self, other: &Self) -> bool {
        self.layer == other.layer && self.sizes == other.sizes && self.places == other.places
    }
}

/// Sizes with a batch of 1 before them.
pub fn with_batch(shape: &[usize]) -> Vec<usize> {
    [1].into_iter().chain(shape.iter().copied()).collect()
}
