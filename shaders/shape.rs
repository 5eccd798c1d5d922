//! Shapes and the only shape arithmetic of the project.

use std::fmt;

/// The sizes of a tensor, outermost first.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// A shape of these sizes.
    pub fn new(sizes: &[usize]) -> Self {
        Shape(sizes.to_vec())
    }

    /// Its sizes.
    pub fn sizes(&self) -> &[usize] {
        &self.0
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// Number of elements.
    pub fn count(&self) -> usize {
        self.0.iter().product()
    }

    /// Checks that kernels, which count in 32 bits, can address every element.
    ///
    /// # Errors
    /// With both numbers.
    pub fn check_size(&self) -> Result<(), ShapeError> {
        let most = u64::from(u32::MAX);
        let count = self.0.iter().try_fold(1u64, |count, &size| count.checked_mul(size as u64));
        match count {
            Some(count) if count <= most => Ok(()),
            _ => Err(ShapeError::new(format!("a tensor {self} has more than {most} elements"))
                .hint("a smaller batch, smaller images, or fewer filters or units")),
        }
    }

    /// `[n, h, w, c]`, or why it is not.
    pub fn nhwc(&self) -> Result<[usize; 4], ShapeError> {
        <[usize; 4]>::try_from(self.0.as_slice()).map_err(|_| {
            ShapeError::new(format!("it needs images [n, h, w, c], and its input is {self}"))
                .hint("put it before flatten, or give the model an image input")
        })
    }

    /// `[n, features]`, or why it is not.
    pub fn matrix(&self) -> Result<[usize; 2], ShapeError> {
        <[usize; 2]>::try_from(self.0.as_slice()).map_err(|_| {
            ShapeError::new(format!("it needs a matrix [n, features], and its input is {self}"))
                .hint("put a flatten or global_avg_pool layer before it")
        })
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.0.iter().map(usize::to_string).collect();
        write!(f, "[{}]", sizes.join(", "))
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl From<&[usize]> for Shape {
    fn from(sizes: &[usize]) -> Self {
        Shape::new(sizes)
    }
}

/// Why an op cannot run on these shapes. The planner adds the layer's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}{}", hint.as_ref().map(|h| format!("\n  try: {h}")).unwrap_or_default())]
pub struct ShapeError {
    /// What is wrong, with both numbers.
    pub problem: String,
    /// A way out.
    pub hint: Option<String>,
}

impl ShapeError {
    /// An error with no hint yet.
    pub fn new(problem: impl Into<String>) -> Self {
        ShapeError { problem: problem.into(), hint: None }
    }

    /// Adds a way out.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
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
        /// Rows above.
        top: usize,
        /// Rows below.
        bottom: usize,
        /// Columns on the left.
        left: usize,
        /// Columns on the right.
        right: usize,
    },
}

/// A window that slides over an image; `[height, width]` everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Kernel size.
    pub kernel: [usize; 2],
    /// Step between places.
    pub stride: [usize; 2],
    /// Distance between taps.
    pub dilation: [usize; 2],
    /// Zero padding.
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

impl Placed {
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
