//! Autoencoders that learn some of the classes: they tell the others from them, what is kept of each image is right, a resumed
//! run is exact, and `predict` says what the scores mean.

use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage};

use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::{LossTarget, NormalizeConfig, RunConfig, Validation};
use lepton_gpu::data::{self, Dataset};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::losses::{Huber, Mse};
use lepton_gpu::metrics::{Criterion, ErrorMeasures, Measures};
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::{Control, Evaluator, Event, Metrics, Outcome, Predictor, Trainer};
use lepton_kernels::op::Precision;

mod common;
#[path = "cli/support.rs"]
mod support;

use support::Place;

fn config(normal: &[&str]) -> RunConfig {
    RunConfig {
        model: "autoencoder".into(),
        epochs: 10,
        batch: 32,
        learning_rate: 2e-3,
        loss: Mse { target: LossTarget::Input }.into(),
        normal: normal.iter().map(|name| name.to_string()).collect(),
        ..RunConfig::default()
    }
}

fn trained(gpu: &Gpu, data: &Dataset, config: RunConfig) -> (Trainer, Vec<Metrics>) {
    let model = ModelSpec::open("autoencoder").unwrap();
    let mut trainer = Trainer::new(gpu, data, model, config).unwrap();
    let mut validated = Vec::new();
    trainer
        .fit(|_, event| {
            if let Event::Epoch { validation: Some(validation), .. } = event {
                validated.push(*validation);
            }
        })
        .unwrap();
    (trainer, validated)
}

fn measured(gpu: &Gpu, checkpoint: &Checkpoint, data: &Dataset) -> (Metrics, ErrorMeasures) {
    let (metrics, measures) = Evaluator::new(gpu, checkpoint, data, None).unwrap().evaluate().unwrap();
    let Some(Measures::Errors(errors)) = measures else { panic!("errors are kept") };
    (metrics, errors)
}

/// The share of pairs of an image of another class and a normal one in which the first has the larger error.
fn pairs_in_order(errors: &[f64], labels: &[u32], normal: u32) -> f64 {
    let of = |kind: bool| errors.iter().zip(labels).filter(move |(_, label)| (**label == normal) == kind);
    let wins: f64 = of(false)
        .map(|(other, _)| {
            let won = |own: &f64| if other > own { 1.0 } else { f64::from(u8::from(other == own)) / 2.0 };
            of(true).map(|(own, _)| won(own)).sum::<f64>()
        })
        .sum();
    wins / (of(false).count() * of(true).count()) as f64
}

#[test]
fn shoes_and_shirts_are_told_from_trousers() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let (mut trainer, _) = trained(&gpu, &data, config(&["Trouser"]));
    let learned = data.train().unwrap().labels().iter().filter(|&&label| label == 1).count();
    assert_eq!(trainer.images_per_epoch(), learned);
    let Some(Event::Test { images, metrics, classes, .. }) = trainer.test().unwrap() else { panic!("no test images") };
    let auc = metrics.more.auc.unwrap();
    assert!(images == 2000 && auc > 0.95, "AUC {auc:.4} on {images} test images");
    assert!(metrics.more.other_error.unwrap() > 3.0 * metrics.more.normal_error.unwrap(), "{metrics:?}");
    assert!(classes.len() == 10 && classes[1].normal && classes[1].auc.is_none() && classes[7].auc.unwrap() > 0.99);

    // the same from what the model gives, pixel by pixel and pair by pair
    let (checkpoint, test) = (trainer.checkpoint().unwrap(), data.test().unwrap());
    let (again, errors) = measured(&gpu, &checkpoint, &data);
    let answers = Predictor::new(&gpu, &checkpoint, None).unwrap().predict(test.bytes().unwrap()).unwrap();
    let error = |(answer, pixels): (&lepton_gpu::train::Answer, &[u8])| {
        let pairs = answer.outputs.iter().zip(pixels);
        pairs.map(|(&o, &p)| (f64::from(o) - f64::from(p) / 255.0).powi(2)).sum::<f64>() / 784.0
    };
    let own: Vec<f64> = answers.iter().zip(test.bytes().unwrap().chunks_exact(784)).map(error).collect();
    let kept = Evaluator::new(&gpu, &checkpoint, &data, None).unwrap().errors().unwrap();
    let worst = kept.iter().zip(&own).map(|(&kept, own)| (f64::from(kept) / own - 1.0).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-4, "an error that was kept is off by {worst}");
    let pairs = pairs_in_order(&own, test.labels(), 1);
    assert!((auc - pairs).abs() < 1e-3 && (again.more.auc.unwrap() - pairs).abs() < 1e-4, "{auc} and {pairs}");
    assert!((errors.mean / (own.iter().sum::<f64>() / 2000.0) - 1.0).abs() < 1e-4);

    // few normal test images are above the threshold that training images gave, most others are
    let threshold = checkpoint.meta.state.threshold.expect("an epoch has ended");
    assert!(!threshold.held_out && threshold.images == learned);
    let above = |kind: bool| {
        let of: Vec<_> = own.iter().zip(test.labels()).filter(|(_, label)| (**label == 1) == kind).collect();
        of.iter().filter(|(error, _)| **error > threshold.score).count() as f64 / of.len() as f64
    };
    assert!(
        above(true) < 0.12 && above(false) > 0.8,
        "{:.3} of the trousers, {:.3} of the rest",
        above(true),
        above(false)
    );
}

