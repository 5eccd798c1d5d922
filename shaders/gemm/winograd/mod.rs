//! Winograd's convolution along rows, for software adapters: fewer multiplications, each still in f32.
//!
//! Along x a filter of three taps is a short convolution ([`Short`]) of tiles of a row. In its frequencies a convolution is one
//! of as many groups, one to a frequency, whose kernel is a line: [`gemm`](super) computes it in all three directions
//! as any other. Before and after it stand transforms, products with small constant matrices (`gather.wgsl.j2`,
//! `scatter.wgsl.j2`). The gradients are those of this chain, so that they share its tiles:
//!
//! | | from | through | to |
//! |---|---|---|---|
//! | forward | `Bᵀ x`, `G w` | forward | `y = Aᵀ ·` |
//! | grad_input | `A dy`, `G w` | grad_input | `dx = B ·` |
//! | grad_weight | `Bᵀ x`, `A dy` | grad_weight | `dw = Gᵀ ·` |
//!
//! Tiles along y too would halve the multiplications again, but what their transforms read and write costs a software adapter
//! more than that. On GPUs transforms are expected to cost more than they save.

mod rows;
mod transform;

use self::rows::{Ends, Rows};
use self::transform::{SHORT, Short};
use super::layer::{BIAS, INPUT, Layer, WEIGHT};
use super::{Conv, Direction, Family, Operands, Product, launch, slabs};
use crate::Lowered;
use crate::dispatch::{Dispatch, Operand};
use crate::dtype::Precision;
use crate::target::Target;
use crate::window::Placed;

/// Channels on either side from which the multiplications that are saved are more than the transforms add.
const LEAST_CHANNELS: usize = 16;
/// Rows of K that one slab of a weight gradient sums at the most: a tile stands for several pixels, and the transforms
/// magnify what a long sum rounds.
const LONGEST_SLAB: usize = 2048;
/// Words of a scratch tensor at the most: what every adapter can bind.
const MOST_WORDS: usize = 1 << 25;

/// A convolution in frequencies.
pub(super) struct Winograd<'a> {
    short: &'static Short,
    whole: &'a Conv,
    /// The convolution of the frequencies, a group to each.
    inner: Conv,
    tiles: usize,
    target: &'a Target,
    /// Whether two floats may be loaded as one 64-bit integer.
    wide: bool,
}

impl<'a> Winograd<'a> {
    /// How `conv` is computed in frequencies; `None` where that saves nothing on `target`.
    pub fn of(conv: &'a Conv, target: &'a Target) -> Option<Self> {
        let (Family::Lane(lanes), Precision::F32) = (target.family, target.precision) else { return None };
        let Placed { input, output, kernel, stride, dilation, before } = conv.placed;
        let slides = stride[1] == 1 && dilation[1] == 1 && conv.groups == 1;
        let tiles = |short: &Short| output[1].div_ceil(short.outputs);
        let multiplications = |short: &Short| tiles(short) * short.frequencies();
        let depth = kernel[0] * conv.c_in.max(conv.c_out);
        let fitting = SHORT.iter().filter(|short| short.taps == kernel[1] && depth <= short.deepest);
        let short = fitting.min_by_key(|short| multiplications(short))?;
        let pays = 4 * multiplications(short) <= 3 * kernel[1] * output[1];
        if !slides || !pays || conv.c_in.min(conv.c_out) < LEAST_CHANNELS {
            return None;
        }
        let (tiles, groups) = (tiles(short), short.frequencies());
        // what goes along y becomes a row, which products walk in one run
        let column = |size: [usize; 2], x: usize| [x, size[0]];
        let placed = Placed {
            input: column(input, tiles),
            output: column(output, tiles),
            kernel: column(kernel, 1),
            stride: column(stride, 1),
            dilation: column(dilation, 1),
            before: column(before, 0),
        };
        let inner = Conv { n: conv.n, placed, c_in: groups * conv.c_in, c_out: groups * conv.c_out, groups };
        let winograd = Winograd { short, whole: conv, inner, tiles, target, wide: lanes.wide };
        let most = winograd.pixel_words().max(winograd.output_words());
        (most <= MOST_WORDS).then_some(winograd)
    }

    fn product(&self, direction: Direction) -> Product {
        Product::new(direction, &self.inner, Precision::F32)
    }

    /// The launch of `product`, one of the frequencies. It counts the multiply-adds of the convolution that it stands for, as is
    /// usual, so that rates of programs and of their versions can be compared.
    fn launch(&self, product: &Product, operands: Operands, slabs: usize) -> Dispatch {
        let stands_for = Product::new(product.direction, self.whole, Precision::F32);
        Dispatch { multiply_adds: stands_for.multiply_adds(), ..launch(product, self.target, operands, slabs) }
    }

    fn pixel_words(&self) -> usize {
        self.product(Direction::GradInput).result_words()[0]
    }

    fn output_words(&self) -> usize {
        self.product(Direction::Forward).result_words()[0]
    }

    /// The rows of images of a size, the ones that are read or the ones that are written, under the tiles.
    fn image(&self, size: [usize; 2], channels: usize, before: usize) -> Rows {
        let (images, tiles, wide) = (self.whole.n, self.tiles, self.wide);
        Rows { images, size, tiles, before, channels, inner: channels, wide }
    }

    fn input(&self) -> Rows {
        let Placed { input, before, .. } = self.whole.placed;
        self.image(input, self.whole.c_in, before[1])
    }

    fn output(&self) -> Rows {
        self.image(self.whole.placed.output, self.whole.c_out, 0)
    }

