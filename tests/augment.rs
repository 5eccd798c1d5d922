//! Augmentation: what is drawn has the distribution it should have, and an image's augmentation depends on nothing but seed,
//! epoch and image.

use lepton_gpu::config::{RunConfig, parse_augment};
use lepton_gpu::data;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::plan::Goal;
use lepton_gpu::train::{Evaluator, Predictor, Sampler, Trainer, Tta, preview};
use lepton_kernels::Step;
use lepton_kernels::augment::draw::{Drawn, draw};
use lepton_kernels::augment::{Boxes, Erase, Flip, ONE, Policy, RandAugment};

mod common;
#[path = "common/surroundings.rs"]
mod surroundings;

const IMAGES: u32 = 10_000;
const SIZE: [usize; 3] = [32, 24, 3];

/// What all images undergo in an epoch.
fn draws(policy: &Policy, epoch: u32) -> Vec<Drawn> {
    let step = Sampler::new(5, 100, 0, 0.0).training_step(epoch, 10, 0);
    (0..IMAGES).map(|image| draw(policy, &step, image, SIZE)).collect()
}

fn flips(policy: &Policy, epoch: u32) -> Vec<bool> {
    draws(policy, epoch).iter().map(|drawn| drawn.matrix[1][1] < 0).collect()
}

#[test]
fn half_of_all_images_are_flipped() {
    let policy = Policy { flip: Some(Flip::Random(0.5)), ..Policy::default() };
    let [first, second] = [0, 1].map(|epoch| flips(&policy, epoch));
    // 5 standard deviations of 10,000 coins are 250
    let count = first.iter().filter(|&&f| f).count();
    assert!((4_750..5_250).contains(&count), "{count} flips");
    let same = first.iter().zip(&second).filter(|(a, b)| a == b).count();
    assert!((4_750..5_250).contains(&same), "epochs agree on {same}");
    let rare = Policy { flip_vertical: 0.1, ..Policy::default() };
    let count = draws(&rare, 0).iter().filter(|d| d.matrix[0][0] < 0).count();
    assert!((850..1_150).contains(&count), "{count} vertical flips");
}

#[test]
fn alternating_flips_show_an_image_each_way_in_two_epochs() {
    let policy = Policy { flip: Some(Flip::Alternating), ..Policy::default() };
    let [first, second, third] = [0, 1, 2].map(|epoch| flips(&policy, epoch));
    assert!(first.iter().zip(&second).all(|(a, b)| a != b) && first == third);
    let count = first.iter().filter(|&&f| f).count();
    assert!((4_750..5_250).contains(&count), "{count} flips");
}

/// The chi-square statistic of counts that should be equal.
fn chi_square(counts: &[usize]) -> f64 {
    let expected = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    counts.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum()
}

#[test]
fn crops_are_uniform_over_all_offsets() {
    let policy = Policy { crop: 4, ..Policy::default() };
    let mut counts = vec![0; 81];
    for drawn in draws(&policy, 3) {
        let offset = [0, 1].map(|axis| (drawn.centre[axis] / ONE - (SIZE[axis] as i64 - 1)) / 2 + 4);
        counts[(offset[0] * 9 + offset[1]) as usize] += 1;
    }
    // 80 degrees of freedom: mean 80, deviation 12.6
    let statistic = chi_square(&counts);
    assert!((30.0..140.0).contains(&statistic), "chi-square {statistic}: {counts:?}");
}

#[test]
fn erased_boxes_have_the_areas_and_the_share_that_were_asked_for() {
    let boxes = Boxes { scale: [0.02, 0.33], ratio: [0.3, 3.3] };
    let policy = Policy { erase: Some(Erase { probability: 0.5, boxes }), ..Policy::default() };
    let area = |d: &Drawn| ((d.erased[1] - d.erased[0]) * (d.erased[3] - d.erased[2])) as f64 / (32.0 * 24.0);
    let areas: Vec<f64> = draws(&policy, 1).iter().map(area).filter(|&area| area > 0.0).collect();
    assert!((4_700..5_250).contains(&areas.len()), "{} boxes", areas.len());
    assert!(areas.iter().all(|area| (0.013..0.36).contains(area)), "an area is out of range but for rounding");
    let mean = areas.iter().sum::<f64>() / areas.len() as f64;
    assert!((0.16..0.185).contains(&mean), "mean area {mean}, should be about 0.175");
    assert!(draws(&policy, 1).iter().all(|d| d.erased[1] <= 32 && d.erased[3] <= 24));
}

#[test]
fn every_operation_is_drawn_as_often() {
    let policy = Policy { randaugment: Some(RandAugment { operations: 2, magnitude: 9 }), ..Policy::default() };
    let mut colours = 0;
    for drawn in draws(&policy, 0) {
        assert_eq!(drawn.operations.len(), 2);
        colours += drawn.operations.iter().filter(|o| **o != lepton_kernels::augment::draw::Operation::None).count();
    }
    // six of twelve are operations on colours; 5 standard deviations of 20,000 are 354
    assert!((9_640..10_360).contains(&colours), "{colours} of 20,000");
}

