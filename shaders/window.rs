//! Windows that slide over images: their options, where they fall, and what kernels under them share.

use std::fmt;

use crate::dispatch::Constant;
use crate::target::Target;
use crate::{ShapeError, channels, source};

/// How many channels one thread of a window's kernel handles, and the shared texts that it includes.
pub(crate) fn lanes(channels: usize) -> (usize, [&'static str; 2]) {
    let (lanes, text) = channels::lanes(channels);
    (lanes, [text, source::WINDOW])
}

/// The same for kernels that read and write runs through `unpacked` and `packed`.
pub(crate) fn packed_lanes(channels: usize, target: &Target) -> (usize, [&'static str; 2]) {
    let (lanes, text) = channels::packed_lanes(channels, target);
    (lanes, [text, source::WINDOW])
}

/// Zero padding of a window op.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Padding {
    /// None: the window stays inside.
    #[default]
    Valid,
    /// As much as makes the output `ceil(input / stride)`; an odd total has its extra pixel at the bottom and right, as
    /// in TensorFlow.
    Same,
    /// Rows and columns added on each side.
    Explicit {
        /// Rows added above the image.
        top: usize,
        /// Rows added below it.
        bottom: usize,
        /// Columns added on its left.
        left: usize,
        /// Columns added on its right.
        right: usize,
    },
}

/// A window that slides over an image; `[height, width]` everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Size of the window, in taps.
    pub kernel: [usize; 2],
    /// Pixels from one place to the next.
    pub stride: [usize; 2],
    /// Pixels from one tap to the next.
    pub dilation: [usize; 2],
    /// What is added around the image; it counts as 0, and in max pooling never wins.
    pub padding: Padding,
}

/// Where a window falls on an image of a given size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Placed {
    /// Input size `[h, w]`.
    pub input: [usize; 2],
    /// Output size `[oh, ow]`.
    pub output: [usize; 2],
    /// Kernel size `[kh, kw]`.
    pub kernel: [usize; 2],
    /// Stride `[sh, sw]`.
    pub stride: [usize; 2],
    /// Dilation `[dh, dw]`.
    pub dilation: [usize; 2],
    /// Padding before the image `[top, left]`.
    pub before: [usize; 2],
}

impl Window {
    /// A window of this size and stride, undilated and unpadded.
    pub fn new(kernel: [usize; 2], stride: [usize; 2]) -> Self {
        Window { kernel, stride, dilation: [1, 1], padding: Padding::Valid }
    }

    /// Places the window on an image of `input = [h, w]`.
    ///
    /// # Errors
    /// If a size is zero or the window does not fit the padded image.
    pub fn place(&self, input: [usize; 2]) -> Result<Placed, ShapeError> {
        let mut output = [0; 2];
        let mut before = [0; 2];
        for axis in 0..2 {
            let (kernel, stride, dilation) = (self.kernel[axis], self.stride[axis], self.dilation[axis]);
            if kernel == 0 || stride == 0 || dilation == 0 {
                return Err(ShapeError::new(format!(
                    "kernel {}x{}, stride {}x{} and dilation {}x{} must all be at least 1",
                    self.kernel[0], self.kernel[1], self.stride[0], self.stride[1], self.dilation[0], self.dilation[1]
                )));
            }
            let reach = dilation * (kernel - 1) + 1;
            let (start, end) = match self.padding {
                Padding::Valid => (0, 0),
                Padding::Same => {
                    let places = input[axis].div_ceil(stride);
                    let total = ((places.max(1) - 1) * stride + reach).saturating_sub(input[axis]);
                    (total / 2, total - total / 2)
                }
                Padding::Explicit { top, bottom, left, right } => [(top, bottom), (left, right)][axis],
            };
            let room = input[axis] + start + end;
            if input[axis] == 0 || room < reach {
                return Err(self.too_large(input));
            }
            output[axis] = (room - reach) / stride + 1;
            before[axis] = start;
        }
        let Window { kernel, stride, dilation, .. } = *self;
        Ok(Placed { input, output, kernel, stride, dilation, before })
    }

    fn too_large(&self, input: [usize; 2]) -> ShapeError {
        let reach: Vec<usize> = (0..2).map(|a| self.dilation[a] * (self.kernel[a] - 1) + 1).collect();
        let dilated =
            if self.dilation == [1, 1] { String::new() } else { format!(" ({}x{} with dilation)", reach[0], reach[1]) };
        ShapeError::new(format!(
            "its {}x{} kernel{dilated} is larger than its {}x{} input",
            self.kernel[0], self.kernel[1], input[0], input[1]
        ))
        .hint("padding = \"same\", a smaller kernel, or fewer pooling layers before it")
    }
}

impl fmt::Display for Window {
    /// What summaries and plans say of it: `2x2 stride 2x2`, with dilation and padding where it has them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Window { kernel, stride, dilation, padding } = self;
        write!(f, "{}x{}", kernel[0], kernel[1])?;
        if stride != &[1, 1] {
            write!(f, " stride {}x{}", stride[0], stride[1])?;
        }
        if dilation != &[1, 1] {
            write!(f, " dilation {}x{}", dilation[0], dilation[1])?;
        }
        match padding {
            Padding::Valid => Ok(()),
            Padding::Same => write!(f, " same"),
            Padding::Explicit { top, bottom, left, right } => write!(f, " padding {top},{bottom},{left},{right}"),
        }
    }
}

impl Placed {
    /// The constants that place a window, as `common/window.wgsl` names them.
    pub(crate) fn constants(&self, channels: usize) -> Vec<(&'static str, Constant)> {
        let Placed { input, output, kernel, stride, dilation, before } = *self;
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

    /// Whether some window reaches outside the image.
    pub fn reaches_outside(&self) -> bool {
        (0..2).any(|a| {
            let last = (self.output[a] - 1) * self.stride[a] + self.dilation[a] * (self.kernel[a] - 1);
            self.before[a] > 0 || last >= self.input[a] + self.before[a]
        })
    }

    /// The input position along `axis` under tap `k` of the window at `o`, if it is inside the image.
    pub fn source(&self, axis: usize, o: usize, k: usize) -> Option<usize> {
        (o * self.stride[axis] + k * self.dilation[axis])
            .checked_sub(self.before[axis])
            .filter(|&i| i < self.input[axis])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_usual_formula() {
        let window = Window { kernel: [3, 2], stride: [2, 1], dilation: [1, 2], padding: Padding::Valid };
        assert_eq!(window.place([8, 5]).unwrap().output, [3, 3]);
        let same = Window { padding: Padding::Same, ..window };
        let placed = same.place([8, 5]).unwrap();
        assert_eq!((placed.output, placed.before), ([4, 5], [0, 1]));
        let padding = Padding::Explicit { top: 1, bottom: 2, left: 0, right: 3 };
        assert_eq!(Window { padding, ..window }.place([8, 5]).unwrap().output, [5, 6]);
    }

    #[test]
    fn a_kernel_larger_than_its_input_is_an_error_with_both_sizes() {
        let error = Window::new([5, 5], [1, 1]).place([3, 4]).unwrap_err().to_string();
        assert!(error.contains("5x5 kernel is larger than its 3x4 input"), "{error}");
    }
}
