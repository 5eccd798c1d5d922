//! Runs that start from trained weights: what is taken, a head that is trained on features, frozen layers.

mod common;

use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::{AugmentConfig, Freeze, HeadConfig, LossConfig, RunConfig, UpdateConfig, Validation};
use lepton_gpu::data::{Dataset, Split, Targets, Values};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::losses::{Bce, Mse};
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::{Evaluator, Event, Predictor, TrainError, Trainer};
use lepton_gpu::weights::{Reason, Weights, WeightsError};

const MODEL: &str = r#"
name = "small"
input = [8, 8, 1]
[[layer]]
type = "conv2d"
name = "conv"
filters = 8
kernel = 3
padding = "same"
bias = false
[[layer]]
type = "batch_norm"
name = "norm"
[[layer]]
type = "relu"
[[layer]]
type = "conv2d"
name = "second"
filters = 16
kernel = 3
stride = 2
activation = "relu"
[[layer]]
type = "global_avg_pool"
name = "pool"
[[layer]]
type = "dropout"
rate = 0.1
[[layer]]
type = "linear"
name = "head"
units = "classes"
"#;

fn model() -> ModelSpec {
    ModelSpec::parse(MODEL, "small").unwrap()
}

/// Images with stripes: across, down or slanting, at random places with some noise.
fn stripes(count: usize, seed: u64) -> (Vec<u8>, Vec<u32>) {
    let labels: Vec<u32> = (0..count as u32).map(|i| i % 3).collect();
    let pixel = |i: usize| {
        let (image, y, x) = (i / 64, i / 8 % 8, i % 8);
        let at = [y, x, x + y][image % 3] + image / 3;
        let noise = lepton_kernels::random::uniform(seed, image as u64, i as u64) * 120.0;
        (if at % 4 < 2 { 135.0 } else { 0.0 } + noise) as u8
    };
    ((0..count * 64).map(pixel).collect(), labels)
}

/// Ninety images of three classes, of which a fifth validates, and thirty to test.
fn data(names: [&str; 3], seed: u64) -> Dataset {
    let split = |count, seed| {
        let (pixels, labels) = stripes(count, seed);
        Split::images([8, 8, 1], pixels, Targets::Classes { labels, classes: 3 }).unwrap()
    };
    let names = names.map(String::from).to_vec();
    Dataset::new("stripes", names, split(90, seed).into()).unwrap().with_test(split(30, seed + 1)).unwrap()
}

fn config() -> RunConfig {
    RunConfig { epochs: 3, batch: 16, validation: Validation::Fraction(0.2), seed: 5, ..RunConfig::default() }
}

/// Weights of a run on the classes `a`, `b` and `c`.
fn trained(gpu: &Gpu) -> Weights {
    let config = RunConfig { learning_rate: 0.02, epochs: 8, ..config() };
    let mut trainer = Trainer::new(gpu, &data(["a", "b", "c"], 1), model(), config).unwrap();
    trainer.fit(|_, _| ()).unwrap();
    Weights::of_checkpoint(&trainer.checkpoint().unwrap()).unwrap()
}

fn started(gpu: &Gpu, data: &Dataset, config: RunConfig, weights: &Weights) -> Result<Trainer, TrainError> {
    Trainer::from_weights(gpu, data, model(), config, weights, |_| ())
}

fn without_head_stage() -> RunConfig {
    RunConfig { head: HeadConfig { steps: 0, ..HeadConfig::default() }, ..config() }
}

fn tensor<'a>(checkpoint: &'a Checkpoint, name: &str) -> &'a [u8] {
    let found = checkpoint.tensors.iter().find(|tensor| tensor.name == name);
    &found.unwrap_or_else(|| panic!("no {name}")).data
}

const BODY: [&str; 7] = [
    "conv.weight",
    "norm.weight",
    "norm.bias",
    "norm.running_mean",
    "norm.running_var",
    "second.weight",
    "second.bias",
];

