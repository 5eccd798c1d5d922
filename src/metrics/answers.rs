//! What evaluation kept of each example, from which everything is measured.

use super::{ClassAnswer, ClassMeasures, ErrorMeasures, LabelMeasures, Measures, ValueMeasures};

/// Numbers that a model gave for each example beside those it should have given, both `[n, width]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// Of labels the logits, before the sigmoid; else numbers in the data's units.
    pub outputs: Vec<f32>,
    /// 0 or 1 for a label; else numbers in the data's units.
    pub targets: Vec<f32>,
    /// Numbers of an example.
    pub width: usize,
}

/// Errors of reconstructed images, with what says which of them are unlike those that were learned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Errors {
    /// Error and class of each image, `[n]`.
    pub errors: Vec<(f32, u32)>,
    /// Names of the classes; none where images have no class.
    pub classes: Vec<String>,
    /// Numbers of the normal classes; `None` where no class is called so.
    pub normal: Option<Vec<u32>>,
}

/// The answers on some examples, in their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// One class each.
    Classes {
        /// `[n]`.
        answers: Vec<ClassAnswer>,
        /// Number of classes.
        classes: usize,
    },
    /// Several labels each.
    Labels(Numbers),
    /// Numbers for each.
    Values(Numbers),
    /// Reconstructed images.
    Errors(Errors),
}

impl Answers {
    /// Number of examples, n.
    pub fn len(&self) -> usize {
        match self {
            Answers::Classes { answers, .. } => answers.len(),
            Answers::Labels(numbers) | Answers::Values(numbers) => numbers.outputs.len() / numbers.width.max(1),
            Answers::Errors(errors) => errors.errors.len(),
        }
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything that can be measured; the confusion matrix only if asked for.
    pub fn measures(&self, confusion: bool) -> Measures {
        match self {
            Answers::Classes { answers, classes } => {
                Measures::Classes(ClassMeasures::new(answers, *classes, confusion))
            }
            Answers::Labels(Numbers { outputs, targets, width }) => {
                Measures::Labels(LabelMeasures::new(outputs, targets, *width))
            }
            Answers::Values(Numbers { outputs, targets, width }) => {
                Measures::Values(ValueMeasures::new(outputs, targets, *width))
            }
            Answers::Errors(Errors { errors, classes, normal }) => {
                Measures::Errors(ErrorMeasures::new(errors, classes, normal.as_deref()))
            }
        }
    }
}
