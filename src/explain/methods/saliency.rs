//! Saliency: how much the score changes with each pixel.
//!
//! `L = max over channels of |∂score/∂x|`.

use super::{Made, Method, Reads, largest};
use crate::explain::Subject;

pub(super) const METHOD: Method = Method {
    name: "saliency",
    title: "Saliency",
    summary: "which pixels the class's score is most sensitive to, whether they raise or lower it",
    source: "Simonyan, Vedaldi and Zisserman 2014",
    reads: Reads::Input,
    batch: 1,
    explain,
};

fn explain(subject: &mut Subject) -> Made {
    let looked = subject.gradients(subject.input)?;
    let gradients: Vec<f64> = looked.gradients.iter().map(|&g| f64::from(g)).collect();
    Ok((largest(&gradients, subject.shape), None))
}
