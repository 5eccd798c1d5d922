//! The inputs of an optimiser's op, and how launches bind them.

use crate::dispatch::{Binding, Constant, Dispatch, Elementwise, Operand, WORKGROUP, read, update};
use crate::dtype::Precision;
use crate::parameters::{Block, MOST_LANES};
use crate::target::Target;
use crate::{Lowered, Shape, source};

/// What an op updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All parameters at once, from gradients in slabs.
    All {
        /// Slabs of a gradient, at the most.
        slabs: usize,
    },
    /// One parameter, from its whole gradient.
    One,
}

/// An input of an optimiser's op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Which workgroup updates what ([`Block`], u32); only of [`Scope::All`].
    Blocks,
    /// The gradients of all parameters in their slabs, or the whole gradient of one; in f16 times the loss scale.
    Gradient,
    /// All parameters, or one; updated in place.
    Parameter,
    /// The loss scale ([`loss_scale`](crate::loss_scale), `[4]`); only in f16.
    LossScale,
    /// The f16 copy of the parameters that products read, updated in place; only in f16.
    Copy,
    /// A state of the optimiser, updated in place.
    State(usize),
}

/// The inputs of an optimiser's op, in the order of [`Contract::inputs`], and its outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// What it updates.
    pub scope: Scope,
    /// In f16 gradients are scaled and products read a copy of the parameters.
    pub precision: Precision,
    /// How many states it keeps.
    pub states: usize,
}

impl Contract {
    /// Every input, in the op's order.
    pub fn inputs(&self) -> Vec<Input> {
        let blocks = matches!(self.scope, Scope::All { .. }).then_some(Input::Blocks);
        let f16: &[Input] = if self.is_f16() { &[Input::LossScale, Input::Copy] } else { &[] };
        let states = (0..self.states).map(Input::State);
        blocks.into_iter().chain([Input::Gradient, Input::Parameter]).chain(f16.iter().copied()).chain(states).collect()
    }

    /// The inputs that are updated in place, in the order of the op's outputs.
    pub fn outputs(&self) -> Vec<Input> {
        let states = (0..self.states).map(Input::State);
        std::iter::once(Input::Parameter).chain(states).chain(self.is_f16().then_some(Input::Copy)).collect()
    }

    /// An input's number.
    ///
    /// # Panics
    /// If the op has no such input.
    pub fn number(&self, input: Input) -> usize {
        let number = self.inputs().iter().position(|&own| own == input);
        number.unwrap_or_else(|| panic!("an optimiser of {self:?} has no {input:?}"))
    }

    /// An input as launches bind it.
    pub fn operand(&self, input: Input) -> Operand {
        Operand::X(self.number(input))
    }

    fn is_f16(&self) -> bool {
        self.precision == Precision::F16
    }

    fn binding(&self, input: Input) -> Binding {
        match input {
            Input::Blocks | Input::Gradient | Input::LossScale => read(self.operand(input)),
            Input::Parameter | Input::Copy | Input::State(_) => update(self.operand(input)),
        }
    }

