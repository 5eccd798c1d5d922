//! Whole runs with other losses than the default: they learn, their evaluation is measured, a resumed run is exact, and what
//! does not fit together is said before anything runs.

use lepton_gpu::Hints;
use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::{LossConfig, LossTarget, RunConfig, Validation};
use lepton_gpu::data::{self, Dataset, Split, Splits, Targets, Values};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::losses::{Bce, CrossEntropy, Focal, Huber, Mae, Mse, SigmoidFocal, SmoothL1};
use lepton_gpu::metrics::Measures;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::{Evaluator, Event, Metrics, Predictor, Trainer};
use lepton_kernels::op::Precision;

mod common;

/// The built-in images with values of each from its label and pixels.
fn with_values(width: usize, values: impl Fn(u32, &[u8]) -> Vec<f32>) -> Dataset {
    let classes = data::load(None).unwrap();
    let valued = |split: Option<&Split>| {
        let split = split.unwrap().clone().truncated(1500);
        let data = (0..split.len()).flat_map(|i| values(split.labels()[i], &split.example(i).unwrap())).collect();
        let targets = Targets::Values(Values { width, data });
        Some(Split::new(split.input(), split.bytes().unwrap().to_vec(), targets).unwrap())
    };
    let names = (0..width).map(|i| format!("value {i}")).collect();
    let splits = Splits { train: valued(classes.train()), test: valued(classes.test()), ..Splits::default() };
    Dataset::new(classes.name(), names, splits).unwrap()
}

/// Whether it is worn on the feet, has sleeves, or neither.
fn labels() -> Dataset {
    with_values(3, |label, _| {
        let (foot, sleeves) = (matches!(label, 5 | 7 | 9), matches!(label, 0 | 2 | 4 | 6));
        [foot, sleeves, !foot && !sleeves].map(|there| f32::from(u8::from(there))).to_vec()
    })
}

/// Mean of the upper and of the lower half of the pixels.
fn brightness() -> Dataset {
    with_values(2, |_, pixels| {
        let mean = |half: &[u8]| half.iter().map(|&p| f32::from(p) / 255.0).sum::<f32>() / half.len() as f32;
        vec![mean(&pixels[..392]), mean(&pixels[392..])]
    })
}

fn linear(units: usize) -> ModelSpec {
    let text = format!(
        "name = \"linear\"\ninput = [28, 28, 1]\n[[layer]]\ntype = \"flatten\"\n[[layer]]\ntype = \"linear\"\nunits = {units}\n"
    );
    ModelSpec::parse(&text, "linear").unwrap()
}

/// Sixteen squares of the image, each as its mean, and two numbers from them.
const SQUARES: &str = r#"
name = "squares"
input = [28, 28, 1]
[[layer]]
type = "avg_pool2d"
pool = 7
[[layer]]
type = "flatten"
[[layer]]
type = "linear"
units = 2
"#;

fn config(loss: LossConfig) -> RunConfig {
    RunConfig { epochs: 3, batch: 50, loss, validation: Validation::Fraction(0.2), ..RunConfig::default() }
}

struct Ran {
    first: Metrics,
    last: Metrics,
    checkpoint: Checkpoint,
}

fn train(gpu: &Gpu, data: &Dataset, model: ModelSpec, config: RunConfig) -> Ran {
    let mut trainer = Trainer::new(gpu, data, model, config).unwrap();
    let mut seen = Vec::new();
    trainer
        .fit(|_, event| {
            if let Event::Epoch { validation: Some(validation), .. } = event {
                seen.push(*validation);
            }
        })
        .unwrap();
    Ran { first: seen[0], last: *seen.last().unwrap(), checkpoint: trainer.checkpoint().unwrap() }
}

fn evaluate(gpu: &Gpu, ran: &Ran, data: &Dataset) -> (Metrics, Option<Measures>) {
    Evaluator::new(gpu, &ran.checkpoint, data, None).unwrap().evaluate().unwrap()
}

#[test]
fn several_labels_are_learned() {
    let Some(gpu) = common::gpu() else { return };
    let data = labels();
    let losses: [LossConfig; 2] = [Bce { pos_weight: vec![2.0, 1.0, 1.5] }.into(), SigmoidFocal::default().into()];
    for loss in losses {
        let ran = train(&gpu, &data, linear(3), RunConfig { epochs: 10, ..config(loss) });
        assert!(ran.last.loss < ran.first.loss && ran.last.accuracy.unwrap() > 0.8, "{:?}", ran.last);
        let test = data.test().unwrap();
        let (metrics, Some(Measures::Labels(measured))) = evaluate(&gpu, &ran, &data) else { panic!("labels") };
        assert_eq!(metrics.accuracy, Some(measured.all_right), "the loss and the measures count alike");
        assert!(measured.macro_auc.unwrap() > 0.95 && measured.label_accuracy > 0.9, "{measured:?}");
        let answers = Predictor::new(&gpu, &ran.checkpoint, None).unwrap().predict(&test.example(0).unwrap()).unwrap();
        assert!(answers[0].probabilities.len() == 3 && answers[0].probabilities.iter().all(|p| *p > 0.0 && *p < 1.0));
    }
}

