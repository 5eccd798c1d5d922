//! What was typed about the loss.

use super::names;
use crate::losses::LOSSES;

/// The loss of `train`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct LossArgs {
    /// The loss [default: cross-entropy where images have a class; bce or mse where they have values;
    /// mse where the model gives an image like its input].
    #[arg(long, value_parser = names(LOSSES.iter().filter(|loss| loss.name != "adversarial")))]
    pub loss: Option<String>,
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
    #[arg(long, value_parser = ["values", "input"])]
    pub target: Option<String>,
}
