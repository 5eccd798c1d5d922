//! Whole training steps of real networks, as a user would train them, and whether they learn what they should.

use crate::platform::Instant;

use lepton_kernels::op::Precision;

use super::budget::Budget;
use super::reference::{FURTHER, NETWORKS, Network, REFERENCES, Reference};
use super::synthetic::{DIFFERENT, synthetic};
use super::{BenchError, LossCheck, Preset, Sampled, Session, TrainingResult, first_step, machine};
use crate::config::{RunConfig, Validation};
use crate::data::Dataset;
use crate::gpu::GpuError;
use crate::model::ModelSpec;
use crate::plan::{Goal, PlanError};
use crate::train::{Control, Event, TrainError, Trainer};

/// Images of an epoch on a GPU: enough that the end of an epoch weighs as little as with real data.
const MANY: usize = 8 * DIFFERENT;
/// Images of an epoch where they are large: on every adapter, as making and holding them costs more than it tells.
const FEW: usize = 512;
/// Pixels of an image from which on it is large.
const LARGE: usize = 128 * 128;
/// Windows of steps that are timed.
const WINDOWS: f64 = 8.0;
/// Share of the time that goes to steps and losses; the rest is for first steps.
const ROWS: f64 = 0.65;

/// A network at a batch, in a precision.
struct Job {
    network: Network,
    place: usize,
    batch: usize,
    precision: Precision,
}

/// Trains all networks: first what the score needs, then other precisions, then larger batches, then further networks.
pub fn measure(session: &mut Session, budget: Budget) -> Result<Vec<TrainingResult>, BenchError> {
    let software = session.software();
    let mut jobs = Vec::new();
    for larger in [false, true].into_iter().take(session.preset.batches) {
        for &precision in session.preset.precisions {
            if session.gpu.target_in(precision).is_err() {
                continue;
            }
            jobs.extend(NETWORKS.into_iter().enumerate().map(|(place, network)| {
                let batch = if larger { network.larger[usize::from(software)] } else { network.batch };
                Job { network, place, batch, precision }
            }));
        }
    }
    jobs.extend(further(session));
    // first steps come last: a slow device has its score before the time is up
    let rows = Budget::new(budget.left() * ROWS);
    let mut found = Vec::new();
    let count = jobs.len();
    for (i, job) in jobs.iter().enumerate() {
        session.tell("training", job.name(), &budget);
        if rows.left() <= 0.0 && i >= NETWORKS.len() && !session.preset.overruns {
            session.left_out.push(format!("{}: out of time for training", job.name()));
            continue;
        }
        match job.measure(session, rows.share(count - i)) {
            Ok(result) => found.push((job, result)),
            Err(BenchError::Train(TrainError::Gpu(GpuError::OutOfMemory { .. }))) => {
                session.left_out.push(format!("{}: out of GPU memory", job.name()));
            }
            Err(BenchError::Train(TrainError::Plan(error @ PlanError::TooLarge { .. }))) => {
                session.left_out.push(format!("{}: {error}", job.name()));
            }
            Err(error) => return Err(error),
        }
    }
    first_steps(session, &mut found, budget);
    found.sort_by_key(|(job, _)| (job.place, job.precision == Precision::F16, job.batch));
    Ok(found.into_iter().map(|(_, result)| result).collect())
}

/// Networks that the score does not need: on a GPU from the default benchmark on; on a processor, where a step of theirs
/// takes seconds, in the full one.
fn further(session: &mut Session) -> Vec<Job> {
    let names = FURTHER.map(|network| network.model).join(", ");
    let (least, when) = if session.software() {
        (Preset::FULL.level, "only in the full benchmark on a software adapter")
    } else {
        (Preset::DEFAULT.level, "not in the quick benchmark")
    };
    if session.preset.level < least {
        session.left_out.push(format!("{names}: {when}"));
        return Vec::new();
    }
    session.left_out.push(format!("losses of {names}: not checked, as there is no reference"));
    let precisions = session.preset.precisions.iter().filter(|&&precision| session.gpu.target_in(precision).is_ok());
    let networks = |&precision: &Precision| {
        let places = FURTHER.into_iter().enumerate();
        places.map(move |(i, network)| Job { network, place: NETWORKS.len() + i, batch: network.batch, precision })
    };
    precisions.flat_map(networks).collect()
}

/// Times first steps where there is a program for it; a second batch says nothing new about compiling.
fn first_steps(session: &mut Session, found: &mut [(&Job, TrainingResult)], budget: Budget) {
    if session.settings.program.is_none() {
        session.left_out.push("first steps: skipped, because they need a separate process".into());
        return;
    }
    let mut late = 0;
    for (job, result) in found.iter_mut().filter(|(job, _)| job.batch == job.network.batch) {
        session.tell("training", format!("first step of {}", job.name()), &budget);
        if budget.left() <= 0.0 && !session.preset.overruns {
            late += 1;
            continue;
        }
        // cold first: it must not find what the other one compiled
        result.first_step_cold_seconds = job.first(session, true);
        result.first_step_warm_seconds = job.first(session, false);
    }
    if late > 0 {
        let runs = if late == 1 { "run" } else { "runs" };
        session.left_out.push(format!("the first steps of {late} {runs}: out of time for training"));
    }
}

