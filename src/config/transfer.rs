//! Runs that start from trained weights: which layers keep them, and how the new head is trained before the rest.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which layers keep the weights that they start with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freeze {
    /// None: everything is trained.
    #[default]
    None,
    /// All but the head, as [`HeadConfig::from`] says. The features that they give are computed once, and the head is trained
    /// on them; of the transforms of images only flips are applied.
    Body,
    /// The first so many layers with parameters.
    First(usize),
}

impl Freeze {
    /// Whether nothing is frozen.
    pub fn is_none(&self) -> bool {
        *self == Freeze::None
    }
}

impl FromStr for Freeze {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "none" => Ok(Freeze::None),
            "body" => Ok(Freeze::Body),
            number => number.parse().map(Freeze::First).map_err(|_| ()),
        }
    }
}

/// How a head that starts from the seed is trained on the features of the other layers, before these are trained with it: with
/// AdamW and a one-cycle schedule, on the run's loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeadConfig {
    /// Steps, rounded to whole epochs; 0 leaves the head as it starts.
    pub steps: u32,
    /// The highest learning rate.
    pub learning_rate: f32,
    /// AdamW's weight decay.
    pub weight_decay: f32,
    /// Images in a batch.
    pub batch: usize,
    /// Versions of each training image whose features are computed where augmentation does more than flips: the image itself, and
    /// as often as it is drawn at random.
    #[serde(skip_serializing_if = "is_usual")]
    pub versions: u32,
    /// The first layer of the head. Until it is known: what follows the last layer that takes weights, or the last layer with
    /// parameters and the dropout before it, where all layers take some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// Whether these are the default, which files of older builds do not have.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_usual(versions: &u32) -> bool {
    *versions == HeadConfig::default().versions
}

impl Default for HeadConfig {
    fn default() -> Self {
        HeadConfig { steps: 300, learning_rate: 3e-3, weight_decay: 0.01, batch: 64, versions: 4, from: None }
    }
}

impl HeadConfig {
    /// Whether nothing was said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
