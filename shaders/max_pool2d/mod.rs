//! Max pooling: the largest value under each window. Padding never wins.
//!
//! Of equal values the first in row order wins, and it alone receives the gradient (cuDNN and PyTorch do the same).

mod cases;
mod twin;

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::target::Target;
use crate::window::{Placed, Window, lanes};
use crate::{Array, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry {
    name: "max_pool2d",
    summary: "largest value under a window, optionally followed by ReLU",
    cases: cases::all,
};

const FORWARD: Elementwise =
    Elementwise { name: "max_pool2d/forward", source: include_str!("forward.wgsl"), per_step: false, includes: &[] };
const BACKWARD: Elementwise =
    Elementwise { name: "max_pool2d/backward", source: include_str!("backward.wgsl"), per_step: false, includes: &[] };
const CELLS: Elementwise =
    Elementwise { name: "max_pool2d/cells", source: include_str!("cells.wgsl"), per_step: false, includes: &[] };

/// `[n, h, w, c]` to `[n, oh, ow, c]`: the largest value under each window, as `torch.nn.MaxPool2d`.
#[derive(Clone, Debug)]
pub struct MaxPool2d {
    /// The window; dilation is allowed.
    pub window: Window,
    /// Whether a ReLU follows (or, which is the same in both directions, comes before).
    pub relu: bool,
}

impl MaxPool2d {
    fn place(&self, input: &Shape) -> Result<(Placed, Shape), ShapeError> {
        let [n, h, w, c] = input.nhwc()?;
        let placed = self.window.place([h, w])?;
        let [kh, kw] = self.window.kernel;
        if kh * kw > 255 {
            return Err(ShapeError::new(format!(
                "its {kh}x{kw} window has {} taps, but the index of the maximum is stored in one byte",
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

impl Op for MaxPool2d {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        self.window.to_string() + if self.relu { " + relu" } else { "" }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![self.place(&inputs[0])?.1])
    }

    fn forward(&self, inputs: &[Shape], mode: Mode, target: &Target) -> Lowered {
        let (placed, output) = self.place(&inputs[0]).expect("shapes were checked");
        let channels = inputs[0].sizes()[3];
        let (lanes, includes) = lanes(channels);
        let runs = output.count() / lanes;
        let mut constants = placed.constants(channels);
        constants.push(("RELU", self.relu.into()));
        let iterations = (placed.kernel[0] + 1) * placed.kernel[1];
        let (saved, scratch, winner) = match mode {
            Mode::Train => (vec![runs], vec![], Operand::Saved(0)),
            Mode::Infer => (vec![], vec![runs], Operand::Scratch(0)),
        };
        let bindings = [read(Operand::X(0)), write(Operand::Y(0)), write(winner)];
        let kernel = Elementwise { includes: &includes, ..FORWARD };
        let dispatches = vec![kernel.launch(target.precision, runs, iterations, &constants, &bindings)];
        Lowered { saved, scratch, dispatches, ..Lowered::default() }
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if !wanted[0] {
            return Lowered::default();
        }
        let (placed, _) = self.place(&inputs[0]).expect("shapes were checked");
        let [n, .., channels] = inputs[0].nhwc().expect("shapes were checked");
        let (lanes, includes) = lanes(channels);
        let bindings = [read(Operand::Saved(0)), read(Operand::Dy(0)), write(Operand::Dx(0))];
        let mut constants = placed.constants(channels);
        let disjoint = (0..2).all(|a| placed.kernel[a] <= placed.stride[a] && placed.dilation[a] == 1);
        if !disjoint {
            let iterations = (placed.kernel[0] + 1) * placed.kernel[1];
            let kernel = Elementwise { includes: &includes, ..BACKWARD };
            let runs = inputs[0].count() / lanes;
            return kernel.launch(target.precision, runs, iterations, &constants, &bindings).into();
        }
        let [cells_h, cells_w] = [0, 1].map(|a| (placed.input[a] + placed.before[a]).div_ceil(placed.stride[a]));
        constants.extend([("CELLS_H", cells_h.into()), ("CELLS_W", cells_w.into())]);
        let iterations = (placed.stride[0] + 1) * placed.stride[1];
        let kernel = Elementwise { includes: &includes, ..CELLS };
        let runs = n * cells_h * cells_w * channels / lanes;
        kernel.launch(target.precision, runs, iterations, &constants, &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        vec![twin::forward(self, &inputs[0])]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        vec![Some(twin::backward(self, &inputs[0], dy))]
    }
}
