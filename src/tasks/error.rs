//! What does not go with a task.

use crate::hint::{Hint, Hints};
use crate::metrics::Criterion;

/// Why a criterion cannot choose the best epoch.
fn best_by(by: Criterion, known: &[Criterion], validated: bool) -> String {
    let by = by.name();
    if known.is_empty() {
        return format!("the best epoch cannot be chosen by {by}: this model is not evaluated");
    }
    if !validated {
        return format!("the best epoch cannot be chosen by {by}: no images validate an epoch");
    }
    let known: Vec<&str> = known.iter().map(|criterion| criterion.name()).collect();
    format!("the best epoch cannot be chosen by {by}, which is not measured here; there are {}", known.join(", "))
}

/// Why data, a model or an option does not go with a task.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TaskError {
    /// A criterion for the best epoch that the run does not measure.
    #[error("{}", best_by(*by, known, *validated))]
    BestBy {
        /// The criterion.
        by: Criterion,
        /// Those that it measures.
        known: Vec<Criterion>,
        /// Whether any images validate an epoch.
        validated: bool,
    },
    /// Values that several losses could be for.
    #[error(
        "the {width} values of each image of `{data}` sum to 1, so they may be a distribution over classes, labels or numbers"
    )]
    Ambiguous {
        /// The data set's name.
        data: String,
        /// Values of an image.
        width: usize,
    },
    /// A loss that compares outputs with numbers, and data that have none.
    #[error("the loss {loss} needs values for each image, but `{data}` has a class for each")]
    NeedsValues {
        /// Name of the loss.
        loss: &'static str,
        /// The data set's name.
        data: String,
    },
    /// A loss over classes, and data that have numbers.
    #[error("the loss {loss} needs a class for each image, but `{data}` has {width} values for each")]
    NeedsClasses {
        /// Name of the loss.
        loss: &'static str,
        /// The data set's name.
        data: String,
        /// Values of an image.
        width: usize,
    },
    /// Numbers to be scaled, and a loss that compares outputs with something else.
    #[error("`targets` scales numbers to predict, but the loss {loss} compares outputs with something else")]
    TargetsNeedNumbers {
        /// Name of the loss.
        loss: &'static str,
    },
    /// Values of which an image has none.
    #[error("`{data}` has 0 values for each image")]
    NoValues {
        /// The data set's name.
        data: String,
    },
    /// Splits of one data set that have different numbers of values.
    #[error("`{data}` has {} values for each training image and {} for each test image", widths[0], widths[1])]
    Widths {
        /// The data set's name.
        data: String,
        /// Values of an image in the first split, and in one that differs.
        widths: [usize; 2],
    },
    /// A value that the loss cannot take.
    #[error("`{data}`: value {number} of image {image} is {value}, but must be {wanted} for this loss")]
    Value {
        /// The data set's name.
        data: String,
        /// Number of the image, from 0.
        image: usize,
        /// Which of its values.
        number: usize,
        /// The value found there.
        value: f32,
        /// What it must be.
        wanted: &'static str,
    },
    /// Values that are no distribution.
    #[error("`{data}`: the values of image {image} sum to {sum}, but a distribution sums to 1")]
    NoDistribution {
        /// The data set's name.
        data: String,
        /// Number of the image, from 0.
        image: usize,
        /// The sum of its values.
        sum: f64,
    },
    /// A model that gives another number of values than the data have.
    #[error("model `{model}` outputs {outputs} numbers for an image, but `{data}` has {values} values for each")]
    Width {
        /// The model's name.
        model: String,
        /// Numbers that it gives.
        outputs: usize,
        /// The data set's name.
        data: String,
        /// Values of an image.
        values: usize,
    },
    /// A model that gives another number of classes than the data have.
    #[error("model `{model}` has {outputs} classes (layer `{layer}`), but `{data}` has {classes}")]
    Classes {
        /// The model's name.
        model: String,
        /// Name of its last layer.
        layer: String,
        /// Classes that it gives.
        outputs: usize,
        /// The data set's name.
        data: String,
        /// Number of the data set's classes.
        classes: usize,
    },
    /// Normal classes for a model that does not reconstruct its input.
    #[error(
        "normal classes need a model that reconstructs its input, but the loss {loss} compares the output with {}",
        if *values { "values" } else { "classes" }
    )]
    NormalNeedsReconstruction {
        /// Name of the loss.
        loss: &'static str,
        /// Whether the data have values instead of classes.
        values: bool,
    },
    /// Normal classes in data that have none.
    #[error("`{data}` has values instead of classes, so there are no normal classes")]
    NormalNeedsClasses {
        /// The data set's name.
        data: String,
    },
    /// A class that the data do not have.
    #[error("`{data}` has no class {wanted}\n  its classes: {}", numbered(classes))]
    UnknownClass {
        /// What was asked for.
        wanted: String,
        /// The data set's name.
        data: String,
        /// The classes that there are.
        classes: Vec<String>,
    },
    /// Normal classes without a training image.
    #[error("`{data}` has no training image of {}", classes.join(", "))]
    NoneNormal {
        /// The data set's name.
        data: String,
        /// Names of the classes that are called normal.
        classes: Vec<String>,
    },
    /// An option that does not go with two networks.
    #[error("`{key}` is not supported for the GAN `{model}`: {why}")]
    Refused {
        /// The model's name.
        model: String,
        /// The option's key.
        key: &'static str,
        /// Why a generator and a discriminator cannot have it.
        why: &'static str,
    },
    /// Pixels that a generator's last layer cannot give.
    #[error(
        "normalized pixels range from {:.2} to {:.2}, but the generator's last layer outputs {} to {}",
        pixels[0], pixels[1], range[0], range[1]
    )]
    PixelRange {
        /// The least and the largest value of a pixel.
        pixels: [f32; 2],
        /// The least and the largest value that the generator gives.
        range: [f32; 2],
    },
    /// Samples of a model without a generator.
    #[error("model `{model}` has no generator to draw images with")]
    NoGenerator {
        /// The model's name.
        model: String,
    },
    /// A sample for which there is no noise.
    #[error("image number {first} is out of range; the last full sheet starts at {last}")]
    NoSuchSample {
        /// The first image that was asked for.
        first: usize,
        /// The last one that there is so many images from.
        last: u64,
    },
    /// Answers of a model that makes images.
    #[error("model `{model}` generates images and cannot classify or evaluate any")]
    NoAnswers {
        /// The model's name.
        model: String,
    },
    /// Views of an image whose answers are images.
    #[error("test-time augmentation averages predictions, but this model outputs an image")]
    ViewsOfImages,
    /// A learning-rate range test of two networks.
    #[error("a learning-rate range test needs a single loss, but a GAN has two")]
    TwoLosses,
}