#[test]
fn numbers_are_learned() {
    let Some(gpu) = common::gpu() else { return };
    let data = brightness();
    let target = LossTarget::Values;
    let losses: [LossConfig; 4] = [
        Mse { target }.into(),
        Mae { target }.into(),
        Huber { delta: 0.1, target }.into(),
        SmoothL1 { beta: 0.1, target }.into(),
    ];
    for loss in losses {
        let model = ModelSpec::parse(SQUARES, "squares").unwrap();
        let config = RunConfig { epochs: 15, learning_rate: 0.01, ..config(loss.clone()) };
        let ran = train(&gpu, &data, model, config);
        assert!(ran.last.loss < ran.first.loss && ran.last.accuracy.is_none(), "{loss:?}: {:?}", ran.last);
        assert!(ran.last.more.r2.unwrap() > 0.8, "{loss:?}: {:?}", ran.last);
        let (metrics, Some(Measures::Values(measured))) = evaluate(&gpu, &ran, &data) else { panic!("values") };
        let same = match loss.name() {
            "mse" => measured.mse,
            "mae" => measured.mae,
            _ => metrics.loss,
        };
        assert!((metrics.loss / same - 1.0).abs() < 1e-5, "loss {}, measured {same}", metrics.loss);
    }
}

const AUTOENCODER: &str = r#"
name = "auto"
input = [28, 28, 1]
[[layer]]
type = "conv2d"
filters = 4
kernel = 3
padding = "same"
activation = "relu"
[[layer]]
type = "conv2d"
filters = 1
kernel = 3
padding = "same"
"#;

#[test]
fn an_image_is_learned_in_both_precisions() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let first = |split: Option<&Split>| Some(split.unwrap().clone().truncated(400));
    let splits = Splits { train: first(data.train()), test: first(data.test()), ..Splits::default() };
    let data = data.with_splits(splits).unwrap();
    let precisions =
        if common::f16(&gpu).is_some() { &[Precision::F32, Precision::F16][..] } else { &[Precision::F32] };
    for &precision in precisions {
        let loss: LossConfig = Mse { target: LossTarget::Input }.into();
        let model = ModelSpec::parse(AUTOENCODER, "auto").unwrap();
        let config = RunConfig { precision, learning_rate: 0.01, epochs: 8, ..config(loss) };
        let ran = train(&gpu, &data, model, config);
        assert!(ran.last.loss < 0.6 * ran.first.loss && ran.last.accuracy.is_none(), "{:?} {:?}", ran.first, ran.last);
        let test = data.test().unwrap();
        let (metrics, measures) = evaluate(&gpu, &ran, &data);
        let Some(Measures::Errors(measured)) = measures else { panic!("errors") };
        assert!((metrics.loss / measured.mean - 1.0).abs() < 1e-5, "loss {}, kept {}", metrics.loss, measured.mean);
        let answers = Predictor::new(&gpu, &ran.checkpoint, None).unwrap().predict(test.bytes().unwrap()).unwrap();
        let outputs = answers.iter().flat_map(|answer| &answer.outputs);
        let error = outputs
            .zip(test.bytes().unwrap())
            .map(|(&o, &p)| (f64::from(o) - f64::from(p) / 255.0).powi(2))
            .sum::<f64>();
        let mean = error / test.bytes().unwrap().len() as f64;
        assert!((metrics.loss / mean - 1.0).abs() < 1e-4, "loss {}, predictions {mean}", metrics.loss);
    }
}

#[test]
fn a_distribution_with_one_class_in_each_row_is_the_class() {
    let Some(gpu) = common::gpu() else { return };
    let classes = data::load(None).unwrap();
    let one_hot = with_values(10, |label, _| (0..10).map(|c| f32::from(u8::from(c == label))).collect());
    let (label_smoothing, limit) = (0.1, Some(1500));
    let loss = |distribution| CrossEntropy { label_smoothing, distribution, ..CrossEntropy::default() }.into();
    let config = |distribution| RunConfig { limit, epochs: 1, ..config(loss(distribution)) };
    let by_class = train(&gpu, &classes, linear(10), config(false));
    let by_values = train(&gpu, &one_hot, linear(10), config(true));
    assert_eq!(by_class.last, by_values.last);
    let (plain, weighted) = (by_class.last, Focal { gamma: 2.0, class_weights: vec![1.0; 10] }.into());
    let focal = train(&gpu, &classes, linear(10), RunConfig { loss: weighted, ..config(false) });
    assert!(focal.last.loss < plain.loss && focal.last.accuracy.unwrap() > 0.5, "{:?}", focal.last);
    assert!(plain.more.top5.unwrap() > plain.accuracy.unwrap() && plain.more.ece.is_some(), "{plain:?}");
}

