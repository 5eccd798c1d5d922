//! Which words of a text speak for an answer: occlusion, a word at a time.

use super::ExplainError;
use crate::checkpoint::Checkpoint;
use crate::data::{UNKNOWN, Vocabulary};
use crate::gpu::Gpu;
use crate::metrics::Thresholds;
use crate::session::InputError;
use crate::train::{Answer, Predictor, TrainError};

/// A word of a text, as the model reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Whether the vocabulary has it. A model sees no difference between words that it lacks.
    pub known: bool,
    /// How much the class's score falls when an unknown word stands in its place; negative for a word that speaks against the class.
    pub fall: f64,
}

/// What speaks for a class in a text.
#[derive(Clone, Debug)]
pub struct TextExplanation {
    /// What the model answers.
    pub answer: Answer,
    /// Number of the class, label or output that is explained.
    pub class: usize,
    /// The words that the model reads, in their order.
    pub words: Vec<Word>,
    /// Further words of the text, which the model cuts off.
    pub cut: usize,
}

impl TextExplanation {
    /// The largest fall or rise; 0 for a text without known words.
    pub fn largest(&self) -> f64 {
        self.words.iter().map(|word| word.fall.abs()).fold(0.0, f64::max)
    }
}

/// A trained model of texts that explains its answers.
pub struct TextExplainer {
    predictor: Predictor,
    vocabulary: Vocabulary,
    length: usize,
}

impl TextExplainer {
    /// For a checkpoint's model.
    ///
    /// # Errors
    /// [`InputError::NoVocabulary`] if it takes no texts; otherwise as [`Predictor::new`].
    pub fn new(gpu: &Gpu, checkpoint: &Checkpoint) -> Result<Self, ExplainError> {
        let predictor = Predictor::new(gpu, checkpoint, None)?;
        let model = predictor.model();
        let Some(vocabulary) = checkpoint.meta.vocabulary.clone() else {
            return Err(TrainError::from(InputError::NoVocabulary { model: model.name.clone() }).into());
        };
        let length = model.input[1];
        Ok(TextExplainer { predictor, vocabulary, length })
    }

    /// With what decides between classes, as [`Predictor::with_thresholds`] has it.
    #[must_use]
    pub fn with_thresholds(self, thresholds: Thresholds) -> Self {
        TextExplainer { predictor: self.predictor.with_thresholds(thresholds), ..self }
    }

    /// The number of a class, label or output with this name.
    ///
    /// # Errors
    /// [`ExplainError::Class`] with the names that there are.
    pub fn class(&self, name: &str) -> Result<usize, ExplainError> {
        ExplainError::class(self.predictor.names(), name)
    }

    /// Explains an answer on a text: for class number `class`, or the one that is answered.
    ///
    /// # Errors
    /// If there is no such class, or the device is lost.
    pub fn explain(&self, text: &str, class: Option<usize>) -> Result<TextExplanation, ExplainError> {
        let words = crate::data::text_words(text);
        let whole = self.vocabulary.encode(text, self.length);
        let read = words.len().min(self.length);
        let cut = words.len() - read;
        let mut inputs = whole.clone();
        for word in 0..read {
            let mut without = whole.clone();
            without[4 * word..][..4].copy_from_slice(&UNKNOWN.to_le_bytes());
            inputs.extend(without);
        }
        let mut answers = self.predictor.predict(&inputs)?.into_iter();
        let answer = answers.next().expect("the whole text has an answer");
        let class = class.unwrap_or_else(|| answer.best().map_or(0, |best| best.class));
        let Some(&score) = answer.outputs.get(class) else {
            let classes = self.predictor.names().to_vec();
            return Err(ExplainError::Class { class: class.to_string(), classes });
        };
        let falls = answers.map(|without| f64::from(score) - f64::from(without.outputs[class]));
        let word = |(text, fall): (String, f64)| Word { known: self.vocabulary.knows(&text), text, fall };
        let words = words.into_iter().zip(falls).map(word).collect();
        Ok(TextExplanation { answer, class, words, cut })
    }
}
