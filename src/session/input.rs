//! What a model is given, pixels, tokens or features: whether it can read it, and what the device needs beside it.

use crate::config::{NormalizeConfig, RunConfig};
use crate::data::{Dataset, Input, SourceError, Split};
use crate::gpu::{GpuError, Program};
use crate::hint::{Hint, Hints};
use crate::model::{InputKind, ModelSpec};
use crate::plan::Buffer;

/// How inputs of this kind are scaled, with the statistics of the training images where it asks for them; tokens are not.
///
/// # Errors
/// [`InputError::Normalization`] if it has numbers for another number of channels, and [`InputError::Source`] if an image that is
/// streamed cannot be read.
pub(crate) fn normalize(kind: InputKind, asked: NormalizeConfig, train: &Split) -> Result<NormalizeConfig, InputError> {
    match kind {
        InputKind::Images => {
            let found = asked.resolved(train)?;
            let (numbers, channels) = (found.mean.len(), train.input().shape()[2]);
            let fits = numbers == 0 || numbers == channels;
            if fits { Ok(found) } else { Err(InputError::Normalization { numbers, channels }) }
        }
        InputKind::Texts | InputKind::Features => Ok(asked),
    }
}

/// Puts a run's normalisation of pixels on the device; tokens and features have none.
///
/// # Errors
/// [`GpuError`] if the device is lost.
pub(crate) fn write_norm(program: &Program, model: &ModelSpec, config: &RunConfig) -> Result<(), GpuError> {
    match model.input_kind() {
        InputKind::Images => program.write(Buffer::Norm, &config.normalize.bytes(model.input[2])),
        InputKind::Texts | InputKind::Features => Ok(()),
    }
}

/// Why a model cannot read these inputs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// An image that cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Images for a model of texts, or the other way round.
    #[error("model `{model}` takes {}, but `{data}` contains {}", takes.plural(), given.plural())]
    Kind {
        /// The model's name.
        model: String,
        /// The kind that the model reads.
        takes: InputKind,
        /// The data set's name.
        data: String,
        /// What the data set holds.
        given: InputKind,
    },
    /// Texts of another length than the model's.
    #[error("model `{model}` takes texts of {takes} words, but those of `{data}` are cut or padded to {given}")]
    Length {
        /// The model's name.
        model: String,
        /// Words of a text that it takes.
        takes: usize,
        /// The data set's name.
        data: String,
        /// Words of its texts.
        given: usize,
    },
    /// Rows of another number of features than the model's.
    #[error("model `{model}` takes {takes} features, but the examples of `{data}` have {given}")]
    Features {
        /// The model's name.
        model: String,
        /// Features that it takes.
        takes: usize,
        /// The data set's name.
        data: String,
        /// Features of its examples.
        given: usize,
    },
    /// Images of another size than the model's.
    #[error("model `{model}` takes {} images, but those of `{data}` are {}", sizes(takes), sizes(given))]
    Size {
        /// The model's name.
        model: String,
        /// The size that it takes, `[h, w, c]`.
        takes: [usize; 3],
        /// The data set's name.
        data: String,
        /// The size of its images, `[h, w, c]`.
        given: [usize; 3],
    },
    /// Means and deviations for another number of channels than the images have.
    #[error("there are means and standard deviations for {numbers} channels, but the images have {channels}")]
    Normalization {
        /// Channels that there are numbers for.
        numbers: usize,
        /// Channels of the images.
        channels: usize,
    },
    /// A model of texts without the words that its tokens stand for.
    #[error("model `{model}` takes texts, but its checkpoint has no vocabulary")]
    NoVocabulary {
        /// The model's name.
        model: String,
    },
    /// A table of tokens that is smaller than the vocabulary.
    #[error("layer `{layer}` has {rows} tokens, but the vocabulary has {tokens}")]
    Vocabulary {
        /// The layer that looks tokens up.
        layer: String,
        /// Rows of its table.
        rows: usize,
        /// Tokens of the vocabulary.
        tokens: usize,
    },
    /// A token that stands for no word.
    #[error("token {token} is outside the vocabulary of {tokens}")]
    Token {
        /// The token that was given.
        token: u32,
        /// Tokens of the vocabulary.
        tokens: usize,
    },
    /// A picture for a model that takes none.
    #[error("model `{model}` takes {}", no_pictures(*takes, *channels))]
    NoPictures {
        /// The model's name.
        model: String,
        /// What it takes.
        takes: InputKind,
        /// Channels of its inputs.
        channels: usize,
    },
    /// Bytes that are not a whole number of inputs.
    #[error("{bytes} bytes are not a whole number of {} of {each} bytes each", kind.plural())]
    Bytes {
        /// Number of bytes given.
        bytes: usize,
        /// What the model takes.
        kind: InputKind,
        /// Bytes of one input.
        each: usize,
    },
}

fn no_pictures(takes: InputKind, channels: usize) -> String {
    match takes {
        InputKind::Images => format!("images of {channels} channels, but image files have 1 or 3"),
        InputKind::Texts => "texts, not image files".into(),
        InputKind::Features => "features, not image files".into(),
    }
}

fn sizes([h, w, c]: &[usize; 3]) -> String {
    format!("{h}x{w}x{c}")
}