/// `0 cat, 1 dog`, of the first forty.
fn numbered(classes: &[String]) -> String {
    let list: Vec<String> = classes.iter().take(40).enumerate().map(|(i, name)| format!("{i} {name}")).collect();
    format!("{}{}", list.join(", "), if classes.len() > list.len() { ", …" } else { "" })
}

impl Hints for TaskError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            TaskError::BestBy { known, validated, .. } => {
                let others = known.iter().map(|by| Hint::set("best_by", by.key()));
                let validate = (!validated && !known.is_empty()).then(|| Hint::set("validation", 0.1));
                others.chain(validate).chain([Hint::Unset { key: "best_by" }]).collect()
            }
            TaskError::Ambiguous { .. } => ["cross-entropy", "bce", "mse"].map(|loss| Hint::set("loss", loss)).to_vec(),
            TaskError::NeedsValues { .. } => vec![
                Hint::set("loss", "cross-entropy"),
                Hint::advice("the images themselves as the target of a loss over numbers"),
            ],
            TaskError::NeedsClasses { .. } | TaskError::Value { .. } => {
                vec![Hint::set("loss", "bce"), Hint::set("loss", "mse"), Hint::advice("correct the data")]
            }
            TaskError::NoDistribution { .. } => vec![Hint::set("loss", "bce"), Hint::advice("correct the data")],
            TaskError::NoValues { .. } | TaskError::Widths { .. } => Vec::new(),
            TaskError::Width { values, .. } => {
                vec![Hint::advice(format!("a model file whose last layer has units = {values}"))]
            }
            TaskError::Classes { classes, .. } => {
                vec![Hint::advice(format!("a model file whose last layer has units = {classes}"))]
            }
            TaskError::TargetsNeedNumbers { .. } => vec![Hint::Unset { key: "targets" }],
            TaskError::NormalNeedsReconstruction { .. } => vec![Hint::set("model", "autoencoder")],
            TaskError::NormalNeedsClasses { .. } => vec![Hint::Unset { key: "normal" }],
            TaskError::UnknownClass { wanted, classes, .. } => {
                let number = Hint::advice("its number, or several with commas");
                vec![Hint::one_of(wanted, classes), number]
            }
            TaskError::NoneNormal { .. } => vec![Hint::Change { key: "normal" }],
            TaskError::Refused { key, .. } => vec![Hint::Unset { key }],
            TaskError::PixelRange { range, .. } => {
                vec![Hint::set("normalize", if range[0] < 0.0 { "0.5:0.5" } else { "none" })]
            }
            TaskError::NoGenerator { .. } => Vec::new(),
            TaskError::NoAnswers { .. } => {
                vec![Hint::command(["predict", "RUN", "--grid", "samples.png"])]
            }
            TaskError::NoSuchSample { last, .. } => vec![Hint::set("from", last)],
            TaskError::ViewsOfImages => vec![Hint::Unset { key: "tta" }],
            TaskError::TwoLosses => vec![Hint::set("learning_rate", "0.0002")],
        }
    }
}
