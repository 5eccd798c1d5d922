//! Where an optimiser's states lie: a buffer each.

use lepton_kernels::Shape;
use lepton_kernels::parameters::ALIGN_WORDS;

use super::Placed;
use crate::optim::{State, StateShape};

/// A state in its buffer, [`Buffer::State`](super::Buffer::State).
#[derive(Clone, Debug)]
pub struct PlacedState {
    /// Its name in checkpoints, such as `moment1`.
    pub name: &'static str,
    /// Words of its buffer.
    pub words: usize,
    /// For each parameter the state's shape and its first word, where the parameter has such a state.
    pub tensors: Vec<Option<(Shape, usize)>>,
}

impl PlacedState {
    /// First word of what belongs to a parameter.
    pub(super) fn offset_words(&self, parameter: usize) -> usize {
        self.tensors[parameter].as_ref().expect("only a state that a parameter has is bound").1
    }
}

/// Places states: those with a number for each number of a parameter as the parameters are, others one after another.
pub(super) fn place(states: &[State], parameters: &[Placed], parameter_words: usize) -> Vec<PlacedState> {
    let place = |state: &State| {
        let mut words = 0;
        let mut next = |shape: Shape| {
            let first = words;
            words += shape.count().next_multiple_of(ALIGN_WORDS);
            (shape, first)
        };
        let (tensors, words) = match state.shape {
            StateShape::Whole => {
                let places = parameters.iter().map(|p| Some((p.shape.clone(), p.offset_words)));
                (places.collect(), parameter_words)
            }
            StateShape::Of(_) => {
                let tensors: Vec<_> = parameters.iter().map(|p| state.of(&p.shape).map(&mut next)).collect();
                (tensors, words.max(ALIGN_WORDS))
            }
        };
        PlacedState { name: state.name, words, tensors }
    };
    states.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Init;
    use lepton_kernels::parameters::GradientPlace;

    #[test]
    fn a_state_of_other_shapes_has_places_of_its_own() {
        let parameter = |sizes: &[usize], offset_words| Placed {
            name: "p".into(),
            shape: Shape::new(sizes),
            init: Init::Constant(0.0),
            offset_words,
            gradient: GradientPlace { offset_words: 0, slabs: 1 },
        };
        let parameters = [parameter(&[300, 7], 0), parameter(&[7], 2176), parameter(&[200, 3], 2304)];
        let rows = |shape: &Shape| (shape.sizes().len() > 1).then(|| Shape::new(&shape.sizes()[..1]));
        let states = [State::whole("moment"), State { name: "rows", shape: StateShape::Of(rows) }];
        let placed = place(&states, &parameters, 3072);
        let places = |state: &PlacedState| -> Vec<Option<usize>> {
            state.tensors.iter().map(|tensor| tensor.as_ref().map(|&(_, first)| first)).collect()
        };
        assert_eq!((placed[0].words, places(&placed[0])), (3072, vec![Some(0), Some(2176), Some(2304)]));
        assert_eq!((placed[1].words, places(&placed[1])), (384 + 256, vec![Some(0), None, Some(384)]));
        assert_eq!(placed[1].tensors[2].as_ref().unwrap().0, Shape::new(&[200]));
    }
}
