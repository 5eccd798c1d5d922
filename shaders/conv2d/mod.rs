//! 2-D convolution (cross-correlation, as in every framework) with stride, zero padding, dilation, groups and bias.
//!
//! Inputs: images `[n, h, w, c_in]`, filters `[kh, kw, c_in / groups, c_out]`, bias `[c_out]` if there is one.
//! Output `[n, oh, ow, c_out]`.
//!
//! A filter for each channel has kernels of its own (`depthwise`); everything else is a matrix product (`gemm`).

mod cases;
mod twin;

use crate::depthwise;
use crate::dtype::Dtype;
use crate::gemm::{self, Conv, INPUT, Layer, Relu, WEIGHT};
use crate::target::Target;
use crate::{Array, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, Window};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry {
    name: "conv2d",
    summary: "convolution with stride, padding, dilation, groups, bias, optional ReLU",
    cases: cases::all,
};

/// `[n, h, w, c_in]` to `[n, oh, ow, c_out]`, as `torch.nn.Conv2d`.
#[derive(Clone, Debug)]
pub struct Conv2d {
    /// Kernel, stride, dilation and padding; the kernel is the filters' own.
    pub window: Window,
    /// Groups of channels that see only each other.
    pub groups: usize,
    /// The ReLU that follows in the same kernel.
    pub relu: Relu,
    /// Whether the gradient of its input is 0 where the input is not positive.
    pub masked: bool,
}

impl Conv2d {
    /// A convolution in one group, with nothing after it.
    pub fn new(window: Window) -> Self {
        Conv2d { window, groups: 1, relu: Relu::None, masked: false }
    }

    fn conv(&self, inputs: &[Shape]) -> Conv {
        Conv::new(&self.window, self.groups, &inputs[INPUT], &inputs[WEIGHT]).expect("shapes were checked")
    }

    fn layer(&self, inputs: &[Shape]) -> Layer {
        Layer { bias: inputs.len() == 3, relu: self.relu, masked: self.masked }
    }
}

impl Op for Conv2d {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        let mut text = self.window.to_string();
        if self.groups > 1 {
            text += &format!(" groups {}", self.groups);
        }
        if self.relu != Relu::None {
            text += &format!(" + {}", self.relu.name());
        }
        if self.masked { text + ", masked gradient" } else { text }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let conv = Conv::new(&self.window, self.groups, &inputs[INPUT], &inputs[WEIGHT])?;
        Ok(vec![Shape::new(&[conv.n, conv.placed.output[0], conv.placed.output[1], conv.c_out])])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        if input == 2 { Dtype::F32 } else { Dtype::Real }
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let (conv, layer) = (self.conv(inputs), self.layer(inputs));
        if depthwise::suits(&conv) {
            depthwise::forward(&conv, depthwise::Ends::forward(layer), target).into()
        } else {
            gemm::forward(&conv, layer, target)
        }
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        let (conv, layer) = (self.conv(inputs), self.layer(inputs));
        if depthwise::suits(&conv) {
            depthwise::backward(&conv, layer, wanted, target)
        } else {
            gemm::backward(&conv, layer, wanted, target)
        }
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        vec![twin::forward(self, inputs)]
    }

    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        twin::backward(self, inputs, &outputs[0], dy).into_iter().map(Some).collect()
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        let conv = self.conv(inputs);
        let [kh, kw, c_group, c_out] = conv.weight();
        (conv.n * conv.placed.output[0] * conv.placed.output[1]) as u64 * (kh * kw * c_group * c_out) as u64
    }
}
