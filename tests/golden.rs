//! Numbers from PyTorch: single layers, optimisers, and whole training steps. `golden/README.md` says how they were made
//! and why each tolerance is what it is.

use lepton_gpu::verify::verify_cases;
use lepton_kernels::adam::Adam;
use lepton_kernels::add::Add;
use lepton_kernels::array::worst_error;
use lepton_kernels::avg_pool2d::AvgPool2d;
use lepton_kernels::case::{Fill, Input};
use lepton_kernels::conv2d::Conv2d;
use lepton_kernels::gemm::Relu;
use lepton_kernels::global_avg_pool::GlobalAvgPool;
use lepton_kernels::linear::Linear;
use lepton_kernels::max_pool2d::MaxPool2d;
use lepton_kernels::parameters::Layout;
use lepton_kernels::sgd::Sgd;
use lepton_kernels::softmax_cross_entropy::SoftmaxCrossEntropy;
use lepton_kernels::{Array, Case, Op, Padding, Shape, Step, Window};
use serde_json::Value;

#[path = "golden/acts.rs"]
mod acts;
#[path = "golden/augment.rs"]
mod augment;
mod common;
#[path = "golden/embedding.rs"]
mod embedding;
#[path = "golden/file.rs"]
mod file;
#[path = "golden/label_errors.rs"]
mod label_errors;
#[path = "golden/losses.rs"]
mod losses;
#[path = "golden/network.rs"]
mod network;
#[path = "golden/norms.rs"]
mod norms;
#[path = "golden/optim.rs"]
mod optim;
#[path = "golden/schedules.rs"]
mod schedules;
#[path = "golden/shapes.rs"]
mod shapes;
#[path = "golden/text.rs"]
mod text;

use file::Golden;

/// The twins are f64, the golden numbers f64 stored as f32.
const STORED: f64 = 2e-7;

fn sizes<const N: usize>(attributes: &Value, key: &str) -> [usize; N] {
    let list = attributes[key].as_array().unwrap_or_else(|| panic!("{key} in {attributes}"));
    std::array::from_fn(|i| list[i].as_u64().unwrap() as usize)
}

fn window(attributes: &Value) -> Window {
    let [top, bottom, left, right] = sizes(attributes, "padding");
    let dilation = if attributes["dilation"].is_null() { [1, 1] } else { sizes(attributes, "dilation") };
    let padding = Padding::Explicit { top, bottom, left, right };
    Window { kernel: sizes(attributes, "kernel"), stride: sizes(attributes, "stride"), dilation, padding }
}

/// The op of a case and the names of its inputs.
fn layer(attributes: &Value) -> (&'static str, Box<dyn Op>, Vec<&'static str>) {
    match attributes["op"].as_str().unwrap() {
        "conv2d" => {
            let groups = attributes["groups"].as_u64().unwrap() as usize;
            let op = Conv2d { window: window(attributes), groups, relu: Relu::None, masked: false };
            ("conv2d", Box::new(op), vec!["x", "weight", "bias"])
        }
        "max_pool2d" => ("max_pool2d", Box::new(MaxPool2d { window: window(attributes), relu: false }), vec!["x"]),
        "avg_pool2d" => {
            let count_include_pad = attributes["count_include_pad"].as_bool().unwrap();
            ("avg_pool2d", Box::new(AvgPool2d { window: window(attributes), count_include_pad }), vec!["x"])
        }
        "global_avg_pool" => ("global_avg_pool", Box::new(GlobalAvgPool), vec!["x"]),
        "linear" => ("linear", Box::new(Linear::default()), vec!["x", "weight", "bias"]),
        "relu" => ("relu", Box::new(lepton_kernels::relu::Relu), vec!["x"]),
        "add" => ("add", Box::new(Add::default()), vec!["x", "x2"]),
        "softmax_cross_entropy" => ("softmax_cross_entropy", Box::new(SoftmaxCrossEntropy), vec!["x", "labels"]),
        other => panic!("no op {other}"),
    }
}

fn assert_close(what: &str, got: &Array, want: &Array, tolerance: f64) {
    let got: Vec<f32> = got.data.iter().map(|&v| v as f32).collect();
    let worst = worst_error(&got, &want.data);
    assert!(worst.error <= tolerance, "{what}: {worst:?}");
}

