//! The ways in which maps are made, a file each.

mod grad_cam;
mod grad_cam_plus_plus;
mod hires_cam;
mod integrated_gradients;
mod occlusion;
mod saliency;
mod smooth_grad;

use std::fmt;

use super::{Completeness, ExplainError, Map, Subject};

/// What a method looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// What a layer gives, and its gradient.
    Layer,
    /// The input's gradient.
    Input,
    /// Outputs alone.
    Outputs,
}

/// What a method makes.
type Made = Result<(Map, Option<Completeness>), ExplainError>;

/// A way in which maps are made.
pub struct Method {
    /// Its name on a command line.
    pub name: &'static str,
    /// Its name in the literature.
    pub title: &'static str,
    /// What a map of it says, in a sentence without an end.
    pub summary: &'static str,
    /// Who published it.
    pub source: &'static str,
    /// What it looks at.
    pub reads: Reads,
    /// Images that it looks at together.
    pub(super) batch: usize,
    pub(super) explain: fn(&mut Subject) -> Made,
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// All methods; the first one is what is used where none is named.
pub static METHODS: [Method; 7] = [
    grad_cam::METHOD,
    grad_cam_plus_plus::METHOD,
    hires_cam::METHOD,
    saliency::METHOD,
    integrated_gradients::METHOD,
    smooth_grad::METHOD,
    occlusion::METHOD,
];

/// The method of this name.
///
/// # Errors
/// [`ExplainError::Method`] with those that there are.
pub fn method(name: &str) -> Result<&'static Method, ExplainError> {
    let found = METHODS.iter().find(|method| method.name == name);
    found.ok_or_else(|| ExplainError::Method { method: name.into() })
}

/// A map `[h, w]`: at each place the sum over channels of `part(i)`, i the element's number in `[h, w, c]`, where that sum is positive.
fn over_channels(shape: [usize; 3], part: impl Fn(usize) -> f64) -> Map {
    let [h, w, c] = shape;
    let place = |place: usize| (0..c).map(|channel| part(place * c + channel)).sum::<f64>().max(0.0) as f32;
    Map::new([h, w], (0..h * w).map(place).collect())
}

/// The largest size of a gradient among the channels of each pixel.
fn largest(gradients: &[f64], [h, w, c]: [usize; 3]) -> Map {
    let largest = |pixel: &[f64]| pixel.iter().fold(0.0, |most: f64, value| most.max(value.abs())) as f32;
    Map::new([h, w], gradients.chunks_exact(c).map(largest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_different_names() {
        for (i, one) in METHODS.iter().enumerate() {
            assert!(METHODS[i + 1..].iter().all(|other| other.name != one.name), "{}", one.name);
            assert_eq!(method(one.name).unwrap().title, one.title);
            assert!(!one.summary.ends_with('.') && one.batch > 0, "{}", one.name);
        }
        assert!(method("grad-cam2").is_err());
    }
}
