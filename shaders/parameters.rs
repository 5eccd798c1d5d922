//! All parameters in one buffer and their gradients in another: the host's half of `common/parameters.wgsl`, and what the
//! optimisers share.
//!
//! An optimiser's inputs are, in this order: blocks (u32, four a block), the slabs of all gradients, all parameters; in
//! f16 also the loss scale `[4]` and the f16 copy of the parameters; then its states. Parameters, copy and states are
//! updated in place.

use crate::dispatch::{Binding, Constant, Elementwise, Operand, WORKGROUP, read, update};
use crate::dtype::{Dtype, Precision};
use crate::target::Family;
use crate::target::Target;
use crate::{Array, Case, Lowered, Op, Shape, Step, case::Fill, source};

/// Parameters begin at multiples of so many words: 256 bytes even in f16, at which every adapter can bind.
pub const ALIGN_WORDS: usize = 128;

/// Slabs that one lane of a block adds, at the least: where there are more, a block gets more lanes.
const SLABS_A_LANE: usize = 16;

/// Consecutive parameters that one workgroup updates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// Its first word in the buffer of parameters.
    pub word: u32,
    /// The first word of its gradient, in slab 0.
    pub gradient: u32,
    /// Words from one slab to the next.
    pub stride: u32,
    /// Slabs of the gradient, under 65,536.
    pub slabs: u32,
    /// Words.
    pub count: u32,
    /// Threads of a lane: a power of two up to 64, at least `count`.
    pub width: u32,
    /// What the learning rate and the weight decay are multiplied by.
    pub factors: Factors,
}

/// What a parameter's learning rate and weight decay are multiplied by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors {
    /// Of the learning rate.
    pub rate: f32,
    /// Of the weight decay.
    pub decay: f32,
}

impl Factors {
    /// Both as they are.
    pub const ONE: Factors = Factors { rate: 1.0, decay: 1.0 };
}

impl Block {
    /// Words of a block on the device.
    pub const WORDS: usize = 8;

    /// The block as `common/parameters.wgsl` reads it.
    pub fn words(&self) -> [u32; Block::WORDS] {
        let Factors { rate, decay } = self.factors;
        let packed = self.slabs << 16 | self.count << 8 | self.width;
        [self.word, self.gradient, self.stride, packed, rate.to_bits(), decay.to_bits(), 0, 0]
    }
}

/// Where a parameter's gradient lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GradientPlace {
    /// First word of slab 0 in the buffer of gradients.
    pub offset_words: usize,
    /// Slabs, one after another, each as long as the parameter.
    pub slabs: usize,
}

/// Parameters and gradients in their buffers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// First word of each parameter.
    pub parameters: Vec<usize>,
    /// Where each gradient lies.
    pub gradients: Vec<GradientPlace>,
    /// Words of the buffer of parameters.
    pub parameter_words: usize,
    /// Words of the buffer of gradients.
    pub gradient_words: usize,
    /// What the workgroups of an update do.
    pub blocks: Vec<Block>,
}

impl Layout {
    /// Lays out parameters of so many `(words, slabs of their gradient)`; one without a gradient gets no block. With `lanes`, gradients of many slabs are
    /// added by several threads, which pays on a GPU.
    pub fn new(sizes: &[(usize, usize)], lanes: bool) -> Self {
        let mut layout = Layout::default();
        for &(words, slabs) in sizes {
            let (first, gradient) = (layout.parameter_words, layout.gradient_words);
            layout.parameters.push(first);
            layout.gradients.push(GradientPlace { offset_words: gradient, slabs });
            let lanes = if lanes { (slabs / SLABS_A_LANE).clamp(1, 16).next_power_of_two() } else { 1 };
            let width = WORKGROUP as usize / lanes;
            let updated = if slabs == 0 { 0 } else { words };
            layout.blocks.extend((0..updated).step_by(width).map(|at| Block {
                word: (first + at) as u32,
                gradient: (gradient + at) as u32,
                stride: words as u32,
                slabs: slabs as u32,
                count: width.min(words - at) as u32,
                width: width as u32,
                factors: Factors::ONE,
            }));
            layout.parameter_words += words.next_multiple_of(ALIGN_WORDS);
            layout.gradient_words += (words * slabs).next_multiple_of(ALIGN_WORDS);
        }
        layout.parameter_words = layout.parameter_words.max(ALIGN_WORDS);
        layout.gradient_words = layout.gradient_words.max(ALIGN_WORDS);
        layout
    }