#[test]
fn layers_agree_with_pytorch() {
    let gpu = common::gpu();
    let golden = Golden::open("layers");
    let cases = golden.cases();
    assert!(cases.len() >= 15, "{} cases", cases.len());
    for (name, attributes) in cases {
        let (op_name, op, mut inputs) = layer(&attributes);
        inputs.retain(|input| golden.has(&format!("{name}.{input}")));
        let mut arrays: Vec<Array> = inputs.iter().map(|i| golden.array(&format!("{name}.{i}"))).collect();
        let loss = op.loss_gradient().is_some();
        if loss {
            let rows = arrays[1].data.len();
            arrays.push(Array::new(Shape::new(&[rows]), vec![1.0 / rows as f64; rows]));
        }
        let outputs = op.twin(&arrays, &Step::default());
        if loss {
            let total = outputs[0].data.iter().sum();
            let total = Array::new(Shape::new(&[1]), vec![total]);
            assert_close(&format!("{name}.loss"), &total, &golden.array(&format!("{name}.loss")), STORED);
            assert_close(&format!("{name}.dx"), &outputs[2], &golden.array(&format!("{name}.dx")), STORED);
        } else {
            assert_close(&format!("{name}.y"), &outputs[0], &golden.array(&format!("{name}.y")), STORED);
            let gradients = op.twin_backward(&arrays, &outputs, &golden.array(&format!("{name}.dy")), &Step::default());
            for (input, gradient) in inputs.iter().zip(gradients) {
                let want = golden.array(&format!("{name}.d{input}"));
                assert_close(&format!("{name}.d{input}"), &gradient.unwrap(), &want, STORED);
            }
        }
        // the twin is PyTorch, so the adapter must be the twin on the same input
        if let Some(gpu) = &gpu {
            let inputs = arrays.into_iter().map(|a| Input { shape: a.shape, fill: Fill::Exactly(a.data) }).collect();
            let case = Case { op, inputs, step: Step::default(), only: None, reason: "from PyTorch" };
            let verdict = verify_cases(gpu, op_name, &[case]).unwrap();
            assert!(verdict.passed(), "{name}: {:?}", verdict.failures);
        }
    }
}

#[test]
fn optimizers_agree_with_pytorch_over_ten_steps() {
    let golden = Golden::open("optimizers");
    let cases = golden.cases();
    assert_eq!(cases.len(), 6);
    for (name, attributes) in cases {
        let number = |key: &str| attributes[key].as_f64().unwrap_or(0.0) as f32;
        let (momentum, weight_decay) = (number("momentum"), number("weight_decay"));
        let adam = Adam { weight_decay, ..Adam::default() };
        let is_adam = name.starts_with("adam");
        let op: Box<dyn Op> = if is_adam {
            Box::new(adam.clone())
        } else {
            let nesterov = attributes["nesterov"].as_bool().unwrap_or(false);
            Box::new(Sgd { momentum, nesterov, weight_decay, ..Sgd::default() })
        };
        let start = golden.array(&format!("{name}.p0"));
        let zeros = Array::zeros(start.shape.clone());
        let (gradients, expected) = (golden.array(&format!("{name}.grads")), golden.array(&format!("{name}.p")));
        let states = if is_adam { 2 } else { usize::from(momentum > 0.0) };
        let mut p = start;
        let mut state = vec![zeros; states];
        let count = p.data.len();
        let layout = Layout::new(&[(count, 1)], false);
        let table: Vec<f64> = layout.blocks.iter().flat_map(|b| b.words()).map(f64::from).collect();
        let blocks = Array::new(Shape::new(&[table.len()]), table);
        for t in 0..10 {
            let row = |all: &Array| Array::new(p.shape.clone(), all.data[t * count..][..count].to_vec());
            let (gradient, want) = (row(&gradients), row(&expected));
            let [bias_correction1, bias_correction2] = adam.bias_corrections(t as u64 + 1);
            let learning_rate = number("lr");
            let step = Step { learning_rate, bias_correction1, bias_correction2, ..Step::default() };
            let mut inputs = vec![blocks.clone(), gradient, p.clone()];
            inputs.append(&mut state);
            let mut outputs = op.twin(&inputs, &step);
            state = outputs.split_off(1);
            p = outputs.remove(0);
            // constants such as the learning rate are f32 here and f64 there
            assert_close(&format!("{name} step {t}"), &p, &want, 2e-6);
        }
    }
}

#[test]
fn training_seed_mnist_follows_pytorch() {
    let Some(gpu) = common::gpu() else { return };
    let golden = Golden::open("seed_mnist");
    let model = lepton_gpu::model::ModelSpec::open("seed-mnist").unwrap();
    // images near a jump of ReLU or max-pool may fall on either side: only the safe ones are held tight
    network::check_gradients(&gpu, &golden, &model, "safe", 1e-4);
    network::check_gradients(&gpu, &golden, &model, "step0", 5e-2);
    for optimizer in ["sgd", "adam"] {
        network::check_losses(&gpu, &golden, &model, 16, optimizer);
    }
}

#[test]
fn training_a_residual_network_follows_pytorch() {
    let Some(gpu) = common::gpu() else { return };
    let golden = Golden::open("residual");
    let model = lepton_gpu::model::ModelSpec::parse(include_str!("golden/residual.toml"), "residual").unwrap();
    for at in ["safe", "step0"] {
        network::check_gradients(&gpu, &golden, &model, at, 1e-4);
    }
    network::check_losses(&gpu, &golden, &model, 8, "sgd");
}