#[test]
fn what_is_kept_is_the_loss_in_both_precisions_and_under_a_scaling() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let precisions =
        if common::f16(&gpu).is_some() { &[Precision::F32, Precision::F16][..] } else { &[Precision::F32] };
    for &precision in precisions {
        let normalize = NormalizeConfig::parse("0.3:0.4").unwrap();
        let loss = Huber { delta: 0.5, target: LossTarget::Input }.into();
        let validation = Validation::Fraction(0.3);
        // 200 images are 140 to learn and 60 to validate: the last batch has fewer rows than the plan
        let config = RunConfig {
            precision,
            normalize,
            loss,
            validation,
            epochs: 2,
            limit: Some(200),
            ..config(&["9", "bag", "Bag"])
        };
        let (trainer, validated) = trained(&gpu, &data, config);
        assert_eq!(trainer.config().normal, ["Ankle boot", "Bag"]);
        let last = validated.last().unwrap();
        let (loss, kept) = (last.loss, last.more.normal_error.expect("held-out images are of normal classes"));
        assert!((loss / kept - 1.0).abs() < 1e-4, "loss {loss}, mean of what was kept {kept}");
        assert_eq!((last.more.auc, last.more.other_error), (None, None));
        let threshold = trainer.state().threshold.unwrap();
        assert!(threshold.held_out && threshold.images == 60 && threshold.score > kept, "{threshold:?}");
    }
}

#[test]
fn without_normal_classes_there_are_errors_and_no_verdict() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let (trainer, _) = trained(&gpu, &data, RunConfig { epochs: 1, limit: Some(300), ..config(&[]) });
    let checkpoint = trainer.checkpoint().unwrap();
    let (metrics, errors) = measured(&gpu, &checkpoint, &data);
    assert_eq!((metrics.more.auc, metrics.more.normal_error, errors.normal), (None, None, None));
    assert!(errors.classes.iter().all(|class| class.mean.is_some() && class.auc.is_none() && !class.normal));
    assert!((errors.mean / metrics.loss - 1.0).abs() < 1e-4);
}

#[test]
fn a_stop_within_an_epoch_takes_the_threshold_of_its_weights() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let config = config(&["Bag"]);
    let mut trainer = Trainer::new(&gpu, &data, ModelSpec::open(&config.model).unwrap(), config).unwrap();
    let outcome =
        trainer.fit(|_, event| if matches!(event, Event::Progress { .. }) { Control::Stop } else { Control::Continue });
    assert!(outcome.unwrap() == Outcome::Stopped && trainer.state().epoch == 0);
    assert!(trainer.state().threshold.is_some());
}

