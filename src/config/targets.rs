//! How the numbers that a model learns to predict are scaled.

use serde::{Deserialize, Serialize};

/// What a network's outputs stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetsFrom {
    /// The data's numbers as they are.
    #[default]
    Given,
    /// The numbers less their mean, by their standard deviation, both over the images that are learned.
    Standardized,
}

/// Mean and standard deviation of each number to predict. They are kept with the run: its answers and measures are in the data's
/// units, `output * std + mean`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetsConfig {
    /// Whether numbers are scaled.
    pub from: TargetsFrom,
    /// Means, `[numbers]`; empty for 0, and until the data are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mean: Vec<f32>,
    /// Standard deviations, `[numbers]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub std: Vec<f32>,
}

impl TargetsConfig {
    /// Numbers scaled by their mean and deviation.
    pub fn standardized() -> Self {
        TargetsConfig { from: TargetsFrom::Standardized, ..TargetsConfig::default() }
    }

    /// Whether numbers are learned as they are.
    pub fn is_given(&self) -> bool {
        self.from == TargetsFrom::Given
    }

    /// Whether there are a mean and a usable deviation for each number, or none yet.
    pub fn is_whole(&self) -> bool {
        let finite = self.mean.iter().chain(&self.std).all(|number| number.is_finite());
        finite && self.mean.len() == self.std.len() && self.std.iter().all(|&std| std > 0.0)
    }

    /// With the statistics of these rows of `width` numbers, where they are asked for and not known yet.
    #[must_use]
    pub fn resolved(mut self, width: usize, values: &[f32]) -> Self {
        if self.is_given() || !self.mean.is_empty() || values.is_empty() {
            return self;
        }
        let rows = (values.len() / width) as f64;
        for column in 0..width {
            let column = || values.iter().skip(column).step_by(width).map(|&value| f64::from(value));
            let mean = column().sum::<f64>() / rows;
            let std = (column().map(|value| (value - mean).powi(2)).sum::<f64>() / rows).sqrt() as f32;
            self.mean.push(mean as f32);
            // a number that is the same everywhere stays 0
            self.std.push(if std > 0.0 && std.is_finite() { std } else { 1.0 });
        }
        self
    }

    /// Rows of the data's numbers as the network learns them.
    pub fn scale(&self, values: &mut [f32]) {
        let scaled = |value: f32, mean: f32, std: f32| (value - mean) / std;
        self.change(values, scaled);
    }

    /// Rows of the network's outputs as numbers in the data's units.
    pub fn restore(&self, outputs: &mut [f32]) {
        self.change(outputs, |output, mean, std| output * std + mean);
    }

    fn change(&self, values: &mut [f32], number: impl Fn(f32, f32, f32) -> f32) {
        if self.mean.is_empty() {
            return;
        }
        for row in values.chunks_mut(self.mean.len()) {
            let scales = self.mean.iter().zip(&self.std);
            row.iter_mut().zip(scales).for_each(|(value, (&mean, &std))| *value = number(*value, mean, std));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_scaled_by_column_and_come_back() {
        let values = [1.0, 50.0, 7.0, 3.0, 70.0, 7.0];
        let targets = TargetsConfig::standardized().resolved(3, &values);
        assert_eq!((targets.mean.as_slice(), targets.std.as_slice()), (&[2.0, 60.0, 7.0][..], &[1.0, 10.0, 1.0][..]));
        let mut scaled = values;
        targets.scale(&mut scaled);
        assert_eq!(scaled, [-1.0, -1.0, 0.0, 1.0, 1.0, 0.0]);
        targets.restore(&mut scaled);
        assert_eq!(scaled, values);
        // what is known stays, whatever the numbers
        assert_eq!(targets.clone().resolved(3, &[0.0; 3]), targets);
        let mut as_they_are = values;
        TargetsConfig::default().resolved(3, &values).scale(&mut as_they_are);
        assert_eq!(as_they_are, values);
    }

    #[test]
    fn numbers_that_cannot_scale_are_noticed() {
        let with = |mean: &[f32], std: &[f32]| TargetsConfig {
            mean: mean.to_vec(),
            std: std.to_vec(),
            ..TargetsConfig::standardized()
        };
        assert!(with(&[], &[]).is_whole() && with(&[1.0], &[2.0]).is_whole());
        for (mean, std) in [(&[1.0][..], &[][..]), (&[1.0], &[0.0]), (&[f32::NAN], &[1.0]), (&[1.0], &[-1.0])] {
            assert!(!with(mean, std).is_whole(), "{mean:?} {std:?}");
        }
    }
}
