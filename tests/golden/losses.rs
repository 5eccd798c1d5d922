//! Losses with their options against PyTorch, and metrics against their definitions.

use lepton_gpu::metrics::{ClassAnswer, ClassMeasures, LabelMeasures, Scores, ValueMeasures};
use lepton_gpu::verify::verify_cases;
use lepton_kernels::case::{Fill, Input};
use lepton_kernels::keep_answers::KeepAnswers;
use lepton_kernels::soft_cross_entropy::SoftCrossEntropy;
use lepton_kernels::target_rows::TargetRows;
use lepton_kernels::value_loss::{Kind, ValueLoss};
use lepton_kernels::{Array, Case, Op, Shape, Step};
use serde_json::Value;

use super::file::Golden;
use super::{STORED, assert_close, common};

/// The op of a case and its inputs.
fn loss(golden: &Golden, name: &str, attributes: &Value) -> (Box<dyn Op>, Vec<Array>) {
    let part = |part: &str| {
        let name = format!("{name}.{part}");
        golden.has(&name).then(|| golden.array(&name))
    };
    let number = |key: &str| attributes[key].as_f64().unwrap_or(0.0) as f32;
    let x = part("x").unwrap();
    let n = x.shape.sizes()[0];
    let rows = Array::new(Shape::new(&[n]), vec![1.0 / n as f64; n]);
    let (target, weights) = (part("target"), part("weights"));
    let (gamma, delta) = (number("gamma"), number("delta"));
    let kind = match attributes["op"].as_str().unwrap() {
        "soft_cross_entropy" => {
            let distribution = target.is_some();
            let labels = part("labels").unwrap_or_else(|| Array::zeros(Shape::new(&[n])));
            let mixed = part("other").map(|other| [other, part("share").unwrap()]);
            let by_label = weights.clone().filter(|_| !distribution && gamma == 0.0);
            let of_rows = TargetRows { mixed: mixed.is_some(), weighted: by_label.is_some(), scaled: false };
            let inputs: Vec<Array> =
                [labels, rows].into_iter().chain(mixed.into_iter().flatten()).chain(by_label).collect();
            let rows = of_rows.twin(&inputs, &Step::default()).remove(0);
            let (smoothing, weighted) = (number("smoothing"), weights.is_some());
            let op = SoftCrossEntropy { smoothing, gamma, weighted, distribution };
            return (Box::new(op), [x, rows].into_iter().chain(weights).chain(target).collect());
        }
        "bce_with_logits" => Kind::Bce,
        "sigmoid_focal" => Kind::Focal { gamma, alpha: number("alpha") },
        "mse" => Kind::Mse,
        "mae" => Kind::Mae,
        "huber" => Kind::Huber { delta, factor: 1.0 },
        "smooth_l1" => Kind::Huber { delta, factor: 1.0 / delta },
        other => panic!("no loss {other}"),
    };
    let op = ValueLoss { positives: weights.is_some(), ..ValueLoss::new(kind) };
    (Box::new(op), [x, target.unwrap(), rows].into_iter().chain(weights).collect())
}

#[test]
fn losses_agree_with_pytorch() {
    let gpu = common::gpu();
    let golden = Golden::open("losses");
    let cases = golden.cases();
    assert_eq!(cases.len(), 19);
    for (name, attributes) in cases {
        let (op, inputs) = loss(&golden, &name, &attributes);
        let outputs = op.twin(&inputs, &Step::default());
        let total = Array::new(Shape::new(&[1]), vec![outputs[0].data.iter().sum()]);
        assert_close(&format!("{name}.loss"), &total, &golden.array(&format!("{name}.loss")), STORED);
        assert_close(&format!("{name}.dx"), &outputs[2], &golden.array(&format!("{name}.dx")), STORED);
        if let Some(gpu) = &gpu {
            let inputs = inputs.into_iter().map(|a| Input { shape: a.shape, fill: Fill::Exactly(a.data) }).collect();
            let op_name = op.name();
            let case = Case { op, inputs, step: Step::default(), only: None, reason: "from PyTorch" };
            let verdict = verify_cases(gpu, op_name, &[case]).unwrap();
            assert!(verdict.passed(), "{name}: {:?}", verdict.failures);
        }
    }
}

