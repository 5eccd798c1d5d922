//! A convolution as three matrix products.

use super::phase::{self, Phase};
use crate::dtype::Precision;
use crate::rectifier::Rectifier;
use crate::tuning::ProductKey;
use crate::window::{Placed, Window};
use crate::{Shape, ShapeError};

/// A 2-D convolution with its sizes; a linear layer is one with a 1×1 kernel on 1×1 images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Images in the batch.
    pub n: usize,
    /// Where the window falls.
    pub placed: Placed,
    /// Channels of x, over all groups.
    pub c_in: usize,
    /// Channels of y, over all groups.
    pub c_out: usize,
    /// Groups of channels that see only each other.
    pub groups: usize,
}

impl Conv {
    /// The convolution of `x [n, h, w, c_in]` with `weight [kh, kw, c_in / groups, c_out]`.
    ///
    /// # Errors
    /// If the window does not fit or the channels do not divide.
    pub fn new(window: &Window, groups: usize, x: &Shape, weight: &Shape) -> Result<Self, ShapeError> {
        let [n, h, w, c_in] = x.nhwc()?;
        let [.., c_group, c_out] = weight.nhwc()?;
        if groups == 0 || c_in % groups != 0 || c_out % groups != 0 {
            return Err(ShapeError::new(format!(
                "groups = {groups} does not divide its {c_in} input channels and {c_out} filters"
            ))
            .hint("a number of groups that divides both"));
        }
        if c_group * groups != c_in {
            return Err(ShapeError::new(format!(
                "its filters have {c_group} channels, but each of the {groups} group(s) of its {c_in} input channels has {}",
                c_in / groups
            )));
        }
        Ok(Conv { n, placed: window.place([h, w])?, c_in, c_out, groups })
    }

    /// The product `x [n, c_in] · weight [c_in, c_out]`.
    pub fn linear(n: usize, c_in: usize, c_out: usize) -> Self {
        let placed = Window::new([1, 1], [1, 1]).place([1, 1]).expect("a 1x1 window fits a 1x1 image");
        Conv { n, placed, c_in, c_out, groups: 1 }
    }

    /// The same work as a linear layer over pixels, where the kernel is 1×1 and walks every pixel.
    fn simplified(&self) -> Conv {
        let Placed { input, output, kernel, stride, before, .. } = self.placed;
        let pointwise = kernel == [1, 1] && stride == [1, 1] && before == [0, 0] && input == output;
        if pointwise && self.groups == 1 {
            return Conv::linear(self.n * input[0] * input[1], self.c_in, self.c_out);
        }
        self.clone()
    }

    /// Number of taps.
    pub fn taps(&self) -> usize {
        self.placed.kernel[0] * self.placed.kernel[1]
    }

    /// Shape of the filters.
    pub fn weight(&self) -> [usize; 4] {
        [self.placed.kernel[0], self.placed.kernel[1], self.c_in / self.groups, self.c_out]
    }
}

/// The three products of a convolution: its output and its two gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `y` from `x` and the filters.
    Forward,
    /// `dx` from `dy` and the filters.
    GradInput,
    /// The filters' gradient from `x` and `dy`.
    GradWeight,
}

impl Direction {
    /// Its name in shaders and plans.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Forward => "forward",
            Direction::GradInput => "grad_input",
            Direction::GradWeight => "grad_weight",
        }
    }
}

/// One of a convolution's matrix products, with what happens at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// What is computed from what.
    pub direction: Direction,
    /// Sizes of the convolution that it is a product of.
    pub conv: Conv,
    /// GradWeight: the bias's gradient is summed on the way. Otherwise: a bias is added; of an input gradient only where
    /// that is a transposed convolution's output.
    pub bias: bool,
    /// What follows.
    pub rectifier: Rectifier,
    /// The result is 0 where the layer's input is not positive, since that came out of a ReLU.
    pub masked: bool,
    /// How operands are stored.
    pub precision: Precision,
}

impl Product {
    /// A product of `conv`, simplified where that is the same work.
    pub fn new(direction: Direction, conv: &Conv, precision: Precision) -> Self {
        Product {
            direction,
            conv: conv.simplified(),
            bias: false,
            rectifier: Rectifier::None,
            masked: false,
            precision,
        }
    }

    /// The phases of a strided input gradient; none for anything else.
    pub(super) fn phases(&self) -> Vec<Phase> {
        if self.direction == Direction::GradInput { phase::phases(&self.conv) } else { Vec::new() }
    }

    /// Rows and depth of a phase's product.
    pub(super) fn phase_sizes(&self, phase: &Phase) -> [usize; 2] {
        let per_out = self.conv.c_out / self.conv.groups;
        [self.conv.n * phase.count[0] * phase.count[1], phase.taps[0] * phase.taps[1] * per_out]
    }

    /// Rows of K: one number, or that of each phase.
    pub(super) fn depths(&self) -> Vec<usize> {
        let phases = self.phases();
        if phases.is_empty() { vec![self.sizes()[2]] } else { phases.iter().map(|p| self.phase_sizes(p)[1]).collect() }
    }

    /// What tells this product from others in a table of tiles: everything that decides how fast a tile is.
    pub fn key(&self) -> ProductKey {
        let [m, n, k] = self.sizes();
        let Placed { kernel, stride, .. } = self.conv.placed;
        let [kh, kw, sh, sw] = [kernel[0], kernel[1], stride[0], stride[1]];
        let groups = self.conv.groups;
        ProductKey::new(format!(
            "{} {m}x{n}x{k} kernel {kh}x{kw} stride {sh}x{sw} groups {groups} {}",
            self.direction.name(),
            self.precision
        ))
    }

    /// `[M, N, K]` of one group; of a product with phases, K is that of the deepest.
    pub fn sizes(&self) -> [usize; 3] {
        let Conv { n, placed, c_in, c_out, groups } = &self.conv;
        let (per_in, per_out) = (c_in / groups, c_out / groups);
        let taps = self.conv.taps();
        let pixels = |size: [usize; 2]| n * size[0] * size[1];
        match self.direction {
            Direction::Forward => [pixels(placed.output), per_out, taps * per_in],
            Direction::GradInput => {
                let deepest = self.phases().iter().map(|p| p.taps[0] * p.taps[1]).max();
                [pixels(placed.input), per_in, deepest.unwrap_or(taps) * per_out]
            }
            Direction::GradWeight => [taps * per_in, per_out, pixels(placed.output)],
        }
    }

    /// Multiply-adds over all groups.
    pub fn multiply_adds(&self) -> u64 {
        let phases = self.phases();
        let [m, n, k] = self.sizes();
        let one_group: u64 = if phases.is_empty() {
            m as u64 * k as u64
        } else {
            phases.iter().map(|p| self.phase_sizes(p)).map(|[rows, depth]| rows as u64 * depth as u64).sum()
        };
        one_group * (n * self.conv.groups) as u64
    }

    /// Words of the result, and of the bias's gradient.
    pub fn result_words(&self) -> [usize; 2] {
        let [m, n, _] = self.sizes();
        [m * n * self.conv.groups, self.conv.c_out]
    }
}