    /// The rows of filters, or of slabs of their gradient: a row is a tile.
    fn filter(&self, slabs: usize) -> Rows {
        let [height, width, c_in, inner] = self.whole.weight();
        let (size, channels) = ([height, width], c_in * inner);
        Rows { images: slabs, size, tiles: 1, before: 0, channels, inner, wide: self.wide }
    }

    /// Slabs of the bias's gradient as images of one pixel.
    fn bias(&self, slabs: usize) -> Rows {
        let channels = self.whole.c_out;
        Rows { images: slabs, size: [1, 1], tiles: 1, before: 0, channels, inner: channels, wide: self.wide }
    }

    /// `Y(0)` from the images, the filters and the bias.
    pub fn forward(&self, layer: Layer) -> Lowered {
        let mut lowered = Lowered::default();
        let (a, b) = (self.pixels(&mut lowered), self.filters(&mut lowered));
        let c = scratch(&mut lowered, self.output_words());
        let product = self.product(Direction::Forward);
        lowered.dispatches.push(self.launch(&product, Operands { a, b, c, extra: None }, 1));
        let (matrix, step) = (self.short.outputs().transposed(), self.short.outputs);
        let (bias, rectifier) = (layer.bias.then_some(Operand::X(BIAS)), layer.relu.forward());
        let ends = Ends { bias, rectifier, positive: None };
        lowered.dispatches.push(self.output().scatter("winograd/outputs", &matrix, step, [c, Operand::Y(0)], ends));
        lowered
    }

    /// The gradients of the wanted inputs from `dy`, after what `lowered` does already.
    pub fn backward(&self, layer: Layer, wanted: &[bool], dy: Operand, lowered: &mut Lowered) {
        let dy = self.grad_outputs(dy, lowered);
        if wanted[0] {
            self.grad_input(layer.masked, dy, lowered);
        }
        if wanted[1] || (layer.bias && wanted[2]) {
            self.grad_weight(layer.bias, dy, lowered);
        }
    }

    fn grad_input(&self, masked: bool, dy: Operand, lowered: &mut Lowered) {
        let b = self.filters(lowered);
        let c = scratch(lowered, self.pixel_words());
        let product = self.product(Direction::GradInput);
        lowered.dispatches.push(self.launch(&product, Operands { a: dy, b, c, extra: None }, 1));
        let (matrix, step) = (self.short.pixels().transposed(), self.short.outputs);
        let ends = Ends { positive: masked.then_some(Operand::X(INPUT)), ..Ends::default() };
        let operands = [c, Operand::Dx(INPUT)];
        lowered.dispatches.push(self.input().scatter("winograd/grad_pixels", &matrix, step, operands, ends));
    }

    fn grad_weight(&self, bias: bool, dy: Operand, lowered: &mut Lowered) {
        let a = self.pixels(lowered);
        let product = Product { bias, ..self.product(Direction::GradWeight) };
        let slabs = slabs(&product, self.target).max(product.sizes()[2].div_ceil(LONGEST_SLAB));
        let [words, totals] = product.result_words().map(|words| slabs * words);
        let c = scratch(lowered, words);
        let extra = bias.then(|| scratch(lowered, totals));
        lowered.dispatches.push(self.launch(&product, Operands { a, b: dy, c, extra }, slabs));
        lowered.gradient_slabs = slabs;
        let (matrix, operands) = (self.short.filters().transposed(), [c, Operand::Dx(WEIGHT)]);
        let filter = self.filter(slabs);
        lowered.dispatches.push(filter.scatter(
            "winograd/grad_filters",
            &matrix,
            self.short.taps,
            operands,
            Ends::default(),
        ));
        if let Some(totals) = extra {
            let operands = [totals, Operand::Dx(BIAS)];
            let sum = self.short.sum();
            lowered.dispatches.push(self.bias(slabs).scatter("winograd/grad_bias", &sum, 1, operands, Ends::default()));
        }
    }

    /// `Bᵀ x [n, tiles, h, frequencies, c_in]`.
    fn pixels(&self, lowered: &mut Lowered) -> Operand {
        let into = scratch(lowered, self.pixel_words());
        let operands = [Operand::X(INPUT), into];
        let (matrix, step) = (self.short.pixels(), self.short.outputs);
        lowered.dispatches.push(self.input().gather("winograd/pixels", &matrix, step, operands));
        into
    }

    /// `G w [kh, c_in, frequencies, c_out]`.
    fn filters(&self, lowered: &mut Lowered) -> Operand {
        let [height, _, c_in, _] = self.whole.weight();
        let into = scratch(lowered, height * c_in * self.inner.c_out);
        let operands = [Operand::X(WEIGHT), into];
        let (matrix, step) = (self.short.filters(), self.short.taps);
        lowered.dispatches.push(self.filter(1).gather("winograd/filters", &matrix, step, operands));
        into
    }

    /// `A dy [n, tiles, oh, frequencies, c_out]`.
    fn grad_outputs(&self, dy: Operand, lowered: &mut Lowered) -> Operand {
        let into = scratch(lowered, self.output_words());
        let (matrix, step) = (self.short.outputs(), self.short.outputs);
        lowered.dispatches.push(self.output().gather("winograd/grad_outputs", &matrix, step, [dy, into]));
        into
    }
}

/// Another scratch tensor of so many words.
fn scratch(lowered: &mut Lowered, words: usize) -> Operand {
    lowered.scratch.push(words);
    Operand::Scratch(lowered.scratch.len() - 1)
}