    /// The launch of a kernel over all blocks, which declares what is its own from `STATE` on.
    ///
    /// # Panics
    /// If the op updates one parameter.
    pub(crate) fn launch_all(
        &self,
        kernel: &Elementwise,
        target: &Target,
        inputs: &[Shape],
        constants: &[(&'static str, Constant)],
    ) -> Lowered {
        let Scope::All { slabs } = self.scope else { panic!("{} updates one parameter", kernel.name) };
        let add_slabs = if target.threads_are_cheap() { source::SLABS_TOGETHER } else { source::SLABS_ALONE };
        let includes =
            [source::PARAMETERS, add_slabs, source::copies(self.precision), source::gradients(self.precision)];
        let kernel = Elementwise { includes: &includes, per_step: true, ..*kernel };
        let bindings: Vec<Binding> = self.inputs().into_iter().map(|input| self.binding(input)).collect();
        let blocks = inputs[self.number(Input::Blocks)].count() / Block::WORDS;
        // a thread adds slabs, then those of the first lane add the other lanes
        let iterations = slabs + MOST_LANES;
        kernel.launch(self.precision, blocks * WORKGROUP as usize, iterations, constants, &bindings).into()
    }

    /// A launch that reads the gradient of one parameter: after `bindings` it binds the loss scale, where there is one.
    pub(crate) fn launch_gradient(
        &self,
        kernel: &Elementwise,
        count: usize,
        constants: &[(&'static str, Constant)],
        bindings: &[Binding],
    ) -> Dispatch {
        let includes = [source::gradients(self.precision)];
        let scale = self.is_f16().then(|| self.binding(Input::LossScale));
        let bindings: Vec<Binding> = bindings.iter().copied().chain(scale).collect();
        Elementwise { includes: &includes, ..*kernel }.launch(self.precision, count, 0, constants, &bindings)
    }

    /// A launch that moves one parameter: `reads` are its bindings 0 and 1, the parameter is binding 2, as in
    /// `common/parameters.wgsl`.
    pub(crate) fn launch_apply(
        &self,
        kernel: &Elementwise,
        count: usize,
        constants: &[(&'static str, Constant)],
        reads: [Operand; 2],
    ) -> Dispatch {
        let includes = [source::copies(self.precision), source::gradients(self.precision)];
        let f16: &[Input] = if self.is_f16() { &[Input::LossScale, Input::Copy] } else { &[] };
        let own = std::iter::once(&Input::Parameter).chain(f16).map(|&input| self.binding(input));
        let bindings: Vec<Binding> = reads.into_iter().map(read).chain(own).collect();
        Elementwise { includes: &includes, ..*kernel }.launch(self.precision, count, 0, constants, &bindings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizer::Optimizer;
    use crate::parameters::Layout;
    use crate::sgd::Sgd;
    use crate::target::{Family, Lanes};

    /// Loop iterations of the busiest thread of a block, as `add_slabs` of both texts runs them.
    fn loops(block: &Block, target: &Target) -> u64 {
        let (slabs, width) = (block.slabs as usize, block.width as usize);
        let lanes = WORKGROUP as usize / width;
        let busiest = |thread: usize| {
            if target.threads_are_cheap() {
                let others = if thread < width { lanes - 1 } else { 0 };
                (thread / width..slabs).step_by(lanes).count() + others
            } else {
                slabs
            }
        };
        (0..WORKGROUP as usize).map(busiest).max().unwrap_or(0) as u64
    }

    #[test]
    fn the_loops_of_an_update_are_bounded_by_its_slabs() {
        for family in [Family::Simt, Family::Lane(Lanes { width: 8, wide: true })] {
            let target = Target::f32(family);
            for slabs in [1, 2, 15, 16, 31, 33, 70, 500, 5000, 65_535] {
                let layout = Layout::new(&[(131, 1), (9, slabs)], target.threads_are_cheap());
                let most = layout.blocks.iter().map(|block| loops(block, &target)).max().unwrap();
                let shapes = [layout.blocks.len() * Block::WORDS, layout.gradient_words, layout.parameter_words];
                let op = Sgd { slabs: layout.most_slabs(), ..Sgd::default() };
                let bound = op.launches(&shapes.map(|words| Shape::new(&[words])), &target).dispatches[0].iterations;
                assert!(bound >= most, "{slabs} slabs on {family}: {bound} iterations, and a thread runs {most}");
                assert!(bound <= slabs as u64 + 16, "{slabs} slabs on {family}: {bound} iterations are far too many");
            }
        }
    }

    #[test]
    fn outputs_are_inputs_and_every_input_has_its_number() {
        for precision in [Precision::F32, Precision::F16] {
            for scope in [Scope::All { slabs: 1 }, Scope::One] {
                let contract = Contract { scope, precision, states: 2 };
                for (number, &input) in contract.inputs().iter().enumerate() {
                    assert_eq!(contract.number(input), number);
                }
                assert!(contract.outputs().iter().all(|output| contract.inputs().contains(output)));
            }
        }
    }
}
