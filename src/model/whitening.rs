//! Filters that whiten images: their responses on the training images are uncorrelated and of variance 1 (Coates and Ng
//! 2012; as the first layer of a network Page 2018, "How to train your ResNet", and Jordan 2024, arXiv:2404.00498).

use std::borrow::Cow;

use lepton_kernels::Shape;

use super::init::initial_values;
use super::jacobi::eigenvectors;
use super::layers::Init;
use crate::data::NormalizeConfig;

/// Images that filters are computed from, at most: those of Jordan's airbench94.
pub const WHITENED: usize = 5000;
/// Added to eigenvalues, so that directions in which images hardly differ are not blown up; airbench94's.
const EPSILON: f64 = 5e-4;
/// Multiply-adds, at most: more patches than that leave the covariance as it is, and the start waits.
const MOST_WORK: usize = 1 << 32;

/// Training images that weights may start from.
#[derive(Clone, Debug)]
pub struct Sample<'a> {
    /// Bytes of each image, `[h, w, c]`.
    pub images: Vec<Cow<'a, [u8]>>,
    /// `[h, w, c]`.
    pub size: [usize; 3],
    /// How pixels are scaled before the first layer.
    pub normalize: &'a NormalizeConfig,
}

/// The values that a parameter of a run starts with: [`initial_values`], and filters that come from the training images.
///
/// # Panics
/// If filters are to come from images, and there are none.
pub fn starting_values(name: &str, shape: &Shape, init: Init, seed: u64, sample: &Sample) -> Vec<f32> {
    match init {
        Init::Whitening => filters(shape, sample),
        _ => initial_values(name, shape, init, seed),
    }
}

/// Filters `[kh, kw, c, 2 · kh · kw · c]`: the eigenvectors of the covariance of all patches, the largest eigenvalue first,
/// each divided by `sqrt(eigenvalue + 5e-4)`, then their negatives. airbench94 leaves the mean in; of normalised pixels it is
/// near 0, and without normalisation it is no part of a covariance.
fn filters(shape: &Shape, sample: &Sample) -> Vec<f32> {
    let [kh, kw, c, filters] = *shape.sizes() else { unreachable!("conv2d asks for filters") };
    let taps = kh * kw * c;
    let pairs = eigenvectors(&covariance(sample, [kh, kw]), taps);
    let mut values = vec![0.0; taps * filters];
    for (i, (value, vector)) in pairs.iter().enumerate() {
        let scale = 1.0 / (value.max(0.0) + EPSILON).sqrt();
        for (tap, element) in vector.iter().enumerate() {
            values[tap * filters + i] = (scale * element) as f32;
            values[tap * filters + taps + i] = -(scale * element) as f32;
        }
    }
    values
}

/// The covariance of patches `[kh, kw, c]` of all images, `[taps, taps]`, its lower triangle filled.
fn covariance(sample: &Sample, [kh, kw]: [usize; 2]) -> Vec<f64> {
    assert!(!sample.images.is_empty(), "filters that whiten images are computed from images");
    let [h, w, c] = sample.size;
    let taps = kh * kw * c;
    let norm = sample.normalize.bytes(c);
    let norm: &[f32] = bytemuck::cast_slice(&norm);
    let scaled =
        |byte: u8, channel: usize| (f64::from(byte) / 255.0 - f64::from(norm[channel])) / f64::from(norm[c + channel]);
    let stride = apart(sample, [kh, kw]);
    let (mut count, mut sums, mut products) = (0.0, vec![0.0; taps], vec![0.0; taps * taps]);
    let (mut pixels, mut patch) = (vec![0.0; h * w * c], vec![0.0; taps]);
    for image in &sample.images {
        image.iter().zip(&mut pixels).enumerate().for_each(|(i, (&byte, pixel))| *pixel = scaled(byte, i % c));
        for (y, x) in (0..=h - kh).step_by(stride).flat_map(|y| (0..=w - kw).step_by(stride).map(move |x| (y, x))) {
            for (row, part) in patch.chunks_exact_mut(kw * c).enumerate() {
                part.copy_from_slice(&pixels[((y + row) * w + x) * c..][..kw * c]);
            }
            count += 1.0;
            for (i, &a) in patch.iter().enumerate() {
                sums[i] += a;
                products[i * taps..][..=i].iter_mut().zip(&patch).for_each(|(sum, &b)| *sum += a * b);
            }
        }
    }
    (0..taps * taps).map(|at| products[at] / count - sums[at / taps] / count * sums[at % taps] / count).collect()
}