impl Job {
    fn name(&self) -> String {
        format!("{}, batch {}, {}", self.network.model, self.batch, self.precision)
    }

    fn config(&self) -> RunConfig {
        self.network.config(self.batch, self.precision)
    }

    fn measure(&self, session: &mut Session, budget: Budget) -> Result<TrainingResult, BenchError> {
        let model = ModelSpec::open(self.network.model)?;
        let [height, width, _] = model.input;
        let images = match height * width {
            LARGE.. => FEW,
            _ if session.software() => DIFFERENT,
            _ => MANY,
        };
        let reference = REFERENCES.of(self.network.model, self.batch);
        let check = |reference| self.check(session, &model, &synthetic(model.input, DIFFERENT), reference);
        let loss = reference.map(check).transpose()?;
        let rest = Budget::new(budget.left().max(0.0));
        let data = synthetic(model.input, images);
        let mut trainer = Trainer::new(session.gpu, &data, model, self.config())?;
        let step_seconds = self.time(&mut trainer, rest)?;
        let plan = trainer.plan();
        Ok(TrainingResult {
            model: self.network.model.into(),
            batch: self.batch,
            precision: self.precision.to_string(),
            parameters: plan.parameters.iter().map(|p| p.shape.count() as u64).sum(),
            dispatches: plan.lists[Goal::Train].len(),
            multiply_adds: plan.lists[Goal::Train].iter().map(|step| step.multiply_adds).sum(),
            images_per_second: self.batch as f64 / step_seconds.median,
            step_seconds,
            first_step_cold_seconds: None,
            first_step_warm_seconds: None,
            device_bytes: plan.bytes(),
            host_bytes: machine::peak_bytes(),
            loss,
        })
    }

    /// The loss on the test images after a fixed number of steps, beside what it should be.
    fn check(
        &self,
        session: &Session,
        model: &ModelSpec,
        data: &Dataset,
        reference: &Reference,
    ) -> Result<LossCheck, BenchError> {
        // the last weights, which `validate` looks at, and not the best epoch's
        let steps = Some(reference.steps.into());
        let config = RunConfig { steps, validation: Validation::Test, ..self.config() };
        let mut trainer = Trainer::new(session.gpu, data, model.clone(), config)?;
        let tested = trainer.fit(|_, _| {}).and_then(|_| trainer.validate());
        let found = match tested {
            Ok(Some(metrics)) => metrics.loss,
            Ok(None) => unreachable!("there are test images"),
            Err(TrainError::NotFinite { .. } | TrainError::Diverged { .. }) => f64::NAN,
            Err(error) => return Err(error.into()),
        };
        let tolerance = match self.precision {
            Precision::F32 => reference.tolerance_f32,
            Precision::F16 => reference.tolerance_f16,
        };
        Ok(LossCheck { steps: reference.steps, found, reference: reference.loss, tolerance })
    }

    /// Seconds of a step, in windows of several steps by the host's clock, ends of epochs and all.
    fn time(&self, trainer: &mut Trainer, budget: Budget) -> Result<Sampled, BenchError> {
        let window = budget.left() / WINDOWS;
        let mut samples = Vec::new();
        let (mut begun, mut images, mut warm) = (Instant::now(), 0, 0);
        trainer.fit(|_, event| {
            let Event::Progress { images: some, .. } = event else { return Control::Continue };
            // the first submissions are short: they find out how long a step takes
            if warm < 3 {
                (begun, images, warm) = (Instant::now(), 0, warm + 1);
                return Control::Continue;
            }
            images += some;
            let seconds = begun.elapsed().as_secs_f64();
            if seconds >= window {
                samples.push(seconds * self.batch as f64 / images as f64);
                (begun, images) = (Instant::now(), 0);
            }
            if budget.left() > 0.0 || samples.is_empty() { Control::Continue } else { Control::Stop }
        })?;
        Ok(Sampled::new(samples))
    }

    fn first(&self, session: &mut Session, cold: bool) -> Option<f64> {
        let program = session.settings.program.as_ref()?;
        let index = session.gpu.summary().index;
        match first_step::in_child(program, index, &self.network, self.batch, self.precision, cold) {
            Ok(seconds) => Some(seconds),
            Err(error) => {
                let how = if cold { "cold" } else { "warm" };
                session.left_out.push(format!("first step, {how}, of {}: {error}", self.name()));
                None
            }
        }
    }
}