fn assert_near(what: &str, got: &[f64], want: &Array) {
    assert_eq!(got.len(), want.data.len(), "{what}");
    for (got, want) in got.iter().zip(&want.data) {
        assert!((got - want).abs() < 1e-7, "{what}: {got}, should be {want}");
    }
}

fn parts(scores: &[Scores]) -> Vec<f64> {
    scores.iter().flat_map(|s| [s.precision, s.recall, s.f1]).collect()
}

#[test]
fn metrics_of_classes_are_what_their_definitions_say() {
    let golden = Golden::open("losses");
    for set in ["many", "two"] {
        let part = |part: &str| golden.array(&format!("{set}.{part}"));
        let (logits, labels) = (part("logits"), part("labels"));
        let [n, classes] = logits.shape.matrix().unwrap();
        let numbers = Array::new(Shape::new(&[n]), (0..n).map(|i| i as f64).collect());
        let kept = Array::zeros(Shape::new(&[n, 2]));
        let inputs = [logits, labels.clone(), numbers, kept.clone(), kept];
        let kept = KeepAnswers.twin(&inputs, &Step::default());
        let answer = |i: usize| ClassAnswer {
            label: labels.data[i] as u32,
            answer: kept[0].data[2 * i] as u32,
            before: kept[0].data[2 * i + 1] as u32,
            confidence: kept[1].data[2 * i] as f32,
            margin: kept[1].data[2 * i + 1] as f32,
        };
        let answers: Vec<ClassAnswer> = (0..n).map(answer).collect();
        let measured = ClassMeasures::new(&answers, classes, true);
        let confusion: Vec<f64> = measured.confusion.unwrap().iter().flatten().map(|&count| count as f64).collect();
        assert_near("confusion", &confusion, &part("confusion"));
        assert_near("scores", &parts(&measured.classes), &part("scores"));
        assert_near("macro", &parts(&[measured.macro_average]), &part("macro"));
        assert_near("weighted", &parts(&[measured.weighted_average]), &part("weighted"));
        assert_near("ece", &[measured.ece], &part("ece"));
        assert_near("top1", &[measured.top1], &part("top1"));
        match set {
            "many" => assert_near("top5", &[measured.top5.unwrap()], &part("top5")),
            _ => assert_near("auc", &[measured.auc.unwrap()], &part("auc")),
        }
    }
}

fn floats(array: &Array) -> Vec<f32> {
    array.data.iter().map(|&v| v as f32).collect()
}

#[test]
fn metrics_of_labels_and_numbers_are_what_their_definitions_say() {
    let golden = Golden::open("losses");
    let part = |part: &str| golden.array(&format!("several.{part}"));
    let measured = LabelMeasures::new(&floats(&part("logits")), &floats(&part("target")), 4);
    let scores: Vec<Scores> = measured.labels.iter().map(|label| label.scores()).collect();
    assert_near("scores", &parts(&scores), &part("scores"));
    assert_near("macro", &parts(&[measured.macro_average]), &part("macro"));
    assert_near("micro", &parts(&[measured.micro_average]), &part("micro"));
    let areas: Vec<f64> = measured.labels.iter().map(|label| label.auc.unwrap()).collect();
    assert_near("auc", &areas, &part("auc"));
    assert_near("all right", &[measured.all_right], &part("all_right"));
    assert_near("right", &[measured.label_accuracy], &part("right"));

    let part = |part: &str| golden.array(&format!("numbers.{part}"));
    let measured = ValueMeasures::new(&floats(&part("outputs")), &floats(&part("target")), 3);
    let each = |of: fn(&lepton_gpu::metrics::ValueScore) -> f64| measured.outputs.iter().map(of).collect::<Vec<f64>>();
    assert_near("mae", &each(|score| score.mae), &part("mae"));
    assert_near("mse", &each(|score| score.mse), &part("mse"));
    assert_near("r2", &each(|score| score.r2.unwrap()), &part("r2"));
}
