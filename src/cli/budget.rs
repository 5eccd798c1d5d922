//! `--time`: epochs that fit into a budget.

use std::time::{Duration, Instant};

use super::CliError;
use crate::config::{Freeze, RunConfig};
use crate::data::{Dataset, Split};
use crate::gpu::Gpu;
use crate::model::ModelSpec;
use crate::plan::thousands;
use crate::report::say;
use crate::train::{Event, Pace, TrainError, Trainer};
use crate::weights::Weights;

/// Reads `90s`, `5m`, `1.5h` or `1h30m`, as it was typed for a flag.
///
/// # Errors
/// [`CliError::Usage`] if it is none of these, or no time at all.
pub fn parse(flag: &str, text: &str) -> Result<Duration, CliError> {
    let mut seconds = 0.0;
    let mut rest = text;
    while let Some(end) = rest.find(|sign: char| !sign.is_ascii_digit() && sign != '.') {
        let (number, unit) = (rest[..end].parse::<f64>(), &rest[end..=end]);
        let each = match unit {
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => f64::NAN,
        };
        seconds += number.unwrap_or(f64::NAN) * each;
        rest = &rest[end + 1..];
    }
    let whole = rest.is_empty() && seconds > 0.0 && seconds < 1e9;
    whole.then(|| Duration::from_secs_f64(seconds)).ok_or_else(|| {
        CliError::Usage(format!("invalid {flag} {text}: expected a time such as 90s, 5m or 1h30m\n  try: {flag} 5m"))
    })
}

/// Epochs that nobody needs more of, however long the budget.
const MOST: f64 = 500.0;
/// The share of what is left that is planned for: steps take longer when the machine has other things to do.
const PLANNED: f64 = 0.92;

/// Sets the epochs of a run to what fits into the time that is left; where not even one does, the images of one. A run on features
/// keeps its epochs, and gets as many images as features can be computed of.
///
/// # Errors
/// If the model cannot be trained on the device, or not even a batch fits.
pub fn fit(
    gpu: &Gpu,
    data: &Dataset,
    model: &ModelSpec,
    weights: Option<&Weights>,
    config: &mut RunConfig,
    left: Duration,
) -> Result<(), CliError> {
    let begun = Instant::now();
    if let Some(weights) = weights.filter(|_| config.freeze == Freeze::Body) {
        let each = features_pace(gpu, data, model, weights, config)?;
        return fit_features(data, each, config, left.saturating_sub(begun.elapsed()));
    }
    let mut trainer = Trainer::new(gpu, data, model.clone(), RunConfig { steps: None, ..config.clone() })?;
    let (pace, images) = (trainer.pace()?, learned(data, config));
    let run =
        Run { pace, steps: trainer.steps_per_epoch(), images, batch: config.batch, has_weights: weights.is_some() };
    drop(trainer);
    // the run starts as this trial did, but with compiled kernels
    let epoch = run.epoch();
    match run.fits(left.as_secs_f64() - begun.elapsed().as_secs_f64()) {
        Fits::Epochs(epochs) => {
            config.epochs = epochs;
            say!("time     {epochs} epochs of about {} fit", seconds(epoch));
        }
        Fits::Images(limit) => {
            (config.epochs, config.limit) = (1, Some(limit));
            let [limit, images] = [limit, images].map(|count| thousands(count as u64));
            say!("time     an epoch takes about {}: one over {limit} of {images} images fits", seconds(epoch));
        }
        Fits::Nothing => {
            let what = format!("an epoch takes about {}, and loading and compiling took the rest", seconds(epoch));
            return Err(too_short(&what, epoch + pace.test));
        }
    }
    Ok(())
}

/// A run that is to fit into a time.
struct Run {
    pace: Pace,
    /// Of an epoch.
    steps: usize,
    images: usize,
    batch: usize,
    /// Whether a new head learns first.
    has_weights: bool,
}

/// What fits into a time.
#[derive(Debug, PartialEq)]
enum Fits {
    Epochs(u32),
    /// An epoch over so many images.
    Images(usize),
    Nothing,
}

impl Run {
    /// Seconds of an epoch.
    fn epoch(&self) -> f64 {
        self.pace.step * self.steps as f64 + self.pace.validation + self.pace.saving
    }

    /// What fits into the seconds that are left.
    fn fits(&self, left: f64) -> Fits {
        let (pace, epoch) = (self.pace, self.epoch());
        // the features that a new head learns from first are a forward pass over all images
        let head = if self.has_weights { epoch / 3.0 } else { 0.0 };
        let left = (left - pace.test - head) * PLANNED;
        let epochs = (left / epoch).floor().min(MOST);
        if epochs >= 1.0 {
            return Fits::Epochs(epochs as u32);
        }
        let share = (left - pace.validation - pace.saving) / (pace.step * self.steps as f64);
        let images = (self.images as f64 * share).floor();
        if images < self.batch as f64 { Fits::Nothing } else { Fits::Images(images as usize) }
    }
}

