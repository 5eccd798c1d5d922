//! What was typed about the loss.

use clap::ValueEnum;

/// The loss of `train`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct LossArgs {
    /// The loss [default: cross-entropy where images have a class; bce or mse where they have values;
    /// mse where the model gives an image like its input].
    #[arg(long, value_enum)]
    pub loss: Option<LossName>,
    /// Spread this share of every target over all classes, for cross-entropy [default: 0].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub label_smoothing: Option<f32>,
    /// Weights of the classes, or of the positives for bce: numbers, or what balances the training images.
    #[arg(long, value_name = "balanced|W1,W2,…", allow_hyphen_values = true)]
    pub class_weights: Option<String>,
    /// Focusing of the focal losses [default: 2].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub focal_gamma: Option<f32>,
    /// Weight of positives in sigmoid-focal; -1 for none [default: 0.25].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub focal_alpha: Option<f32>,
    /// Where the square ends, in huber and smooth-l1 [default: 1].
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub huber_delta: Option<f32>,
    /// What mse, mae, huber and smooth-l1 predict [default: values; input for a model that gives an image like its input].
    #[arg(long, value_enum)]
    pub target: Option<TargetName>,
}

/// Losses by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LossName {
    /// Softmax cross entropy.
    CrossEntropy,
    /// Softmax cross entropy that looks away from what is sure.
    Focal,
    /// Binary cross entropy of several labels.
    Bce,
    /// Binary cross entropy of several labels that looks away from what is sure.
    SigmoidFocal,
    /// Squared error.
    Mse,
    /// Absolute error.
    Mae,
    /// Squared near 0, absolute far from it.
    Huber,
    /// Huber divided by its delta.
    SmoothL1,
}

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TargetName {
    /// The data's values.
    Values,
    /// The image itself: an autoencoder.
    Input,
}