#[test]
fn an_image_is_the_same_in_every_batch() {
    let Some(gpu) = common::gpu() else { return };
    let train = data::load(None).unwrap().into_splits().train.unwrap();
    let policy = parse_augment("strong,jitter=0.4,rotate=10,cutout=5", [28, 28]).unwrap();
    let of = |images: &[usize], seed, epoch| preview(&gpu, &policy, &train, images, seed, epoch).unwrap();
    let together = of(&[3, 17, 5, 80, 41], 9, 2);
    let size = train.example_bytes();
    assert_eq!(of(&[80], 9, 2), together[3 * size..4 * size]);
    assert_eq!(of(&[41, 3], 9, 2), [&together[4 * size..], &together[..size]].concat());
    assert_ne!(of(&[80], 9, 3), together[3 * size..4 * size], "another epoch");
    assert_ne!(of(&[80], 8, 2), together[3 * size..4 * size], "another seed");
}

/// FNV-1a of bytes.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// Draws and decisions are whole numbers, so every adapter gives these bytes; jitter is left out, whose values are rounded
/// by each device in its own way.
#[test]
fn every_adapter_gives_the_same_bytes() {
    let Some(gpu) = common::gpu() else { return };
    let train = data::load(None).unwrap().into_splits().train.unwrap();
    let list = "strong,flip=alternate,rotate=25,shear=8,zoom=0.8:1.3,translate=0.1,cutout=6,erase=0.5";
    let policy = parse_augment(list, [28, 28]).unwrap();
    let images: Vec<usize> = (0..64).collect();
    let bytes: Vec<u8> = (0..3).flat_map(|e| preview(&gpu, &policy, &train, &images, 1, e).unwrap()).collect();
    assert_eq!(hash(&bytes), BYTES, "{:#x} on {}", hash(&bytes), gpu.summary().line());
}
const BYTES: u64 = 0xa6f6_120a_7b8d_8218;

fn config(list: &str) -> RunConfig {
    RunConfig {
        model: "seed-functional".into(),
        epochs: 2,
        batch: 32,
        limit: Some(200),
        augment: parse_augment(list, [28, 28]).unwrap(),
        normalize: lepton_gpu::config::NormalizeConfig::parse("dataset").unwrap(),
        ..RunConfig::default()
    }
}

fn finished(mut trainer: Trainer) -> Trainer {
    trainer.fit(|_, _| {}).unwrap();
    trainer
}

#[test]
fn a_resumed_run_with_augmentation_is_the_uninterrupted_one() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let config = config("strong,jitter=0.2");
    let model = ModelSpec::open(&config.model).unwrap();
    let new = |config: &RunConfig| Trainer::new(&gpu, &data, model.clone(), config.clone()).unwrap();
    let whole = finished(new(&config)).checkpoint().unwrap();
    assert_eq!(whole.meta.config.normalize.mean.len(), 1, "the numbers of the data set are kept");
    // in the middle of an epoch, and at its end
    for steps in [4, 7] {
        let part = finished(new(&RunConfig { steps: Some(steps), ..config.clone() })).checkpoint().unwrap();
        let rest = finished(Trainer::resume(&gpu, &data, &part, config.clone()).unwrap());
        assert!(rest.checkpoint().unwrap().to_bytes() == whole.to_bytes(), "resumed at step {steps}");
    }
    let plain = finished(new(&RunConfig { augment: Policy::default(), ..config.clone() })).checkpoint().unwrap();
    assert!(plain.to_bytes() != whole.to_bytes(), "augmentation changes what is learned");
}

