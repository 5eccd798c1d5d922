//! SmoothGrad: saliency of gradients that are averaged over noisy copies of the image, so that what flickers cancels out.
//!
//! `L = max over channels of |mean of ∂score/∂x at x + n|`, n normal with a deviation of a share of the range of x.

use lepton_kernels::random;

use super::{Made, Method, Reads, largest};
use crate::explain::Subject;

pub(super) const METHOD: Method = Method {
    name: "smoothgrad",
    title: "SmoothGrad",
    summary: "saliency averaged over noisy copies of the image, with less speckle",
    source: "Smilkov et al. 2017",
    reads: Reads::Input,
    batch: 8,
    explain,
};

fn explain(subject: &mut Subject) -> Made {
    let input = subject.input;
    let (samples, seed) = (subject.settings.samples.max(1), subject.settings.seed);
    let ends = input.iter().fold([f32::MAX, f32::MIN], |[low, high], &x| [low.min(x), high.max(x)]);
    let deviation = subject.settings.noise * f64::from(ends[1] - ends[0]);
    let mut sum = vec![0.0; input.len()];
    for first in (0..samples).step_by(METHOD.batch) {
        let numbers = first..samples.min(first + METHOD.batch);
        let noisy = |sample: usize| {
            let noise = move |i: usize| deviation * random::normal(seed, sample as u64, i as u64);
            input.iter().enumerate().map(move |(i, &x)| x + noise(i) as f32)
        };
        let inputs: Vec<f32> = numbers.flat_map(noisy).collect();
        let looked = subject.gradients(&inputs)?;
        for (i, &gradient) in looked.gradients.iter().enumerate() {
            sum[i % input.len()] += f64::from(gradient) / samples as f64;
        }
    }
    Ok((largest(&sum, subject.shape), None))
}
