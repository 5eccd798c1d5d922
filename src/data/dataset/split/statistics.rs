//! What the pixels of a split are on average.

use super::Split;
use crate::data::dataset::{Input, SourceError};

impl Split {
    /// Mean and standard deviation (of the population) of the pixels scaled to 0..1, `[c]`; none for texts. Streamed examples are all
    /// read for it.
    ///
    /// # Errors
    /// As [`example`](Self::example).
    pub fn mean_std(&self) -> Result<Option<Vec<(f64, f64)>>, SourceError> {
        let Input::Images { channels, .. } = self.input else { return Ok(None) };
        let mut counts = vec![[0_u64; 256]; channels];
        self.in_pieces(|bytes| {
            for pixel in bytes.chunks_exact(channels) {
                for (count, &value) in counts.iter_mut().zip(pixel) {
                    count[usize::from(value)] += 1;
                }
            }
            Ok::<_, SourceError>(())
        })?;
        Ok(Some(counts.iter().map(histogram_mean_std).collect()))
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