/// Pixels from one patch to the next along both axes: 1, and more where images are so large that it would take long.
fn apart(sample: &Sample, [kh, kw]: [usize; 2]) -> usize {
    let [h, w, c] = sample.size;
    let work = |stride: usize| {
        let patches = (h - kh + 1).div_ceil(stride) * (w - kw + 1).div_ceil(stride);
        sample.images.len() * patches * (kh * kw * c).pow(2) / 2
    };
    (1..h.max(w)).find(|&stride| work(stride) <= MOST_WORK).unwrap_or(h.max(w))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;

    /// The covariance of what filters answer on all patches of a sample, by its definition.
    fn covariance_of_answers(filters: &[f32], [kh, kw]: [usize; 2], sample: &Sample) -> Vec<f64> {
        let [h, w, c] = sample.size;
        let (taps, norm) = (kh * kw * c, sample.normalize.bytes(c));
        let (norm, columns): (&[f32], usize) = (bytemuck::cast_slice(&norm), filters.len() / taps);
        let mut answers: Vec<Vec<f64>> = vec![Vec::new(); columns];
        for image in &sample.images {
            for (y, x) in (0..=h - kh).flat_map(|y| (0..=w - kw).map(move |x| (y, x))) {
                for (filter, answers) in answers.iter_mut().enumerate() {
                    let answer = (0..taps).map(|tap| {
                        let (row, column, channel) = (tap / c / kw, tap / c % kw, tap % c);
                        let byte = image[((y + row) * w + x + column) * c + channel];
                        let pixel = (f64::from(byte) / 255.0 - f64::from(norm[channel])) / f64::from(norm[c + channel]);
                        pixel * f64::from(filters[tap * columns + filter])
                    });
                    answers.push(answer.sum());
                }
            }
        }
        let means: Vec<f64> = answers.iter().map(|a| a.iter().sum::<f64>() / a.len() as f64).collect();
        let product = |i: usize, j: usize| {
            let pairs = answers[i].iter().zip(&answers[j]);
            pairs.map(|(a, b)| (a - means[i]) * (b - means[j])).sum::<f64>() / answers[i].len() as f64
        };
        (0..columns * columns).map(|at| product(at / columns, at % columns)).collect()
    }

    /// Colour images whose channels belong together, made of two grey ones each.
    fn colour(train: &data::Split, count: usize) -> Vec<Vec<u8>> {
        let image = |i: usize| {
            let (a, b) = (train.example(i).unwrap(), train.example(i + count).unwrap());
            let pixel = |p: usize| [a[p], 255 - a[p] / 2 - b[p] / 4, a[p].max(b[p])];
            (0..a.len()).flat_map(pixel).collect()
        };
        (0..count).map(image).collect()
    }

    #[test]
    fn answers_of_whitening_filters_are_uncorrelated_and_of_variance_one() {
        let train = data::load(None).unwrap().into_splits().train.unwrap();
        let (grey, normalize) = (
            train.bytes().unwrap().chunks_exact(784).map(Cow::from).take(60).collect(),
            NormalizeConfig::parse("0.3:0.35"),
        );
        let coloured = colour(&train, 40);
        let none = NormalizeConfig::default();
        for (images, size, normalize, [kh, kw]) in [
            (grey, [28, 28, 1], &normalize.unwrap(), [3, 2]),
            (coloured.iter().map(Cow::from).collect(), [28, 28, 3], &none, [2, 2]),
        ] {
            let sample = Sample { images, size, normalize };
            let taps = kh * kw * size[2];
            let values = filters(&Shape::new(&[kh, kw, size[2], 2 * taps]), &sample);
            let found = covariance_of_answers(&values, [kh, kw], &sample);
            let own: Vec<f64> =
                eigenvectors(&covariance(&sample, [kh, kw]), taps).into_iter().map(|pair| pair.0).collect();
            let kept = |i: usize| own[i % taps] / (own[i % taps] + EPSILON);
            for (at, &value) in found.iter().enumerate() {
                let (i, j) = (at / (2 * taps), at % (2 * taps));
                // the second half are the negatives of the first
                let sign = if (i < taps) == (j < taps) { 1.0 } else { -1.0 };
                let want = if i % taps == j % taps { sign * kept(i) } else { 0.0 };
                assert!((value - want).abs() < 1e-4, "{kh}x{kw}: {i} {j}: {value}, should be {want}");
            }
            let near = (0..taps).filter(|&i| kept(i) > 0.8).count();
            assert!(
                4 * near >= 3 * taps,
                "{near} of {taps} are near 1: images that differ little show little, {own:?}"
            );
        }
    }

    #[test]
    fn few_patches_of_large_images_are_enough() {
        let image = vec![7; 96 * 64 * 3];
        let sample = |count| Sample {
            images: vec![image.as_slice().into(); count],
            size: [96, 64, 3],
            normalize: const {
                &NormalizeConfig { from: crate::data::NormalizeFrom::None, mean: vec![], std: vec![], sample: None }
            },
        };
        assert_eq!(apart(&sample(10), [2, 2]), 1);
        assert_eq!(apart(&sample(5000), [2, 2]), 1, "as airbench94 on images of its size, and on these");
        let stride = apart(&sample(5000), [7, 7]);
        let patches = 90usize.div_ceil(stride) * 58usize.div_ceil(stride);
        assert!(stride > 1 && 5000 * patches * 147 * 147 / 2 <= MOST_WORK && patches > 50, "{stride}");
    }
}
