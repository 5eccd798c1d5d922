//! Weights that start from the training images, or as a partial identity, and norms whose scale stays 1.

use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::{NormalizeConfig, ParameterRule, RunConfig, UpdateConfig, Validation, Warmup};
use lepton_gpu::data::{self, Dataset};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::{ModelSpec, Sample, starting_values};
use lepton_gpu::optim::Sgd;
use lepton_gpu::plan::summary;
use lepton_gpu::plan::{Input, Limits, Plan, Request, Training};
use lepton_gpu::train::{Plateau, Schedule, TrainError, Trainer};
use lepton_kernels::batch_index::image_of_row;
use lepton_kernels::op::Precision;
use lepton_kernels::{Shape, Step, random};

mod common;

const MODEL: &str = r#"
name = "small"
input = [28, 28, 1]
[[layer]]
type = "conv2d"
name = "whiten"
filters = 12
kernel = [3, 2]
stride = 2
init = "whitening"
[[layer]]
type = "batch_norm"
name = "norm"
scale = false
activation = "gelu"
[[layer]]
type = "global_avg_pool"
[[layer]]
type = "linear"
name = "dense"
units = 10
"#;

fn model(text: &str) -> ModelSpec {
    ModelSpec::parse(text, "model.toml").unwrap()
}

fn config(rules: Vec<ParameterRule>) -> RunConfig {
    RunConfig {
        batch: 10,
        limit: Some(80),
        learning_rate: 0.02,
        steps: Some(0),
        validation: Validation::Fraction(0.25),
        normalize: NormalizeConfig::parse("dataset").unwrap(),
        update: UpdateConfig { parameters: rules, ..UpdateConfig::default() },
        ..RunConfig::default()
    }
}

fn run(gpu: &Gpu, data: &Dataset, text: &str, config: RunConfig) -> Checkpoint {
    let mut trainer = Trainer::new(gpu, data, model(text), config).unwrap();
    trainer.fit(|_, _| {}).unwrap();
    trainer.checkpoint().unwrap()
}

fn tensor(checkpoint: &Checkpoint, name: &str) -> Vec<f32> {
    let found = checkpoint.tensors.iter().find(|t| t.name == name).unwrap_or_else(|| panic!("no {name}"));
    bytemuck::pod_collect_to_vec(&found.data)
}

fn frozen(pattern: &str) -> ParameterRule {
    ParameterRule { pattern: pattern.into(), frozen: Some(true), ..ParameterRule::default() }
}

#[test]
fn filters_whiten_the_images_that_are_learned_and_stay_where_they_are_frozen() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let begun = run(&gpu, &data, MODEL, config(vec![]));
    let normalize = &begun.meta.config.normalize;
    let train = data.train().unwrap();
    // the split's permutation: 60 of the first 80 are learned
    let step = Step {
        batch_length: 60,
        range_length: 60,
        data_length: 80,
        split_key: random::key(0, 1, 0),
        ..Step::default()
    };
    let learned: Vec<usize> = (0..60).filter_map(|row| image_of_row(&step, row)).map(|i| i as usize).collect();
    let filters = |images: &mut dyn Iterator<Item = usize>| {
        let sample =
            Sample { images: images.map(|i| train.example(i).unwrap()).collect(), size: [28, 28, 1], normalize };
        starting_values("whiten.weight", &Shape::new(&[3, 2, 1, 12]), lepton_gpu::model::Init::Whitening, 0, &sample)
    };
    assert_eq!(tensor(&begun, "whiten.weight"), filters(&mut learned.into_iter()));
    assert_ne!(tensor(&begun, "whiten.weight"), filters(&mut (0..80)), "images that validate are not looked at");
    assert_ne!(tensor(&begun, "whiten.weight"), filters(&mut (0..60)));
    let trained = run(&gpu, &data, MODEL, RunConfig { steps: Some(3), ..config(vec![frozen("whiten.weight")]) });
    assert_eq!(tensor(&trained, "whiten.weight"), tensor(&begun, "whiten.weight"));
    assert_ne!(tensor(&trained, "whiten.bias"), tensor(&begun, "whiten.bias"));
    let free = run(&gpu, &data, MODEL, RunConfig { steps: Some(3), ..config(vec![]) });
    assert_ne!(tensor(&free, "whiten.weight"), tensor(&begun, "whiten.weight"));
    if common::f16(&gpu).is_some() {
        let half = run(&gpu, &data, MODEL, RunConfig { precision: Precision::F16, ..config(vec![]) });
        assert_eq!(tensor(&half, "whiten.weight"), tensor(&begun, "whiten.weight"), "weights are f32 in any case");
    }
}

