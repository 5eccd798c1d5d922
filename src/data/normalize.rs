//! How pixels are scaled before the first layer: `(value / 255 - mean) / std` for each channel.

use serde::{Deserialize, Serialize};

use super::dataset::{SourceError, Split};
use crate::hint::{Hint, Hints};

/// Where the numbers come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NormalizeFrom {
    /// Mean 0 and deviation 1: pixels go from 0 to 1, as in Keras' examples.
    #[default]
    None,
    /// Means and standard deviations of the training images.
    Dataset,
    /// ImageNet's training images, as torchvision's pretrained models use.
    Imagenet,
    /// The numbers that the user gave.
    Given,
}

/// Mean and deviation of each channel. The numbers are kept with the run, so that whoever evaluates it later uses the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalizeConfig {
    /// Where the numbers come from.
    pub from: NormalizeFrom,
    /// Means in units of 0..1, `[c]`; empty for 0, and until the data set is known.
    #[serde(default)]
    pub mean: Vec<f32>,
    /// Standard deviations, `[c]`.
    #[serde(default)]
    pub std: Vec<f32>,
    /// Training images that the statistics are of, where these are a sample of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<usize>,
}

const IMAGENET: [[f32; 3]; 2] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];

impl NormalizeConfig {
    /// Whether pixels go from 0 to 1.
    pub fn is_none(&self) -> bool {
        self.from == NormalizeFrom::None
    }

    /// Reads `none`, `dataset`, `imagenet` or means and standard deviations: `m1,m2,m3:s1,s2,s3`.
    ///
    /// # Errors
    /// [`NormalizeError`] if the text is none of these, a number is not finite, the two lists differ in length, or a standard
    /// deviation is not above 0.
    pub fn parse(text: &str) -> Result<Self, NormalizeError> {
        let from = match text {
            "none" => NormalizeFrom::None,
            "dataset" => NormalizeFrom::Dataset,
            "imagenet" => NormalizeFrom::Imagenet,
            _ => NormalizeFrom::Given,
        };
        if from == NormalizeFrom::Imagenet {
            let [mean, std] = IMAGENET.map(|numbers| numbers.to_vec());
            return Ok(NormalizeConfig { from, mean, std, sample: None });
        }
        if from != NormalizeFrom::Given {
            return Ok(NormalizeConfig { from, ..NormalizeConfig::default() });
        }
        let (means, deviations) = text.split_once(':').ok_or_else(|| NormalizeError::Unknown(text.into()))?;
        let numbers = |list: &str| {
            let number = |part: &str| part.trim().parse::<f32>().ok().filter(|number| number.is_finite());
            let parse = |part: &str| number(part).ok_or_else(|| NormalizeError::NotANumber(part.into()));
            list.split(',').map(parse).collect::<Result<Vec<f32>, NormalizeError>>()
        };
        let config = NormalizeConfig { from, mean: numbers(means)?, std: numbers(deviations)?, sample: None };
        config.check()?;
        Ok(config)
    }

    /// Looks for numbers that make no sense.
    ///
    /// # Errors
    /// [`NormalizeError`] if there are not as many means as standard deviations, not as many as `from` asks for, or one of
    /// them cannot be used.
    pub fn check(&self) -> Result<(), NormalizeError> {
        let (means, stds) = (self.mean.len(), self.std.len());
        if means != stds {
            return Err(NormalizeError::Lengths { means, stds });
        }
        let needs_numbers = matches!(self.from, NormalizeFrom::Imagenet | NormalizeFrom::Given);
        if needs_numbers && means == 0 || self.is_none() && means > 0 {
            return Err(NormalizeError::Count { means });
        }
        if let Some(mean) = self.mean.iter().find(|mean| !mean.is_finite()) {
            return Err(NormalizeError::NotANumber(mean.to_string()));
        }
        match self.std.iter().find(|&&std| !(std >= f32::MIN_POSITIVE && std.is_finite())) {
            Some(&std) => Err(NormalizeError::Std(std)),
            None => Ok(()),
        }
    }

    /// With the statistics of the training images, mean and standard deviation of each channel, where they are asked for and
    /// not known yet.
    ///
    /// # Errors
    /// As [`Split::mean_std`].
    pub fn resolved(mut self, train: &Split) -> Result<Self, SourceError> {
        if self.from == NormalizeFrom::Dataset
            && self.mean.is_empty()
            && let Some(numbers) = train.mean_std()?
        {
            self.sample = train.sample();
            self.mean = numbers.iter().map(|(mean, _)| *mean as f32).collect();
            // a channel that is the same everywhere stays 0
            self.std = numbers.iter().map(|&(_, std)| if std > 0.0 { std as f32 } else { 1.0 }).collect();
        }
        Ok(self)
    }

    /// The same numbers for other images: statistics of a data set become numbers like any others.
    #[must_use]
    pub fn as_given(&self) -> Self {
        let from = if self.from == NormalizeFrom::Dataset { NormalizeFrom::Given } else { self.from };
        NormalizeConfig { from, sample: None, ..self.clone() }
    }

