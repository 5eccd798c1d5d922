//! Average pooling: the mean under each window.
//!
//! The divisor is the number of real pixels under the window, as in Keras; with `count_include_pad` it is the window's
//! size, as PyTorch does by default.

mod cases;
mod twin;

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::target::Target;
use crate::window::{Placed, lanes};
use crate::{Array, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, Window};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "avg_pool2d", summary: "mean under a window", cases: cases::all };

const DIVISOR: &str = include_str!("divisor.wgsl");
const FORWARD: Elementwise =
    Elementwise { name: "avg_pool2d/forward", source: include_str!("forward.wgsl"), per_step: false, includes: &[] };
const BACKWARD: Elementwise =
    Elementwise { name: "avg_pool2d/backward", source: include_str!("backward.wgsl"), per_step: false, includes: &[] };

/// A side of a window that is allowed on any image. With padding larger ones would be, too, and each output looks at every place of its
/// window; one of twice the image's size holds all of it wherever it lies.
const SMALL: usize = 64;

/// `[n, h, w, c]` to `[n, oh, ow, c]`: the mean under each window, as `torch.nn.AvgPool2d`.
#[derive(Clone, Debug)]
pub struct AvgPool2d {
    /// Kernel, stride, dilation and padding.
    pub window: Window,
    /// Whether padding counts in the divisor.
    pub count_include_pad: bool,
}

impl AvgPool2d {
    fn place(&self, input: &Shape) -> Result<(Placed, Shape), ShapeError> {
        let [n, h, w, c] = input.nhwc()?;
        let [kh, kw] = self.window.kernel;
        if kh > (2 * h).max(SMALL) || kw > (2 * w).max(SMALL) {
            let problem = format!("its {kh}x{kw} window is more than twice as large as the image, {h}x{w}");
            return Err(ShapeError::new(problem).hint("a smaller window, or global_avg_pool"));
        }
        let placed = self.window.place([h, w])?;
        let empty =
            |a: usize| (0..placed.output[a]).any(|o| (0..placed.kernel[a]).all(|k| placed.source(a, o, k).is_none()));
        if empty(0) || empty(1) {
            return Err(ShapeError::new("some window lies wholly in the padding, where there is no mean")
                .hint("padding smaller than the kernel"));
        }
        Ok((placed, Shape::new(&[n, placed.output[0], placed.output[1], c])))
    }

    fn launch(
        &self,
        kernel: Elementwise,
        target: &Target,
        elements: usize,
        inputs: &[Shape],
        ends: [Operand; 2],
    ) -> Lowered {
        let (placed, _) = self.place(&inputs[0]).expect("shapes were checked");
        let channels = inputs[0].sizes()[3];
        let (lanes, [lanes_text, window]) = lanes(channels);
        let mut constants = placed.constants(channels);
        constants.push(("INCLUDE_PAD", self.count_include_pad.into()));
        // each window of backward counts its own pixels, one axis at a time
        let [kh, kw] = placed.kernel;
        let iterations = kh * kw * (1 + kh + kw) + kh;
        let includes = [lanes_text, window, DIVISOR];
        let kernel = Elementwise { includes: &includes, ..kernel };
        let bindings = [read(ends[0]), write(ends[1])];
        kernel.launch(target.precision, elements / lanes, iterations, &constants, &bindings).into()
    }
}

impl Op for AvgPool2d {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        self.window.to_string()
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![self.place(&inputs[0])?.1])
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let (_, output) = self.place(&inputs[0]).expect("shapes were checked");
        self.launch(FORWARD, target, output.count(), inputs, [Operand::X(0), Operand::Y(0)])
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if !wanted[0] {
            return Lowered::default();
        }
        self.launch(BACKWARD, target, inputs[0].count(), inputs, [Operand::Dy(0), Operand::Dx(0)])
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        vec![twin::forward(self, &inputs[0])]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        vec![Some(twin::backward(self, &inputs[0], dy))]
    }
}
