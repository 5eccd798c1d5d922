//! An optimiser's inputs as its twin reads them.

use super::contract::{Contract, Input, Scope};
use crate::dtype::Precision;
use crate::parameters::Block;
use crate::{Array, loss_scale};

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
    pub(super) fn new(inputs: &'a [Array], contract: Contract) -> Self {
        View { inputs, contract }
    }

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
