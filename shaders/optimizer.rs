//! What optimisers are: the inputs of their ops, by name, and what their launches, twins and cases share.
//!
//! Most update all parameters at once ([`Scope::All`], `common/parameters.wgsl`). Where an element's update depends on its
//! whole tensor, an op updates one parameter with launches of its own ([`Scope::One`]): LAMB, Muon.

use crate::case::{Fill, Input as CaseInput};
use crate::dispatch::{Binding, Constant, Dispatch, Elementwise, Operand, WORKGROUP, read, update};
use crate::dtype::{Dtype, Precision};
use crate::parameters::{Block, Factors, Layout, MOST_LANES};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, loss_scale, source};

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
    /// The loss scale ([`loss_scale`], `[4]`); only in f16.
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
        let together = include_str!("common/slabs_together.wgsl");
        let alone = include_str!("common/slabs_alone.wgsl");
        let add_slabs = if target.threads_are_cheap() { together } else { alone };
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

/// An op that updates parameters in place. Whatever implements it is an [`Op`] with the inputs of its contract.
pub trait Optimizer: Op {
    /// The op in `OPS`.
    fn entry(&self) -> &'static Entry;

    /// Its inputs and outputs.
    fn contract(&self) -> Contract;

    /// Shapes of the states that it keeps of a parameter; most are as large as the parameter. Those of [`Scope::All`] always
    /// are, since states and parameters are laid out alike there.
    fn state_shapes(&self, parameter: &Shape) -> Vec<Shape> {
        vec![parameter.clone(); self.contract().states]
    }

    /// The launches of an update.
    fn launches(&self, inputs: &[Shape], target: &Target) -> Lowered;

    /// The definition, in f64: parameters and states after a step.
    fn updated(&self, view: &View, step: &Step) -> Vec<Array>;

    /// [`Op::tolerance`].
    fn largest_error(&self) -> f64 {
        2e-6
    }
}

impl<T: Optimizer> Op for T {
    fn name(&self) -> &'static str {
        self.entry().name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let contract = self.contract();
        Ok(contract.outputs().into_iter().map(|output| inputs[contract.number(output)].clone()).collect())
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        match self.contract().inputs()[input] {
            Input::Blocks => Dtype::U32,
            Input::Copy => Dtype::Real,
            Input::Gradient | Input::Parameter | Input::LossScale | Input::State(_) => Dtype::F32,
        }
    }

    fn output_dtype(&self, output: usize) -> Dtype {
        let contract = self.contract();
        self.input_dtype(contract.number(contract.outputs()[output]))
    }

    fn alias(&self, output: usize) -> Option<usize> {
        let contract = self.contract();
        Some(contract.number(contract.outputs()[output]))
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        self.launches(inputs, target)
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        self.updated(&View { inputs, contract: self.contract() }, step)
    }

    fn tolerance(&self) -> f64 {
        self.largest_error()
    }
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

/// What a twin updates: an optimiser's inputs by name.
pub struct View<'a> {
    inputs: &'a [Array],
    contract: Contract,
}

impl<'a> View<'a> {
    fn input(&self, input: Input) -> &'a Array {
        &self.inputs[self.contract.number(input)]
    }

    /// All parameters, or the one that is updated.
    pub fn parameter(&self) -> &'a Array {
        self.input(Input::Parameter)
    }

    /// State number `i`.
    pub fn state(&self, i: usize) -> &'a Array {
        self.input(Input::State(i))
    }

    /// All states.
    pub fn states(&self) -> Vec<Array> {
        (0..self.contract.states).map(|i| self.state(i).clone()).collect()
    }

    /// What gradients are multiplied by to be true; none in a step that overflowed.
    fn inverse_scale(&self) -> Option<f64> {
        if self.contract.precision == Precision::F32 {
            return Some(1.0);
        }
        let scale = &self.input(Input::LossScale).data;
        (scale[loss_scale::OVERFLOWED] == 0.0).then(|| scale[loss_scale::INVERSE])
    }

    /// The true gradient of the one parameter that is updated; none in a step that overflowed.
    pub fn gradient(&self) -> Option<Array> {
        self.inverse_scale().map(|inverse| self.input(Input::Gradient).map(|g| g * inverse))
    }

    /// What an update needs of every word that a block covers; none elsewhere, and none at all in a step that overflowed.
    pub fn words(&self) -> Vec<Option<Word>> {
        let mut words = vec![None; self.parameter().data.len()];
        let Some(inverse) = self.inverse_scale() else { return words };
        let gradients = &self.input(Input::Gradient).data;
        if self.contract.scope == Scope::One {
            return gradients.iter().map(|g| Some(Word { gradient: g * inverse, rate: 1.0, decay: 1.0 })).collect();
        }
        for block in self.input(Input::Blocks).data.chunks_exact(Block::WORDS) {
            let [word, gradient, stride, packed] = std::array::from_fn(|i| block[i] as usize);
            let [rate, decay] = [4, 5].map(|i| f64::from(f32::from_bits(block[i] as u32)));
            for column in 0..packed >> 8 & 255 {
                let slabs = (0..packed >> 16).map(|slab| gradients[gradient + slab * stride + column]);
                words[word + column] = Some(Word { gradient: slabs.sum::<f64>() * inverse, rate, decay });
            }
        }
        words
    }

    /// The op's outputs: the new parameters, the new states, and in f16 the copy of the parameters.
    pub fn outputs(&self, parameter: Array, states: Vec<Array>) -> Vec<Array> {
        let copy = (self.contract.precision == Precision::F16).then(|| {
            // words that are not updated keep what the copy held
            let words = self.words();
            let held = words.iter().zip(&parameter.data).zip(&self.input(Input::Copy).data);
            let data = held.map(|((word, &new), &old)| word.as_ref().map_or(old, |_| new)).collect();
            Array::new(parameter.shape.clone(), data)
        });
        std::iter::once(parameter).chain(states).chain(copy).collect()
    }

    /// The outputs of a step that overflowed: everything as it was.
    pub fn unchanged(&self) -> Vec<Array> {
        self.outputs(self.parameter().clone(), self.states())
    }
}

