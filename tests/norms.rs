//! Batch normalisation in a plan and in training: what is fused and folded, and that running averages are the layer's own.

use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::{OptimizerConfig, ParameterRule, RunConfig, UpdateConfig, Validation};
use lepton_gpu::data;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::optim::Sgd;
use lepton_gpu::plan::{Bound, Buffer, Goal, Plan, Request, Training};
use lepton_gpu::train::{Event, Trainer};
use lepton_kernels::gemm::{Family, Lanes};
use lepton_kernels::op::{Precision, Target};
use lepton_kernels::{Access, Binding, parameters};

mod common;

/// Batch norm with ReLU and pooling, after a linear layer, and one that nothing can take over.
const MODEL: &str = r#"
name = "normed"
input = [28, 28, 1]
[[layer]]
name = "conv1"
type = "conv2d"
filters = 4
kernel = 3
stride = 2
padding = "same"
[[layer]]
name = "norm1"
type = "batch_norm"
activation = "relu"
[[layer]]
name = "pool1"
type = "max_pool2d"
pool = 2
[[layer]]
name = "conv2"
type = "conv2d"
filters = 4
kernel = 3
padding = "same"
bias = false
[[layer]]
name = "norm2"
type = "batch_norm"
affine = false
[[layer]]
name = "sum"
type = "add"
inputs = ["norm2", "pool1"]
[[layer]]
name = "norm3"
type = "batch_norm"
activation = "relu"
[[layer]]
name = "flat"
type = "flatten"
[[layer]]
name = "dense"
type = "linear"
units = 10
[[layer]]
name = "norm4"
type = "batch_norm"
"#;

fn model() -> ModelSpec {
    ModelSpec::parse(MODEL, "normed").unwrap()
}

fn compile(family: Family, fuse: bool) -> Plan {
    let optimizer: OptimizerConfig = Sgd { momentum: 0.9, nesterov: false, weight_decay: 1e-4 }.into();
    let update = UpdateConfig { decay_all: true, ..UpdateConfig::default() };
    let (training, target) = (Some(Training { optimizer, update }), Target::f32(family));
    Plan::compile(&model(), &Request { training, target, fuse, ..Request::new(32, 100) }).unwrap()
}

const FAMILIES: [Family; 2] = [Family::Simt, Family::Lane(Lanes { width: 8, wide: true })];

#[test]
fn plans_fuse_in_training_and_fold_away_from_it() {
    for family in FAMILIES {
        let plan = compile(family, true);
        let names = |goal: Goal| plan.lists[goal].iter().map(|step| step.kernel.name.to_string()).collect::<Vec<_>>();
        let count = |goal, name: &str| names(goal).iter().filter(|kernel| kernel.starts_with(name)).count();
        // one pooled norm, one that a shortcut is added to, two that end in nothing; a list has no ReLU or pooling of its own
        assert_eq!(count(Goal::Train, "batch_norm/pool_apply"), 1);
        assert_eq!(count(Goal::Train, "batch_norm/add_apply"), 1);
        assert_eq!(count(Goal::Train, "batch_norm/apply"), 2);
        assert_eq!(count(Goal::Train, "batch_norm/statistics"), 4);
        assert_eq!(count(Goal::Train, "relu/") + count(Goal::Train, "max_pool2d/"), 0, "{plan}");
        // after the sum there is no product to fold into
        for goal in [Goal::Evaluate, Goal::Predict] {
            assert_eq!(count(goal, "fold_batch_norm"), 3, "{plan}");
            assert_eq!(count(goal, "batch_norm/"), 1, "{plan}");
            assert_eq!(count(goal, "relu/"), 0, "{plan}");
        }
        let text = plan.to_string();
        assert!(text.contains("pool1 into norm1") && text.contains("conv1.folded"), "{text}");
        let separate = compile(family, false);
        assert!(
            separate.lists[Goal::Train].len() > plan.lists[Goal::Train].len()
                && !separate.to_string().contains("folded")
        );
    }
}

#[test]
fn nobody_but_their_layer_writes_running_averages() {
    for family in FAMILIES {
        let plan = compile(family, true);
        let running: Vec<_> = plan.parameters.iter().filter(|p| p.name.contains("running")).collect();
        assert_eq!(running.len(), 8);
        for parameter in running {
            assert_eq!(parameter.gradient.slabs, 0, "{} has a gradient", parameter.name);
            let words = parameter.offset_words..parameter.offset_words + parameter.shape.count();
            let updated = |block: &&parameters::Block| words.contains(&(block.word as usize));
            assert!(!plan.phases[0].blocks.iter().any(|block| updated(&block)), "{} is updated", parameter.name);
        }
        for step in &plan.lists[Goal::Train] {
            let written: Vec<_> = step.bindings.iter().filter(|b| b.access != Access::Read).collect();
            for bound in written.iter().filter(|b| b.operand.buffer == Buffer::Parameters && step.layer != "update") {
                // a launch that writes a buffer binds other ranges of it for writing alone, and none of them twice
                let same: Vec<_> = step.bindings.iter().filter(|b| b.operand.buffer == bound.operand.buffer).collect();
                assert!(same.iter().all(|b| b.access == Access::Update), "{}", step.kernel.name);
                let range = bound.operand;
                let overlaps = |b: &&&Binding<Bound>| {
                    let other = b.operand;
                    other.offset < range.offset + range.bytes && range.offset < other.offset + other.bytes
                };
                assert_eq!(same.iter().filter(overlaps).count(), 1, "{}", step.kernel.name);
            }
        }
    }
}

