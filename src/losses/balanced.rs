//! Weights that balance classes or labels that are not equally frequent.

use super::Weighs;
use crate::data::Split;
use crate::hint::{Hint, Hints};

/// Why weights cannot be balanced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BalanceError {
    /// The loss counts classes, and the images have none.
    #[error("balanced weights are computed from classes, but these images have values")]
    NoClasses,
    /// The loss counts labels, and the images have none.
    #[error("balanced weights of this loss are computed from labels, but these images have a class")]
    NoLabels,
}

impl Hints for BalanceError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            BalanceError::NoClasses => vec![Hint::advice("weights as numbers")],
            BalanceError::NoLabels => vec![Hint::set("loss", "cross_entropy")],
        }
    }
}

/// How far weights go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balancing {
    /// All classes together weigh the same.
    Full,
    /// The square roots of these weights: between all classes and all examples weighing the same.
    Root,
}

impl Balancing {
    /// What a name stands for: `balanced` or `sqrt`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "balanced" => Some(Balancing::Full),
            "sqrt" => Some(Balancing::Root),
            _ => None,
        }
    }

    fn of(self, weight: f64) -> f32 {
        match self {
            Balancing::Full => weight as f32,
            Balancing::Root => weight.sqrt() as f32,
        }
    }
}

/// The weights that balance the first `count` images of a split for a loss whose weights are of these: of `classes` classes
/// `images / (classes * images of the class)`, as scikit-learn's `balanced`, or of each label `negatives / positives`, as
/// PyTorch's documentation of `pos_weight` advises. 1 where there is nothing to count.
///
/// # Errors
/// [`BalanceError`] if the split has no such targets.
pub fn balanced(
    split: &Split,
    count: usize,
    classes: usize,
    weighs: Weighs,
    balancing: Balancing,
) -> Result<Vec<f32>, BalanceError> {
    match (&split.values(), weighs) {
        (Some(values), Weighs::Positives) => {
            let weight = |label: usize| {
                let own = values.data.iter().skip(label).step_by(values.width).take(count);
                let own = own.filter(|&&value| value > 0.5).count();
                if own == 0 || own == count { 1.0 } else { (count - own) as f64 / own as f64 }
            };
            Ok((0..values.width).map(|label| balancing.of(weight(label))).collect())
        }
        (None, Weighs::Positives) => Err(BalanceError::NoLabels),
        (Some(_), Weighs::Classes) => Err(BalanceError::NoClasses),
        (None, Weighs::Classes) => {
            let mut images = vec![0usize; classes];
            split.labels()[..count].iter().for_each(|&label| images[label as usize] += 1);
            let weight = |&own: &usize| if own == 0 { 1.0 } else { count as f64 / (classes * own) as f64 };
            Ok(images.iter().map(|own| balancing.of(weight(own))).collect())
        }
    }
}
