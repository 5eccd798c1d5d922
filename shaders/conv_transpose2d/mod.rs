//! 2-D transposed convolution (PyTorch's `ConvTranspose2d`, Keras' `Conv2DTranspose`): every pixel of the input adds its
//! filter to the output, a stride apart.
//!
//! Inputs: images `[n, h, w, c_in]`, filters `[kh, kw, c_out / groups, c_in]`, bias `[c_out]` if there is one.
//! Output `[n, oh, ow, c_out]` with `oh = (h - 1) · stride - padding + dilation · (kh - 1) + 1 + output_padding`.
//!
//! The filters are those of the convolution that goes the other way, from `[n, oh, ow, c_out]` to `[n, h, w, c_in]`: its
//! products, or its depthwise kernels, with their roles exchanged are all that runs, beside the sum that is the bias's
//! gradient.

mod cases;
mod twin;

use crate::channels::lanes;
use crate::depthwise::{self, Ends};
use crate::dispatch::{Dispatch, Elementwise, Operand, WORKGROUP, read, write};
use crate::dtype::Dtype;
use crate::gemm::{self, BIAS, Conv, INPUT, Layer, Relu, WEIGHT, masked_dy};
use crate::target::Target;
use crate::window::Placed;
use crate::{Array, Entry, Lowered, Mode, Op, Padding, Shape, ShapeError, Step, Window};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry {
    name: "conv_transpose2d",
    summary: "transposed convolution with stride, padding, dilation, groups, bias, optional ReLU",
    cases: cases::all,
};

const GRAD_BIAS: Elementwise = Elementwise {
    name: "conv_transpose2d/grad_bias",
    source: include_str!("grad_bias.wgsl"),
    per_step: false,
    includes: &[],
};
/// Runs of channels and parts of a workgroup, as in `grad_bias.wgsl`.
const WIDTH: usize = 8;
const PARTS: usize = WORKGROUP as usize / WIDTH;

/// `[n, h, w, c_in]` to `[n, oh, ow, c_out]`, as `torch.nn.ConvTranspose2d`.
#[derive(Clone, Debug)]
pub struct ConvTranspose2d {
    /// The window. Its padding is taken away from the output; with `Same` the output is the input times the stride.
    pub window: Window,
    /// Rows and columns added at the bottom and on the right of the output, of those that several sizes of it would share.
    pub output_padding: [usize; 2],
    /// Groups of channels that see only each other.
    pub groups: usize,
    /// The ReLU that follows in the same kernel.
    pub relu: Relu,
    /// Whether the gradient of its input is 0 where the input is not positive.
    pub masked: bool,
}

impl ConvTranspose2d {
    /// Where the window of the other convolution falls on an image as large as the output.
    ///
    /// # Errors
    /// If a size is zero, or the padding leaves nothing.
    pub fn place(&self, size: [usize; 2]) -> Result<Placed, ShapeError> {
        let Window { kernel, stride, dilation, padding } = self.window;
        if (0..2).any(|a| kernel[a] == 0 || stride[a] == 0 || dilation[a] == 0) {
            return Err(ShapeError::new(format!(
                "kernel {kernel:?}, stride {stride:?} and dilation {dilation:?} must all be at least 1"
            )));
        }
        if padding == Padding::Same && self.output_padding != [0, 0] {
            return Err(ShapeError::new(
                "padding = \"same\" already fixes the output size, so output_padding cannot be set",
            )
            .hint("remove output_padding"));
        }
        let mut placed = Placed { input: [0; 2], output: size, kernel, stride, dilation, before: [0; 2] };
        for axis in 0..2 {
            let (step, more) = (stride[axis], self.output_padding[axis]);
            if more > 0 && more >= step.max(dilation[axis]) {
                return Err(ShapeError::new(format!(
                    "output_padding {more} must be smaller than the stride {step} or the dilation {}",
                    dilation[axis]
                ))
                .hint("output_padding = 0 or 1"));
            }
            let reach = dilation[axis] * (kernel[axis] - 1) + 1;
            let full = (size[axis].max(1) - 1) * step + reach;
            let (start, output) = match padding {
                Padding::Valid => (0, Some(full + more)),
                Padding::Same => (reach.saturating_sub(step) / 2, Some(size[axis] * step)),
                Padding::Explicit { top, bottom, left, right } => {
                    let [start, end] = [[top, bottom], [left, right]][axis];
                    (start, (full + more).checked_sub(start + end))
                }
            };
            placed.before[axis] = start;
            placed.input[axis] = output.filter(|&size| size > 0).ok_or_else(|| {
                ShapeError::new(format!("its padding crops all {} pixels of an axis of the output", full + more))
                    .hint("a smaller padding")
            })?;
        }
        Ok(placed)
    }