#[test]
fn a_resumed_run_on_normal_classes_is_exact() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    for validation in [Validation::None, Validation::Fraction(0.2), Validation::Test] {
        let config = RunConfig { epochs: 3, limit: Some(160), validation, ..config(&["Sneaker"]) };
        let whole = trained(&gpu, &data, config.clone()).0.checkpoint().unwrap();
        assert_eq!(whole.meta.config.normal, ["Sneaker"]);
        assert_eq!(whole.meta.state.threshold.unwrap().held_out, matches!(validation, Validation::Fraction(_)));
        let part = RunConfig { steps: Some(7), ..config.clone() };
        let stopped = trained(&gpu, &data, part).0.checkpoint().unwrap();
        assert!(stopped.meta.state.threshold.is_some() && stopped.meta.state.batch > 0, "it stops within an epoch");
        let mut trainer = Trainer::resume(&gpu, &data, &stopped, config).unwrap();
        trainer.fit(|_, _| {}).unwrap();
        assert!(whole.to_bytes() == trainer.checkpoint().unwrap().to_bytes(), "{validation:?}");
    }
}

#[test]
fn the_best_epoch_is_the_one_with_the_smallest_error_of_normal_images() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let config = RunConfig { epochs: 3, validation: Validation::Test, ..config(&["Trouser"]) };
    let (trainer, validated) = trained(&gpu, &data, config);
    let normal: Vec<f64> = validated.iter().map(|metrics| metrics.more.normal_error.unwrap()).collect();
    let least = normal.iter().copied().fold(f64::MAX, f64::min);
    let best = trainer.state().best.unwrap();
    assert_eq!((best.by, best.score), (Criterion::Loss, least), "{normal:?}");
    assert_eq!(normal[best.epoch.unwrap() as usize - 1], least);
    assert!(
        validated.iter().all(|metrics| metrics.more.auc.is_some() && metrics.loss > metrics.more.normal_error.unwrap())
    );
}

#[test]
fn the_weights_of_the_best_epoch_have_the_threshold_that_was_taken_with_them() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    // so high a rate that the error does not fall with each epoch
    let config = RunConfig {
        epochs: 5,
        limit: Some(320),
        learning_rate: 0.05,
        validation: Validation::Fraction(0.5),
        ..config(&[])
    };
    let model = ModelSpec::open("autoencoder").unwrap();
    let not_best_at_the_end = |seed| {
        let mut saved = None;
        let mut trainer = Trainer::new(&gpu, &data, model.clone(), RunConfig { seed, ..config.clone() }).unwrap();
        trainer
            .fit(|trainer, event| {
                if matches!(event, Event::Epoch { best: true, .. }) {
                    saved = Some(trainer.checkpoint().unwrap().meta.state);
                }
            })
            .unwrap();
        let (saved, last) = (saved.unwrap(), trainer.state());
        (!last.is_best() && saved.threshold != last.threshold).then_some((trainer, saved))
    };
    let (trainer, best) = (0..20).find_map(not_best_at_the_end).expect("a seed whose last epoch is not the best");
    assert!(best.threshold.is_some(), "it is known");
    assert_eq!(trainer.best_checkpoint().unwrap().meta.state, best);
}

/// Pixels in the green of a right verdict, and in the red of a wrong one.
fn frames(picture: &RgbImage) -> [usize; 2] {
    [Rgb([0x1a, 0x7f, 0x37]), Rgb([0xcf, 0x22, 0x2e])].map(|colour| picture.pixels().filter(|p| **p == colour).count())
}

/// A place with a run on trousers, and two pictures of the test images.
fn trousers() -> Option<Place> {
    let place = Place::with_adapter()?;
    let line = "train --model autoencoder --normal trouser --epochs 6 --batch 32 --lr 0.002 --val-split 0.1 --out run";
    let ran = place.run(line).exits(0);
    assert!(ran.line("loss ").contains("mse against the input") && ran.line("loss ").contains("only Trouser"));
    assert!(ran.line("next ").contains("predict run --grid"), "{ran}");
    assert!(support::number(ran.line("Test AUC"), "AUC: ") > 0.9, "{ran}");
    let data = data::load(None).unwrap();
    let test = data.test().unwrap();
    for (label, name) in [(1, "trouser.png"), (8, "bag.png")] {
        let at = test.labels().iter().position(|&l| l == label).unwrap();
        let picture = GrayImage::from_raw(28, 28, test.example(at).unwrap().to_vec()).unwrap();
        DynamicImage::from(picture).save_with_format(place.path(name), ImageFormat::Png).unwrap();
    }
    Some(place)
}

