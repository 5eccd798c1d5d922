//! Named tensors, where they come from, and what they were trained with.

use std::collections::HashMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::error::WeightsError;
use super::facts::Facts;
use super::{foreign, numbers};
use crate::checkpoint::{AVERAGE, Checkpoint, NamedTensor};
use crate::config::NormalizeConfig;
use crate::data::Vocabulary;
use crate::model::{ModelSpec, preset};

/// Trained weights with this project's names and layouts, and what is known about them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// Where they come from, as messages name it: a path, or the name of a built-in model.
    pub origin: String,
    /// SHA-256 of the file, in hexadecimal; none where they come from no file, or the build reads none.
    pub sha256: Option<String>,
    /// Parameters and running averages: `conv1.weight`, as a checkpoint holds them.
    pub tensors: Vec<NamedTensor>,
    /// The model that they belong to, if that is known.
    pub model: Option<ModelSpec>,
    /// How pixels were scaled when they were trained, if that is known.
    pub normalize: Option<NormalizeConfig>,
    /// The first layer of the head that was trained on them, if a run says so.
    pub head: Option<String>,
    /// Words by token, for a model of texts.
    pub vocabulary: Option<Vocabulary>,
    /// Names of the classes that they were trained on; empty if unknown.
    pub classes: Vec<String>,
    /// Where they were published and under which licence, if the file says so.
    pub about: Option<String>,
    /// Names of tensors in another program's file that have no counterpart here.
    pub unused: Vec<String>,
}

impl Weights {
    /// Those of a checkpoint, without its optimiser's state: the averages, where the run keeps them.
    ///
    /// # Errors
    /// If the stored model file is damaged.
    pub fn of_checkpoint(checkpoint: &Checkpoint) -> Result<Self, WeightsError> {
        let checkpoint = checkpoint.without_optimizer();
        let config = &checkpoint.meta.config;
        let model = checkpoint.meta.model()?.for_any_classes(checkpoint.meta.classes.len());
        let averaged = config.update.averages();
        let tensors =
            checkpoint.tensors.into_iter().filter_map(|tensor| match (tensor.name.strip_prefix(AVERAGE), averaged) {
                (Some(name), true) => Some(NamedTensor { name: name.into(), ..tensor }),
                (None, false) => Some(tensor),
                _ => None,
            });
        Ok(Weights {
            origin: checkpoint.path,
            sha256: None,
            tensors: tensors.collect(),
            model: Some(model),
            normalize: Some(config.normalize.clone()),
            head: config.head.from.clone(),
            vocabulary: checkpoint.meta.vocabulary,
            classes: checkpoint.meta.classes,
            about: None,
            unused: Vec::new(),
        })
    }

    /// From the bytes of a file: a checkpoint, a `.safetensors` file with [`Facts`] in its metadata, or one of a network of another
    /// program that [`foreign`] knows. Numbers may be F64, F32, F16 or BF16. `origin` names it in messages.
    ///
    /// # Errors
    /// [`WeightsError`] if they are not a whole file, or one of another program that no table knows.
    pub fn from_bytes(bytes: &[u8], origin: &str) -> Result<Self, WeightsError> {
        let malformed = |problem: String| WeightsError::Malformed { path: origin.into(), problem };
        let unreadable = |error| malformed(format!("{error} (the file has {} bytes)", bytes.len()));
        foreign::refuse_pickle(bytes, origin)?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(unreadable)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        if metadata.contains_key(Checkpoint::KEY) {
            return Self::of_checkpoint(&Checkpoint { path: origin.into(), ..Checkpoint::from_bytes(bytes)? });
        }
        let Some(facts) = metadata.get(Facts::KEY) else {
            return Ok(foreign::translate(&foreign::ForeignFile::parse(bytes, origin)?, None, &[origin])?.weights);
        };
        let file = SafeTensors::deserialize(bytes).map_err(unreadable)?;
        let Facts { model, normalize, classes, about } =
            serde_json::from_str(facts).map_err(|e| malformed(format!("its metadata: {e}")))?;
        if let Some(normalize) = &normalize {
            normalize.check().map_err(|e| malformed(format!("its metadata: {e}")))?;
        }
        let model = model.map(|model| model_of(&model, origin)).transpose()?;
        let tensors = file.tensors().into_iter().map(|(name, view)| as_f32(name, &view, origin));
        let mut tensors = tensors.collect::<Result<Vec<_>, _>>()?;
        // the reader's order is a hash's
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        let unused = Vec::new();
        Ok(Weights { origin: origin.into(), tensors, model, normalize, classes, about, unused, ..Weights::default() })
    }

    /// The bytes of a file of these weights in f32, with what is known about them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let facts = Facts {
            model: self.model.as_ref().map(|model| match preset(&model.name) {
                Some(preset) if ModelSpec::parse(preset.text, preset.name).is_ok_and(|known| known == *model) => {
                    preset.name.into()
                }
                _ => model.to_toml(),
            }),
            normalize: self.normalize.clone(),
            classes: self.classes.clone(),
            about: self.about.clone(),
        };
        let facts = serde_json::to_string(&facts).expect("facts are plain data");
        let views = self.tensors.iter().map(|tensor| {
            let view = TensorView::new(Dtype::F32, tensor.shape.clone(), &tensor.data);
            (&tensor.name, view.expect("a tensor has as many bytes as its shape says"))
        });
        let metadata = HashMap::from([(Facts::KEY.to_string(), facts)]);
        safetensors::serialize(views, Some(metadata)).expect("tensors are well formed")
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&NamedTensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }
}

