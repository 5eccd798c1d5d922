//! All parameters in one buffer and their gradients in another: the host's half of `common/parameters.wgsl`.

use crate::dispatch::WORKGROUP;

/// Parameters begin at multiples of so many words: 256 bytes even in f16, at which every adapter can bind.
pub const ALIGN_WORDS: usize = 128;

/// Slabs that one lane of a block adds, at the least: where there are more, a block gets more lanes.
const SLABS_A_LANE: usize = 16;

/// Lanes of a block, at the most.
pub(crate) const MOST_LANES: usize = 16;

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
            let lanes = if lanes { (slabs / SLABS_A_LANE).clamp(1, MOST_LANES).next_power_of_two() } else { 1 };
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

    /// Slabs of a gradient, at the most.
    pub fn most_slabs(&self) -> usize {
        self.gradients.iter().map(|gradient| gradient.slabs).max().unwrap_or(0)
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
