//! What a checkpoint is asked for: its tensors, and whether they fit a model.

use super::format::{AVERAGE, OPTIMIZER};
use super::{Checkpoint, CheckpointError, NamedTensor};
use crate::plan::{Placed, TensorPlace};

impl Checkpoint {
    fn find(&self, name: &str) -> Option<&NamedTensor> {
        self.tensors.iter().find(|t| t.name == name)
    }

    /// Checks that each of a model's outputs has a name.
    ///
    /// # Errors
    /// [`CheckpointError::Damaged`] with both numbers.
    pub fn check_names(&self, outputs: usize) -> Result<(), CheckpointError> {
        let names = self.meta.classes.len();
        if names == outputs {
            return Ok(());
        }
        let problem = format!("it names {names} classes, but its model outputs {outputs}");
        Err(CheckpointError::Damaged { path: self.path.clone(), problem })
    }

    /// Checks that the weights are those of a model with these parameters.
    ///
    /// # Errors
    /// [`CheckpointError::OtherModel`] with the first that differs.
    pub fn check_parameters(&self, parameters: &[Placed]) -> Result<(), CheckpointError> {
        let other = |problem: String| CheckpointError::OtherModel { path: self.path.clone(), problem };
        for parameter in parameters {
            let wanted = parameter.shape.sizes();
            match self.find(&parameter.name) {
                None => return Err(other(format!("it has no `{}` {}", parameter.name, parameter.shape))),
                Some(found) if found.shape != wanted => {
                    return Err(other(format!(
                        "`{}` is {:?}, but the model needs {wanted:?}",
                        parameter.name, found.shape
                    )));
                }
                Some(_) => {}
            }
        }
        let others = [OPTIMIZER, AVERAGE];
        let weights = self.tensors.iter().filter(|t| !others.iter().any(|prefix| t.name.starts_with(prefix)));
        match weights.into_iter().find(|t| parameters.iter().all(|p| p.name != t.name)) {
            Some(extra) => Err(other(format!("it has `{}`, which is not in the model", extra.name))),
            None => Ok(()),
        }
    }

    /// The bytes of one tensor of this shape.
    ///
    /// # Errors
    /// [`CheckpointError::Damaged`] if it is missing, or has another shape.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<&[u8], CheckpointError> {
        let problem = match self.find(name) {
            Some(found) if found.shape == shape => return Ok(&found.data),
            Some(found) => format!("tensor `{name}` is {:?}, not {shape:?}", found.shape),
            None if name.starts_with(OPTIMIZER) => {
                format!("it has weights to answer with, but no `{name}`, without which training cannot go on")
            }
            None => format!("tensor `{name}` {shape:?} is missing"),
        };
        Err(CheckpointError::Damaged { path: self.path.clone(), problem })
    }

    /// The weights to answer with, as a buffer of all parameters: their averages, where the run kept them.
    ///
    /// # Errors
    /// [`CheckpointError::Damaged`] if one is missing.
    pub fn weights(&self, parameters: &[Placed], words: usize) -> Result<Vec<u8>, CheckpointError> {
        let averaged = self.meta.config.update.averages();
        let prefix = if averaged { AVERAGE } else { "" };
        let places: Vec<TensorPlace> = parameters.iter().map(|parameter| parameter.place(prefix)).collect();
        self.arena(&places, words)
    }

    /// The bytes of a buffer of so many words that holds these tensors.
    ///
    /// # Errors
    /// [`CheckpointError::Damaged`] if one is missing, or holds what is no finite number.
    pub fn arena(&self, places: &[TensorPlace], words: usize) -> Result<Vec<u8>, CheckpointError> {
        let mut bytes = vec![0; words * 4];
        for TensorPlace { name, shape, offset_words } in places {
            let data = self.tensor(name, shape.sizes())?;
            let numbers = data.as_chunks().0.iter().map(|&number| f32::from_le_bytes(number));
            if let Some((element, number)) = numbers.enumerate().find(|(_, number)| !number.is_finite()) {
                let problem = format!("element {element} of tensor `{name}` is {number}, which is no finite number");
                return Err(CheckpointError::Damaged { path: self.path.clone(), problem });
            }
            bytes[offset_words * 4..][..data.len()].copy_from_slice(data);
        }
        Ok(bytes)
    }
}