    /// Means then deviations, `[2, channels]`, as the device reads them.
    pub fn bytes(&self, channels: usize) -> Vec<u8> {
        let norm = if self.mean.is_empty() {
            [vec![0.0; channels], vec![1.0; channels]].concat()
        } else {
            [self.mean.clone(), self.std.clone()].concat()
        };
        bytemuck::cast_slice(&norm).to_vec()
    }

    /// Pixels `[.., channels]` as a model reads them: `(value / 255 - mean) / std`.
    pub fn inputs(&self, pixels: &[u8], channels: usize) -> Vec<f32> {
        let of = |numbers: &[f32], i: usize, none: f32| numbers.get(i % channels).copied().unwrap_or(none);
        let input =
            |(i, &pixel): (usize, &u8)| (f32::from(pixel) / 255.0 - of(&self.mean, i, 0.0)) / of(&self.std, i, 1.0);
        pixels.iter().enumerate().map(input).collect()
    }

    /// What a model makes of scaled images as pixels `[.., channels]`: the scaling undone, and the nearest from 0 to 255.
    pub fn pixels(&self, outputs: &[f32], channels: usize) -> Vec<u8> {
        let pixel = |(i, &output): (usize, &f32)| {
            let of = |numbers: &[f32], none: f32| numbers.get(i % channels).copied().unwrap_or(none);
            let value = output * of(&self.std, 1.0) + of(&self.mean, 0.0);
            (value * 255.0).round().clamp(0.0, 255.0) as u8
        };
        outputs.iter().enumerate().map(pixel).collect()
    }
}

/// Why pixels cannot be scaled.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NormalizeError {
    /// No way of scaling.
    #[error(
        "unknown normalization `{0}`: expected none, dataset, imagenet, or means and standard deviations such as 0.5:0.25"
    )]
    Unknown(String),
    /// A mean or a standard deviation that is no number.
    #[error("the mean or standard deviation `{0}` for normalization is not a finite number")]
    NotANumber(String),
    /// Lists of different lengths.
    #[error("normalization has {means} means and {stds} standard deviations")]
    Lengths {
        /// Number of means.
        means: usize,
        /// Number of standard deviations.
        stds: usize,
    },
    /// Numbers where there must be none, or none where there must be some.
    #[error("normalization has {means} means, which does not match its `from`")]
    Count {
        /// Number of means.
        means: usize,
    },
    /// A standard deviation that nothing can be divided by.
    #[error("a standard deviation for normalization is {0}, but must be a finite number above 0")]
    Std(f32),
}

impl Hints for NormalizeError {
    fn hints(&self) -> Vec<Hint> {
        vec![Hint::set("normalize", "dataset")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_makes_becomes_pixels_again() {
        let plain = NormalizeConfig::default();
        assert_eq!(plain.pixels(&[0.0, 0.5, 1.0, 7.0, -1.0, f32::NAN], 1), [0, 128, 255, 255, 0, 0]);
        let scaled = NormalizeConfig::parse("0.5,0.1:0.25,0.5").unwrap();
        assert_eq!(scaled.pixels(&[2.0, 0.0, -2.0, 1.0], 2), [255, 26, 0, 153]);
    }

    #[test]
    fn what_is_typed_is_what_is_used() {
        let given = NormalizeConfig::parse("0.5,0.4,0.3:0.25,0.2,0.1").unwrap();
        assert_eq!((given.mean[1], given.std[2]), (0.4, 0.1));
        assert_eq!(bytemuck::cast_slice::<u8, f32>(&given.bytes(3)), [0.5, 0.4, 0.3, 0.25, 0.2, 0.1]);
        assert_eq!(NormalizeConfig::parse("imagenet").unwrap().mean, IMAGENET[0]);
        let none = NormalizeConfig::parse("none").unwrap();
        assert!(none.is_none() && bytemuck::cast_slice::<u8, f32>(&none.bytes(2)) == [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn the_numbers_of_a_known_data_set_are_those_of_its_description() {
        let train = crate::data::load(None).unwrap().into_splits().train.unwrap();
        let known = crate::data::known::find(crate::data::known::SMALL).unwrap();
        let found = NormalizeConfig::parse("dataset").unwrap().resolved(&train).unwrap();
        assert!((f64::from(found.mean[0]) - known.mean[0]).abs() < 1e-4, "{found:?}");
        assert!((f64::from(found.std[0]) - known.std[0]).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, words) in [
            ("dataste", "unknown normalization `dataste`"),
            ("0.5:0", "above 0"),
            ("0.5,0.5:0.2", "2 means and 1 standard deviations"),
            ("a:0.2", "`a` for normalization is not a finite number"),
        ] {
            let error = NormalizeConfig::parse(text).unwrap_err();
            assert!(error.to_string().contains(words) && !error.hints().is_empty(), "{error}");
        }
    }
}
