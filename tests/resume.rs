//! Same run, same bits; and a run that stopped anywhere goes on as if it had not.

use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::{OptimizerConfig, RunConfig, ScheduleConfig, UpdateConfig, Validation, Warmup};
use lepton_gpu::data::{self, Dataset};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::optim::Sgd;
use lepton_gpu::schedules::Plateau;
use lepton_gpu::train::{Control, Event, Trainer};
use lepton_kernels::op::Precision;

mod common;
#[path = "resume/streamed.rs"]
mod streamed;

fn config(optimizer: OptimizerConfig) -> RunConfig {
    RunConfig {
        model: "seed-functional".into(),
        epochs: 3,
        batch: 32,
        limit: Some(300),
        validation: Validation::Fraction(0.2),
        optimizer,
        ..RunConfig::default()
    }
}

fn optimizers() -> [OptimizerConfig; 2] {
    [OptimizerConfig::default(), Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-4 }.into()]
}

fn quiet(trainer: &mut Trainer) {
    trainer.fit(|_, _| {}).unwrap();
}

fn fresh(gpu: &Gpu, data: &Dataset, config: RunConfig) -> Trainer {
    let model = ModelSpec::open(&config.model).unwrap();
    Trainer::new(gpu, data, model, config).unwrap()
}

/// The bytes of a checkpoint, once more through a file.
fn stored(trainer: &Trainer) -> (Vec<u8>, Checkpoint) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let bytes = trainer.checkpoint().unwrap().to_bytes();
    std::fs::write(file.path(), &bytes).unwrap();
    (bytes, Checkpoint::read(file.path()).unwrap())
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let run = |seed| {
        let mut trainer = fresh(&gpu, &data, RunConfig { epochs: 1, seed, ..config(OptimizerConfig::default()) });
        quiet(&mut trainer);
        stored(&trainer).0
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

/// Stops after each of these numbers of steps, goes on, and compares with the run that was not stopped.
fn check_resumed(gpu: &Gpu, data: &Dataset, model: &ModelSpec, config: &RunConfig, stops: &[u64]) {
    let fresh = |config| Trainer::new(gpu, data, model.clone(), config).unwrap();
    let mut whole = fresh(config.clone());
    quiet(&mut whole);
    let (expected, end) = stored(&whole);
    let reduces = config.schedule.patience().is_some();
    assert!(!reduces || end.meta.state.plateau.reductions > 0, "{:?}", end.meta.state.plateau);
    for &steps in stops {
        let mut part = fresh(RunConfig { steps: Some(steps), ..config.clone() });
        quiet(&mut part);
        let (_, checkpoint) = stored(&part);
        assert_eq!(checkpoint.meta.state.step, steps);
        let mut rest = Trainer::resume(gpu, data, &checkpoint, config.clone()).unwrap();
        quiet(&mut rest);
        assert!(stored(&rest).0 == expected, "{:?} in {}: resumed at step {steps}", config.optimizer, config.precision);
    }
}

#[test]
fn a_resumed_run_is_the_uninterrupted_one() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let mut configs: Vec<RunConfig> = optimizers().map(config).to_vec();
    if common::f16(&gpu).is_some() {
        configs.push(RunConfig { precision: Precision::F16, ..config(OptimizerConfig::default()) });
    }
    // so high a rate that epochs get worse: the rate falls, and what the plateau saw is resumed
    let plateau: ScheduleConfig = Plateau { factor: 0.5, patience: 0 }.into();
    let warmup = Some(Warmup { epochs: 0.7, start: 0.1 });
    configs.push(RunConfig { schedule: plateau, learning_rate: 0.1, ..config(optimizers()[0].clone()) });
    configs.push(RunConfig { schedule: "cosine".parse().unwrap(), warmup, ..config(OptimizerConfig::default()) });
    for config in configs {
        let model = ModelSpec::open(&config.model).unwrap();
        // in the middle of an epoch, right at its end, and before anything
        check_resumed(&gpu, &data, &model, &config, &[11, 8, 0]);
    }
}

/// Checkpoints are taken within epochs while batches are under way, with several batches an update, too: the run that is saved and
/// every run that goes on from there have the bytes of the one that nobody saves.
#[test]
fn saving_within_an_epoch_changes_nothing_and_is_exact() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let update = UpdateConfig { accumulate: 2, ema: Some(0.9), ..UpdateConfig::default() };
    let accumulated = RunConfig { update, batch: 16, ..config(OptimizerConfig::default()) };
    for config in [config(optimizers()[1].clone()), accumulated] {
        let mut whole = fresh(&gpu, &data, config.clone());
        quiet(&mut whole);
        let (expected, _) = stored(&whole);
        let (mut run, mut saved) = (fresh(&gpu, &data, config.clone()), Vec::new());
        run.fit(|trainer, event| match event {
            Event::Checkpoint { global_step } => {
                assert_eq!(*global_step, trainer.state().step);
                saved.push(stored(trainer).1);
                Control::Continue
            }
            _ => Control::Save,
        })
        .unwrap();
        assert!(stored(&run).0 == expected, "saving changed the run");
        let within = |checkpoint: &&Checkpoint| checkpoint.meta.state.batch > 0;
        assert!(saved.iter().filter(within).count() > 3, "{} checkpoints", saved.len());
        for checkpoint in saved.iter().step_by(2) {
            let mut rest = Trainer::resume(&gpu, &data, checkpoint, config.clone()).unwrap();
            quiet(&mut rest);
            assert!(stored(&rest).0 == expected, "resumed at step {}", checkpoint.meta.state.step);
        }
    }
}

#[test]
fn a_resumed_run_with_dropout_is_the_uninterrupted_one() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let text = include_str!("models/gated.toml");
    let model = |rate| ModelSpec::parse(&text.replace("rate = 0.0", rate), "gated").unwrap();
    let config = RunConfig { epochs: 2, limit: Some(160), ..config(OptimizerConfig::default()) };
    check_resumed(&gpu, &data, &model("rate = 0.3"), &config, &[6, 4]);
    // and dropout does something
    let bytes = |rate| {
        let mut trainer = Trainer::new(&gpu, &data, model(rate), config.clone()).unwrap();
        quiet(&mut trainer);
        let tensors = trainer.checkpoint().unwrap().tensors;
        tensors.into_iter().map(|t| t.data).collect::<Vec<_>>()
    };
    assert_ne!(bytes("rate = 0.3"), bytes("rate = 0.0"));
}

#[test]
fn a_checkpoint_of_another_model_is_refused() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let trainer = fresh(&gpu, &data, config(OptimizerConfig::default()));
    let (_, mut checkpoint) = stored(&trainer);
    checkpoint.meta.model = ModelSpec::open("linear").unwrap().to_toml();
    let error = match Trainer::resume(&gpu, &data, &checkpoint, config(OptimizerConfig::default())) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("a checkpoint of another model was taken"),
    };
    assert!(error.contains("another model") && error.contains("dense.weight"), "{error}");
}
