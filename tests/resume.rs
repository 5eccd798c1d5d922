//! Same run, same bits; and a run that stopped anywhere goes on as if it had not.

use lepton_gpu::checkpoint::{Checkpoint, NamedTensor};
use lepton_gpu::config::{
    NormalizeConfig, OptimizerConfig, RunConfig, ScheduleConfig, UpdateConfig, Validation, Warmup,
};
use lepton_gpu::data::{self, Dataset};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::optim::Sgd;
use lepton_gpu::schedules::Plateau;
use lepton_gpu::train::{Control, Event, Predictor, Trainer};
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

type Change = fn(&mut Checkpoint);
fn of<'a>(checkpoint: &'a mut Checkpoint, name: &str) -> &'a mut NamedTensor {
    checkpoint.tensors.iter_mut().find(|tensor| tensor.name == name).expect("a tensor")
}
const STATE: &str = "optimizer.moment1.dense.weight";
/// What is changed, what is said, and whether it is of no use for answers either.
const UNFIT: &[(Change, &str, bool)] = &[
    (|c| c.tensors.retain(|t| t.name != "dense.bias"), "it has no `dense.bias` [10]", true),
    (|c| of(c, "dense.bias").name = "dense.shift".into(), "it has no `dense.bias` [10]", true),
    (
        |c| {
            let extra = NamedTensor { name: "dense.shift".into(), ..of(c, "dense.bias").clone() };
            c.tensors.push(extra);
        },
        "it has `dense.shift`, which is not in the model",
        true,
    ),
    (
        |c| {
            let bias = of(c, "dense.bias");
            (bias.shape, bias.data) = (vec![9], bias.data[..36].to_vec());
        },
        "`dense.bias` is [9], but the model needs [10]",
        true,
    ),
    (|c| of(c, "dense.bias").shape = vec![2, 5], "`dense.bias` is [2, 5], but the model needs [10]", true),
    (
        |c| of(c, "dense.bias").data[8..12].copy_from_slice(&f32::NAN.to_le_bytes()),
        "element 2 of tensor `dense.bias` is NaN",
        true,
    ),
    (
        |c| of(c, "dense.bias").data[..4].copy_from_slice(&f32::INFINITY.to_le_bytes()),
        "element 0 of tensor `dense.bias` is inf",
        true,
    ),
    (|c| c.meta.classes.truncate(9), "it names 9 classes, but its model outputs 10", true),
    (|c| c.meta.classes.push("more".into()), "it names 11 classes, but its model outputs 10", true),
    (|c| c.meta.classes.clear(), "it names 0 classes, but its model outputs 10", true),
    (|c| c.meta.model.truncate(40), "in the checkpoint", true),
    (
        |c| c.meta.config.normalize = NormalizeConfig::parse("imagenet").unwrap(),
        "it scales 3 channels of images, but its model reads 1",
        true,
    ),
    (|c| c.tensors.retain(|t| t.name != STATE), "no `optimizer.moment1.dense.weight`", false),
    (|c| of(c, STATE).shape.reverse(), "tensor `optimizer.moment1.dense.weight` is [10, ", false),
    (
        |c| of(c, STATE).data[..4].copy_from_slice(&f32::NAN.to_le_bytes()),
        "element 0 of tensor `optimizer.moment1.dense.weight` is NaN",
        false,
    ),
    (|c| c.meta.state.batch = 99, "it has done 99 steps of an epoch of 8", false),
    (|c| c.meta.state.totals.seen = u64::MAX, "images of an epoch of 240", false),
    (|c| c.meta.data.train += 1, "the data changed since the run began", false),
];

/// A file that is damaged, or that somebody changed, is an error where it is loaded, with what is wrong.
#[test]
fn a_checkpoint_that_does_not_fit_itself_is_refused() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let config = config(OptimizerConfig::default());
    let mut trainer = fresh(&gpu, &data, config.clone());
    trainer.train_steps(3).unwrap();
    let (_, whole) = stored(&trainer);
    let answers = |checkpoint: &Checkpoint| Predictor::new(&gpu, checkpoint, None).map(|_| ());
    let goes_on = |checkpoint: &Checkpoint| Trainer::resume(&gpu, &data, checkpoint, config.clone()).map(|_| ());
    answers(&whole).unwrap();
    goes_on(&whole).unwrap();
    for (change, words, is_useless) in UNFIT {
        let mut changed = whole.clone();
        change(&mut changed);
        // once more through a file, as whoever changed it would have written it
        let changed = Checkpoint::from_bytes(&changed.to_bytes()).unwrap();
        let error = goes_on(&changed).expect_err(words).to_string();
        assert!(error.contains(words), "{error}\nshould say: {words}");
        match answers(&changed) {
            Ok(()) => assert!(!is_useless, "{words}"),
            Err(error) => assert!(*is_useless && error.to_string().contains(words), "{error}\nshould say: {words}"),
        }
    }
}

#[test]
fn what_the_numbers_of_a_file_cannot_be_is_noticed_where_it_is_read() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let mut trainer = fresh(&gpu, &data, config(OptimizerConfig::default()));
    trainer.train_steps(3).unwrap();
    let (_, whole) = stored(&trainer);
    let text = serde_json::to_string(&whole.meta).unwrap();
    for (before, after, words) in [
        (r#""step":3"#, r#""step":null"#, "its metadata: invalid type: null"),
        (r#""step":3"#, r#""step":-3"#, "its metadata: invalid value"),
        (r#""batch":3"#, r#""batch":1e99"#, "its metadata: "),
        (r#""loss_sum":"#, r#""loss_sum":1e999,"unknown":"#, "its metadata: number out of range"),
        (r#""batch":32"#, r#""batch":0"#, "its configuration: "),
        (r#""learning_rate":0.001"#, r#""learning_rate":-1.0"#, "its configuration: "),
        (r#""format":1"#, r#""format":2"#, "format 2"),
    ] {
        assert!(text.contains(before), "{before} is not in {text}");
        let bytes = whole.to_bytes();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let quoted = |text: &str| text.replace('"', "\\\"");
        let changed =
            std::str::from_utf8(&bytes[8..8 + header]).unwrap().trim_end().replacen(&quoted(before), &quoted(after), 1);
        let changed = [&(changed.len() as u64).to_le_bytes()[..], changed.as_bytes(), &bytes[8 + header..]].concat();
        let error = Checkpoint::from_bytes(&changed).expect_err(words).to_string();
        assert!(error.contains(words), "{error}\nshould say: {words}");
    }
}
