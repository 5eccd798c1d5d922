//! Normalisation layers, and a network with batch norm over ten steps: `norms.py` made the numbers.

use lepton_gpu::config::{OptimizerConfig, UpdateConfig};
use lepton_gpu::gpu::{Gpu, Program};
use lepton_gpu::model::{Init, ModelSpec};
use lepton_gpu::optim::Sgd;
use lepton_gpu::plan::{Buffer, Goal, Placed, Plan, Request, Training};
use lepton_gpu::verify::verify_cases;
use lepton_kernels::array::worst_error;
use lepton_kernels::batch_norm::{BatchNorm, BatchNormPool};
use lepton_kernels::case::{Fill, Input};
use lepton_kernels::group_norm::{SetNorm, Together};
use lepton_kernels::rectifier::Rectifier;
use lepton_kernels::{Array, Case, InInference, Op, Step, Window};
use serde_json::Value;

use super::file::Golden;
use super::{STORED, assert_close, common, network, sizes};

fn layer(attributes: &Value, channels: usize) -> (&'static str, Box<dyn Op>) {
    let epsilon = attributes["epsilon"].as_f64().unwrap() as f32;
    let affine = attributes["affine"].as_bool().unwrap();
    let norm = |together| Box::new(SetNorm { together, epsilon, affine, relu: false });
    match attributes["op"].as_str().unwrap() {
        "batch_norm" => {
            let momentum = attributes["momentum"].as_f64().unwrap() as f32;
            let frozen = attributes["frozen"].as_bool().unwrap_or(false);
            let norm = BatchNorm { epsilon, momentum, affine, rectifier: Rectifier::None, frozen };
            if attributes["pool"].is_null() {
                return ("batch_norm", Box::new(norm));
            }
            let window = Window::new(sizes(attributes, "pool"), sizes(attributes, "pool"));
            (
                "batch_norm_pool",
                Box::new(BatchNormPool { norm: BatchNorm { rectifier: Rectifier::Relu, ..norm }, window }),
            )
        }
        "group_norm" => ("group_norm", norm(Together::Groups(attributes["groups"].as_u64().unwrap() as usize))),
        "instance_norm" => ("group_norm", norm(Together::Groups(channels))),
        "layer_norm" => {
            let whole_image = attributes["whole_image"].as_bool().unwrap();
            ("layer_norm", norm(if whole_image { Together::Image } else { Together::Pixel }))
        }
        other => panic!("no op {other}"),
    }
}

fn on_the_adapter(gpu: Option<&Gpu>, name: &str, op_name: &'static str, case: Case) {
    if let Some(gpu) = gpu {
        let verdict = verify_cases(gpu, op_name, &[case]).unwrap();
        assert!(verdict.passed(), "{name}: {:?}", verdict.failures);
    }
}

#[test]
fn normalisations_agree_with_pytorch() {
    let gpu = common::gpu();
    let golden = Golden::open("norms");
    let cases = golden.cases();
    assert_eq!(cases.len(), 17);
    for (name, attributes) in cases {
        let x = golden.array(&format!("{name}.x"));
        let (op_name, op) = layer(&attributes, *x.shape.sizes().last().unwrap());
        let mut names = vec!["x", "weight", "bias", "running_mean", "running_var"];
        names.retain(|input| golden.has(&format!("{name}.{input}")));
        let inputs: Vec<Array> = names.iter().map(|input| golden.array(&format!("{name}.{input}"))).collect();
        let step = Step { batch_length: attributes["live"].as_u64().unwrap_or(0) as u32, ..Step::default() };
        let outputs = op.twin(&inputs, &step);
        let close = |what: &str, got: &Array| {
            // epsilon and momentum are f32 here and f64 there: 0.01 and 0.3 differ by 3e-8
            assert_close(&format!("{name}.{what}"), got, &golden.array(&format!("{name}.{what}")), STORED);
        };
        close("y", &outputs[0]);
        let gradients = op.twin_backward(&inputs, &outputs, &golden.array(&format!("{name}.dy")), &Step::default());
        for (input, gradient) in names.iter().zip(gradients) {
            if let Some(gradient) = gradient {
                close(&format!("d{input}"), &gradient);
            }
        }
        if outputs.len() > 1 {
            close("running_mean_after", &outputs[1]);
            close("running_var_after", &outputs[2]);
        }
        let as_case = |op: Box<dyn Op>, inputs: &[Array]| {
            let input = |a: &Array| Input { shape: a.shape.clone(), fill: Fill::Exactly(a.data.clone()) };
            Case { op, inputs: inputs.iter().map(input).collect(), step, only: None, reason: "from PyTorch" }
        };
        if golden.has(&format!("{name}.y_eval")) {
            let InInference::Other(inference) = op.in_inference() else { panic!("{name} is another op in inference") };
            let live = attributes["live"].as_u64().unwrap() as usize;
            let mut now = inputs.clone();
            let running = now.len() - 2;
            now[running..].clone_from_slice(&outputs[1..3]);
            let mut y = inference.twin(&now, &step).remove(0);
            let of_an_image = y.data.len() / y.shape.sizes()[0];
            y.data[live * of_an_image..].fill(0.0);
            close("y_eval", &y);
            on_the_adapter(gpu.as_ref(), &name, "batch_norm_inference", as_case(inference, &now));
        }
        on_the_adapter(gpu.as_ref(), &name, op_name, as_case(op, &inputs));
    }
}

