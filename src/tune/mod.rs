//! `lepton-gpu tune`: finds the fastest tile of every matrix product of a model on this adapter, by running whole training
//! steps with each of them. A tile changes the time of a step and none of its bits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use lepton_kernels::tuning::{ProductKey, TileSize, Tiles};
use lepton_kernels::{Precision, Step, Target, random};

use crate::config::{NormalizeConfig, NormalizeFrom};
use crate::gpu::{Found, Gpu, GpuError, Program};
use crate::hint::{Hint, Hints};
use crate::model::{ModelSpec, Sample, starting_values};
use crate::plan::{Buffer, Goal, Plan, PlanError, Request, default_loss};

/// Steps with each set of tiles; the fastest time of each launch counts.
const STEPS: usize = 7;
/// A tile must be so much faster than the one that the rules choose: less is noise.
const WORTH: f64 = 0.97;

/// Why tuning cannot run.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// The device ran out of memory, was lost or refused a kernel.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The model could not be compiled for this device.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The adapter cannot time a launch.
    #[error("this adapter cannot time its launches (no timestamp queries), so there is nothing to compare")]
    NoTimestamps,
}

impl Hints for TuneError {
    fn hints(&self) -> Vec<Hint> {
        let mut hints = match self {
            TuneError::Gpu(error) => error.hints(),
            TuneError::Plan(error) => error.hints(),
            TuneError::NoTimestamps => {
                vec![Hint::Change { key: "adapter" }, Hint::advice("no table: tiles are then chosen by rule")]
            }
        };
        // it runs single steps on noise: there is no data set to shorten, and no update to accumulate
        hints.retain(|hint| hint.key() != Some("limit"));
        for hint in &mut hints {
            if matches!(hint, Hint::SmallerBatch { .. }) {
                *hint = Hint::SmallerBatch { accumulate: false };
            }
        }
        hints
    }
}

/// What tiles are searched for.
#[derive(Clone, Debug)]
pub struct Tuning<'a> {
    /// The model whose products are timed.
    pub model: &'a ModelSpec,
    /// Images in a batch.
    pub batch: usize,
    /// How activations are stored.
    pub precision: Precision,
}

/// Searches. `progress` hears how many of how many sets of tiles are done.
///
/// # Errors
/// [`TuneError::NoTimestamps`] if the adapter cannot time launches, [`TuneError::Plan`] if the model cannot be compiled for
/// it, and [`TuneError::Gpu`] if it has no f16 where that is asked for, too little memory, or is lost.
pub fn tune(gpu: &Gpu, tuning: &Tuning, progress: &mut dyn FnMut(usize, usize)) -> Result<Vec<Found>, TuneError> {
    let rules = Target { tiles: Tiles::default(), ..gpu.target_in(tuning.precision)? };
    let plan = compile(gpu, tuning, rules.clone())?;
    let choices: BTreeMap<ProductKey, Vec<TileSize>> = plan.lists[Goal::Train]
        .iter()
        .filter_map(|step| step.tuning.as_ref())
        .map(|tuning| (tuning.product.clone(), tuning.tiles.clone()))
        .collect();
    let rounds = choices.values().map(Vec::len).max().unwrap_or(0);
    let mut times: BTreeMap<(ProductKey, TileSize), f64> = BTreeMap::new();
    // the rules' choice comes first and once more at the end, as machines are slower for a while now and then
    for round in 0..=rounds {
        // products with fewer choices run their first one again
        let choose = |all: &[TileSize]| *all.get(round).unwrap_or(&all[0]);
        let tiles = Tiles::new(choices.iter().map(|(key, all)| (key.clone(), choose(all))));
        let plan = compile(gpu, tuning, Target { tiles, ..rules.clone() })?;
        for (key, seconds) in time(gpu, tuning, &plan)? {
            let tile = choose(&choices[&key]);
            times.entry((key, tile)).and_modify(|best| *best = best.min(seconds)).or_insert(seconds);
        }
        progress(round + 1, rounds + 1);
    }
    Ok(choices.iter().map(|(key, all)| best(key, all, &times)).collect())
}

fn best(key: &ProductKey, all: &[TileSize], times: &BTreeMap<(ProductKey, TileSize), f64>) -> Found {
    let seconds = |tile: TileSize| times[&(key.clone(), tile)];
    let rule = all[0];
    let fastest = all.iter().copied().min_by(|&a, &b| seconds(a).total_cmp(&seconds(b))).expect("the rules choose one");
    let tile = if seconds(fastest) < WORTH * seconds(rule) { fastest } else { rule };
    Found {
        product: key.clone(),
        tile,
        microseconds: seconds(tile) * 1e6,
        rule,
        rule_microseconds: seconds(rule) * 1e6,
    }
}

fn compile(gpu: &Gpu, tuning: &Tuning, target: Target) -> Result<Plan, PlanError> {
    let loss = default_loss(tuning.model);
    let request = Request { loss, evaluate: false, predict: false, ..Request::new(tuning.batch, tuning.batch) };
    Plan::compile(tuning.model, &Request { target, limits: gpu.limits(), ..request })
}

/// The fastest seconds of every product of a plan, all its launches in a step together.
fn time(gpu: &Gpu, tuning: &Tuning, plan: &Plan) -> Result<BTreeMap<ProductKey, f64>, TuneError> {
    let mut program = Program::trusted(gpu, plan)?;
    fill(&program, tuning, plan)?;
    let count = tuning.batch as u32;
    let mut fastest = vec![f64::INFINITY; plan.lists[Goal::Train].len()];
    for _ in 0..STEPS {
        let mut step = Step { batch_length: count, range_length: count, data_length: count, ..Step::default() };
        let (_, seconds) = program.profile(Goal::Train, &mut step)?;
        if seconds.is_empty() {
            return Err(TuneError::NoTimestamps);
        }
        fastest.iter_mut().zip(seconds).for_each(|(best, time)| *best = best.min(time));
    }
    let mut times = BTreeMap::new();
    for (step, seconds) in plan.lists[Goal::Train].iter().zip(fastest) {
        if let Some(tuning) = &step.tuning {
            *times.entry(tuning.product.clone()).or_insert(0.0) += seconds;
        }
    }
    Ok(times)
}

/// Weights as a run begins, and noise for images: zeros would be kinder to a GPU's power limit than any real step.
fn fill(program: &Program, tuning: &Tuning, plan: &Plan) -> Result<(), GpuError> {
    let size @ [h, w, c] = tuning.model.input;
    let images: Vec<u8> = (0..(tuning.batch * h * w * c) as u64).map(|i| random::hash64(i) as u8).collect();
    let normalize =
        NormalizeConfig { from: NormalizeFrom::Given, mean: vec![0.5; c], std: vec![0.25; c], sample: None };
    let sample =
        Sample { images: images.chunks_exact(h * w * c).map(Cow::from).collect(), size, normalize: &normalize };
    let mut words = vec![0f32; plan.arena_words];
    for parameter in &plan.parameters {
        let values = starting_values(&parameter.name, &parameter.shape, parameter.init, 0, &sample);
        words[parameter.offset_words..][..values.len()].copy_from_slice(&values);
    }
    program.write_parameters(bytemuck::cast_slice(&words))?;
    program.write_images(&[&images])?;
    program.write(Buffer::Norm, &normalize.bytes(c))
}
