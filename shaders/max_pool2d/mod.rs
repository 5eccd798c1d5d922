//! Max pooling: the largest value under each window. Padding never wins.
//!
//! Of equal values the first in row order wins, and it alone receives the gradient (cuDNN and PyTorch do the same).

mod cases;
mod twin;

use crate::dispatch::{Constant, Elementwise, Operand, read, write};
use crate::op::Target;
use crate::shape::Placed;
use crate::{Array, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, Window};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry {
    name: "max_pool2d",
    summary: "largest value under a window, optionally followed by ReLU",
    cases: cases::all,
};

const WINDOW: &str = include_str!("window.wgsl");
const FORWARD: Elementwise = Elementwise {
    name: "max_pool2d/forward",
    source: include_str!("forward.wgsl"),
    per_step: false,
    includes: &[WINDOW],
};
const INFER: Elementwise =
    Elementwise { name: "max_pool2d/infer", source: include_str!("infer.wgsl"), per_step: false, includes: &[WINDOW] };
const BACKWARD: Elementwise =
    Elementwise { name: "max_pool2d/backward", source: include_str!("backward.wgsl"), per_step: false, includes: &[] };

/// The op.
#[derive(Clone, Debug)]
pub struct MaxPool2d {
    /// The window; dilation is allowed.
    pub window: Window,
    /// Whether a ReLU follows (or, which is the same in both directions, comes before).
    pub relu: bool,
}

/// The constants that place a pooling window, as `forward.wgsl` and `backward.wgsl` name them.
pub(crate) fn constants(placed: &Placed, channels: usize) -> Vec<(&'static str, Constant)> {
    let Placed { input, output, kernel, stride, dilation, before } = *placed;
    let values = [
        ("H", input[0]),
        ("W", input[1]),
        ("C", channels),
        ("OH", output[0]),
        ("OW", output[1]),
        ("KH", kernel[0]),
        ("KW", kernel[1]),
        ("SH", stride[0]),
        ("SW", stride[1]),
        ("DH", dilation[0]),
        ("DW", dilation[1]),
        ("PT", before[0]),
        ("PL", before[1]),
    ];
    values.into_iter().map(|(name, value)| (name, Constant::from(value))).collect()
}

impl MaxPool2d {
    fn place(&self, input: &Shape) -> Result<(Placed, Shape), ShapeError> {
        let [n, h, w, c] = input.nhwc()?;
        let placed = self.window.place([h, w])?;
        let [kh, kw] = self.window.kernel;
        if kh * kw > 255 {
            return Err(ShapeError::new(format!(
                "its {kh}x{kw} window has {} taps, and the winner is kept in a byte",
                kh * kw
            ))
            .hint("a window of at most 255 pixels, or global_avg_pool"));
        }
        if self.padding_covers_a_window(&placed) {
            return Err(ShapeError::new("some window lies wholly in the padding, where there is no maximum")
                .hint("padding smaller than the kernel"));
        }
        Ok((placed, Shape::new(&[n, placed.output[0], placed.output[1], c])))
    }

    fn padding_covers_a_window(&self, placed: &Placed) -> bool {
        (0..2).any(|a| (0..placed.output[a]).any(|o| (0..placed.kernel[a]).all(|k| placed.source(a, o, k).is_none())))
    }
}

/// `2x2 stride 2 …` for summaries.
pub(crate) fn describe(window: &Window) -> String {
    let Window { kernel, stride, dilation, padding } = window;
    let mut text = format!("{}x{}", kernel[0], kernel[1]);
    if stride != &[1, 1] {
        text += &format!(" stride {}x{}", stride[0], stride[1]);
    }
    if dilation != &[1, 1] {
        text += &format!(" dilation {}x{}", dilation[0], dilation[1]);
    }
    match padding {
        crate::Padding::Valid => {}
        crate::Padding::Same => text += " same",
        crate::Padding::Explicit { top, bottom, left, right } => {
            text += &format!(" padding {top},{bottom},{left},{right}")
        }
    }
    text
}

impl Op for MaxPool2d {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        describe(&self.window) + if self.relu { " + relu" } else { "" }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![self.place(&inputs[0])?.1])
    }

    fn with_relu(&self) -> Option<Box<dyn Op>> {
        (!self.relu).then(|| Box::new(MaxPool2d { relu: true, ..self.clone() }) as Box<dyn Op>)
    }

    fn without_relu(&self) -> Option<Box<dyn Op>> {
        self.relu.then(|| Box::new(MaxPool2d { relu: false, ..self.clone() }) as Box<dyn Op>)
    }

    fn commutes_with_relu(&self) -> bool {
        !self.relu
    }

    fn forward(&self, inputs: &[Shape], mode: Mode, _target: &Target) -> Lowered {
        let (placed, output) = self.place(&inputs[0]).expect("shapes were checked");
        let words = output.count().div_ceil(4);
        let mut constants = constants(&placed, inputs[0].sizes()[3]);
        constants.extend([("ELEMENTS", output.count().into()), ("RELU", self.relu.into())]);
        let iterations = 4 * (placed.kernel[0] + 1) * placed.kernel[1];
        let bindings = [read(Operand::X(0)), write(Operand::Y(0)), write(Operand::Saved(0))];
        let (kernel, bound, saved) = match mode {
            Mode::Train => (FORWARD, 3, vec![words]),
            Mode::Infer => (INFER, 2, vec![]),
        };
        let dispatches = vec![kernel.launch(words, iterations, &constants, &bindings[..bound])];
        Lowered { saved, dispatches, ..Lowered::default() }
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], _target: &Target) -> Lowered {
        if !wanted[0] {
            return Lowered::default();
        }
        let (placed, _) = self.place(&inputs[0]).expect("shapes were checked");
        let bindings = [read(Operand::Saved(0)), read(Operand::Dy(0)), write(Operand::Dx(0))];
        let iterations = (placed.kernel[0] + 1) * placed.kernel[1];
        let disjoint = (0..2).all(|a| placed.kernel[a] <= placed.stride[a] && placed.dilation[a] == 1);
        let mut constants = constants(&placed, inputs[0].sizes()[3]);
        constants.push(("DISJOINT", disjoint.into()));
        BACKWARD.launch(inputs[0].count(), iterations, &constants, &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        vec![twin::forward(self, &inputs[0])]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array) -> Vec<Option<Array>> {
        vec![Some(twin::backward(self, &inputs[0], dy))]
    }
}
