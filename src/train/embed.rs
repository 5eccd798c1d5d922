//! Features of a trained model: what its head reads of an image or text.

use super::cut::{self, Cut};
use super::error::TrainError;
use super::features::Extractor;
use super::predict::Predictor;
use crate::checkpoint::{AVERAGE, Checkpoint, Meta};
use crate::config::Freeze;
use crate::data::Split;
use crate::gpu::Gpu;
use crate::model::ModelSpec;
use crate::session::{InputError, check_tokens, check_vocabulary};

/// The layers of a trained model before its head, which give a row of features an example: all but the last layer with parameters and
/// the dropout before it; of a run whose body was frozen, just this body.
pub struct Embedder {
    extractor: Extractor,
    cut: Cut,
    vocabulary: Option<usize>,
}

impl Embedder {
    /// Puts them on a device.
    ///
    /// # Errors
    /// [`TrainError::NoHead`] if the model's last layers do not read one row of features an example; if the checkpoint is not
    /// whole, or the device refuses the plan.
    pub fn new(gpu: &Gpu, checkpoint: &Checkpoint) -> Result<Self, TrainError> {
        let (model, config) = (checkpoint.meta.model()?, &checkpoint.meta.config);
        let vocabulary = checkpoint.meta.vocabulary.as_ref().map(|vocabulary| vocabulary.len());
        check_vocabulary(&model, vocabulary)?;
        let from = config.head.from.as_deref().filter(|_| config.freeze == Freeze::Body);
        let cut = Cut::of(&model, from)?;
        let extractor = Extractor::new(gpu, &cut)?;
        extractor.load(checkpoint, &cut)?;
        Ok(Embedder { extractor, cut, vocabulary })
    }

    /// Features of an example.
    pub fn length(&self) -> usize {
        self.extractor.plan().classes
    }

    /// The layers behind them, which read features.
    pub fn head(&self) -> &ModelSpec {
        &self.cut.head
    }

    /// The layers behind them with their weights, which answer features as the whole model answers examples.
    ///
    /// # Errors
    /// If the checkpoint is not whole, or the device refuses the plan.
    pub fn head_of(&self, gpu: &Gpu, checkpoint: &Checkpoint) -> Result<Predictor, TrainError> {
        let own: Vec<String> = cut::parameters(&self.cut.head)?.into_iter().map(|(name, _)| name).collect();
        let is_own = |name: &str| own.iter().any(|own| name == own || name.strip_prefix(AVERAGE) == Some(own));
        let tensors = checkpoint.tensors.iter().filter(|tensor| is_own(&tensor.name)).cloned().collect();
        let meta = Meta { model: self.cut.head.to_toml(), vocabulary: None, ..checkpoint.meta.clone() };
        Predictor::new(gpu, &Checkpoint { path: checkpoint.path.clone(), meta, tensors }, None)
    }

    /// What examples are called, many of them: images or texts.
    pub fn what(&self) -> &'static str {
        self.cut.body.input_kind().plural()
    }

    /// Features `[n, length]` of images `[n, h, w, c]` of bytes, of the model's input size, or of texts as
    /// [`Vocabulary::encode`](crate::data::Vocabulary::encode) gives them.
    ///
    /// # Errors
    /// [`InputError`] if they are not a whole number of inputs, or tokens are not of the vocabulary; if the device is lost.
    pub fn embed(&mut self, inputs: &[u8]) -> Result<Vec<f32>, TrainError> {
        let (body, kind) = (&self.cut.body, self.cut.body.input_kind());
        let each = kind.bytes(body.input);
        if !inputs.len().is_multiple_of(each) {
            return Err(InputError::Bytes { bytes: inputs.len(), kind, each }.into());
        }
        if let Some(vocabulary) = self.vocabulary {
            check_tokens(inputs, vocabulary)?;
        }
        let mut features = Vec::with_capacity(inputs.len() / each * self.length());
        for batch in inputs.chunks(self.extractor.plan().batch * each) {
            features.extend(self.extractor.batch(batch, batch.len() / each)?);
        }
        Ok(features)
    }

    /// Features `[n, length]` of a split's examples, of which only some are in memory at a time. `seen` hears how many are done.
    ///
    /// # Errors
    /// As [`embed`](Self::embed), and if an example cannot be read.
    pub fn embed_split(&mut self, split: &Split, mut seen: impl FnMut(usize)) -> Result<Vec<f32>, TrainError> {
        let each = split.example_bytes();
        let mut features = Vec::with_capacity(split.len() * self.length());
        split.in_pieces(|bytes| {
            for batch in bytes.chunks(self.extractor.plan().batch * each) {
                features.extend(self.embed(batch)?);
                seen(features.len() / self.length());
            }
            Ok::<_, TrainError>(())
        })?;
        Ok(features)
    }
}