#[test]
fn a_resumed_run_with_weighted_classes_is_exact() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let class_weights = (1..=10).map(|c| c as f32 / 5.0).collect();
    let loss = CrossEntropy { label_smoothing: 0.1, class_weights, distribution: false }.into();
    let config = RunConfig { limit: Some(600), epochs: 2, ..config(loss) };
    let whole = train(&gpu, &data, linear(10), config.clone()).checkpoint.to_bytes();
    assert_eq!(whole, train(&gpu, &data, linear(10), config.clone()).checkpoint.to_bytes(), "same run, same bits");
    let part = RunConfig { steps: Some(13), ..config.clone() };
    let mut trainer = Trainer::new(&gpu, &data, linear(10), part).unwrap();
    trainer.fit(|_, _| {}).unwrap();
    let stopped = trainer.checkpoint().unwrap();
    let mut trainer = Trainer::resume(&gpu, &data, &stopped, config).unwrap();
    trainer.fit(|_, _| {}).unwrap();
    assert_eq!(whole, trainer.checkpoint().unwrap().to_bytes());
}

/// The sum of weighted losses over the sum of weights, however images are divided into batches: PyTorch's weighted mean over all
/// of them. The focal loss is divided by their number.
#[test]
fn weighted_losses_of_evaluation_are_means_over_all_images() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let class_weights: Vec<f32> = (0..10).map(|class| [0.0, 0.25, 8.0][class % 3]).collect();
    let [weighted, focal]: [LossConfig; 2] = [
        CrossEntropy { class_weights: class_weights.clone(), ..CrossEntropy::default() }.into(),
        Focal { gamma: 2.0, class_weights: class_weights.clone() }.into(),
    ];
    for (loss, gamma) in [(weighted, 0), (focal, 2)] {
        for batch in [7, 64] {
            let config =
                RunConfig { batch, limit: Some(600), epochs: 1, validation: Validation::Test, ..config(loss.clone()) };
            let ran = train(&gpu, &data, linear(10), config);
            let test = data.test().unwrap();
            let answers = Predictor::new(&gpu, &ran.checkpoint, None).unwrap().predict(test.bytes().unwrap()).unwrap();
            let (mut sum, mut weights) = (0.0, 0.0);
            for (answer, &label) in answers.iter().zip(test.labels()) {
                let (p, weight) = (answer.probabilities[label as usize], f64::from(class_weights[label as usize]));
                sum -= weight * (1.0 - p).powi(gamma) * p.ln();
                weights += if gamma == 0 { weight } else { 1.0 };
            }
            let (measured, _) = evaluate(&gpu, &ran, &data);
            for (of, loss) in [("eval", measured.loss), ("validation", ran.last.loss)] {
                assert!((loss / (sum / weights) - 1.0).abs() < 1e-5, "{of} at {batch}: {loss}, not {}", sum / weights);
            }
        }
    }
}

#[test]
fn what_does_not_fit_together_is_said_first() {
    let Some(gpu) = common::gpu() else { return };
    let classes = data::load(None).unwrap();
    let mse: LossConfig = Mse::default().into();
    let distribution = CrossEntropy { distribution: true, ..CrossEntropy::default() }.into();
    let three = Focal { gamma: 2.0, class_weights: vec![1.0; 3] }.into();
    let shares = with_values(2, |_, _| vec![0.5, 0.25]);
    let cases = [
        (&classes, 10, mse.clone(), "needs values for each image"),
        (&labels(), 3, LossConfig::default(), "needs a class for each image"),
        (&brightness(), 3, mse, "outputs 3 numbers for an image, but `fashion-small` has 2"),
        (&shares, 2, distribution, "sum to 0.75, but a distribution sums to 1"),
        (&with_values(1, |_, _| vec![7.0]), 1, Bce::default().into(), "but must be between 0 and 1"),
        (&classes, 10, three, "3 class weights"),
    ];
    for (data, units, loss, part) in cases {
        let error = Trainer::new(&gpu, data, linear(units), config(loss)).err().expect("it is refused");
        let (text, helped) = (error.to_string(), !error.hints().is_empty());
        assert!(text.contains(part) && (helped || text.contains("try: ")), "{error}\nshould say: {part}");
    }
}
