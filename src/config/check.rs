//! Values of a configuration that make no sense, wherever it comes from.

use super::{
    AugmentError, Chosen, FIELDS, NormalizeError, OptionError, OutOfRange, RunConfig, Setting, Table, UpdateError,
    Validation, check_policy, setting,
};
use crate::hint::{Hint, Hints};

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value outside of its range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// A fraction of the training images that is none.
    #[error("the fraction of `validation` is {0}, but must be above 0 and below 1")]
    Fraction(f64),
    /// An option of an optimiser, a loss or a schedule.
    #[error("{error}")]
    Member {
        /// What has the option, such as `optimizer`.
        table: &'static str,
        /// What is wrong with it.
        error: OptionError,
    },
    /// What surrounds the optimiser.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// Means and deviations of numbers to predict that cannot scale them.
    #[error(
        "`targets` has {means} means and {stds} standard deviations, but needs as many of each, finite, and deviations above 0"
    )]
    Targets {
        /// How many means there are.
        means: usize,
        /// How many standard deviations there are.
        stds: usize,
    },
    /// The scaling of pixels.
    #[error(transparent)]
    Normalize(#[from] NormalizeError),
    /// A transform of the training images.
    #[error("{error}")]
    Augment {
        /// Its key, such as `augment.rotate`.
        key: String,
        /// What is wrong with it.
        error: AugmentError,
    },
}

impl ConfigError {
    /// The key whose value makes no sense, such as `batch` or `warmup.epochs`.
    pub fn key(&self) -> String {
        match self {
            ConfigError::OutOfRange(error) => error.key.clone(),
            ConfigError::Fraction(_) => "validation".into(),
            ConfigError::Member { table, error } => {
                error.key().map_or(table.to_string(), |key| format!("{table}.{key}"))
            }
            ConfigError::Update(_) => "update".into(),
            ConfigError::Targets { .. } => "targets".into(),
            ConfigError::Normalize(_) => "normalize".into(),
            ConfigError::Augment { key, .. } => key.clone(),
        }
    }
}

impl Hints for ConfigError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            ConfigError::OutOfRange(error) => {
                let hint = setting(&error.key).and_then(|row| Some(Hint::set(row.field.key, row.field.example()?)));
                hint.into_iter().collect()
            }
            ConfigError::Fraction(_) => vec![Hint::set("validation", 0.1)],
            ConfigError::Targets { .. } => vec![Hint::set("targets", "standardized")],
            ConfigError::Member { error, .. } => error.hints(),
            ConfigError::Update(error) => error.hints(),
            ConfigError::Normalize(error) => error.hints(),
            ConfigError::Augment { error, .. } => error.hints(),
        }
    }
}

/// What is wrong with the options of a table's member.
fn member<T: Table + ?Sized>(chosen: &Chosen<T>) -> Result<(), ConfigError> {
    chosen.check().map_err(|error| ConfigError::Member { table: T::KEY, error })
}

impl RunConfig {
    /// Looks for values that make no sense.
    ///
    /// # Errors
    /// [`ConfigError`] with the first key whose value is out of range, or that contradicts another one.
    pub fn check(&self) -> Result<(), ConfigError> {
        // TOML has no number above i64::MAX, which these may be
        let limit = self.limit.map(|limit| limit.min(1));
        let steps = self.steps.map(|steps| steps.min(1));
        let written = RunConfig { seed: 0, split_seed: None, limit, steps, ..self.clone() };
        let table = toml::Table::try_from(&written).expect("a configuration is plain data");
        // options of members are checked by the rows of those
        let own = |row: &&Setting| !row.field.key.starts_with("optimizer.") && !row.field.key.starts_with("loss.");
        for row in FIELDS.iter().filter(own) {
            at(&table, row.field.key).map_or(Ok(()), |value| row.field.check_value(value))?;
        }
        if let Validation::Fraction(share) = self.validation
            && !(share > 0.0 && share < 1.0)
        {
            return Err(ConfigError::Fraction(share));
        }
        member(&self.schedule)?;
        member(&self.optimizer)?;
        member(&self.loss)?;
        self.normalize.check()?;
        if !self.targets.is_whole() {
            return Err(ConfigError::Targets { means: self.targets.mean.len(), stds: self.targets.std.len() });
        }
        check_policy(&self.augment).map_err(|(key, error)| ConfigError::Augment { key, error })?;
        Ok(self.update.check()?)
    }
}

/// The value of a path such as `warmup.epochs`.
fn at<'a>(table: &'a toml::Table, key: &str) -> Option<&'a toml::Value> {
    match key.split_once('.') {
        None => table.get(key),
        Some((group, rest)) => at(table.get(group)?.as_table()?, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{NormalizeConfig, parse_augment};
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
            ("accumulate = 1", "accumulate = 0", "update.accumulate"),
            ("name = \"constant\"", "name = \"step\"\nevery = 0\ngamma = 0.1", "schedule.every"),
            ("[optimizer]", "[warmup]\nepochs = -1.0\nstart = 0.1\n\n[optimizer]", "warmup.epochs"),
            ("[optimizer]", "[augment]\nrotate = 200.0\n\n[optimizer]", "augment.rotate"),
            (
                "[optimizer]",
                "[augment.randaugment]\noperations = 9\nmagnitude = 1\n\n[optimizer]",
                "augment.randaugment.operations",
            ),
            ("[optimizer]", "[normalize]\nfrom = \"given\"\n\n[optimizer]", "normalize"),
            ("[optimizer]", "[targets]\nfrom = \"standardized\"\nmean = [1.0]\n\n[optimizer]", "targets"),
            ("batch = 64", "patience = 0\nbatch = 64", "patience"),
            ("[optimizer]", "[normalize]\nfrom = \"given\"\nmean = [0.0]\nstd = [0.0]\n\n[optimizer]", "normalize"),
            ("[optimizer]", "[text]\nmax_length = 0\ncoarse_labels = false\n\n[optimizer]", "text.max_length"),
            ("[optimizer]", "[text]\nmin_count = 0\ncoarse_labels = false\n\n[optimizer]", "text.min_count"),
            ("[optimizer]", "[text]\nmax_words = 16777215\ncoarse_labels = false\n\n[optimizer]", "text.max_words"),
            (
                "[optimizer]",
                "[loss]\nname = \"adversarial\"\nlabel_smoothing = 0.5\n\n[optimizer]",
                "loss.label_smoothing",
            ),
            ("[optimizer]", "[loss]\nname = \"huber\"\ndelta = 0.0\n\n[optimizer]", "loss.delta"),
        ] {
            assert!(text.contains(before), "{text}");
            let config: RunConfig = toml::from_str(&text.replace(before, after)).unwrap();
            assert_eq!(config.check().expect_err(after).key(), key);
        }
    }
}
