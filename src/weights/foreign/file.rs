//! A file of tensors as another program wrote it.

use std::collections::{BTreeMap, HashMap};

use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

use super::super::numbers::as_f32;
use super::error::ForeignError;
use crate::checkpoint::OtherFile;

/// A file of tensors, in its own names and layouts.
#[derive(Debug)]
pub struct ForeignFile<'a> {
    /// What names it in messages.
    pub origin: String,
    /// What it says of itself beside the tensors.
    pub metadata: HashMap<String, String>,
    tensors: BTreeMap<String, TensorView<'a>>,
}

/// What programs put before all names when they wrap a network in another.
const WRAPPERS: [&str; 5] = ["module.", "model.", "_orig_mod.", "net.", "state_dict."];

/// How a count of steps ends that PyTorch keeps beside running averages and uses for nothing here.
const COUNTER: &str = ".num_batches_tracked";

impl<'a> ForeignFile<'a> {
    /// Reads the header of a .safetensors file; `origin` names it in errors.
    ///
    /// # Errors
    /// [`ForeignError::Pickle`] if it is one of PyTorch's pickles, and [`ForeignError::Damaged`] if it is no whole file of tensors.
    pub fn parse(bytes: &'a [u8], origin: &str) -> Result<Self, ForeignError> {
        refuse_pickle(bytes, origin)?;
        let origin = origin.to_string();
        if let Some(other) = OtherFile::of(bytes) {
            return Err(ForeignError::Other { origin, other });
        }
        let damaged = |error: safetensors::SafeTensorError| ForeignError::Damaged {
            origin: origin.clone(),
            problem: format!("{error} (the file has {} bytes)", bytes.len()),
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?.tensors();
        let mut tensors: BTreeMap<String, TensorView> = tensors.into_iter().collect();
        while let Some(wrapper) = WRAPPERS.iter().find(|w| tensors.keys().all(|name| name.starts_with(**w)))
            && !tensors.is_empty()
        {
            tensors = tensors.into_iter().map(|(name, tensor)| (name[wrapper.len()..].to_string(), tensor)).collect();
        }
        Ok(ForeignFile { origin, metadata, tensors })
    }

    /// The names of its weights; counters of steps are none.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str).filter(|name| !name.ends_with(COUNTER))
    }

    /// How many counters of steps it has, which nothing is taken from.
    pub fn counters(&self) -> usize {
        self.tensors.len() - self.names().count()
    }

    /// The shape of a tensor, if it is there.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(TensorView::shape)
    }

    /// The elements of a tensor as f32.
    ///
    /// # Errors
    /// [`ForeignError::Dtype`] if it holds no numbers that weights can be, [`ForeignError::NotFinite`] if one is infinite or NaN.
    ///
    /// # Panics
    /// If there is no tensor of this name.
    pub fn values(&self, name: &str) -> Result<Vec<f32>, ForeignError> {
        let tensor = &self.tensors[name];
        let Some(bytes) = as_f32(tensor) else {
            let (origin, dtype) = (self.origin.clone(), format!("{:?}", tensor.dtype()));
            return Err(ForeignError::Dtype { origin, tensor: name.to_string(), dtype });
        };
        let values: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(element) => {
                Err(ForeignError::NotFinite { origin: self.origin.clone(), tensor: name.to_string(), element })
            }
        }
    }
}

/// Refuses a pickle, alone or in a zip archive: what PyTorch saves.
pub(crate) fn refuse_pickle(bytes: &[u8], origin: &str) -> Result<(), ForeignError> {
    let protocol = bytes.first() == Some(&0x80) && bytes.get(1).is_some_and(|&version| version <= 5);
    // a file of tensors begins with the length of its header, of which the last bytes are 0
    let is_pickle = bytes.starts_with(b"PK\x03\x04") || protocol && bytes.get(7) != Some(&0);
    if is_pickle { Err(ForeignError::Pickle { origin: origin.to_string() }) } else { Ok(()) }
}