#[test]
fn what_fits_is_taken_and_the_rest_starts_from_the_seed() {
    let Some(gpu) = common::gpu() else { return };
    let mut weights = trained(&gpu);
    let extra = weights.tensors[0].clone();
    weights.tensors.push(lepton_gpu::checkpoint::NamedTensor { name: "elsewhere.weight".into(), ..extra });
    let seeded = Trainer::new(&gpu, &data(["a", "b", "c"], 1), model(), config()).unwrap().checkpoint().unwrap();

    let same = started(&gpu, &data(["a", "b", "c"], 1), without_head_stage(), &weights).unwrap();
    let fit = same.origin().unwrap();
    assert_eq!((fit.used.len(), fit.anew.len(), &fit.unused[..]), (9, 0, &["elsewhere.weight".to_string()][..]));

    let others = started(&gpu, &data(["a", "b", "z"], 1), without_head_stage(), &weights).unwrap();
    let fit = others.origin().unwrap();
    let anew: Vec<_> = fit.anew.iter().map(|anew| (anew.name.as_str(), &anew.reason)).collect();
    assert_eq!(anew, [("head.weight", &Reason::Head), ("head.bias", &Reason::Head)]);
    let checkpoint = others.checkpoint().unwrap();
    for name in BODY {
        assert_eq!(tensor(&checkpoint, name), weights.tensor(name).unwrap().data, "{name}");
        if name.ends_with("weight") {
            assert_ne!(tensor(&checkpoint, name), tensor(&seeded, name), "{name}");
        }
    }
    assert_eq!(tensor(&checkpoint, "head.weight"), tensor(&seeded, "head.weight"));
}

#[test]
fn weights_of_another_model_are_refused_with_both_numbers() {
    let Some(gpu) = common::gpu() else { return };
    let mut weights = trained(&gpu);
    weights.tensors.retain(|tensor| tensor.name == "norm.bias");
    let error = started(&gpu, &data(["a", "b", "z"], 1), config(), &weights).map(|_| ()).unwrap_err();
    let TrainError::Weights(WeightsError::TooLittle { used, parameters, first, .. }) = &error else {
        panic!("{error}")
    };
    assert_eq!((*used, *parameters), (8, 72 + 32 + 8 * 16 * 9 + 16 + 51), "{error}");
    assert!(first.contains("conv.weight"), "{first}");
}

#[test]
fn a_new_head_learns_from_features_alone_and_always_the_same() {
    let Some(gpu) = common::gpu() else { return };
    let (weights, other) = (trained(&gpu), data(["x", "y", "z"], 7));
    let mut heard = Vec::new();
    let mut first =
        Trainer::from_weights(&gpu, &other, model(), config(), &weights, |event| heard.push(event.clone())).unwrap();
    // 90 images, of which 18 validate; the test images are not needed for this
    assert!(heard.contains(&heard[0]) && matches!(heard[0], Event::Features { images: 90, .. }), "{:?}", heard[0]);
    let Some(Event::Head { step, steps, validation: Some(last), .. }) = heard.last() else { panic!("{heard:?}") };
    assert_eq!((step, *steps), (steps, 300));
    assert!(last.accuracy.unwrap() > 0.8, "{last:?}; chance is 0.33");
    // the features of the small run are those of the whole network
    let whole = first.validate().unwrap().unwrap();
    assert_eq!(whole.accuracy, last.accuracy);
    assert!((whole.loss - last.loss).abs() < 1e-4, "{whole:?} {last:?}");
    let checkpoint = first.checkpoint().unwrap();
    for name in BODY {
        assert_eq!(tensor(&checkpoint, name), weights.tensor(name).unwrap().data, "{name}");
    }
    let second = started(&gpu, &other, config(), &weights).unwrap();
    assert!(checkpoint.to_bytes() == second.checkpoint().unwrap().to_bytes());
    assert_eq!(second.origin().unwrap().anew.len(), 2);
}