#[test]
fn a_norm_without_a_learned_scale_is_one_whose_scale_is_frozen() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let with = MODEL.replace("scale = false", "scale = true");
    let some = |rules| RunConfig { steps: Some(6), ..config(rules) };
    let (one, other) =
        (run(&gpu, &data, MODEL, some(vec![])), run(&gpu, &data, &with, some(vec![frozen("norm.weight")])));
    for name in ["whiten.weight", "norm.weight", "norm.bias", "norm.running_var", "dense.weight"] {
        assert_eq!(tensor(&one, name), tensor(&other, name), "{name}");
    }
    assert_eq!(tensor(&one, "norm.weight"), [1.0; 12]);
    assert!(tensor(&one, "norm.bias").iter().all(|&shift| shift != 0.0));
    let learned = run(&gpu, &data, &with, some(vec![]));
    assert_ne!(tensor(&learned, "norm.weight"), [1.0; 12]);
    // only what is learned is counted: shift, and no scale
    let counts = [MODEL, &with].map(|text| summary(&model(text)).unwrap());
    assert!(counts[0].contains("parameters: 226 ") && counts[1].contains("parameters: 238 "), "{}", counts[0]);
}

#[test]
fn starts_that_cannot_be_are_refused_with_a_way_out() {
    let before = "[[layer]]\ntype = \"relu\"\n[[layer]]\ntype = \"conv2d\"\nname = \"whiten\"";
    let cases = [
        (("filters = 12", "filters = 16"), "makes 12 filters, two for each of a patch's 6 values, but filters = 16"),
        (("filters = 12", "filters = 12\ndilation = [1, 2]"), "patches without gaps, but dilation = [1, 2]"),
        (
            ("kernel = [3, 2]", "kernel = [29, 1]\npadding = \"same\""),
            "patches of 29x1 pixels, but the images are only 28x28",
        ),
        (("[[layer]]\ntype = \"conv2d\"\nname = \"whiten\"", before), "the layer does not read `input`"),
        (("units = 10", "units = 10\ninit = \"whitening\""), "only for the filters of a convolution"),
        (("units = 10", "units = 10\ninit = \"dirac\""), "only for the filters of a convolution"),
        (("scale = false", "scale = false\naffine = false"), "scale = false needs affine = true"),
        (
            (
                "type = \"conv2d\"\nname = \"whiten\"",
                "type = \"separable_conv2d\"\nname = \"whiten\"\ndepth_multiplier = 12",
            ),
            "these filters read the output of an earlier step",
        ),
    ];
    for ((from, to), words) in cases {
        assert!(MODEL.contains(from), "{from}");
        let error = summary(&model(&MODEL.replacen(from, to, 1))).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("try: "), "{error}\nshould say: {words}");
    }
    let text = MODEL.replace("input = [28, 28, 1]", "tokens = 28").replace("[3, 2]", "[1, 2]");
    let error = summary(&model(&text.replace("filters = 12", "filters = 4"))).unwrap_err().to_string();
    assert!(error.contains("its input is the tokens of a text") && error.contains("embedding"), "{error}");
    let grouped = MODEL.replace("[28, 28, 1]", "[28, 28, 2]").replace("filters = 12", "filters = 12\ngroups = 2");
    let error = summary(&model(&grouped)).unwrap_err().to_string();
    assert!(
        error.contains("needs all channels in one group, but groups = 2") && error.contains("groups = 1"),
        "{error}"
    );
}

