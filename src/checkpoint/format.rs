//! What a checkpoint holds, and its bytes. The same run gives the same bytes: no time, no machine, no hash order.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::Path;

use safetensors::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};

use super::{OtherFile, State};
use crate::config::RunConfig;
use crate::data::Vocabulary;
use crate::hint::{Hint, Hints};
use crate::model::{InputKind, ModelSpec};

/// Put before a parameter's name: its moving average.
pub const AVERAGE: &str = "ema.";
/// Put before the names of the optimiser's states.
pub const OPTIMIZER: &str = "optimizer.";
/// Version of the format.
const FORMAT: u32 = 1;

/// Why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// There is no file at that path.
    #[error("no checkpoint found at {path}")]
    Missing {
        /// Path of the file that was to be read.
        path: String,
    },
    /// The system cannot read or write it.
    #[error("{path}: {source}")]
    Io {
        /// Path of the file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is of another kind.
    #[error("{path} is {}, not a checkpoint", other.what)]
    Other {
        /// Path of the file.
        path: String,
        /// What it is.
        other: OtherFile,
    },
    /// The file is damaged.
    #[error("{path} is damaged or incomplete: {problem}")]
    Damaged {
        /// Path of the file.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// It belongs to another model.
    #[error("{path} is a checkpoint of another model: {problem}")]
    OtherModel {
        /// Path of the file.
        path: String,
        /// Which parameter, and both shapes.
        problem: String,
    },
}

impl Hints for CheckpointError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            CheckpointError::Missing { .. } => {
                vec![Hint::advice("the folder of a run (it has a last.safetensors), or a .safetensors file")]
            }
            CheckpointError::Io { source, .. } => match source.kind() {
                ErrorKind::StorageFull => {
                    vec![Hint::advice("free some space; the previous file is intact"), Hint::Change { key: "out" }]
                }
                ErrorKind::FileTooLarge => {
                    vec![Hint::advice("ulimit -f unlimited before the command; the previous file is intact")]
                }
                ErrorKind::PermissionDenied => vec![Hint::Change { key: "out" }],
                _ => Vec::new(),
            },
            CheckpointError::Damaged { .. } => {
                vec![Hint::advice("the other checkpoint of the run, best.safetensors or last.safetensors")]
            }
            CheckpointError::Other { path, other } => vec![other.hint(path)],
            CheckpointError::OtherModel { .. } => Vec::new(),
        }
    }
}

/// A tensor of f32 with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// `conv1.weight`, `ema.conv1.weight`, or `optimizer.moment1.conv1.weight`.
    pub name: String,
    /// Its dimensions, outermost first.
    pub shape: Vec<usize>,
    /// Its elements, little-endian f32.
    pub data: Vec<u8>,
}

/// A tensor as the header of a file describes it: its data follow by themselves, so that no second copy of them is needed.
struct Described<'a>(&'a NamedTensor);

impl View for Described<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        &self.0.shape
    }
    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        (&[]).into()
    }
    fn data_len(&self) -> usize {
        self.0.data.len()
    }
}

/// What tells one data set from another: a run can only go on with the images that it started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetFingerprint {
    /// Number of training images.
    pub train: usize,
    /// Number of test images; 0 without a test split.
    pub test: usize,
    /// A hash of pixels and labels; of what pictures are called and how many bytes they have, where these are files.
    pub hash: u64,
    /// Whether it is of names instead of pixels.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_name: bool,
}

impl DatasetFingerprint {
    /// Of a model that has learned from no data here: its weights came from elsewhere.
    pub const NONE: DatasetFingerprint = DatasetFingerprint { train: 0, test: 0, hash: 0, by_name: false };
}

/// Everything but tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// Version of the format.
    pub format: u32,
    /// The model file.
    pub model: String,
    /// The run's configuration.
    pub config: RunConfig,
    /// Class names by label; names of outputs where there are no classes.
    pub classes: Vec<String>,
    /// Words by token, for a model of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<Vocabulary>,
    /// The images it learns from.
    pub data: DatasetFingerprint,
    /// Where the run stands.
    pub state: State,
}

impl Meta {
    /// The model, parsed from the stored model file.
    ///
    /// # Errors
    /// If the stored model file is damaged, or the scaling of pixels is for other channels.
    pub fn model(&self) -> Result<ModelSpec, CheckpointError> {
        let damaged = |problem: String| CheckpointError::Damaged { path: "checkpoint".into(), problem };
        let model = ModelSpec::parse(&self.model, "in the checkpoint").map_err(|e| damaged(e.to_string()))?;
        let (scaled, channels) = (self.config.normalize.mean.len(), model.input[2]);
        if model.input_kind() == InputKind::Images && scaled != 0 && scaled != channels {
            return Err(damaged(format!("it scales {scaled} channels of images, but its model reads {channels}")));
        }
        Ok(model)
    }
}

/// A run at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Where it was read from; empty for one just made.
    pub path: String,
    /// Everything but tensors.
    pub meta: Meta,
    /// Weights, their averages if the run keeps them, then optimiser state.
    pub tensors: Vec<NamedTensor>,
}

impl Checkpoint {
    /// The metadata key that holds [`Meta`] as JSON.
    pub const KEY: &str = "lepton";