    /// Number of the parameter that a block belongs to.
    fn owner(&self, block: &Block) -> usize {
        self.parameters.partition_point(|&first| first <= block.word as usize) - 1
    }

    /// The same layout, each parameter with its factors.
    pub fn with_factors(mut self, factors: &[Factors]) -> Self {
        let owners: Vec<usize> = self.blocks.iter().map(|block| self.owner(block)).collect();
        self.blocks.iter_mut().zip(owners).for_each(|(block, owner)| block.factors = factors[owner]);
        self
    }

    /// The same layout, in which only the parameters that `keep` picks are updated.
    pub fn updating(mut self, keep: impl Fn(usize) -> bool) -> Self {
        let kept = self.blocks.iter().filter(|block| keep(self.owner(block))).copied().collect();
        self.blocks = kept;
        self
    }

    /// The blocks of the parameters that `keep` picks, for gradients that are one slab laid out as the parameters.
    pub fn blocks_of_sums(&self, keep: impl Fn(usize) -> bool) -> Vec<Block> {
        let kept = self.blocks.iter().filter(|block| keep(self.owner(block)));
        kept.map(|block| Block { gradient: block.word, slabs: 1, ..*block }).collect()
    }
}

/// Number of the input that is the optimiser's first state.
pub fn first_state(precision: Precision) -> usize {
    match precision {
        Precision::F32 => 3,
        Precision::F16 => 5,
    }
}

/// The launch of an optimiser's kernel over all blocks: `kernel` declares what is its own from `STATE` on.
pub fn launch(
    kernel: &Elementwise,
    precision: Precision,
    target: &Target,
    inputs: &[Shape],
    states: usize,
    constants: &[(&'static str, Constant)],
) -> Lowered {
    let slabs = match target.family {
        Family::Lane(_) => include_str!("common/slabs_alone.wgsl"),
        _ => include_str!("common/slabs_together.wgsl"),
    };
    let includes = [source::PARAMETERS, slabs, source::copies(precision), source::gradients(precision)];
    let kernel = Elementwise { includes: &includes, per_step: true, ..*kernel };
    let x = Operand::X;
    let mut bindings: Vec<Binding> = vec![read(x(0)), read(x(1)), update(x(2))];
    if precision == Precision::F16 {
        bindings.extend([read(x(3)), update(x(4))]);
    }
    bindings.extend((0..states).map(|i| update(x(first_state(precision) + i))));
    let blocks = inputs[0].count() / Block::WORDS;
    // slabs are not known here; plans cut K so that they are at most a few hundred
    let iterations = 4096;
    kernel.launch(precision, blocks * WORKGROUP as usize, iterations, constants, &bindings).into()
}

/// How an optimiser's input is stored.
pub fn input_dtype(input: usize, precision: Precision) -> Dtype {
    match (input, precision) {
        (0, _) => Dtype::U32,
        (4, Precision::F16) => Dtype::Real,
        _ => Dtype::F32,
    }
}

/// How an optimiser's output is stored.
pub fn output_dtype(output: usize, states: usize) -> Dtype {
    if output > states { Dtype::Real } else { Dtype::F32 }
}

/// A parameter's true gradient, and its factors of learning rate and weight decay.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The sum of its slabs, without the loss scale.
    pub gradient: f64,
    /// Of the learning rate.
    pub rate: f64,
    /// Of the weight decay.
    pub decay: f64,
}

/// What a twin updates: a view of an optimiser's inputs.
pub struct View<'a> {
    inputs: &'a [Array],
    precision: Precision,
}