#[test]
fn a_model_that_cannot_be_normalised_says_why() {
    let with = |line: &str| {
        let text = MODEL.replace("type = \"batch_norm\"\naffine = false", line);
        let model = ModelSpec::parse(&text, "normed").unwrap();
        lepton_gpu::plan::summary(&model).unwrap_err().to_string()
    };
    for (line, says) in [
        ("type = \"group_norm\"\ngroups = 3", "groups = 3 does not divide its 4 channels"),
        ("type = \"batch_norm\"\nepsilon = 0.0", "epsilon = 0 is not above 0"),
        ("type = \"batch_norm\"\nmomentum = 1.5", "momentum = 1.5 is not from 0 to 1"),
    ] {
        let message = with(line);
        assert!(message.contains(says) && message.contains("norm2") && message.contains("try:"), "{message}");
    }
}

fn config(precision: Precision) -> RunConfig {
    RunConfig {
        model: "normed".into(),
        epochs: 2,
        batch: 32,
        limit: Some(300),
        validation: Validation::Fraction(0.2),
        precision,
        ..RunConfig::default()
    }
}

fn stored(trainer: &Trainer) -> (Vec<u8>, Checkpoint) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let bytes = trainer.checkpoint().unwrap().to_bytes();
    std::fs::write(file.path(), &bytes).unwrap();
    (bytes, Checkpoint::read(file.path()).unwrap())
}

/// The mean training loss of the last epoch, and the validation's.
fn fit(trainer: &mut Trainer) -> [f64; 2] {
    let mut losses = [f64::NAN; 2];
    trainer
        .fit(|_, event| {
            if let Event::Epoch { train, validation, .. } = event {
                losses = [train.loss, validation.as_ref().map_or(f64::NAN, |metrics| metrics.loss)];
            }
        })
        .unwrap();
    losses
}

#[test]
fn running_averages_are_trained_kept_and_used() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let precisions = [Some(Precision::F32), common::f16(&gpu).map(|_| Precision::F16)];
    for config in precisions.into_iter().flatten().map(config) {
        let mut whole = Trainer::new(&gpu, &data, model(), config.clone()).unwrap();
        let [train, validation] = fit(&mut whole);
        // averages that were not those of training would make this several times as large
        assert!(validation < 1.5 * train + 0.5, "{}: loss {train} in training, {validation} after", config.precision);
        let (expected, checkpoint) = stored(&whole);
        let plan = whole.plan();
        let arena = checkpoint.weights(&plan.parameters, plan.arena_words).unwrap();
        let words: Vec<f32> = bytemuck::pod_collect_to_vec(&arena);
        for parameter in plan.parameters.iter().filter(|p| p.name.contains("running")) {
            let values = &words[parameter.offset_words..][..parameter.shape.count()];
            let start = if parameter.name.ends_with("var") { 1.0 } else { 0.0 };
            assert!(values.iter().all(|v| v.is_finite() && *v != start), "{} is {values:?}", parameter.name);
        }
        let mut part = Trainer::new(&gpu, &data, model(), RunConfig { steps: Some(5), ..config.clone() }).unwrap();
        fit(&mut part);
        let mut rest = Trainer::resume(&gpu, &data, &stored(&part).1, config.clone()).unwrap();
        fit(&mut rest);
        assert!(stored(&rest).0 == expected, "{}: resumed at step 5", config.precision);
    }
}

/// Running averages that a rule freezes normalise in training as away from it, while gradients pass and everything else is trained;
/// in front, in the middle with a pooling or a shortcut, and at the end.
#[test]
fn frozen_averages_normalise_and_stay() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let images = data.train().unwrap().clone().truncated(32);
    let data = data.with_test(images).unwrap();
    let loss = |pattern: &str| {
        let rule = ParameterRule { pattern: pattern.into(), frozen: Some(true), ..ParameterRule::default() };
        let update = UpdateConfig { parameters: vec![rule], ..UpdateConfig::default() };
        let config = RunConfig {
            limit: Some(32),
            epochs: 5,
            validation: Validation::Test,
            update,
            learning_rate: 0.01,
            ..config(Precision::F32)
        };
        let mut trainer = Trainer::new(&gpu, &data, model(), config).unwrap();
        let answered = trainer.validate().unwrap().unwrap().loss;
        let trained = trainer.train_steps(1).unwrap().loss;
        trainer.train_steps(4).unwrap();
        (trainer.checkpoint().unwrap(), answered, trained)
    };
    let tensor = |checkpoint: &Checkpoint, name: &str| -> Vec<f32> {
        let found = checkpoint.tensors.iter().find(|tensor| tensor.name == name).expect("a parameter");
        bytemuck::pod_collect_to_vec(&found.data)
    };
    let (frozen, answered, trained) = loss("*.running_*");
    assert!((trained / answered - 1.0).abs() < 1e-5, "the same images: {trained} in training, {answered} away from it");
    for norm in ["norm1", "norm2", "norm3", "norm4"] {
        assert!(tensor(&frozen, &format!("{norm}.running_mean")).iter().all(|mean| *mean == 0.0), "{norm}");
        assert!(tensor(&frozen, &format!("{norm}.running_var")).iter().all(|variance| *variance == 1.0), "{norm}");
    }
    assert!(tensor(&frozen, "norm1.weight").iter().all(|scale| *scale != 1.0), "scales are trained");
    // a scale alone: the batch's own statistics normalise, and averages move
    let (moved, answered, trained) = loss("*.weight");
    assert!((trained / answered - 1.0).abs() > 0.01, "{trained} and {answered}");
    assert!(tensor(&moved, "norm1.running_mean").iter().all(|mean| *mean != 0.0));
}