#[test]
fn a_frozen_body_gives_a_whole_run_that_goes_on_exactly() {
    let Some(gpu) = common::gpu() else { return };
    let (weights, other) = (trained(&gpu), data(["x", "y", "z"], 7));
    // as they are; averaged; versions drawn at random
    for (ema, crop) in [(None, 0), (Some(0.9), 0), (None, 1)] {
        let update = UpdateConfig { ema, ..UpdateConfig::default() };
        let augment = AugmentConfig { crop, ..AugmentConfig::default() };
        let frozen = RunConfig { freeze: Freeze::Body, epochs: 12, learning_rate: 0.05, update, augment, ..config() };
        let mut trainer = started(&gpu, &other, frozen.clone(), &weights).unwrap();
        trainer.fit(|_, _| ()).unwrap();
        let Some(Event::Test { metrics, .. }) = trainer.test().unwrap() else { panic!("there are test images") };
        assert!(metrics.accuracy.unwrap() > 0.8, "{metrics:?}");
        let whole = trainer.checkpoint().unwrap();
        for name in BODY {
            assert_eq!(tensor(&whole, name), weights.tensor(name).unwrap().data, "{name}");
        }
        // the same numbers from pixels, by other commands
        let read = Checkpoint::from_bytes(&whole.to_bytes()).unwrap();
        let (evaluated, _) = Evaluator::new(&gpu, &read, &other, None).unwrap().evaluate().unwrap();
        assert_eq!(evaluated.accuracy, metrics.accuracy);
        assert!((evaluated.loss - metrics.loss).abs() < 1e-4);
        let predictor = Predictor::new(&gpu, &read, None).unwrap();
        assert_eq!(predictor.predict(&other.test().unwrap().example(1).unwrap()).unwrap()[0].names(), ["x", "y", "z"]);

        let mut half = started(&gpu, &other, frozen.clone(), &weights).unwrap();
        half.train_steps(23).unwrap();
        let half = Checkpoint::from_bytes(&half.checkpoint().unwrap().to_bytes()).unwrap();
        let mut resumed = Trainer::resume(&gpu, &other, &half, frozen).unwrap();
        resumed.fit(|_, _| ()).unwrap();
        assert!(resumed.checkpoint().unwrap().to_bytes() == whole.to_bytes(), "with ema {ema:?}, crop {crop}");
    }
}

#[test]
fn features_are_computed_of_versions_that_augmentation_draws() {
    let Some(gpu) = common::gpu() else { return };
    let (weights, other) = (trained(&gpu), data(["x", "y", "z"], 7));
    let head = |augment: &str, versions: u32| {
        let augment = lepton_gpu::config::parse_augment(augment, [8, 8]).unwrap();
        let head = HeadConfig { versions, ..HeadConfig::default() };
        let frozen = RunConfig { freeze: Freeze::Body, augment, head, ..config() };
        let mut images = 0;
        let mut trainer = Trainer::from_weights(&gpu, &other, model(), frozen, &weights, |event| {
            if let Event::Features { seen, .. } = event {
                images = *seen;
            }
        })
        .unwrap();
        trainer.fit(|_, _| ()).unwrap();
        // 72 learned, 18 validate and 30 test, of which the last are looked at as they are
        assert_eq!(images, 120);
        tensor(&trainer.checkpoint().unwrap(), "head.weight").to_vec()
    };
    let plain = head("none", 3);
    assert!(plain == head("crop=2", 1), "the image itself is the first version");
    assert!(plain == head("mixup=0.5", 3), "features are not mixed");
    let drawn = head("crop=2", 3);
    assert!(drawn != plain && drawn == head("crop=2", 3), "drawn, and always the same");
    assert!(drawn != head("crop=2", 4), "as many as asked for");
    assert!(head("flip", 1) == head("flip", 9), "flips alone are the mirror image");
}