    /// A checkpoint of a run.
    pub fn new(
        model: &ModelSpec,
        config: &RunConfig,
        classes: &[String],
        vocabulary: Option<&Vocabulary>,
        data: DatasetFingerprint,
        state: &State,
        tensors: Vec<NamedTensor>,
    ) -> Self {
        let meta = Meta {
            format: FORMAT,
            model: model.to_toml(),
            config: config.clone(),
            classes: classes.to_vec(),
            vocabulary: vocabulary.cloned(),
            data,
            state: state.clone(),
        };
        Checkpoint { path: String::new(), meta, tensors }
    }

    /// The bytes of the file.
    ///
    /// # Panics
    /// If two tensors have one name, which the model's rules exclude.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.clone().into_bytes()
    }

    /// [`to_bytes`](Self::to_bytes) that lets go of each tensor as soon as it is in them: never are all there twice.
    ///
    /// # Panics
    /// As [`to_bytes`](Self::to_bytes).
    pub fn into_bytes(mut self) -> Vec<u8> {
        let meta = serde_json::to_string(&self.meta).expect("metadata is plain data");
        let described = self.tensors.iter().map(|tensor| (tensor.name.clone(), Described(tensor)));
        let mut bytes = safetensors::serialize(described, Some(HashMap::from([(Self::KEY.to_string(), meta)])))
            .expect("tensors are well formed");
        // tensors of one type follow the header by name
        self.tensors.sort_by(|a, b| a.name.cmp(&b.name));
        self.tensors.drain(..).for_each(|tensor| bytes.extend(tensor.data));
        bytes
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError::Missing`] if there is no such file, [`CheckpointError::Io`] if the system cannot read it, and
    /// [`CheckpointError::Damaged`] if it is not a whole checkpoint.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let path_text = path.display().to_string();
        let bytes = crate::platform::files::read(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => CheckpointError::Missing { path: path_text.clone() },
            _ => CheckpointError::Io { path: path_text.clone(), source },
        })?;
        Ok(Self::parse(&bytes, path_text)?.with_labels_beside(path))
    }

    /// Reads a checkpoint from the bytes of its file, such as those of `include_bytes!`.
    ///
    /// # Errors
    /// [`CheckpointError::Damaged`] if they are not a whole checkpoint.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        Self::parse(bytes, "checkpoint".into())
    }

    /// What answering needs: the checkpoint without the optimiser's state.
    pub(crate) fn without_optimizer(&self) -> Self {
        let weights = self.tensors.iter().filter(|tensor| !tensor.name.starts_with(OPTIMIZER));
        Checkpoint { path: self.path.clone(), meta: self.meta.clone(), tensors: weights.cloned().collect() }
    }

    fn parse(bytes: &[u8], path: String) -> Result<Self, CheckpointError> {
        if let Some(other) = OtherFile::of(bytes) {
            return Err(CheckpointError::Other { path, other });
        }
        let damaged = |problem: String| CheckpointError::Damaged { path: path.clone(), problem };
        let (_, header) = SafeTensors::read_metadata(bytes)
            .map_err(|e| damaged(format!("{e} (the file has {} bytes)", bytes.len())))?;
        let file = SafeTensors::deserialize(bytes)
            .map_err(|e| damaged(format!("{e} (the file has {} bytes)", bytes.len())))?;
        let json = header
            .metadata()
            .as_ref()
            .and_then(|m| m.get(Self::KEY))
            .ok_or_else(|| damaged(format!("it has no `{}` metadata, so another program wrote it", Self::KEY)))?;
        let meta: Meta = serde_json::from_str(json).map_err(|e| damaged(format!("its metadata: {e}")))?;
        if meta.format != FORMAT {
            return Err(damaged(format!("it has format {}, but this program reads format {FORMAT}", meta.format)));
        }
        meta.config.check().map_err(|e| damaged(format!("its configuration: {e}")))?;
        let mut tensors = Vec::new();
        for (name, view) in file.tensors() {
            if view.dtype() != Dtype::F32 {
                return Err(damaged(format!("tensor `{name}` holds {:?}, not F32", view.dtype())));
            }
            tensors.push(NamedTensor { name, shape: view.shape().to_vec(), data: view.data().to_vec() });
        }
        Ok(Checkpoint { path, meta, tensors })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_library_and_are_read_again() {
        let tensor = |name: &str, length: u8| NamedTensor {
            name: name.into(),
            shape: vec![length.into()],
            data: (0..4 * length).collect(),
        };
        let tensors = vec![tensor("z.weight", 3), tensor("a.weight", 2), tensor("ema.z.weight", 1)];
        let model = ModelSpec::open("linear").unwrap();
        let data = DatasetFingerprint { train: 1, test: 2, hash: 3, by_name: false };
        let (config, state) = (RunConfig::default(), State::default());
        let checkpoint = Checkpoint::new(&model, &config, &[], None, data, &state, tensors);
        let bytes = checkpoint.to_bytes();
        let read = Checkpoint::from_bytes(&bytes).unwrap();
        assert_eq!(read.meta, checkpoint.meta);
        for tensor in &checkpoint.tensors {
            assert_eq!(read.tensor(&tensor.name, &tensor.shape).unwrap(), tensor.data);
        }
        let views = checkpoint.tensors.iter().map(|tensor| {
            let view = safetensors::tensor::TensorView::new(Dtype::F32, tensor.shape.clone(), &tensor.data).unwrap();
            (tensor.name.clone(), view)
        });
        let meta = HashMap::from([(Checkpoint::KEY.to_string(), serde_json::to_string(&checkpoint.meta).unwrap())]);
        assert!(bytes == safetensors::serialize(views, Some(meta)).unwrap());
    }
}