/// Averages over views against the same views computed one after the other, from images that were moved on the host.
#[test]
fn views_are_averaged() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let test = data.test().unwrap().clone().truncated(70);
    let data = data.with_test(test).unwrap();
    let config = config("none");
    let model = ModelSpec::open(&config.model).unwrap();
    let checkpoint = finished(Trainer::new(&gpu, &data, model, config).unwrap()).checkpoint().unwrap();
    let test = data.test().unwrap();
    let mirror = |images: &[u8]| -> Vec<u8> { images.chunks(28).flat_map(|row| row.iter().rev().copied()).collect() };
    let answers = |images: &[u8], tta| Predictor::new(&gpu, &checkpoint, tta).unwrap().predict(images).unwrap();
    let (plain, mirrored) = (answers(test.bytes().unwrap(), None), answers(&mirror(test.bytes().unwrap()), None));
    let averaged = answers(test.bytes().unwrap(), Some(Tta::Mirror));
    for ((a, b), both) in plain.iter().zip(&mirrored).zip(&averaged) {
        // the mean of logits is the geometric mean of probabilities, normalised
        let means: Vec<f64> =
            a.probabilities.iter().zip(&b.probabilities).map(|(a, b)| (a.max(1e-300) * b.max(1e-300)).sqrt()).collect();
        let total: f64 = means.iter().sum();
        for (mean, got) in means.iter().zip(&both.probabilities) {
            assert!((mean / total - got).abs() < 1e-5, "{mean} of {total}, got {got}");
        }
    }
    // airbench's six views: the image, and it padded by its reflection and cut one pixel away either way; of each, it and its mirror
    let moved = |by: i32| -> Vec<u8> {
        let mirrored = |at: usize| at.min(54 - at);
        let inside = |i: usize| mirrored((i as i32 + by).unsigned_abs() as usize);
        let pixel = |image: &[u8], at: usize| image[inside(at / 28) * 28 + inside(at % 28)];
        test.bytes().unwrap().chunks(784).flat_map(|image| (0..784).map(move |at| pixel(image, at))).collect()
    };
    let logarithms = |images: &[u8]| -> Vec<Vec<f64>> {
        let answers = answers(images, None).into_iter();
        answers.map(|a| a.probabilities.iter().map(|p| p.max(1e-300).ln()).collect()).collect()
    };
    let views = [(test.bytes().unwrap().to_vec(), 0.25), (moved(-1), 0.125), (moved(1), 0.125)];
    let views: Vec<(Vec<Vec<f64>>, f64)> = views
        .iter()
        .flat_map(|(images, weight)| [(logarithms(images), *weight), (logarithms(&mirror(images)), *weight)])
        .collect();
    for (i, answer) in answers(test.bytes().unwrap(), Some(Tta::MirrorTranslate)).iter().enumerate() {
        let sum = |class: usize| views.iter().map(|(view, weight)| weight * view[i][class]).sum::<f64>().exp();
        let total: f64 = (0..10).map(sum).sum();
        for (class, got) in answer.probabilities.iter().enumerate() {
            assert!((sum(class) / total - got).abs() < 1e-5, "image {i}, class {class}: {got}");
        }
    }
    // evaluation counts the answers that prediction gives
    for tta in [Tta::Mirror, Tta::Translate, Tta::MirrorTranslate] {
        let (metrics, _) = Evaluator::new(&gpu, &checkpoint, &data, Some(tta)).unwrap().evaluate().unwrap();
        let answers = answers(test.bytes().unwrap(), Some(tta));
        let right =
            answers.iter().zip(test.labels()).filter(|(a, label)| a.top(1)[0].class == **label as usize).count();
        let accuracy = metrics.accuracy.unwrap();
        assert!((accuracy - right as f64 / 70.0).abs() < 1e-9, "{tta:?}: {accuracy} and {right}");
        let loss =
            answers.iter().zip(test.labels()).map(|(a, l)| -a.probabilities[*l as usize].ln()).sum::<f64>() / 70.0;
        assert!((metrics.loss - loss).abs() < 1e-4, "{tta:?}: loss {} and {loss}", metrics.loss);
    }
    let step = Step::default();
    assert_eq!((step.view, step.mix_other), (0, 0.0), "a step looks at images as they are, and mixes none");
}

#[test]
fn the_command_draws_a_sheet_and_names_mistakes() {
    if common::gpu().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = surroundings::lepton(&folder.path().join("home"));
        let output = command.current_dir(&folder).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run(&["show", "--augment", "strong", "--count", "2", "--seed", "7", "--out", "sheet.png"]).0, Some(0));
    let sheet = image::open(folder.path().join("sheet.png")).unwrap();
    assert!(sheet.width() > 8 * 28 && sheet.height() > 2 * 28);
    let (code, message) = run(&["show", "--augment", "rotate=200", "--out", "no.png"]);
    assert!(code == Some(2) && message.contains("must be from 0 to 180"), "{message}");
    let train = ["train", "--model", "linear", "--steps", "1", "--limit", "64", "--out", "run"];
    assert_eq!(run(&[&train[..], &["--augment", "light", "--normalize", "dataset"]].concat()).0, Some(0));
    let (code, message) = run(&["train", "--out", "run", "--resume", "--augment", "strong"]);
    assert!(code == Some(2) && message.contains("--augment would change it"), "{message}");
    assert_eq!(run(&["eval", "run", "--tta", "mirror"]).0, Some(0));
}

#[test]
fn mixed_rows_are_learned_with_both_labels() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let model = ModelSpec::open("linear").unwrap();
    let reads = |list: &str| {
        let trainer = Trainer::new(&gpu, &data, model.clone(), config(list)).unwrap();
        let plan = trainer.plan();
        let launches = plan.lists[Goal::Train].iter().filter(|launch| launch.layer.starts_with("loss"));
        let bindings = launches.flat_map(|launch| &launch.bindings);
        bindings.map(|binding| plan.tensors[binding.operand.tensor].name.clone()).collect::<Vec<String>>()
    };
    // the other row's label and the share that augmentation gives
    for tensor in ["batch.images.1", "batch.images.2", "batch.images.3"] {
        assert!(reads("mixup=0.4").iter().any(|name| name == tensor), "no {tensor} in {:?}", reads("mixup=0.4"));
        assert!(!reads("flip").iter().any(|name| name == tensor));
    }
}
