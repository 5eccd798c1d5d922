//! The losses. A new one is a file with its row and its type, and a line in [`LOSSES`].

use std::sync::Arc;

pub use lepton_kernels::value_loss::{Kind, OwnLoss};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::table::OptionError;
use crate::table::{Chosen, Member, Own, Settings, Table};
use crate::table::{Field, Takes};

mod adversarial;
mod balanced;
mod bce;
mod cross_entropy;
mod focal;
mod huber;
mod mae;
mod mse;
mod sigmoid_focal;
mod smooth_l1;
mod target;

pub use adversarial::Adversarial;
pub use balanced::{BalanceError, Balancing, balanced};
pub use bce::Bce;
pub use cross_entropy::CrossEntropy;
pub use focal::Focal;
pub use huber::Huber;
pub use mae::Mae;
pub use mse::Mse;
pub use sigmoid_focal::SigmoidFocal;
pub use smooth_l1::SmoothL1;
pub use target::{LastLayer, Records, TARGETS, TargetKind, TargetRow};

/// Every loss, in the order in which they are listed for people.
pub const LOSSES: &[Member<dyn Loss>] = &[
    cross_entropy::ENTRY,
    focal::ENTRY,
    bce::ENTRY,
    sigmoid_focal::ENTRY,
    mse::ENTRY,
    mae::ENTRY,
    huber::ENTRY,
    smooth_l1::ENTRY,
    adversarial::ENTRY,
];

/// The loss of a run and its options; what it is compared with is in the data.
pub type LossConfig = Chosen<dyn Loss>;

/// A loss: its options, the targets that it needs, and how it is computed.
pub trait Loss: Settings {
    /// Its row in [`LOSSES`].
    fn entry(&self) -> &'static Member<dyn Loss>;

    /// What outputs are compared with.
    fn target_kind(&self) -> TargetKind;

    /// What a plan must know about them.
    fn target_row(&self) -> &'static TargetRow {
        self.target_kind().row()
    }

    /// How it is computed.
    fn form(&self) -> Form;

    /// Weights of classes, or of the positives of each label; empty if there are none.
    fn weights(&self) -> &[f32] {
        &[]
    }

    /// The weights of classes by whose sum over the images the sum of their losses is divided, so that it is a weighted mean; empty
    /// where it is divided by the number of images.
    fn mean_weights(&self) -> &[f32] {
        &[]
    }

    /// What its weights are of.
    fn weighs(&self) -> Weighs {
        Weighs::Classes
    }
}

/// What the weights of a loss are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighs {
    /// The images of each class.
    Classes,
    /// The images that have a label, for each label.
    Positives,
}

/// How a loss is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// Softmax cross entropy over classes, times `(1 - p)^gamma` of the right class.
    Classes {
        /// Share of every target that is spread over all classes.
        label_smoothing: f32,
        /// Focusing; 0 is plain cross entropy.
        gamma: f32,
    },
    /// A loss of every output by itself, compared with one number; the mean over a row. An application brings its own as
    /// [`Kind::Own`].
    Elements(Kind),
    /// Binary cross entropy of what a discriminator says of real and of generated images, trained in turn with a generator.
    InTurn {
        /// Taken from the target 1 of real images.
        label_smoothing: f32,
    },
}

/// What numbers a model predicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossTarget {
    /// The data's values.
    #[default]
    Values,
    /// The image that it is given.
    Input,
}

impl LossTarget {
    fn kind(self) -> TargetKind {
        match self {
            LossTarget::Values => TargetKind::Numbers,
            LossTarget::Input => TargetKind::Input,
        }
    }
}

impl Table for dyn Loss {
    const KEY: &'static str = "loss";

    fn members() -> &'static [Member<Self>] {
        LOSSES
    }

    fn own() -> &'static Own<Self> {
        static OWN: Own<dyn Loss> = Own::new();
        &OWN
    }

    fn member(&self) -> &'static Member<Self> {
        self.entry()
    }

    fn check_together(&self) -> Result<(), OptionError> {
        Ok(())
    }
}

impl<M: Loss> From<M> for LossConfig {
    fn from(loss: M) -> Self {
        Chosen::new(Arc::new(loss))
    }
}

impl Default for LossConfig {
    fn default() -> Self {
        CrossEntropy::default().into()
    }
}

impl LossConfig {
    /// Whether it is plain softmax cross entropy.
    pub fn is_default(&self) -> bool {
        *self == LossConfig::default()
    }
}

/// Reads the options of a loss: what [`Member::read`] is for a type that derives `Deserialize` with `deny_unknown_fields`.
///
/// # Errors
/// The deserialiser's, for an unknown or missing key, or a value of the wrong type.
pub fn read<M: Loss + DeserializeOwned>(options: toml::Table) -> Result<Arc<dyn Loss>, toml::de::Error> {
    Ok(Arc::new(options.try_into::<M>()?))
}