#[test]
fn a_run_that_starts_from_weights_goes_on_without_them() {
    let Some(gpu) = common::gpu() else { return };
    let (weights, other) = (trained(&gpu), data(["x", "y", "z"], 7));
    let tuned = RunConfig { init: Some("elsewhere".into()), body_lr: Some(0.1), ..config() };
    let mut whole = started(&gpu, &other, tuned.clone(), &weights).unwrap();
    whole.fit(|_, _| ()).unwrap();
    let mut half = started(&gpu, &other, tuned.clone(), &weights).unwrap();
    half.train_steps(7).unwrap();
    let mut resumed = Trainer::resume(&gpu, &other, &half.checkpoint().unwrap(), tuned).unwrap();
    resumed.fit(|_, _| ()).unwrap();
    let bytes = whole.checkpoint().unwrap().to_bytes();
    assert!(resumed.checkpoint().unwrap().to_bytes() == bytes);
}

#[test]
fn frozen_layers_keep_every_bit_and_the_others_change() {
    let Some(gpu) = common::gpu() else { return };
    let (weights, other) = (trained(&gpu), data(["x", "y", "z"], 7));
    let config = RunConfig { freeze: Freeze::First(2), ..without_head_stage() };
    let mut trainer = started(&gpu, &other, config, &weights).unwrap();
    trainer.fit(|_, _| ()).unwrap();
    let checkpoint = trainer.checkpoint().unwrap();
    for name in BODY {
        let is_kept = tensor(&checkpoint, name) == weights.tensor(name).unwrap().data;
        // running averages are no weights: whether they move is the plan's matter
        if !name.contains("running") {
            assert_eq!(is_kept, !name.starts_with("second"), "{name}");
        }
    }
}

#[test]
fn the_body_learns_at_its_own_rate() {
    let Some(gpu) = common::gpu() else { return };
    let (weights, other) = (trained(&gpu), data(["x", "y", "z"], 7));
    let config = RunConfig { body_lr: Some(0.0), ..without_head_stage() };
    let mut trainer = started(&gpu, &other, config, &weights).unwrap();
    let before = trainer.checkpoint().unwrap();
    trainer.fit(|_, _| ()).unwrap();
    let after = trainer.checkpoint().unwrap();
    assert_eq!(tensor(&after, "second.weight"), tensor(&before, "second.weight"));
    assert_ne!(tensor(&after, "head.weight"), tensor(&before, "head.weight"));
}

#[test]
fn heads_for_labels_and_numbers_learn_from_features_too() {
    let Some(gpu) = common::gpu() else { return };
    let weights = trained(&gpu);
    let (pixels, labels) = stripes(90, 7);
    let of = |value: fn(u32) -> f32, loss: LossConfig| {
        let data: Vec<f32> = labels.iter().flat_map(|&label| [value(label), 1.0 - value(label)]).collect();
        let targets = Targets::Values(Values { width: 2, data });
        let split = Split::images([8, 8, 1], pixels.clone(), targets).unwrap();
        let data = Dataset::new("stripes", vec!["p".into(), "q".into()], split.into()).unwrap();
        let mut heard = Vec::new();
        let config = RunConfig { loss, ..config() };
        Trainer::from_weights(&gpu, &data, model(), config, &weights, |event| heard.push(event.clone())).unwrap();
        let losses = heard.iter().filter_map(|event| match event {
            Event::Head { validation: Some(validation), .. } => Some(validation.loss),
            _ => None,
        });
        losses.collect::<Vec<f64>>()
    };
    let labels_of = of(|label| if label == 1 { 1.0 } else { 0.0 }, Bce::default().into());
    let numbers = of(|label| label as f32 * 0.5, Mse::default().into());
    for losses in [labels_of, numbers] {
        assert!(losses.last().unwrap() < &(0.6 * losses[0]), "{losses:?}");
    }
}