#[test]
fn the_commands_say_what_is_normal() {
    let Some(place) = trousers() else { return };
    let events = place.events("run");
    let test = events.iter().find(|event| event["event"] == "test").expect("a test");
    assert!(test["auc"].as_f64().unwrap() > 0.9 && test["classes"][8]["class"] == "Bag", "{test}");
    assert!(test["classes"][8]["auc"].is_f64() && test["classes"][1]["auc"].is_null(), "{test}");
    let epoch = events.iter().find(|event| event["event"] == "epoch").expect("an epoch");
    assert!(epoch["validation"]["normal_error"].is_f64(), "{epoch}");

    let eval = place.run("eval run").exits(0);
    for start in ["AUC: ", "mean error of normal images: ", "mean error of other images: ", " class "] {
        eval.line(start);
    }
    assert!(
        eval.out.lines().any(|line| line.trim_start().starts_with("Trouser") && line.trim_end().ends_with("normal"))
    );
    let json = place.run("eval run --json").exits(0).json();
    assert_eq!(json["measures"]["of"], "errors");
    assert_eq!(json["measures"]["classes"].as_array().unwrap().len(), 10);
    assert!((json["summary"]["auc"].as_f64().unwrap() - test["auc"].as_f64().unwrap()).abs() < 1e-3, "{json}");

    let said = place.run("predict run trouser.png bag.png").exits(0);
    assert!(
        said.err.contains("\nthreshold  ") && said.err.contains("95th percentile of") && said.err.contains("held-out"),
        "{said}"
    );
    assert!(said.line("trouser.png: ").starts_with("trouser.png: normal, score 0."), "{said}");
    assert!(said.line("bag.png: ").starts_with("bag.png: anomaly, score 0."), "{said}");
    let rows = place.run("predict run trouser.png bag.png --json").exits(0).json();
    assert_eq!([&rows[0]["normal"], &rows[1]["normal"]], [true, false]);
    assert!(rows[0]["score"].as_f64() < rows[0]["threshold"].as_f64(), "{rows}");

    let grid = place.run("predict run --grid grid.png").exits(0);
    let right = support::number(grid.line("grid.png: "), "grid.png: ") as usize;
    let picture = image::open(place.path("grid.png")).unwrap().to_rgb8();
    let [green, red] = frames(&picture);
    assert!((12..=20).contains(&right) && grid.out.contains(" of 20 right"), "{grid}");
    // a frame of 20: a few thousand pixels, and the verdict's letters
    let frame = (green + red) as f64 / 20.0;
    assert!((green as f64 / frame - right as f64).abs() < 0.7, "{right} right, {green} green and {red} red pixels");
}

#[test]
fn what_cannot_be_normal_is_said_first() {
    let Some(place) = Place::with_adapter() else { return };
    let small = "train --model autoencoder --epochs 1 --limit 64";
    place.run(&format!("{small} --out run")).exits(0);
    let before = place.snapshot();
    let cases = [
        ("train --model autoencoder --normal hat", "1 Trouser"),
        ("train --model autoencoder --normal Trouser,10", "has no class"),
        ("train --normal Trouser", "model that reconstructs"),
        ("train --model autoencoder --loss mse --target values --normal 1", "compares the output with classes"),
        ("train --out run --resume --epochs 2 --normal 1", "--normal would change it"),
        ("eval run --tta mirror", "an image"),
        ("predict run --tta mirror --grid a.png", "an image"),
        ("predict run --grid a.png --from 2000", "there are only 2000 test images"),
        ("train --model autoencoder --loss cross-entropy", "one number per class"),
    ];
    for (line, says) in cases {
        let ran = place.run(line).exits(2);
        assert!(ran.err.contains(says), "{line}\n{ran}\nshould say: {says}");
        assert!(says == "there are only 2000 test images" || ran.err.contains("try: "), "{ran}");
    }
    assert_eq!(before, place.snapshot(), "nothing was written");
}
