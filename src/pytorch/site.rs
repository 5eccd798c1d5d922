//! A layer of a model where Python code is written for it.

use lepton_kernels::Shape;
use toml::{Table, Value};

/// A layer with what it reads and gives.
pub(super) struct Site<'a> {
    /// Its options.
    pub options: &'a Table,
    /// Python expressions of what it reads.
    pub reads: Vec<String>,
    /// Shapes of what it reads, rows first and channels last.
    pub inputs: Vec<Shape>,
    /// The shape of what it gives.
    pub output: Shape,
    /// The Python expression of its module.
    pub own: String,
}

/// The code of a layer.
pub(super) struct Code {
    /// What makes its module, if it has parameters.
    pub module: Option<String>,
    /// What it gives.
    pub value: String,
}

impl Code {
    /// Of a layer without parameters.
    pub fn value(value: impl Into<String>) -> Self {
        Code { module: None, value: value.into() }
    }

    /// Of a layer whose module is called.
    pub fn module(module: String, value: impl Into<String>) -> Self {
        Code { module: Some(module), value: value.into() }
    }
}

impl Site<'_> {
    /// The first thing that it reads.
    pub fn x(&self) -> &str {
        &self.reads[0]
    }

    /// The channels of what it reads.
    pub fn channels(&self) -> usize {
        *self.inputs[0].sizes().last().expect("a tensor has an axis")
    }

    /// The channels of what it gives.
    pub fn filters(&self) -> usize {
        *self.output.sizes().last().expect("a tensor has an axis")
    }

    /// Whether it reads images, `[n, h, w, c]`.
    pub fn reads_images(&self) -> bool {
        self.inputs[0].rank() == 4
    }

    /// Height and width of a shape of images.
    pub fn sides(shape: &Shape) -> [usize; 2] {
        let sizes = shape.sizes();
        [sizes[1], sizes[2]]
    }

    /// A whole number.
    pub fn number(&self, key: &str, default: usize) -> usize {
        self.options.get(key).and_then(Value::as_integer).map_or(default, |number| number as usize)
    }

    /// Any number, as Python writes it.
    pub fn real(&self, key: &str, default: f64) -> f64 {
        let number = self.options.get(key).map(|value| value.as_float().or(value.as_integer().map(|i| i as f64)));
        number.flatten().unwrap_or(default)
    }

    /// A word.
    pub fn word<'b>(&'b self, key: &str, default: &'b str) -> &'b str {
        self.options.get(key).and_then(Value::as_str).unwrap_or(default)
    }

    /// True or false.
    pub fn flag(&self, key: &str, default: bool) -> bool {
        self.options.get(key).and_then(Value::as_bool).unwrap_or(default)
    }

    /// A size along both axes.
    pub fn pair(&self, key: &str, default: [usize; 2]) -> [usize; 2] {
        match self.options.get(key) {
            Some(Value::Integer(both)) => [*both as usize; 2],
            Some(Value::Array(list)) => [0, 1].map(|i| list[i].as_integer().unwrap_or(1) as usize),
            _ => default,
        }
    }

    /// What is added around what it reads, `[top, bottom, left, right]`, for a window.
    pub fn padding(&self, key: &str, window: &Window) -> [usize; 4] {
        let whole = |value: &Value| value.as_integer().unwrap_or(0) as usize;
        match self.options.get(key) {
            Some(Value::String(word)) if word == "same" => {
                let (input, output) = (Self::sides(&self.inputs[0]), Self::sides(&self.output));
                let [top, left] = [0, 1].map(|a| {
                    let total = ((output[a] - 1) * window.stride[a] + window.reach(a)).saturating_sub(input[a]);
                    [total / 2, total - total / 2]
                });
                [top[0], top[1], left[0], left[1]]
            }
            Some(Value::String(word)) if word == "causal" => [0, 0, window.reach(1) - 1, 0],
            Some(Value::Integer(all)) if window.flat => [0, 0, *all as usize, *all as usize],
            Some(Value::Integer(all)) => [*all as usize; 4],
            Some(Value::Array(list)) => match (list.as_slice(), window.flat) {
                ([left, right], true) => [0, 0, whole(left), whole(right)],
                ([h, w], false) => [whole(h), whole(h), whole(w), whole(w)],
                (sides, _) => [0, 1, 2, 3].map(|i| sides.get(i).map_or(0, whole)),
            },
            _ => [0; 4],
        }
    }
}

/// A window of a convolution or pool.
pub(super) struct Window {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    /// Whether it is of a sequence: one pixel high.
    pub flat: bool,
}

impl Window {
    /// The window of a layer; `size` is the option of its size. Without a stride that is `stride`, or the size.
    pub fn of(site: &Site, size: &str, stride: Option<usize>, flat: bool) -> Self {
        let along = |key: &str, default: [usize; 2]| match flat {
            true => [1, site.number(key, default[1])],
            false => site.pair(key, default),
        };
        let kernel = along(size, [1, 1]);
        let stride = along("stride", stride.map_or(kernel, |stride| [stride; 2]));
        let stride = if flat { [1, stride[1]] } else { stride };
        Window { kernel, stride, dilation: along("dilation", [1, 1]), flat }
    }

    /// Pixels from the first to the last that it sees along an axis.
    pub fn reach(&self, axis: usize) -> usize {
        self.dilation[axis] * (self.kernel[axis] - 1) + 1
    }
}

/// A pair as a Python tuple.
pub(super) fn tuple([h, w]: [usize; 2]) -> String {
    format!("({h}, {w})")
}

/// True or false in Python.
pub(super) fn boolean(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