impl<'a> View<'a> {
    /// Of these inputs.
    pub fn new(inputs: &'a [Array], precision: Precision) -> Self {
        View { inputs, precision }
    }

    /// The parameters.
    pub fn parameters(&self) -> &'a Array {
        &self.inputs[2]
    }

    /// State number `i`.
    pub fn state(&self, i: usize) -> &'a Array {
        &self.inputs[first_state(self.precision) + i]
    }

    /// What an update needs of every word that a block covers; none elsewhere, and none at all in a step that overflowed.
    pub fn words(&self) -> Vec<Option<Word>> {
        let mut words = vec![None; self.inputs[2].data.len()];
        let scale = if self.precision == Precision::F16 { &self.inputs[3].data[..] } else { &[1.0, 1.0, 0.0, 0.0] };
        if scale[3] != 0.0 {
            return words;
        }
        for block in self.inputs[0].data.chunks_exact(Block::WORDS) {
            let [word, gradient, stride, packed] = std::array::from_fn(|i| block[i] as usize);
            let [rate, decay] = [4, 5].map(|i| f64::from(f32::from_bits(block[i] as u32)));
            for column in 0..packed >> 8 & 255 {
                let slabs = (0..packed >> 16).map(|slab| self.inputs[1].data[gradient + slab * stride + column]);
                let gradient = slabs.sum::<f64>() * scale[1];
                words[word + column] = Some(Word { gradient, rate, decay });
            }
        }
        words
    }

    /// The outputs: new parameters, new states, and in f16 the copy of the parameters.
    pub fn outputs(&self, parameters: Array, states: Vec<Array>) -> Vec<Array> {
        let mut outputs = vec![parameters.clone()];
        outputs.extend(states);
        if self.precision == Precision::F16 {
            // words that no block covers keep what the copy held
            let words = self.words();
            let held = words.iter().zip(&parameters.data).zip(&self.inputs[4].data);
            let data = held.map(|((word, &new), &old)| word.as_ref().map_or(old, |_| new)).collect();
            outputs.push(Array::new(parameters.shape.clone(), data));
        }
        outputs
    }
}

/// The input whose memory output `i` of an optimiser with so many states is.
pub fn alias(output: usize, precision: Precision, states: usize) -> usize {
    match output {
        0 => 2,
        i if i <= states => first_state(precision) + i - 1,
        _ => 4,
    }
}

/// A case of an optimiser: parameters of uneven sizes and factors, gradients in one to many slabs.
pub fn case(op: impl Op + 'static, states: usize, step: Step, reason: &'static str) -> Case {
    let factors = [[1.0, 1.0], [1.5, 0.0], [0.25, 2.0]].map(|[rate, decay]| Factors { rate, decay });
    let layout = Layout::new(&[(131, 1), (7, 3), (40, 70)], true).with_factors(&factors);
    let (words, blocks) = (layout.parameter_words, &layout.blocks);
    let table: Vec<f64> = blocks.iter().flat_map(|b| b.words()).map(f64::from).collect();
    let shapes = [table.len(), layout.gradient_words, words].into_iter().chain(std::iter::repeat_n(words, states));
    let shapes: Vec<Vec<usize>> = shapes.map(|n| vec![n]).collect();
    let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    Case::new(op, &shapes, reason).fill(0, Fill::Exactly(table)).step(step)
}

/// The same in f16, with a loss scale.
pub fn scaled_case(op: impl Op + 'static, states: usize, step: Step, overflow: bool, reason: &'static str) -> Case {
    let mut case = case(op, 0, step, reason);
    case.only = Some(Precision::F16);
    let words = case.inputs[2].shape.clone();
    let scale = vec![8.0, 0.125, 3.0, f64::from(u8::from(overflow))];
    case.inputs.push(crate::case::Input { shape: Shape::new(&[4]), fill: Fill::Exactly(scale) });
    let normal = || crate::case::Input { shape: words.clone(), fill: Fill::Normal(1.0) };
    case.inputs.extend((0..=states).map(|_| normal()));
    case
}