impl Hints for InputError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            InputError::Source(error) => error.hints(),
            InputError::Kind { given: InputKind::Texts, .. } => {
                vec![Hint::set("model", "text-small"), Hint::advice("a model file with tokens = \"auto\"")]
            }
            InputError::Kind { given: InputKind::Images, .. } => {
                vec![Hint::advice("a model file with `input` instead of `tokens`")]
            }
            InputError::Kind { given: InputKind::Features, .. } | InputError::Features { .. } => {
                vec![Hint::advice("a model file with `features`, the number of them")]
            }
            InputError::Length { takes, .. } => {
                vec![Hint::set("text.max_length", takes), Hint::advice("a model file with tokens = \"auto\"")]
            }
            InputError::Size { given: [h, w, c], .. } => vec![
                Hint::Change { key: "model" },
                Hint::set("size", format!("{h}x{w}x{c}")),
                Hint::advice(format!("a model file with input = [{h}, {w}, {c}]")),
            ],
            InputError::Normalization { .. } => vec![Hint::set("normalize", "dataset")],
            InputError::Vocabulary { rows, .. } => vec![
                Hint::advice("vocabulary = \"auto\" in the model file"),
                Hint::set("text.max_words", rows.saturating_sub(2)),
            ],
            InputError::NoVocabulary { .. }
            | InputError::Token { .. }
            | InputError::NoPictures { .. }
            | InputError::Bytes { .. } => Vec::new(),
        }
    }
}

/// Checks that a model can read a data set.
///
/// # Errors
/// [`InputError`] with what the model takes and what the data set holds.
pub(crate) fn check_data(data: &Dataset, model: &ModelSpec) -> Result<(), InputError> {
    let names = || (model.name.clone(), data.name().to_string());
    let takes = model.input_kind();
    let given = match data.input() {
        Input::Images { .. } => InputKind::Images,
        Input::Tokens { .. } => InputKind::Texts,
        Input::Features { .. } => InputKind::Features,
    };
    if takes != given {
        let (model, data) = names();
        return Err(InputError::Kind { model, takes, data, given });
    }
    if let Some(texts) = data.texts() {
        // every token of a data set is in its vocabulary
        check_vocabulary(model, Some(texts.vocabulary.len()))?;
    }
    let shape = data.input().shape();
    if shape == model.input {
        return Ok(());
    }
    let size = model.input;
    let (model, data) = names();
    Err(match takes {
        InputKind::Texts => InputError::Length { model, takes: size[1], data, given: shape[1] },
        InputKind::Images => InputError::Size { model, takes: size, data, given: shape },
        InputKind::Features => InputError::Features { model, takes: size[2], data, given: shape[2] },
    })
}

/// Checks that a model can read pictures, which are grey or have three colours.
///
/// # Errors
/// [`InputError::NoPictures`] with what it takes.
#[cfg(feature = "images")]
pub(crate) fn check_pictures(model: &ModelSpec) -> Result<(), InputError> {
    let (takes, channels) = (model.input_kind(), model.input[2]);
    if takes == InputKind::Images && [1, 3].contains(&channels) {
        return Ok(());
    }
    Err(InputError::NoPictures { model: model.name.clone(), takes, channels })
}

/// Checks that a model's tables have a row for each token of a vocabulary, if there is one: kernels look rows up unchecked.
pub(crate) fn check_vocabulary(model: &ModelSpec, vocabulary: Option<usize>) -> Result<(), InputError> {
    let Some(tokens) = vocabulary else {
        return match model.input_kind() {
            InputKind::Images | InputKind::Features => Ok(()),
            InputKind::Texts => Err(InputError::NoVocabulary { model: model.name.clone() }),
        };
    };
    for spec in &model.layers {
        if let Some(rows) = spec.layer.vocabulary().filter(|&rows| rows < tokens) {
            return Err(InputError::Vocabulary { layer: spec.name.clone(), rows, tokens });
        }
    }
    Ok(())
}

/// Checks that all tokens are of a vocabulary of so many.
pub(crate) fn check_tokens(bytes: &[u8], tokens: usize) -> Result<(), InputError> {
    let all = bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    match all.max().filter(|&token| token as usize >= tokens) {
        None => Ok(()),
        Some(token) => Err(InputError::Token { token, tokens }),
    }
}

/// The model with the numbers that it leaves to the data set: outputs, and for texts length and vocabulary.
pub(crate) fn fitted(model: &ModelSpec, data: &Dataset) -> ModelSpec {
    let train = data.train();
    let values = train.and_then(Split::values);
    let model = model.for_classes(values.map_or(data.classes().len(), |values| values.width));
    match (data.texts(), train) {
        (Some(text), Some(train)) => model.for_texts(train.input().shape()[1], text.vocabulary.len()),
        _ => model,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "images")]
    #[test]
    fn pictures_are_for_models_of_grey_or_colour_images() {
        let model =
            |text: &str| ModelSpec::parse(&format!("name = \"m\"\n{text}\n[[layer]]\ntype = \"flatten\"\n"), "m");
        let check = |text: &str| check_pictures(&model(text).unwrap()).map_err(|error| error.to_string());
        assert_eq!(check("input = [2, 2, 1]"), Ok(()));
        assert_eq!(check("input = [2, 2, 3]"), Ok(()));
        let error = "model `m` takes images of 4 channels, but image files have 1 or 3";
        assert_eq!(check("input = [2, 2, 4]"), Err(error.into()));
        assert_eq!(check("tokens = 5"), Err("model `m` takes texts, not image files".into()));
    }

    #[test]
    fn means_for_other_channels_are_refused_with_both_numbers() {
        let train = crate::data::load(None).unwrap().into_splits().train.unwrap();
        let asked = NormalizeConfig::parse("imagenet").unwrap();
        assert_eq!(normalize(InputKind::Texts, asked.clone(), &train), Ok(asked.clone()));
        let error = normalize(InputKind::Images, asked, &train).unwrap_err();
        assert_eq!(error, InputError::Normalization { numbers: 3, channels: 1 });
        assert_eq!(error.hints(), [Hint::set("normalize", "dataset")]);
    }
}