/// Images that a run learns from.
fn learned(data: &Dataset, config: &RunConfig) -> usize {
    data.train().map_or(0, Split::len).min(config.limit.unwrap_or(usize::MAX))
}

fn too_short(what: &str, needed: f64) -> CliError {
    CliError::Usage(format!("--time is too short: {what}\n  try: --time {}s", (needed / PLANNED).ceil() + 10.0))
}

/// Seconds for which features are timed at most.
const TIMED: f64 = 3.0;

/// Seconds that a body takes for the features of a training image, measured on the first ones; 0 where it is done with all of them
/// before.
fn features_pace(
    gpu: &Gpu,
    data: &Dataset,
    model: &ModelSpec,
    weights: &Weights,
    config: &RunConfig,
) -> Result<f64, CliError> {
    // the first images wait for what is compiled
    let (mut first, mut each) = (None, 0.0);
    let measured = Trainer::from_weights(gpu, data, model.clone(), config.clone(), weights, |event| {
        let Event::Features { seen, seconds, .. } = *event else { return Ok(()) };
        let (seen_first, seconds_first) = *first.get_or_insert((seen, seconds));
        if seen > seen_first {
            each = (seconds - seconds_first) / (seen - seen_first) as f64;
        }
        if seconds - seconds_first < TIMED { Ok(()) } else { Err("enough is measured") }
    });
    match measured {
        Ok(_) | Err(TrainError::Listener(_)) => Ok(each),
        Err(error) => Err(error.into()),
    }
}

/// Limits a run's images to those whose features can be computed in the time, at `each` seconds an image.
fn fit_features(data: &Dataset, each: f64, config: &mut RunConfig, left: Duration) -> Result<(), CliError> {
    let (learned, others) = (learned(data, config), [data.validation(), data.test()]);
    let others: usize = others.into_iter().flatten().map(Split::len).sum();
    let (images, left) = ((learned + others) as f64, left.as_secs_f64() * PLANNED);
    let fits = if each * images > left { (left / each).floor() - others as f64 } else { learned as f64 };
    if fits < config.batch.min(learned) as f64 {
        let what = format!("the features of {} images take about {}", thousands(images as u64), seconds(each * images));
        return Err(too_short(&what, each * images));
    }
    say!("time     the features of an image take about {:.0} ms", each * 1e3);
    if fits < learned as f64 {
        config.limit = Some(fits as usize);
        say!("time     {} of {} images fit", thousands(fits as u64), thousands(learned as u64));
    }
    Ok(())
}

fn seconds(seconds: f64) -> String {
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, seconds) in [("90s", 90.0), ("5m", 300.0), ("1.5h", 5400.0), ("1h30m", 5400.0), ("2m5s", 125.0)] {
            assert_eq!(parse("--time", text).unwrap().as_secs_f64(), seconds, "{text}");
        }
        for text in ["", "5", "m", "5 m", "-5m", "0s", "5d", "5m3", "1..5m"] {
            let error = parse("--time", text).unwrap_err().to_string();
            assert!(error.contains("--time 5m"), "{text}: {error}");
        }
    }

    #[test]
    fn epochs_and_where_there_is_no_time_for_one_images_fit() {
        let pace = Pace { step: 0.5, validation: 4.0, saving: 1.0, test: 3.0 };
        let run = Run { pace, steps: 10, images: 640, batch: 64, has_weights: false };
        // an epoch takes 10 s, the test 3 s, and 8 % are left for what else the machine does
        let seconds = |epochs: f64| 3.0 + epochs * 10.0 / PLANNED + 1e-9;
        assert_eq!(run.fits(seconds(1.0)), Fits::Epochs(1));
        assert_eq!(run.fits(seconds(7.9)), Fits::Epochs(7));
        assert_eq!(run.fits(1e9), Fits::Epochs(500), "nobody needs more");
        // validated and saved, half of the steps take half of the images
        assert_eq!(run.fits(seconds(0.75)), Fits::Images(320));
        assert_eq!(run.fits(seconds(0.55)), Fits::Images(64));
        for too_short in [seconds(0.54), 0.0, -5.0] {
            assert_eq!(run.fits(too_short), Fits::Nothing, "{too_short}");
        }
        // a new head takes a third of an epoch before
        assert_eq!(Run { has_weights: true, ..run }.fits(seconds(2.0) + 3.0), Fits::Epochs(1));
    }
}
