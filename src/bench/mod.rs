//! `lepton-gpu bench`: a portable benchmark of training. What is measured is here; how it is shown is in `report/bench`.
//!
//! [`measure`] takes three parts in turn: what the device can do at the most (`ceilings`), single kernels at shapes from
//! real networks (`kernels`, `workloads`), whole training steps (`training`). Every part has a budget of seconds; what did
//! not fit or is not there is said in [`BenchResult::left_out`].

mod budget;
mod ceilings;
mod first_step;
mod kernels;
mod machine;
mod published;
mod reference;
mod result;
mod score;
mod synthetic;
mod training;
mod workloads;

use crate::platform::{Instant, calendar};
use std::path::PathBuf;

use lepton_kernels::op::Precision;

use crate::gpu::{Gpu, GpuError};
use crate::hint::{Hint, Hints};
use crate::model::ModelError;
use crate::train::TrainError;

pub use first_step::first_step;
pub use published::{PUBLISHED, Published};
pub use reference::{FURTHER, NETWORKS, Network, REFERENCES, Reference, References, twin_loss};
pub use result::{BenchResult, Ceiling, Host, KernelResult, LossCheck, Run, Sampled, Score, ScorePart, TrainingResult};
pub use score::score;
pub use synthetic::synthetic;

use budget::Budget;

/// How much is measured, and how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// `quick`, `default` or `full`.
    pub name: &'static str,
    /// Seconds for the ceilings.
    pub ceilings_seconds: f64,
    /// Seconds for the kernels.
    pub kernels_seconds: f64,
    /// Seconds for training.
    pub training_seconds: f64,
    /// Samples of each quantity, where they fit the time.
    pub samples: usize,
    /// Kernels of this level and below are measured: 0 the fewest, 2 all.
    pub level: u8,
    /// Batch sizes at which each model is trained: 1 or 2.
    pub batches: usize,
    /// Precisions in which models are trained, where the adapter has them.
    pub precisions: &'static [Precision],
    /// Whether a model is trained even when the time for training is up.
    pub overruns: bool,
}

impl Preset {
    /// A first look.
    pub const QUICK: Preset = Preset {
        name: "quick",
        ceilings_seconds: 3.0,
        kernels_seconds: 5.0,
        training_seconds: 11.0,
        samples: 5,
        level: 0,
        batches: 1,
        precisions: &[Precision::F32],
        overruns: false,
    };
    /// What results are compared by.
    pub const DEFAULT: Preset = Preset {
        name: "default",
        ceilings_seconds: 10.0,
        kernels_seconds: 25.0,
        training_seconds: 75.0,
        samples: 10,
        level: 1,
        batches: 2,
        precisions: &[Precision::F32, Precision::F16],
        overruns: false,
    };
    /// Every shape and model, however long they take, and more samples.
    pub const FULL: Preset = Preset {
        name: "full",
        ceilings_seconds: 30.0,
        kernels_seconds: 120.0,
        training_seconds: 240.0,
        samples: 20,
        level: 2,
        overruns: true,
        ..Preset::DEFAULT
    };
}

/// What stands in a result beside what was measured.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The command line, word by word.
    pub command: Vec<String>,
    /// The program that takes a model's first step in a process of its own (`lepton-gpu`); without it that is left out.
    pub program: Option<PathBuf>,
}

/// How far a benchmark is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// `ceilings`, `kernels` or `training`.
    pub part: &'static str,
    /// What is measured now.
    pub what: String,
    /// How much of the whole is done, 0..1, by its parts' budgets.
    pub done: f64,
}

/// Hears how far it is.
pub type Listener<'a> = &'a mut dyn FnMut(Progress);

/// Why a benchmark cannot be finished.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The device refused a kernel, ran out of memory or was lost.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// A network of the benchmark could not be built.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A network could not be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
}

impl Hints for BenchError {
    fn hints(&self) -> Vec<Hint> {
        let mut hints = match self {
            BenchError::Gpu(error) => error.hints(),
            BenchError::Model(error) => error.hints(),
            BenchError::Train(error) => error.hints(),
        };
        // models, batches and precisions are the benchmark's own
        hints.retain(|hint| hint.key().is_none_or(|key| key == "adapter"));
        hints
    }
}

/// What the parts share while they measure.
struct Session<'a> {
    gpu: &'a Gpu,
    preset: &'a Preset,
    settings: &'a Settings,
    listen: Listener<'a>,
    left_out: Vec<String>,
}

impl Session<'_> {
    /// A processor that plays GPU gets smaller shapes.
    fn software(&self) -> bool {
        self.gpu.summary().is_software()
    }

    fn tell(&mut self, part: &'static str, what: String, budget: &Budget) {
        let seconds = [self.preset.ceilings_seconds, self.preset.kernels_seconds, self.preset.training_seconds];
        let before = ["ceilings", "kernels", "training"].iter().position(|name| *name == part).unwrap_or(0);
        let done = seconds[..before].iter().sum::<f64>() + seconds[before] * budget.used();
        (self.listen)(Progress { part, what, done: done / seconds.iter().sum::<f64>() });
    }
}

/// Measures the adapter of `gpu`.
///
/// # Errors
/// [`BenchError`], if the device fails. What it lacks or has no room for is left out, and a wrong loss is a result.
pub fn measure(gpu: &Gpu, preset: &Preset, settings: &Settings, listen: Listener) -> Result<BenchResult, BenchError> {
    let (began, begun) = (calendar::utc_now(), Instant::now());
    let mut session = Session { gpu, preset, settings, listen, left_out: Vec::new() };
    let ceilings = ceilings::measure(&mut session, Budget::new(preset.ceilings_seconds))?;
    let kernels = kernels::measure(&mut session, &ceilings, Budget::new(preset.kernels_seconds))?;
    let training = training::measure(&mut session, Budget::new(preset.training_seconds))?;
    let left_out = session.left_out;
    Ok(BenchResult {
        format: BenchResult::FORMAT,
        run: Run {
            version: env!("CARGO_PKG_VERSION").into(),
            command: settings.command.clone(),
            preset: preset.name.into(),
            began,
            seconds: begun.elapsed().as_secs_f64(),
        },
        host: machine::host(),
        adapter: gpu.summary().clone(),
        score: score(&training, &REFERENCES),
        ceilings,
        kernels,
        training,
        left_out,
    })
}