#[test]
fn a_configuration_that_makes_no_sense_is_refused_by_the_trainer() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let plain = || RunConfig { limit: Some(80), steps: Some(0), ..RunConfig::default() };
    let update = |update| RunConfig { update, ..plain() };
    for (config, key) in [
        (RunConfig { batch: 0, ..plain() }, "batch"),
        (RunConfig { batch: 65_537, ..plain() }, "batch"),
        (RunConfig { limit: Some(0), ..plain() }, "limit"),
        (RunConfig { learning_rate: f32::NAN, ..plain() }, "learning_rate"),
        (RunConfig { learning_rate: f32::INFINITY, ..plain() }, "learning_rate"),
        (RunConfig { validation: Validation::Fraction(1.0), ..plain() }, "validation"),
        (RunConfig { warmup: Some(Warmup { epochs: -1.0, start: 0.1 }), ..plain() }, "warmup.epochs"),
        (
            RunConfig { schedule: toml::from_str("name = \"step\"\nevery = 0\ngamma = 0.1").unwrap(), ..plain() },
            "schedule.every",
        ),
        (update(UpdateConfig { accumulate: 0, ..UpdateConfig::default() }), "update.accumulate"),
        (update(UpdateConfig { ema: Some(1.0), ..UpdateConfig::default() }), "update.ema"),
        (update(UpdateConfig { clip_norm: Some(f32::NAN), ..UpdateConfig::default() }), "update.clip_norm"),
    ] {
        match Trainer::new(&gpu, &data, ModelSpec::open("linear").unwrap(), config).err() {
            Some(TrainError::Config(error)) => assert_eq!(error.key(), key, "{error}"),
            other => panic!("{key}: {other:?}"),
        }
    }
    // a seed may be larger than a number of a configuration file
    let seeded = RunConfig { seed: u64::MAX, ..plain() };
    Trainer::new(&gpu, &data, ModelSpec::open("linear").unwrap(), seeded).unwrap();
}

#[test]
fn the_recipe_of_speednet_is_what_its_comment_derives() {
    let recipe: toml::Table = include_str!("../recipes/cifar10-speednet.toml").parse().unwrap();
    let config: RunConfig = recipe["run"].clone().try_into().unwrap();
    // the numbers of the source: rate and decay of 1024 examples, and what they are divided by
    let [rate, decay, per_step] = [11.5, 0.0153, 1.0 + 1.0 / (1.0 - 0.85)];
    assert!((f64::from(config.learning_rate) - rate / per_step).abs() < 1e-6);
    let Some(&Sgd { momentum, nesterov: true, weight_decay }) = config.optimizer.get() else { panic!("{config:?}") };
    // a step there takes off lr / k times the sum of gradients, 1024 times the mean, and wd / k of 1024 examples
    let k = 1024.0 * per_step;
    let decays_by = f64::from(config.learning_rate) * f64::from(weight_decay);
    assert!((f64::from(config.learning_rate) - rate / k * 1024.0).abs() < 1e-6);
    assert!(momentum == 0.85 && (decays_by - decay / k * 1024.0).abs() < 1e-8, "{decays_by}");
    let update = &config.update;
    for (t, decay) in [(4, 1.0), (245, 0.95f64.powi(5) / 8.0), (490, 0.95f64.powi(5))] {
        assert!((f64::from(update.average_decay(t, 490)) - decay).abs() < 1e-6, "{t}");
    }
    let schedule = Schedule::new(&config, 49);
    let at = |step| f64::from(schedule.rate(step, &Plateau::default()));
    for (step, share) in [(0, 0.2), (112, 1.0), (489, 0.07)] {
        assert!((at(step) / at(112) - share).abs() < 2e-3 && at(step) <= 1.5, "{step}: {}", at(step));
    }
    let model = ModelSpec::open(&config.model).unwrap();
    let plan = Plan::compile(
        &model,
        &Request {
            loss: config.loss.clone(),
            input: Input::augmented(&config.augment),
            training: Some(Training { optimizer: config.optimizer.clone(), update: config.update.clone() }),
            record_predictions: true,
            limits: Limits { binding_bytes: 1 << 31, buffer_bytes: 1 << 31, iterations: None },
            fuse: config.fuse,
            ..Request::new(config.batch, 60_000)
        },
    );
    let gradients: Vec<(String, usize)> =
        plan.unwrap().parameters.iter().map(|p| (p.name.clone(), p.gradient.slabs)).collect();
    for (name, slabs) in gradients {
        let fixed = ["whiten.weight", "fixed.weight"].contains(&name.as_str()) || name.contains("running");
        let fixed = fixed || (name.contains("norm") && name.ends_with("weight"));
        assert_eq!(slabs == 0, fixed, "{name}: gradients in {slabs} slabs");
    }
}