/// Factors of a case that nobody can mistake for 1.
pub(crate) const CASE_FACTORS: Factors = Factors { rate: 1.5, decay: 0.5 };

/// Slabs of the gradients of [`all_case`], at the most.
pub(crate) const CASE_SLABS: usize = 70;

/// How [`Input::LossScale`] is filled in a case of a step that overflowed.
pub(crate) fn overflowed() -> (Input, Fill) {
    (Input::LossScale, Fill::Exactly(vec![8.0, 0.125, 3.0, 1.0]))
}

/// A case of an op over all parameters: sizes and factors that are uneven, gradients in one to many slabs. In f16 it has a
/// loss scale; inputs are normal but for those that `fills` names.
pub(crate) fn all_case(
    op: impl Optimizer + 'static,
    step: Step,
    reason: &'static str,
    fills: impl IntoIterator<Item = (Input, Fill)>,
) -> Case {
    assert!(matches!(op.contract().scope, Scope::All { slabs } if slabs >= CASE_SLABS), "{op:?} has too few slabs");
    let factors = [[1.0, 1.0], [1.5, 0.0], [0.25, 2.0]].map(|[rate, decay]| Factors { rate, decay });
    let layout = Layout::new(&[(131, 1), (7, 3), (40, CASE_SLABS)], true).with_factors(&factors);
    let table: Vec<f64> = layout.blocks.iter().flat_map(|block| block.words()).map(f64::from).collect();
    let shape = |input| match input {
        Input::Blocks => Shape::new(&[table.len()]),
        Input::Gradient => Shape::new(&[layout.gradient_words]),
        Input::LossScale => Shape::new(&[loss_scale::WORDS]),
        Input::Parameter | Input::Copy | Input::State(_) => Shape::new(&[layout.parameter_words]),
    };
    let blocks = (Input::Blocks, Fill::Exactly(table.clone()));
    case(op, shape, step, reason, std::iter::once(blocks).chain(fills))
}

/// A case of an op over one parameter of this shape, otherwise as [`all_case`].
pub(crate) fn one_case(
    op: impl Optimizer + 'static,
    parameter: &[usize],
    step: Step,
    reason: &'static str,
    fills: impl IntoIterator<Item = (Input, Fill)>,
) -> Case {
    let states = op.state_shapes(&Shape::new(parameter));
    let shape = |input| match input {
        Input::LossScale => Shape::new(&[loss_scale::WORDS]),
        Input::State(i) => states[i].clone(),
        _ => Shape::new(parameter),
    };
    case(op, shape, step, reason, fills)
}

fn case(
    op: impl Optimizer + 'static,
    shape: impl Fn(Input) -> Shape,
    step: Step,
    reason: &'static str,
    fills: impl IntoIterator<Item = (Input, Fill)>,
) -> Case {
    let contract = op.contract();
    let mut case = Case::new(op, &[], reason).step(step);
    case.only = (contract.precision == Precision::F16).then_some(Precision::F16);
    case.inputs.extend(contract.inputs().into_iter().map(|input| {
        let scale = Fill::Exactly(vec![8.0, 0.125, 3.0, 0.0]);
        let fill = if input == Input::LossScale { scale } else { Fill::Normal(1.0) };
        CaseInput { shape: shape(input), fill }
    }));
    fills.into_iter().fold(case, |case, (input, fill)| case.fill(contract.number(input), fill))
}

#[cfg(test)]
mod tests {
    use super::*;
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