#[test]
fn the_head_is_everything_behind_the_last_layer_that_takes_weights() {
    let Some(gpu) = common::gpu() else { return };
    let (weights, other) = (trained(&gpu), data(["x", "y", "z"], 7));
    let new = "[[layer]]\ntype = \"batch_norm\"\nname = \"features_norm\"\naffine = false\n[[layer]]\ntype = \"linear\"\nname = \"hidden\"\nunits = 24\nactivation = \"relu\"\n";
    let at = MODEL.find("[[layer]]\ntype = \"dropout\"").unwrap();
    let model = ModelSpec::parse(&format!("{}{new}{}", &MODEL[..at], &MODEL[at..]), "deep").unwrap();
    let frozen = RunConfig { freeze: Freeze::Body, epochs: 10, learning_rate: 0.02, ..config() };
    let start = || Trainer::from_weights(&gpu, &other, model.clone(), frozen.clone(), &weights, |_| ()).unwrap();
    let mut trainer = start();
    assert_eq!(trainer.config().head.from.as_deref(), Some("features_norm"));
    let before = trainer.checkpoint().unwrap();
    trainer.fit(|_, _| ()).unwrap();
    assert!(trainer.validate().unwrap().unwrap().accuracy.unwrap() > 0.8);
    let whole = trainer.checkpoint().unwrap();
    for name in BODY {
        assert_eq!(tensor(&whole, name), weights.tensor(name).unwrap().data, "{name}");
    }
    for name in ["hidden.weight", "head.weight", "features_norm.running_mean"] {
        assert_ne!(tensor(&whole, name), tensor(&before, name), "{name}");
    }
    // a run's head starts anew as a whole where the classes are others
    let own = Weights::of_checkpoint(&whole).unwrap();
    let third = data(["u", "v", "w"], 3);
    let config = RunConfig { freeze: Freeze::None, ..without_head_stage() };
    let next = Trainer::from_weights(&gpu, &third, model.clone(), config, &own, |_| ()).unwrap();
    let anew: Vec<_> = next.origin().unwrap().anew.iter().map(|anew| anew.name.as_str()).collect();
    assert_eq!(anew[2..], ["hidden.weight", "hidden.bias", "head.weight", "head.bias"], "{anew:?}");

    let mut half = start();
    half.train_steps(17).unwrap();
    let half = Checkpoint::from_bytes(&half.checkpoint().unwrap().to_bytes()).unwrap();
    let mut resumed = Trainer::resume(&gpu, &other, &half, half.meta.config.clone()).unwrap();
    resumed.fit(|_, _| ()).unwrap();
    assert!(resumed.checkpoint().unwrap().to_bytes() == whole.to_bytes());
}

#[test]
fn a_body_without_weights_cannot_be_frozen() {
    let Some(gpu) = common::gpu() else { return };
    let config = RunConfig { freeze: Freeze::Body, ..config() };
    let error = Trainer::new(&gpu, &data(["x", "y", "z"], 7), model(), config).map(|_| ()).unwrap_err();
    assert!(matches!(error, TrainError::NothingToKeep), "{error}");
}

#[test]
fn a_head_that_reads_images_is_named() {
    let Some(gpu) = common::gpu() else { return };
    let weights = trained(&gpu);
    let text = MODEL.replace("units = \"classes\"", "units = 3");
    let other = format!(
        "{}[[layer]]\ntype = \"conv2d\"\nname = \"head\"\nfilters = 3\nkernel = 1\n[[layer]]\ntype = \"global_avg_pool\"\n",
        &text[..text.find("[[layer]]\ntype = \"global").unwrap()]
    );
    let model = ModelSpec::parse(&other, "other").unwrap();
    let config = RunConfig { freeze: Freeze::Body, ..config() };
    let data = data(["x", "y", "z"], 7);
    let error = Trainer::from_weights(&gpu, &data, model.clone(), config, &weights, |_| ()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("`head` reads"), "{error}");
    // without the stage it trains as a whole
    Trainer::from_weights(&gpu, &data, model, crate::config(), &weights, |_| ()).unwrap();
}