/// Rows of options that several losses have.
const CLASS_WEIGHTS: Field = Field {
    key: "class_weights",
    flag: Some("class-weights"),
    takes: Takes::Number { min: 0.0, max: f32::MAX as f64 },
    default: "",
    doc: "Weight of each class (none if empty).",
};

const GAMMA: Field = Field {
    key: "gamma",
    flag: Some("focal-gamma"),
    takes: Takes::Number { min: 0.0, max: 100.0 },
    default: "2.0",
    doc: "Focusing parameter: losses are multiplied by (1 - p)^gamma.",
};

const TARGET: Field = Field {
    key: "target",
    flag: Some("target"),
    takes: Takes::OneOf(&["values", "input"]),
    default: "values",
    doc: "What to predict: the data's values, or the input image.",
};

const fn square_ends(key: &'static str) -> Field {
    let takes = Takes::Number { min: 1e-6, max: 1e6 };
    Field {
        key,
        flag: Some("huber-delta"),
        takes,
        default: "1.0",
        doc: "Error at which the loss turns from quadratic to linear.",
    }
}

fn is_zero(value: &f32) -> bool {
    *value == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::member::tests::a_table_is_complete;

    #[test]
    fn the_table_is_complete() {
        a_table_is_complete::<dyn Loss>(&[]);
        for member in LOSSES {
            let loss = LossConfig::named(member.name).unwrap();
            let weights = member.options.iter().find(|field| field.flag == Some("class-weights"));
            assert!(loss.weights().is_empty(), "{}", member.name);
            if let Some(field) = weights {
                let one = loss.with(field.key, toml::Value::try_from([1.0, 2.0]).unwrap()).unwrap();
                assert_eq!(one.weights(), [1.0, 2.0], "{}", member.name);
            }
            let input = loss.with("target", "input").map(|loss| loss.target_kind());
            assert_eq!(input.is_ok(), loss.target_kind() == TargetKind::Numbers, "{}", member.name);
            assert!(input.is_err() || input == Ok(TargetKind::Input), "{}", member.name);
        }
    }

    #[test]
    fn files_are_spelt_as_they_were() {
        let losses: [(LossConfig, &str); 10] = [
            (LossConfig::default(), "name = \"cross_entropy\"\n"),
            (
                CrossEntropy { label_smoothing: 0.1, class_weights: vec![0.5, 1.5], distribution: true }.into(),
                "name = \"cross_entropy\"\nlabel_smoothing = 0.1\nclass_weights = [0.5, 1.5]\ndistribution = true\n",
            ),
            (Focal::default().into(), "name = \"focal\"\ngamma = 2.0\n"),
            (Bce { pos_weight: vec![3.0] }.into(), "name = \"bce\"\npos_weight = [3.0]\n"),
            (SigmoidFocal::default().into(), "name = \"sigmoid_focal\"\ngamma = 2.0\nalpha = 0.25\n"),
            (Mse::default().into(), "name = \"mse\"\ntarget = \"values\"\n"),
            (Mae { target: LossTarget::Input }.into(), "name = \"mae\"\ntarget = \"input\"\n"),
            (Huber::default().into(), "name = \"huber\"\ndelta = 1.0\ntarget = \"values\"\n"),
            (SmoothL1::default().into(), "name = \"smooth_l1\"\nbeta = 1.0\ntarget = \"values\"\n"),
            (Adversarial { label_smoothing: 0.1 }.into(), "name = \"adversarial\"\nlabel_smoothing = 0.1\n"),
        ];
        for (loss, text) in losses {
            assert_eq!(toml::to_string(&loss).unwrap(), text);
            assert_eq!(toml::from_str::<LossConfig>(text).unwrap(), loss);
        }
        assert_eq!(LossConfig::from(Mse::default()), toml::from_str("name = \"mse\"").unwrap());
        assert!(toml::from_str::<LossConfig>("name = \"mse\"\ndelta = 1.0").is_err());
    }

    #[test]
    fn ranges_are_those_of_the_rows() {
        for (loss, key) in [
            (LossConfig::from(Huber { delta: 0.0, ..Huber::default() }), Some("delta")),
            (Huber { delta: 1e-6, ..Huber::default() }.into(), None),
            (Adversarial { label_smoothing: 0.5 }.into(), Some("label_smoothing")),
            (CrossEntropy { label_smoothing: 1.0, ..CrossEntropy::default() }.into(), None),
            (SigmoidFocal { alpha: -1.0, ..SigmoidFocal::default() }.into(), None),
            (Bce { pos_weight: vec![1.0, -1.0] }.into(), Some("pos_weight")),
            (Focal { class_weights: vec![f32::NAN], ..Focal::default() }.into(), Some("class_weights")),
        ] {
            assert_eq!(loss.check().err().as_ref().and_then(OptionError::key), key, "{loss:?}");
        }
    }
}