/// The model that a file names or contains.
pub(super) fn model_of(text: &str, origin: &str) -> Result<ModelSpec, WeightsError> {
    Ok(match preset(text) {
        Some(preset) => ModelSpec::parse(preset.text, preset.name)?,
        None => ModelSpec::parse(text, origin)?,
    })
}

/// A tensor's numbers as little-endian f32.
fn as_f32(name: String, view: &TensorView, path: &str) -> Result<NamedTensor, WeightsError> {
    match numbers::as_f32(view) {
        Some(data) => Ok(NamedTensor { name, shape: view.shape().to_vec(), data }),
        None => Err(WeightsError::Dtype { path: path.into(), tensor: name, dtype: format!("{:?}", view.dtype()) }),
    }
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::super::foreign::ForeignError;
    use super::*;
    use crate::checkpoint::{DatasetFingerprint, State};
    use crate::config::{RunConfig, UpdateConfig};

    fn tensor(name: &str, values: &[f32]) -> NamedTensor {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        NamedTensor { name: name.into(), shape: vec![values.len()], data }
    }

    #[test]
    fn a_file_of_weights_is_read_as_it_was_written() {
        let weights = Weights {
            origin: "here".into(),
            tensors: vec![tensor("a.weight", &[1.5, -2.0]), tensor("b.weight", &[f32::MIN_POSITIVE])],
            model: Some(ModelSpec::open("linear").unwrap()),
            normalize: Some(NormalizeConfig::parse("0.5:0.25").unwrap()),
            classes: vec!["cat".into(), "dog".into()],
            about: Some("a licence".into()),
            ..Weights::default()
        };
        let bytes = weights.to_bytes();
        assert_eq!(Weights::from_bytes(&bytes, "here").unwrap(), weights);
        let mut own = weights.clone();
        own.model.as_mut().unwrap().name = "mine".into();
        assert_eq!(Weights::from_bytes(&own.to_bytes(), "here").unwrap(), own, "a model file instead of a name");
        let error = Weights::from_bytes(&bytes[..bytes.len() - 1], "here").unwrap_err();
        assert!(matches!(error, WeightsError::Malformed { .. }), "{error}");
    }

    #[test]
    fn half_precision_becomes_f32_and_integers_are_refused() {
        let facts = || Some(HashMap::from([(Facts::KEY.to_string(), "{}".to_string())]));
        let file = |dtype, bytes: &[u8]| {
            let view = TensorView::new(dtype, vec![2], bytes).unwrap();
            safetensors::serialize([("a", view)], facts()).unwrap()
        };
        let halves: Vec<u8> = [1.5, -0.25].iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect();
        let brains: Vec<u8> = [1.5, -0.25].iter().flat_map(|&v| bf16::from_f32(v).to_le_bytes()).collect();
        let doubles: Vec<u8> = [1.5f64, -0.25].iter().flat_map(|v| v.to_le_bytes()).collect();
        for (dtype, bytes) in [(Dtype::F16, halves), (Dtype::BF16, brains), (Dtype::F64, doubles)] {
            let weights = Weights::from_bytes(&file(dtype, &bytes), "x").unwrap();
            assert_eq!(weights.tensors, [tensor("a", &[1.5, -0.25])], "{dtype:?}");
        }
        let error = Weights::from_bytes(&file(Dtype::I32, &[0; 8]), "x").unwrap_err().to_string();
        assert_eq!(error, "weights x: tensor `a` holds I32, but weights are F64, F32, F16 or BF16");
        let view = TensorView::new(Dtype::U8, vec![1], &[0]).unwrap();
        let other = safetensors::serialize([("layer4.1.bn2.weight", view)], None).unwrap();
        assert!(matches!(
            Weights::from_bytes(&other, "x"),
            Err(WeightsError::Foreign(ForeignError::Unknown { tensors: 1, .. }))
        ));
    }

    #[test]
    fn a_run_gives_what_it_is_evaluated_with() {
        let tensors = vec![tensor("a", &[1.0]), tensor("ema.a", &[2.0]), tensor("optimizer.moment1.a", &[3.0])];
        let data = DatasetFingerprint { train: 1, test: 0, hash: 0, by_name: false };
        let (model, state) = (ModelSpec::open("linear").unwrap(), State::default());
        for (ema, value) in [(None, 1.0), (Some(0.9), 2.0)] {
            let config = RunConfig { update: UpdateConfig { ema, ..UpdateConfig::default() }, ..RunConfig::default() };
            let run = Checkpoint::new(&model, &config, &["one".into()], None, data, &state, tensors.clone());
            let weights = Weights::from_bytes(&run.to_bytes(), "run").unwrap();
            assert_eq!(weights.tensors, [tensor("a", &[value])]);
            assert_eq!((weights.model.as_ref(), &weights.classes[..]), (Some(&model), &["one".to_string()][..]));
            let fitted = Checkpoint::new(&model.for_classes(1), &config, &["one".into()], None, data, &state, vec![]);
            assert_eq!(Weights::of_checkpoint(&fitted).unwrap().model, Some(model.clone()), "for other classes, too");
        }
    }
}
