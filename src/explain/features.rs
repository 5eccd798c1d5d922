//! Feature maps: what a layer gives for an image, channel by channel.

use super::{ExplainError, Explainer, Map, Reads};

/// Layers that are shown where none is named, at the most.
const SHOWN: usize = 5;

/// What one channel of a layer gives for an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Its number, from 0.
    pub number: usize,
    /// The smallest value.
    pub min: f32,
    /// The mean over all places.
    pub mean: f32,
    /// The largest value.
    pub max: f32,
    /// The values, `[h, w]`.
    pub map: Map,
}

impl Channel {
    /// From 0 for the smallest value to 1 for the largest one, `[h, w]`; all 0 where they are the same.
    pub fn scaled(&self) -> Vec<f32> {
        let range = f64::from(self.max) - f64::from(self.min);
        let share = |&value: &f32| if range > 0.0 { (f64::from(value) - f64::from(self.min)) / range } else { 0.0 };
        self.map.values.iter().map(|value| share(value) as f32).collect()
    }
}

/// What a layer gives for an image.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureMaps {
    /// The layer's name.
    pub layer: String,
    /// All channels, in their order.
    pub channels: Vec<Channel>,
}

impl FeatureMaps {
    /// Of values `[h, w, c]`.
    fn new(layer: &str, [height, width, channels]: [usize; 3], values: &[f32]) -> Self {
        let channel = |number: usize| {
            let values: Vec<f32> = values.iter().skip(number).step_by(channels).copied().collect();
            let [min, max] = values.iter().fold([f32::MAX, f32::MIN], |[low, high], &v| [low.min(v), high.max(v)]);
            let mean = (values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64) as f32;
            Channel { number, min, mean, max, map: Map::new([height, width], values) }
        };
        FeatureMaps { layer: layer.into(), channels: (0..channels).map(channel).collect() }
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        self.channels.first().map_or([0; 2], |channel| [channel.map.height, channel.map.width])
    }

    /// All channels in their order, or if there are more than `limit`, those with the highest means, the highest first.
    pub fn most_active(&self, limit: usize) -> Vec<&Channel> {
        let mut channels: Vec<&Channel> = self.channels.iter().collect();
        if channels.len() > limit {
            channels.sort_by(|a, b| b.mean.total_cmp(&a.mean));
            channels.truncate(limit);
        }
        channels
    }
}

impl Explainer {
    /// What a layer gives for an image `[h, w, c]` of bytes, of the model's input size.
    ///
    /// # Errors
    /// [`ExplainError`] if the image has another size, the layer is not there or has no pixels, what it gives is not finite, or the
    /// device is lost.
    pub fn feature_maps(&mut self, image: &[u8], layer: &str) -> Result<FeatureMaps, ExplainError> {
        let input = self.normalised(image)?;
        self.check_layer(layer)?;
        let network = self.network(Reads::Layer, Some(layer), 1)?;
        let values = network.values(&input)?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(ExplainError::NotFinite);
        }
        let shape = network.inspected_shape().try_into().expect("the layer was checked");
        Ok(FeatureMaps::new(layer, shape, &values))
    }

    /// Layers from shallow to deep, to look at where none is named: the last one of each size, five of them at the most.
    pub fn depths(&self) -> Vec<&str> {
        let sizes: Vec<[usize; 2]> = self.sizes.iter().map(|&[h, w, _]| [h, w]).collect();
        let last = |at: &usize| !sizes[at + 1..].contains(&sizes[*at]);
        let all: Vec<usize> = (0..sizes.len()).filter(last).collect();
        let spread = |i: usize| all[i * (all.len() - 1) / (SHOWN - 1)];
        let chosen = if all.len() <= SHOWN { all.clone() } else { (0..SHOWN).map(spread).collect() };
        chosen.into_iter().map(|at| self.layers[at].as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_taken_apart_and_counted() {
        let maps = FeatureMaps::new("conv", [1, 2, 3], &[0.0, -4.0, 9.0, 3.0, 2.0, 9.0]);
        assert_eq!(maps.size(), [1, 2]);
        let found: Vec<_> = maps.channels.iter().map(|c| (c.number, c.min, c.mean, c.max, c.scaled())).collect();
        assert_eq!(
            found,
            [
                (0, 0.0, 1.5, 3.0, vec![0.0, 1.0]),
                (1, -4.0, -1.0, 2.0, vec![0.0, 1.0]),
                (2, 9.0, 9.0, 9.0, vec![0.0, 0.0])
            ]
        );
        let numbers = |limit| maps.most_active(limit).iter().map(|channel| channel.number).collect::<Vec<_>>();
        assert_eq!(numbers(3), [0, 1, 2]);
        assert_eq!(numbers(2), [2, 0], "the highest means first");
    }
}
