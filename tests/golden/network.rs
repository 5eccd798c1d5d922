//! Whole training steps on a device, from the weights and images that both sides compute from one formula.

use lepton_gpu::config::{OptimizerConfig, UpdateConfig};
use lepton_gpu::gpu::{Gpu, Program};
use lepton_gpu::model::{Init, ModelSpec};
use lepton_gpu::optim::{Adam, Sgd};
use lepton_gpu::plan::{Buffer, Goal, Placed, Plan, Request, Training};
use lepton_kernels::array::worst_error;
use lepton_kernels::{Step, adam, random};

use super::file::Golden;

pub fn bits(p: u64, i: u64) -> u64 {
    random::hash64((p << 32).wrapping_add(i))
}

/// Starting values of parameter number `p`.
fn initial(p: u64, parameter: &Placed) -> Vec<f32> {
    let limit = match parameter.init {
        Init::GlorotUniform { fan_in, fan_out } => (6.0 / (fan_in + fan_out) as f64).sqrt(),
        Init::Constant(_) => 0.05,
        other => panic!("no golden network starts with {other:?}"),
    };
    let uniform = |i| (bits(p, i) >> 40) as f64 / f64::from(1 << 24);
    (0..parameter.shape.count() as u64).map(|i| ((2.0 * uniform(i) - 1.0) * limit) as f32).collect()
}

/// Batch number `b`: pixels and labels, as the script's docstring says.
pub fn batch(model: &ModelSpec, b: u64, count: usize) -> (Vec<u8>, Vec<u32>) {
    let [h, w, c] = model.input;
    let labels: Vec<u32> = (0..count as u64).map(|j| (bits(2000 + b, j) % 10) as u32).collect();
    let pixel = |i: usize| {
        let (j, row, channel) = (i / (h * w * c), i / (w * c) % h, i % c);
        let label = labels[j] as usize;
        let bright = match c {
            1 => row / 3 == label,
            _ => ((label + 1) >> channel) & 1 == 1 && (label < 7 || row % 2 == 0),
        };
        (bits(1000 + b, i as u64) >> 57) as u8 + if bright { 128 } else { 0 }
    };
    ((0..count * h * w * c).map(pixel).collect(), labels)
}

fn optimizer(golden: &Golden, name: &str) -> (OptimizerConfig, f32) {
    let attributes = golden.attributes(name);
    let number = |key: &str| attributes[key].as_f64().unwrap_or(0.0) as f32;
    let (momentum, weight_decay) = (number("momentum"), number("weight_decay"));
    let config = match name {
        "adam" => Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay }.into(),
        _ => Sgd { momentum, nesterov: false, weight_decay }.into(),
    };
    (config, number("lr"))
}

fn program(gpu: &Gpu, model: &ModelSpec, batch: usize, config: &OptimizerConfig) -> (Plan, Program) {
    // PyTorch decays everything
    let update = UpdateConfig { decay_all: true, ..UpdateConfig::default() };
    let training = Some(Training { optimizer: config.clone(), update });
    let request = Request { training, evaluate: false, predict: false, ..Request::new(batch, batch) };
    let plan = Plan::compile(model, &Request { target: gpu.target(), limits: gpu.limits(), ..request }).unwrap();
    let program = Program::new(gpu, &plan).unwrap();
    let mut words = vec![0f32; plan.arena_words];
    for (p, parameter) in plan.parameters.iter().enumerate() {
        let values = initial(p as u64, parameter);
        words[parameter.offset_words..][..values.len()].copy_from_slice(&values);
    }
    program.write_parameters(bytemuck::cast_slice(&words)).unwrap();
    let c = model.input[2];
    let norm: Vec<f32> = (0..2 * c).map(|i| if i < c { 0.0 } else { 1.0 }).collect();
    program.write(Buffer::Norm, bytemuck::cast_slice(&norm)).unwrap();
    (plan, program)
}

fn run(program: &mut Program, (pixels, labels): (Vec<u8>, Vec<u32>), step: Step) -> f64 {
    program.write_images(&[&pixels]).unwrap();
    program.write(Buffer::Labels, bytemuck::cast_slice(&labels)).unwrap();
    let n = labels.len() as u32;
    let step = Step { batch_length: n, range_length: n, data_length: n, ..step };
    f64::from(program.run(Goal::Train, &mut [step]).unwrap()[0][0])
}

/// Gradients and loss at the starting weights: `|difference| / largest of the tensor` stays within `tolerance`.
pub fn check_gradients(gpu: &Gpu, golden: &Golden, model: &ModelSpec, at: &str, tolerance: f64) {
    let pixels: Vec<u8> = golden.array(&format!("{at}.pixels")).data.iter().map(|&v| v as u8).collect();
    let labels: Vec<u32> = golden.array(&format!("{at}.labels")).data.iter().map(|&v| v as u32).collect();
    let config: OptimizerConfig = Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 }.into();
    let (plan, mut program) = program(gpu, model, labels.len(), &config);
    let loss = run(&mut program, (pixels, labels), Step::default());
    let want = golden.array(&format!("{at}.loss")).data[0];
    assert!((loss / want - 1.0).abs() < 1e-5, "{at}: loss {loss}, PyTorch has {want}");
    for (p, parameter) in plan.parameters.iter().enumerate() {
        let head = golden.array(&format!("{}.init_head", parameter.name));
        let ours: Vec<f32> = initial(p as u64, parameter).into_iter().take(head.data.len()).collect();
        assert_eq!(worst_error(&ours, &head.data[..ours.len()]).error, 0.0, "{} starts elsewhere", parameter.name);

        let got = program.gradient(parameter).unwrap();
        let want = golden.array(&format!("{at}.{}.grad", parameter.name));
        let largest = want.data.iter().fold(0f64, |m, v| m.max(v.abs()));
        let worst = got.iter().zip(&want.data).map(|(&g, w)| (f64::from(g) - w).abs()).fold(0.0, f64::max);
        assert!(worst <= tolerance * largest, "{at}: {}.grad is {:.1e} off", parameter.name, worst / largest);
    }
}

/// The losses of 20 steps from the starting weights.
pub fn check_losses(gpu: &Gpu, golden: &Golden, model: &ModelSpec, count: usize, name: &str) {
    let (config, learning_rate) = optimizer(golden, name);
    let (_, mut program) = program(gpu, model, count, &config);
    let want = golden.array(&format!("{name}.losses_f64")).data;
    let spread = golden.array(&format!("{name}.spread")).data;
    assert_eq!(want.len(), 20);
    for (t, (want, spread)) in want.iter().zip(spread).enumerate() {
        let [bias_correction1, bias_correction2] = adam::Adam::default().bias_corrections(t as u64 + 1);
        let step = Step { learning_rate, bias_correction1, bias_correction2, ..Step::default() };
        let number = if model.input[2] == 1 { t as u64 } else { t as u64 % 4 };
        let loss = run(&mut program, batch(model, number, count), step);
        let (error, tolerance) = ((loss / want - 1.0).abs(), 1e-5 + 10.0 * spread);
        assert!(
            error <= tolerance,
            "{name} step {t}: loss {loss}, PyTorch has {want} ({error:.1e}, allowed {tolerance:.1e})"
        );
    }
}
