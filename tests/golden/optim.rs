//! Optimisers over ten steps, clipping and averages: twins against the file, and the adapter against the twins on the same
//! numbers.

use lepton_gpu::gpu::Gpu;
use lepton_gpu::verify::verify_cases;
use lepton_kernels::adafactor::Adafactor;
use lepton_kernels::adam::Adam;
use lepton_kernels::array::worst_error;
use lepton_kernels::case::{Fill, Input};
use lepton_kernels::clip::Clip;
use lepton_kernels::ema::{self, Ema};
use lepton_kernels::lamb::Lamb;
use lepton_kernels::lion::Lion;
use lepton_kernels::muon::Muon;
use lepton_kernels::optimizer::{Optimizer, Scope};
use lepton_kernels::parameters::Layout;
use lepton_kernels::rmsprop::RmsProp;
use lepton_kernels::{Array, Case, Op, Shape, Step};
use serde_json::Value;

use super::common;
use super::file::Golden;

/// Constants such as the learning rate are f32 here and f64 there.
const CONSTANTS: f64 = 3e-6;

fn optimizer(a: &Value) -> Box<dyn Optimizer> {
    let number = |key: &str| a[key].as_f64().unwrap_or(0.0) as f32;
    let [beta1, beta2] = [0, 1].map(|i| a["betas"][i].as_f64().unwrap_or(0.0) as f32);
    let (weight_decay, epsilon, momentum) = (number("weight_decay"), number("eps"), number("momentum"));
    match a["op"].as_str().unwrap() {
        "adamw" => Box::new(Adam { beta1, beta2, epsilon, weight_decay, decoupled: true, ..Adam::default() }),
        "rmsprop" => {
            let alpha = number("alpha");
            Box::new(RmsProp { alpha, epsilon, momentum, weight_decay, ..RmsProp::default() })
        }
        "lion" => Box::new(Lion { beta1, beta2, weight_decay, ..Lion::default() }),
        "lamb" => Box::new(Lamb { beta1, beta2, epsilon, weight_decay, ..Lamb::default() }),
        "muon" => {
            let nesterov = a["nesterov"].as_bool().unwrap();
            Box::new(Muon { momentum, nesterov, weight_decay, ..Muon::default() })
        }
        "adafactor" => {
            let [epsilon, floor] = [0, 1].map(|i| a["eps"][i].as_f64().unwrap() as f32);
            let factored = a["shape"].as_array().unwrap().len() > 1;
            Box::new(Adafactor { factored, epsilon, floor, clip: number("d"), weight_decay, ..Adafactor::default() })
        }
        other => panic!("no optimiser {other}"),
    }
}

fn assert_close(what: &str, got: &Array, want: &Array, tolerance: f64) {
    let got: Vec<f32> = got.data.iter().map(|&v| v as f32).collect();
    let worst = worst_error(&got, &want.data);
    assert!(worst.error <= tolerance, "{what}: {worst:?}");
}

/// The adapter on the twin's own inputs.
fn check_adapter(gpu: &Gpu, what: &str, op: Box<dyn Op>, inputs: Vec<Array>, step: Step) {
    let name = op.name();
    let inputs = inputs.into_iter().map(|a| Input { shape: a.shape, fill: Fill::Exactly(a.data) }).collect();
    let case = Case { op, inputs, step, only: None, reason: "from PyTorch" };
    let verdict = verify_cases(gpu, name, &[case]).unwrap();
    assert!(verdict.passed(), "{what}: {:?}", verdict.failures);
}

/// Row `t` of `[steps, …]`, of this shape.
fn row(all: &Array, t: usize, shape: &Shape) -> Array {
    Array::new(shape.clone(), all.data[t * shape.count()..][..shape.count()].to_vec())
}

#[test]
fn optimizers_agree_with_their_references_over_ten_steps() {
    let gpu = common::gpu();
    let golden = Golden::open("optim");
    let cases: Vec<_> = golden.cases().into_iter().filter(|(name, _)| golden.has(&format!("{name}.p0"))).collect();
    assert_eq!(cases.len(), 12);
    for (name, attributes) in cases {
        let start = golden.array(&format!("{name}.p0"));
        let (gradients, wanted) = (golden.array(&format!("{name}.grads")), golden.array(&format!("{name}.p")));
        let (shape, op) = (start.shape.clone(), optimizer(&attributes));
        let contract = op.contract();
        let blocks: Vec<f64> =
            Layout::new(&[(shape.count(), 1)], false).blocks.iter().flat_map(|b| b.words()).map(f64::from).collect();
        let blocks = Array::new(Shape::new(&[blocks.len()]), blocks);
        let [beta1, beta2] = [0, 1].map(|i| attributes["betas"][i].as_f64().unwrap_or(0.9) as f32);
        let adam = Adam { beta1, beta2, ..Adam::default() };
        let mut held: Vec<Array> = vec![start];
        held.extend(op.state_shapes(&shape).into_iter().map(Array::zeros));
        for t in 0..10 {
            let [bias_correction1, bias_correction2] = match attributes["beta2_decay"].as_f64() {
                Some(decay) => [(t as f64 + 1.0).powf(decay) as f32, (t as f64 + 1.0).powf(-0.5) as f32],
                None => adam.bias_corrections(t as u64 + 1),
            };
            let learning_rate = attributes["lr"].as_f64().unwrap() as f32;
            let step = Step { learning_rate, bias_correction1, bias_correction2, ..Step::default() };
            let mut inputs = if contract.scope == Scope::One { vec![] } else { vec![blocks.clone()] };
            inputs.push(row(&gradients, t, &shape));
            inputs.append(&mut held);
            held = op.twin(&inputs, &step);
            assert_close(&format!("{name} step {t}"), &held[0], &row(&wanted, t, &shape), CONSTANTS);
            if let Some(gpu) = gpu.as_ref().filter(|_| t % 9 == 0) {
                check_adapter(gpu, &format!("{name} step {t}"), optimizer(&attributes), inputs, step);
            }
        }
    }
}

#[test]
fn clipping_agrees_with_pytorch() {
    let gpu = common::gpu();
    let golden = Golden::open("optim");
    for name in ["clip_norm", "clip_norm_short", "clip_value"] {
        let attributes = golden.attributes(name);
        let bound = attributes["bound"].as_f64().unwrap() as f32;
        let clip = if attributes["op"] == "clip_norm" { Clip::Norm(bound) } else { Clip::Value(bound) };
        let x = golden.array(&format!("{name}.x"));
        let y = clip.twin(std::slice::from_ref(&x), &Step::default());
        assert_close(name, &y[0], &golden.array(&format!("{name}.y")), CONSTANTS);
        if let Some(gpu) = &gpu {
            check_adapter(gpu, name, Box::new(clip), vec![x], Step::default());
        }
    }
}

#[test]
fn averages_agree_with_their_formula() {
    let golden = Golden::open("optim");
    let (path, wanted) = (golden.array("ema.x"), golden.array("ema.y"));
    let shape = Shape::new(&[19]);
    let decay = golden.attributes("ema")["decay"].as_f64().unwrap() as f32;
    let mut average = row(&path, 0, &shape);
    for t in 1..=10 {
        let step = Step { ema_decay: ema::decay(decay, t as u64), ..Step::default() };
        average = Ema::default().twin(&[row(&path, t, &shape), average], &step).remove(0);
        assert_close(&format!("step {t}"), &average, &row(&wanted, t - 1, &shape), 1e-6);
    }
}
