//! Random erasing (`RandomErasing`; Zhong 2017).

use lepton_kernels::augment::{Erase, Policy};

use super::{AugmentError, Augmentation, Problem, boxes, number};
use crate::table::Field;

/// What is erased, with `torchvision.transforms.RandomErasing`'s defaults.
const BOX: [Field; 4] = boxes::rows(["erase.boxes.scale", "erase.boxes.ratio"], ["0.02", "0.33", "0.3", "3.3"]);

/// This transform in `AUGMENTATIONS`.
pub const ENTRY: Augmentation = Augmentation {
    name: "erase",
    about: "erase a box of random shape: erase or erase=P",
    options: &[
        number("erase.probability", 0.0, 1.0, "0.5", "Probability that a box is erased."),
        BOX[0],
        BOX[1],
        BOX[2],
        BOX[3],
    ],
    typed: &[0, 1],
    words: &[],
    ordered: &[[1, 2], [3, 4]],
    set: |policy, numbers| {
        policy.erase = Some(Erase { probability: numbers[0], boxes: boxes::of(&numbers[1..]) });
    },
    get: |policy| policy.erase.map(|erase| [vec![erase.probability], boxes::values(&erase.boxes)].concat()),
    fits,
};

fn fits(policy: &Policy, [h, w]: [usize; 2]) -> Result<(), AugmentError> {
    if policy.erase.is_none() || h.min(w) >= 3 {
        return Ok(());
    }
    Err(ENTRY.error("erase", Problem::TooSmall { h, w }))
}
