//! What the pixels of a split are on average.

use super::{PIECE, Split};
use crate::data::dataset::{Input, SourceError};

/// Images that means and deviations are taken of where each has a file of its own, at the most. A channel's means of images deviate by
/// 0.5 at the most, so that the standard error of their mean is below 0.5/√8192 = 0.0055, and of photographs (about 0.15) near 0.0017: less
/// than half a level of 255. Reading more would move no run and delays its first step.
pub const SAMPLE: usize = 8192;

impl Split {
    /// Mean and standard deviation (of the population) of the pixels scaled to 0..1, `[c]`; none for texts. They are those of
    /// [`sample`](Self::sample) images, which are read for it where they are streamed.
    ///
    /// # Errors
    /// As [`example`](Self::example).
    pub fn mean_std(&self) -> Result<Option<Vec<(f64, f64)>>, SourceError> {
        let Input::Images { channels, .. } = self.input() else { return Ok(None) };
        let mut counts = vec![[0_u64; 256]; channels];
        let mut take = |bytes: &[u8]| {
            for pixel in bytes.chunks_exact(channels) {
                for (count, &value) in counts.iter_mut().zip(pixel) {
                    count[usize::from(value)] += 1;
                }
            }
        };
        match self.sample() {
            None => self.in_pieces(|bytes| {
                take(bytes);
                Ok::<_, SourceError>(())
            })?,
            Some(sample) => {
                let spread: Vec<usize> =
                    (0..sample).map(|i| (i as u64 * self.len() as u64 / sample as u64) as usize).collect();
                let mut bytes = Vec::new();
                for some in spread.chunks((PIECE / self.example_bytes()).max(8)) {
                    bytes.resize(some.len() * self.example_bytes(), 0);
                    self.read(some, &mut bytes)?;
                    take(&bytes);
                }
            }
        }
        Ok(Some(counts.iter().map(histogram_mean_std).collect()))
    }

    /// How many of the images [`mean_std`](Self::mean_std) is of, evenly spread over the split: [`SAMPLE`] of more than these whose files
    /// were listed ([`with_keys`](Self::with_keys)), whether they are streamed or in memory. None: it is of all.
    pub fn sample(&self) -> Option<usize> {
        (self.keys().is_some() && self.len() > SAMPLE).then_some(SAMPLE)
    }
}

fn histogram_mean_std(counts: &[u64; 256]) -> (f64, f64) {
    let total = counts.iter().sum::<u64>() as f64;
    let weighted = |value: &dyn Fn(f64) -> f64| -> f64 {
        let terms = counts.iter().enumerate();
        terms.map(|(v, &count)| value(v as f64) * count as f64).sum::<f64>() / total
    };
    let mean = weighted(&|v| v);
    let variance = weighted(&|v| (v - mean) * (v - mean));
    (mean / 255.0, variance.sqrt() / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Targets;

    /// Images of one pixel, whose value is their number in eighths of the whole.
    fn images(count: usize) -> Split {
        let pixels = (0..count).map(|i| (8 * i / count) as u8).collect();
        Split::images([1, 1, 1], pixels, Targets::Nothing { examples: count }).unwrap()
    }

    #[test]
    fn of_many_files_a_spread_sample_tells_the_mean() {
        let (few, many) = (images(SAMPLE), images(SAMPLE + 1));
        assert_eq!(many.sample(), None, "no files of their own: all are there");
        let keyed = |split: Split| {
            let count = split.len() as u64;
            split.with_keys((0..count).collect())
        };
        assert_eq!(keyed(few.clone()).mean_std(), few.mean_std(), "all of them");
        let large = keyed(images(5 * SAMPLE));
        assert_eq!(large.sample(), Some(SAMPLE));
        let [(mean, _)] = large.mean_std().unwrap().unwrap()[..] else { panic!("one channel") };
        assert!((mean * 255.0 - 3.5).abs() < 1e-9, "spread over all eighths alike: {mean}");
        // every fifth is read: others do not count
        let mut pixels = vec![200_u8; 5 * SAMPLE];
        pixels.iter_mut().step_by(5).for_each(|pixel| *pixel = 10);
        let split = Split::images([1, 1, 1], pixels, Targets::Nothing { examples: 5 * SAMPLE }).unwrap();
        let [(mean, std)] = keyed(split).mean_std().unwrap().unwrap()[..] else { panic!("one channel") };
        assert!((mean * 255.0 - 10.0).abs() < 1e-9 && std == 0.0, "{mean} {std}");
    }
}