    /// The convolution that goes the other way.
    fn conv(&self, inputs: &[Shape]) -> Result<Conv, ShapeError> {
        let [n, h, w, c_in] = inputs[INPUT].nhwc()?;
        let [.., per_out, columns] = inputs[WEIGHT].nhwc()?;
        if self.groups == 0 || c_in % self.groups != 0 {
            return Err(ShapeError::new(format!("groups = {} does not divide its {c_in} input channels", self.groups))
                .hint("a number of groups that divides both input channels and filters"));
        }
        if columns != c_in {
            return Err(ShapeError::new(format!("its filters take {columns} channels, but its input has {c_in}")));
        }
        Ok(Conv { n, placed: self.place([h, w])?, c_in: per_out * self.groups, c_out: c_in, groups: self.groups })
    }

    fn layer(&self, inputs: &[Shape]) -> Layer {
        Layer { bias: inputs.len() == 3, relu: self.relu, masked: self.masked }
    }
}

/// The sum of `dy` over `pixels` of `channels`, in as many slabs as the filters' gradient has.
fn grad_bias(pixels: usize, channels: usize, slabs: usize, dy: Operand, target: &Target) -> Dispatch {
    let (lanes, text) = lanes(channels);
    let slab = pixels.div_ceil(slabs);
    let constants = [("C", channels.into()), ("PIXELS", pixels.into()), ("SLAB", slab.into())];
    let threads = slabs * (channels / lanes).div_ceil(WIDTH) * WORKGROUP as usize;
    let kernel = Elementwise { includes: &[text], ..GRAD_BIAS };
    let bindings = [read(dy), write(Operand::Dx(BIAS))];
    kernel.launch(target.precision, threads, slab.div_ceil(PARTS) + PARTS, &constants, &bindings)
}

impl Op for ConvTranspose2d {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        let mut text = self.window.to_string();
        if self.output_padding != [0, 0] {
            text += &format!(" output padding {}x{}", self.output_padding[0], self.output_padding[1]);
        }
        if self.groups > 1 {
            text += &format!(" groups {}", self.groups);
        }
        if self.relu != Relu::None {
            text += &format!(" + {}", self.relu.name());
        }
        if self.masked { text + ", masked gradient" } else { text }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let Conv { n, placed, c_in, .. } = self.conv(inputs)?;
        Ok(vec![Shape::new(&[n, placed.input[0], placed.input[1], c_in])])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        if input == 2 { Dtype::F32 } else { Dtype::Real }
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let (conv, layer) = (self.conv(inputs).expect("shapes were checked"), self.layer(inputs));
        if depthwise::suits(&conv) {
            depthwise::grad_input(&conv, Ends::forward(layer), target).into()
        } else {
            gemm::transposed_forward(&conv, layer, target)
        }
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        let conv = self.conv(inputs).expect("shapes were checked");
        let each = depthwise::suits(&conv);
        let pixels = conv.n * conv.placed.input[0] * conv.placed.input[1];
        let mut lowered = Lowered::default();
        let dy = masked_dy(pixels * conv.c_in, self.relu, target, &mut lowered);
        if wanted[0] {
            if each {
                lowered.dispatches.push(depthwise::forward(&conv, Ends::grad_input(dy, self.masked), target));
            } else {
                gemm::transposed_grad_input(&conv, self.masked, dy, target, &mut lowered);
            }
        }
        let (slabs, grad_weight) = if each {
            depthwise::transposed_grad_weight(&conv, dy, target)
        } else {
            gemm::transposed_grad_weight(&conv, dy, target)
        };
        // all parameters of an op have as many slabs
        lowered.gradient_slabs = slabs;
        if wanted[1] {
            lowered.dispatches.push(grad_weight);
        }
        if inputs.len() == 3 && wanted[2] {
            lowered.dispatches.push(grad_bias(pixels, conv.c_in, slabs, dy, target));
        }
        lowered
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
        let conv = self.conv(inputs).expect("shapes were checked");
        let [kh, kw, per_out, c_in] = conv.weight();
        (conv.n * conv.placed.output[0] * conv.placed.output[1]) as u64 * (kh * kw * per_out * c_in) as u64
    }
}
