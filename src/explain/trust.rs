//! How far a map can be trusted: deletion and insertion (Petsiuk, Das and Saenko 2018, RISE), against random maps.

use super::{ExplainError, Map};

/// Images of a batch.
pub(super) const BATCH: usize = 8;

/// Equal parts in which an image is hidden or shown.
const PARTS: usize = 8;

/// Random maps that a map is compared with.
const RANDOM: u64 = 2;

/// The least advantage over random maps that means something.
const CLEAR: f64 = 0.05;

/// Areas under two curves, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Curves {
    /// Mean probability of the class while the image is hidden, most important places first. A good map's is low.
    pub deletion: f64,
    /// Mean probability of the class while a blurred image is restored, most important places first. A good map's is high.
    pub insertion: f64,
}

/// A map's curves, and those of random ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trust {
    /// Of the map.
    pub map: Curves,
    /// The mean of maps with the same numbers at random places.
    pub random: Curves,
}

impl Trust {
    /// By how much the map is better than random ones, -1 to 1: the mean of both advantages.
    pub fn advantage(&self) -> f64 {
        ((self.random.deletion - self.map.deletion) + (self.map.insertion - self.random.insertion)) / 2.0
    }

    /// What that means, for people.
    pub fn verdict(&self) -> &'static str {
        match self.advantage() {
            a if a > CLEAR => "the map finds what the answer rests on",
            a if a < -CLEAR => "the map misses what the answer rests on: it is worse than a random one",
            _ => "the map is no better than a random one",
        }
    }
}

/// Gives the class's probability for each of some inputs.
pub(super) type Probabilities<'a> = dyn FnMut(&[f32]) -> Result<Vec<f64>, ExplainError> + 'a;

/// Measures a map of an input `[h, w, c]`.
pub(super) fn measure(
    input: &[f32],
    shape: [usize; 3],
    map: &Map,
    seed: u64,
    probabilities: &mut Probabilities,
) -> Result<Trust, ExplainError> {
    let [h, w, c] = shape;
    // 0 after normalisation: the mean colour where that subtracts means, otherwise black
    let (plain, blurred) = (vec![0.0; input.len()], blurred(input, shape));
    // the ends of the curves are the same for every map
    let ends = probabilities(&[input, &plain, &blurred].concat())?;
    let mut curves = |map: &Map| -> Result<Curves, ExplainError> {
        let order = map.resized([h, w]).order(seed);
        let mut area = |from: &[f32], to: &[f32], [first, last]: [f64; 2]| -> Result<f64, ExplainError> {
            let mut inputs = Vec::with_capacity((PARTS - 1) * input.len());
            for part in 1..PARTS {
                let mut mixed = from.to_vec();
                for &place in &order[..order.len() * part / PARTS] {
                    mixed[place * c..][..c].copy_from_slice(&to[place * c..][..c]);
                }
                inputs.extend(mixed);
            }
            let between: f64 = probabilities(&inputs)?.iter().sum();
            Ok((between + (first + last) / 2.0) / PARTS as f64)
        };
        let deletion = area(input, &plain, [ends[0], ends[1]])?;
        Ok(Curves { deletion, insertion: area(&blurred, input, [ends[2], ends[0]])? })
    };
    let mut random = Curves::default();
    for number in 0..RANDOM {
        let one = curves(&map.shuffled(seed, number + 1))?;
        random.deletion += one.deletion / RANDOM as f64;
        random.insertion += one.insertion / RANDOM as f64;
    }
    Ok(Trust { map: curves(map)?, random })
}

/// An image `[h, w, c]` blurred by a Gaussian whose deviation is a twentieth of its longer side, rows and then columns.
fn blurred(input: &[f32], [h, w, c]: [usize; 3]) -> Vec<f32> {
    let deviation = h.max(w) as f32 / 20.0;
    let reach = (2.5 * deviation).ceil() as isize;
    let kernel: Vec<f32> = (-reach..=reach).map(|d| (-0.5 * (d as f32 / deviation).powi(2)).exp()).collect();
    let total: f32 = kernel.iter().sum();
    // along an axis of `length` places that lie `step` apart
    let along = |from: &[f32], length: usize, step: usize| {
        let at = |i: usize| {
            let place = (i / step % length) as isize;
            let base = i - place as usize * step;
            let near = |d: isize| (place + d).clamp(0, length as isize - 1) as usize;
            let sum: f32 = kernel.iter().zip(-reach..).map(|(k, d)| k * from[base + near(d) * step]).sum();
            sum / total
        };
        (0..from.len()).map(at).collect::<Vec<f32>>()
    };
    along(&along(input, w, c), h, w * c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network that sees only the left half of a 4x4 image: the share of its brightness.
    fn left_half(inputs: &[f32]) -> Result<Vec<f64>, ExplainError> {
        let brightness = |image: &[f32]| image.chunks(4).map(|row| f64::from(row[0] + row[1])).sum::<f64>() / 8.0;
        Ok(inputs.chunks(16).map(brightness).collect())
    }

    #[test]
    fn a_map_of_what_counts_is_better_than_random_and_the_opposite_is_worse() {
        let input = [1.0; 16];
        let left: Vec<f32> = (0..16).map(|i| if i % 4 < 2 { 1.0 } else { 0.0 }).collect();
        let right = left.iter().map(|v| 1.0 - v).collect();
        let trust = |values| measure(&input, [4, 4, 1], &Map::new([4, 4], values), 1, &mut left_half).unwrap();
        let good = trust(left);
        // the left half is gone after half of the parts
        assert!((good.map.deletion - 0.25).abs() < 1e-6, "{good:?}");
        assert!(good.advantage() > CLEAR && good.verdict().contains("rests on"), "{good:?}");
        let bad = trust(right);
        assert!((bad.map.deletion - 0.75).abs() < 1e-6, "{bad:?}");
        assert!(bad.verdict().contains("worse"), "{bad:?}");
    }

    #[test]
    fn a_blurred_image_keeps_its_mean_and_loses_its_edges() {
        let image: Vec<f32> = (0..20 * 30 * 2).map(|i| if i / 2 % 30 < 15 { 0.0 } else { 8.0 }).collect();
        let soft = blurred(&image, [20, 30, 2]);
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        assert!((mean(&soft) - 4.0).abs() < 1e-3);
        let edge = soft[29] - soft[27];
        assert!((1.0..4.0).contains(&edge), "{edge}");
    }
}
