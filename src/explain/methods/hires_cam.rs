//! HiResCAM: a layer's values times their gradients, place by place. Where only a linear layer follows, the map shows exactly what
//! the model added up; Grad-CAM's mean may mark other places.
//!
//! `L = relu(Σ_k g_k ⊙ A_k)` with `g_k = ∂score/∂A_k`.

use super::{Made, Method, Reads, over_channels};
use crate::explain::Subject;

pub(super) const METHOD: Method = Method {
    name: "hirescam",
    title: "HiResCAM",
    summary: "which places of a layer raise the class's score, each by its own gradient",
    source: "Draelos and Carin 2020",
    reads: Reads::Layer,
    batch: 1,
    explain,
};

fn explain(subject: &mut Subject) -> Made {
    let (looked, shape) = (subject.gradients(subject.input)?, subject.layer());
    let part = |i: usize| f64::from(looked.gradients[i]) * f64::from(looked.values[i]);
    Ok((over_channels(shape, part), None))
}
