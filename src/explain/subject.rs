//! What a method explains: one class of one image, on the network that the method asked for.

use super::network::{Looked, Network};
use super::{ExplainError, Settings};

/// One class of one image, on the network that a method asked for.
pub struct Subject<'a> {
    pub(super) network: &'a mut Network,
    /// The image as the model reads it, `[h, w, c]`, after normalisation.
    pub(super) input: &'a [f32],
    /// `[h, w, c]`
    pub(super) shape: [usize; 3],
    /// The output whose score is explained.
    pub(super) class: usize,
    pub(super) settings: &'a Settings,
}

impl Subject<'_> {
    /// The class's score for each of some inputs.
    pub(super) fn scores(&mut self, inputs: &[f32]) -> Result<Vec<f64>, ExplainError> {
        let (outputs, each) = (self.network.outputs(inputs)?, self.network.outputs_each());
        Ok(outputs.chunks_exact(each).map(|outputs| f64::from(outputs[self.class])).collect())
    }

    /// What is inspected of each of some inputs, and the gradient of the class's score with respect to it.
    pub(super) fn gradients(&mut self, inputs: &[f32]) -> Result<Looked, ExplainError> {
        self.network.gradients(inputs, self.class)
    }

    /// Height, width and channels of the inspected layer.
    pub(super) fn layer(&self) -> [usize; 3] {
        let shape = self.network.inspected_shape();
        shape.try_into().expect("the layer was checked")
    }
}
