//! An image as frequencies, so that ascent paints large forms as readily as single pixels (Olah, Mordvintsev and Schubert 2017):
//! a step changes all frequencies alike, and each counts the more the lower it is.

use super::cosine::Cosine;

/// How much less a frequency counts than a lower one: the amplitudes of photographs fall about as one over the frequency.
const DECAY: f64 = 1.25;

/// How much brightness counts, and the two differences of colours, which vary less in photographs (Ohta, Kanade and Sakai 1980).
const COLOURS: [f32; 3] = [1.0, 0.3, 0.15];

/// Makes images `[h, w, c]` of numbers `[c, h, w]`, their frequencies.
pub(super) struct Painting {
    size: [usize; 3],
    rows: Cosine,
    columns: Cosine,
    /// Of three channels.
    colours: Option<Cosine>,
    /// What each frequency counts, `[c, h, w]`; an image of standard normal numbers has a variance of 1.
    weights: Vec<f32>,
}

impl Painting {
    pub(super) fn new(size: [usize; 3]) -> Self {
        let [h, w, c] = size;
        let lowest = 1.0 / h.max(w) as f64;
        let of_frequency = |i: usize| {
            let (row, column) = ((i / w % h) as f64 / h as f64, (i % w) as f64 / w as f64);
            row.hypot(column).max(lowest).powf(-DECAY)
        };
        let of_colour = |i: usize| if c == 3 { f64::from(COLOURS[i / (h * w)]) } else { 1.0 };
        let weights: Vec<f64> = (0..h * w * c).map(|i| of_frequency(i) * of_colour(i)).collect();
        let deviation = (weights.iter().map(|weight| weight * weight).sum::<f64>() / weights.len() as f64).sqrt();
        Painting {
            size,
            rows: Cosine::new(h),
            columns: Cosine::new(w),
            colours: (c == 3).then(|| Cosine::new(3)),
            weights: weights.iter().map(|weight| (weight / deviation) as f32).collect(),
        }
    }

    /// The image, each value from 0 to 1.
    pub(super) fn image(&self, numbers: &[f32]) -> Vec<f32> {
        let [h, w, c] = self.size;
        let mut planes: Vec<f32> = numbers.iter().zip(&self.weights).map(|(number, weight)| number * weight).collect();
        planes = self.columns.along(&self.rows.along(&planes, w, true), 1, true);
        if let Some(colours) = &self.colours {
            planes = colours.along(&planes, h * w, true);
        }
        (0..h * w * c).map(|i| 1.0 / (1.0 + (-planes[i % c * h * w + i / c]).exp())).collect()
    }

    /// The gradient of the numbers from that of the image that they make.
    pub(super) fn gradient(&self, image: &[f32], gradient: &[f32]) -> Vec<f32> {
        let [h, w, c] = self.size;
        let mut planes = vec![0.0; image.len()];
        for (i, (value, gradient)) in image.iter().zip(gradient).enumerate() {
            planes[i % c * h * w + i / c] = gradient * value * (1.0 - value);
        }
        if let Some(colours) = &self.colours {
            planes = colours.along(&planes, h * w, false);
        }
        planes = self.columns.along(&self.rows.along(&planes, w, false), 1, false);
        planes.iter().zip(&self.weights).map(|(gradient, weight)| gradient * weight).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lepton_kernels::random;

    #[test]
    fn an_image_lies_between_black_and_white_and_has_large_forms() {
        let painting = Painting::new([16, 20, 3]);
        let numbers: Vec<f32> = (0..16 * 20 * 3).map(|i| random::normal(1, 2, i) as f32).collect();
        assert!(painting.image(&vec![0.0; 960]).iter().all(|&value| value == 0.5), "nothing is grey");
        let image = painting.image(&numbers);
        assert!(image.iter().all(|&value| (0.0..=1.0).contains(&value)));
        let apart = |step: usize| (step..960).map(|i| (image[i] - image[i - step]).abs()).sum::<f32>() / 960.0;
        assert!(2.0 * apart(3) < apart(3 * 10), "neighbours are more alike than distant pixels");
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        for size in [[5, 7, 3], [4, 6, 1], [3, 3, 2]] {
            let painting = Painting::new(size);
            let count: usize = size.iter().product();
            let random =
                |stream: u64| (0..count).map(|i| random::normal(3, stream, i as u64) as f32).collect::<Vec<_>>();
            let (numbers, counts) = (random(1), random(2));
            let score = |numbers: &[f32]| -> f64 {
                painting.image(numbers).iter().zip(&counts).map(|(v, c)| f64::from(*v) * f64::from(*c)).sum()
            };
            let gradient = painting.gradient(&painting.image(&numbers), &counts);
            for (i, got) in gradient.iter().enumerate() {
                let moved = |by: f32| {
                    score(
                        &numbers.iter().enumerate().map(|(j, n)| if i == j { n + by } else { *n }).collect::<Vec<_>>(),
                    )
                };
                let want = (moved(0.01) - moved(-0.01)) / 0.02;
                assert!((want - f64::from(*got)).abs() < 2e-3, "{size:?}, {i}: {want}, {got}");
            }
        }
    }
}
