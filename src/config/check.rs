//! Numbers of a configuration that was read from a file: what a flag would refuse, a file cannot bring in.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::{Chosen, NormalizeConfig, NormalizeFrom, OptionError, RunConfig, Table, Validation, check_policy};

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The key whose value makes no sense, such as `batch` or `warmup.epochs`.
    pub key: String,
    /// What is wrong, with a way out.
    pub problem: String,
}

fn fault<T>(key: &'static str, problem: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { key: key.into(), problem: problem.into() })
}

fn within<N: PartialOrd + Display + Copy>(key: &'static str, value: N, range: RangeInclusive<N>) -> Result<(), Fault> {
    match range.contains(&value) {
        true => Ok(()),
        false => fault(key, format!("`{key}` is {value} and must be from {} to {}", range.start(), range.end())),
    }
}

/// 0 or more, and finite.
fn no_less(key: &'static str, value: f32) -> Result<(), Fault> {
    match (0.0..=f32::MAX).contains(&value) {
        true => Ok(()),
        false => fault(key, format!("`{key}` is {value} and must be a finite number of 0 or more")),
    }
}

/// What is wrong with the options of a table's member.
fn member<T: Table + ?Sized>(chosen: &Chosen<T>) -> Result<(), Fault> {
    let key = |error: &OptionError| error.key().map_or(T::KEY.into(), |key| format!("{}.{key}", T::KEY));
    chosen.check().map_err(|error| Fault { key: key(&error), problem: error.to_string() })
}

impl RunConfig {
    /// Looks for numbers that make no sense.
    ///
    /// # Errors
    /// The first one.
    pub fn check(&self) -> Result<(), Fault> {
        within("batch", self.batch, 1..=65_536)?;
        if self.limit == Some(0) {
            return fault("limit", "`limit` is 0 and must be 1 or more");
        }
        no_less("learning_rate", self.learning_rate)?;
        if let Validation::Fraction(share) = self.validation
            && !(share > 0.0 && share < 1.0)
        {
            return fault("validation", format!("`fraction` is {share} and must be between 0 and 1"));
        }
        if let Some(warmup) = self.warmup {
            within("warmup.epochs", warmup.epochs, 0.0..=1e9)?;
            within("warmup.start", warmup.start, 0.0..=1.0)?;
        }
        within("max_length", self.text.max_length.unwrap_or(1), 1..=65_536)?;
        if self.text.min_count == Some(0) {
            return fault("min_count", "`min_count` is 0 and must be 1 or more");
        }
        within("max_words", self.text.max_words.unwrap_or(1), 1..=16_777_214)?;
        member(&self.schedule)?;
        member(&self.optimizer)?;
        member(&self.loss)?;
        normalize(&self.normalize)?;
        check_policy(&self.augment).map_err(|(key, error)| Fault { key, problem: error.to_string() })?;
        self.update.check().or_else(|error| fault("update", error.to_string()))
    }
}

fn normalize(normalize: &NormalizeConfig) -> Result<(), Fault> {
    let (means, deviations) = (normalize.mean.len(), normalize.std.len());
    if means != deviations {
        return fault("normalize", format!("`mean` has {means} numbers and `std` {deviations}"));
    }
    let numbers_needed = matches!(normalize.from, NormalizeFrom::Imagenet | NormalizeFrom::Given);
    if numbers_needed && means == 0 || normalize.is_none() && means > 0 {
        return fault("normalize", format!("`mean` has {means} numbers, which is not what its `from` says"));
    }
    normalize.mean.iter().try_for_each(|&mean| within("mean", mean, f32::MIN..=f32::MAX))?;
    normalize.std.iter().try_for_each(|&std| within("std", std, f32::MIN_POSITIVE..=f32::MAX))
}

#[cfg(test)]
mod tests {
    use super::super::parse_augment;
    use super::*;

    #[test]
    fn what_flags_can_say_passes() {
        RunConfig::default().check().unwrap();
        for list in ["strong,zoom=0.5:4,jitter=1,mixup=0.01,cutmix=100", "resized-crop=0.01,erase,cutout=16", "none"] {
            let augment = parse_augment(list, [32, 32]).unwrap();
            RunConfig { augment, ..RunConfig::default() }.check().unwrap_or_else(|f| panic!("{list}: {f:?}"));
        }
        for text in ["imagenet", "dataset", "0.5,0.5:1,2"] {
            let normalize = NormalizeConfig::parse(text).unwrap();
            RunConfig { normalize, ..RunConfig::default() }.check().unwrap();
        }
    }

    #[test]
    fn what_flags_refuse_is_refused() {
        let text = RunConfig::default().to_toml();
        for (before, after, key) in [
            ("batch = 64", "batch = 0", "batch"),
            ("learning_rate = 0.001", "learning_rate = nan", "learning_rate"),
            ("validation = \"none\"", "validation = { fraction = 1.0 }", "validation"),
            ("beta1 = 0.9", "beta1 = 1.0", "optimizer.beta1"),
            ("accumulate = 1", "accumulate = 0", "update"),
            ("name = \"constant\"", "name = \"step\"\nevery = 0\ngamma = 0.1", "schedule.every"),
            ("[optimizer]", "[warmup]\nepochs = -1.0\nstart = 0.1\n\n[optimizer]", "warmup.epochs"),
            ("[optimizer]", "[augment]\nrotate = 200.0\n\n[optimizer]", "augment.rotate"),
            (
                "[optimizer]",
                "[augment.randaugment]\noperations = 9\nmagnitude = 1\n\n[optimizer]",
                "augment.randaugment.operations",
            ),
            ("[optimizer]", "[normalize]\nfrom = \"given\"\n\n[optimizer]", "normalize"),
            ("[optimizer]", "[normalize]\nfrom = \"given\"\nmean = [0.0]\nstd = [0.0]\n\n[optimizer]", "std"),
            ("[optimizer]", "[text]\nmax_length = 0\ncoarse_labels = false\n\n[optimizer]", "max_length"),
            ("[optimizer]", "[text]\nmin_count = 0\ncoarse_labels = false\n\n[optimizer]", "min_count"),
            ("[optimizer]", "[text]\nmax_words = 16777215\ncoarse_labels = false\n\n[optimizer]", "max_words"),
            (
                "[optimizer]",
                "[loss]\nname = \"adversarial\"\nlabel_smoothing = 0.5\n\n[optimizer]",
                "loss.label_smoothing",
            ),
            ("[optimizer]", "[loss]\nname = \"huber\"\ndelta = 0.0\n\n[optimizer]", "loss.delta"),
        ] {
            assert!(text.contains(before), "{text}");
            let config: RunConfig = toml::from_str(&text.replace(before, after)).unwrap();
            assert_eq!(config.check().expect_err(after).key, key);
        }
    }
}