/// Starting values of parameter number `p`, as the script's docstring says.
fn initial(p: u64, parameter: &Placed) -> Vec<f32> {
    let count = parameter.shape.count() as u64;
    let unit = |i| 2.0 * ((network::bits(p, i) >> 40) as f64 / f64::from(1 << 24)) - 1.0;
    let value = |i: u64| match parameter.init {
        Init::GlorotUniform { fan_in, fan_out } => unit(i) * (6.0 / (fan_in + fan_out) as f64).sqrt(),
        Init::Constant(start) if parameter.name.contains("running") => f64::from(start),
        Init::Constant(_) if parameter.name.ends_with("weight") => 1.0 + 0.25 * unit(i),
        Init::Constant(_) => 0.05 * unit(i),
        other => unreachable!("{other:?} is no start of this network"),
    };
    (0..count).map(|i| value(i) as f32).collect()
}

fn program(gpu: &Gpu, golden: &Golden, model: &ModelSpec, fuse: bool) -> (Plan, Program) {
    let optimizer: OptimizerConfig = Sgd { momentum: 0.9, nesterov: false, weight_decay: 1e-4 }.into();
    let update = UpdateConfig { decay_all: true, ..UpdateConfig::default() };
    let training = Some(Training { optimizer, update });
    let request = Request { training, predict: false, fuse, ..Request::new(8, 8) };
    let plan = Plan::compile(model, &Request { target: gpu.target(), limits: gpu.limits(), ..request }).unwrap();
    let program = Program::new(gpu, &plan).unwrap();
    let mut words = vec![0f32; plan.arena_words];
    for (p, parameter) in plan.parameters.iter().enumerate() {
        let values = initial(p as u64, parameter);
        let head = golden.array(&format!("network.{}.init_head", parameter.name));
        assert_eq!(
            worst_error(&values[..head.data.len()], &head.data).error,
            0.0,
            "{} starts elsewhere",
            parameter.name
        );
        words[parameter.offset_words..][..values.len()].copy_from_slice(&values);
    }
    program.write_parameters(bytemuck::cast_slice(&words)).unwrap();
    program.write(Buffer::Norm, bytemuck::cast_slice(&[0f32, 0.0, 0.0, 1.0, 1.0, 1.0])).unwrap();
    (plan, program)
}

#[test]
fn training_with_batch_norm_follows_pytorch() {
    let Some(gpu) = common::gpu() else { return };
    let golden = Golden::open("norms");
    let model = ModelSpec::parse(include_str!("norms.toml"), "norms").unwrap();
    let (want, spread) = (golden.array("network.losses").data, golden.array("network.spread").data);
    for fuse in [true, false] {
        let (plan, mut program) = program(&gpu, &golden, &model, fuse);
        for (t, (want, spread)) in want.iter().zip(&spread).enumerate() {
            let count = if t % 4 == 3 { 5 } else { 8 };
            let step = Step { learning_rate: 0.05, batch_length: count, ..Step::default() };
            let loss = run(&mut program, Goal::Train, &model, t, step);
            let error = (loss / want - 1.0).abs();
            assert!(error <= 1e-5 + 10.0 * spread, "step {t}: loss {loss}, PyTorch has {want} ({error:.1e})");
        }
        for parameter in &plan.parameters {
            let (words, offset) = (parameter.shape.count(), parameter.offset_words as u64 * 4);
            let got = program.read(Buffer::Parameters, offset, words as u64 * 4).unwrap();
            let got: Vec<f32> = bytemuck::pod_collect_to_vec(&got);
            let want = golden.array(&format!("network.{}.after", parameter.name));
            let worst = worst_error(&got, &want.data);
            assert!(worst.error < 1e-4, "{} after ten steps: {worst:?}", parameter.name);
        }
        let step = Step { batch_length: 8, ..Step::default() };
        let loss = run(&mut program, Goal::Evaluate, &model, 0, step);
        let want = golden.array("network.eval_loss").data[0];
        assert!((loss / want - 1.0).abs() < 1e-5, "in evaluation: loss {loss}, PyTorch has {want}");
    }
}

fn run(program: &mut Program, goal: Goal, model: &ModelSpec, t: usize, step: Step) -> f64 {
    let (pixels, labels) = network::batch(model, t as u64 % 4, 8);
    program.write_images(&[&pixels]).unwrap();
    program.write(Buffer::Labels, bytemuck::cast_slice(&labels)).unwrap();
    let n = step.batch_length;
    let step = Step { range_length: n, data_length: n, ..step };
    f64::from(program.run(goal, &mut [step]).unwrap()[0][0])
}
