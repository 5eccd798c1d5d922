//! Burn's wgpu backend training `seed-mnist` (W1) and `seed-cifar` (W2) with Adam, on data on the device.
//!
//! usage: burn-peer --workload W1|W2 [--batch 128] [--win 1] [--wins 5] [--warm 5] [--backend wgsl]
//!
//! Steps run for `--warm` seconds, then in `--wins` windows of at least `--win` seconds. One JSON line on stdout.
#![recursion_limit = "512"]
#![allow(deprecated)]

use std::time::{Instant, SystemTime};

use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::prelude::*;
use burn::tensor::activation::relu;

const BATCHES: usize = 10;
const LOSS_STEPS: usize = 20;
const CLASSES: usize = 10;

#[derive(Module, Debug)]
struct Seed {
    conv1: Conv2d,
    conv2: Conv2d,
    conv3: Conv2d,
    pool: MaxPool2d,
    dense1: Linear,
    dense2: Linear,
}

impl Seed {
    fn new(channels: usize, side: usize, device: &Device) -> Self {
        let left = ((side - 2) / 2 - 2) / 2 - 2;
        Self {
            conv1: Conv2dConfig::new([channels, 32], [3, 3]).init(device),
            conv2: Conv2dConfig::new([32, 64], [3, 3]).init(device),
            conv3: Conv2dConfig::new([64, 64], [3, 3]).init(device),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            dense1: LinearConfig::new(64 * left * left, 64).init(device),
            dense2: LinearConfig::new(64, CLASSES).init(device),
        }
    }

    /// Images `[n, c, h, w]` to logits `[n, classes]`.
    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let x = self.pool.forward(relu(self.conv1.forward(images)));
        let x = self.pool.forward(relu(self.conv2.forward(x)));
        let x = relu(self.conv3.forward(x));
        let x: Tensor<2> = x.flatten(1, 3);
        self.dense2.forward(relu(self.dense1.forward(x)))
    }
}

struct Options {
    workload: String,
    batch: usize,
    backend: String,
    window_seconds: f64,
    windows: usize,
    warm_seconds: f64,
}

impl Options {
    fn parse() -> Self {
        let words: Vec<String> = std::env::args().collect();
        let value = |name: &str, default: &str| match words.iter().position(|word| word == name) {
            Some(at) => words.get(at + 1).unwrap_or_else(|| panic!("{name} needs a value")).clone(),
            None => default.to_string(),
        };
        Options {
            workload: value("--workload", "W1"),
            batch: value("--batch", "128").parse().expect("--batch is a number"),
            backend: value("--backend", "wgsl"),
            window_seconds: value("--win", "1").parse().expect("--win is a number"),
            windows: value("--wins", "5").parse().expect("--wins is a number"),
            warm_seconds: value("--warm", "5").parse().expect("--warm is a number"),
        }
    }
}

/// Noise in which one bright row gives the class away.
fn batches(options: &Options, channels: usize, side: usize, device: &Device) -> Vec<(Tensor<4>, Tensor<1, Int>)> {
    let mut state = 1u64;
    let mut uniform = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let plane = side * side;
    let mut made = vec![];
    for _ in 0..BATCHES {
        let mut pixels: Vec<f32> = (0..options.batch * channels * plane).map(|_| uniform()).collect();
        let labels: Vec<i32> = (0..options.batch).map(|_| (uniform() * CLASSES as f32) as i32).collect();
        for (image, label) in labels.iter().enumerate() {
            for channel in 0..channels {
                let row = (image * channels + channel) * plane + (2 * *label as usize + 2) * side;
                pixels[row..row + side].fill(1.0);
            }
        }
        let images = TensorData::new(pixels, [options.batch, channels, side, side]);
        let labels = TensorData::new(labels, [options.batch]);
        made.push((Tensor::<4>::from_data(images, device), Tensor::<1, Int>::from_data(labels, device)));
    }
    made
}

struct Training {
    network: Seed,
    optimizer: ModuleOptimizer,
    loss: CrossEntropyLoss,
    data: Vec<(Tensor<4>, Tensor<1, Int>)>,
    device: Device,
    done: usize,
}

impl Training {
    fn step(mut self) -> (Self, Tensor<1>) {
        let (images, labels) = self.data[self.done % BATCHES].clone();
        let loss = self.loss.forward(self.network.forward(images), labels);
        let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        self.network = self.optimizer.step(1e-3, self.network, gradients);
        self.done += 1;
        (self, loss)
    }

    /// Steps until `seconds` have passed, waiting for the device after every `together`; steps and seconds it took.
    fn run(mut self, seconds: f64, together: usize) -> (Self, usize, f64) {
        let (begun, before) = (Instant::now(), self.done);
        while begun.elapsed().as_secs_f64() < seconds || self.done == before {
            for _ in 0..together {
                self = self.step().0;
            }
            self.device.sync().unwrap();
        }
        let steps = self.done - before;
        (self, steps, begun.elapsed().as_secs_f64())
    }
}

/// Seconds since the process was started: compare.py says when; alone, since main.
fn since_start(main_began: Instant) -> f64 {
    let started = std::env::var("PEER_STARTED").ok().and_then(|text| text.parse::<f64>().ok());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
    started.map_or(main_began.elapsed().as_secs_f64(), |started| now - started)
}

fn main() {
    let main_began = Instant::now();
    let options = Options::parse();
    assert_eq!(options.backend, "wgsl", "only the backend wgsl is built in");
    let (channels, side) = match options.workload.as_str() {
        "W1" => (1, 28),
        "W2" => (3, 32),
        other => panic!("unknown workload {other}; known: W1 (seed-mnist), W2 (seed-cifar)"),
    };
    let device = Device::wgpu(DeviceKind::DefaultDevice).autodiff();
    let mut training = Training {
        network: Seed::new(channels, side, &device),
        optimizer: AdamConfig::new().init(),
        loss: CrossEntropyLossConfig::new().init(&device),
        data: batches(&options, channels, side, &device),
        device,
        done: 0,
    };
    let (mut losses, mut first_step) = (vec![], 0.0);
    for step in 0..LOSS_STEPS {
        let (next, loss) = training.step();
        training = next;
        losses.push(loss.into_scalar::<f32>());
        if step == 0 {
            training.device.sync().unwrap();
            first_step = since_start(main_began);
            eprintln!("first step after {first_step:.2} s");
        }
    }
    let (mut training, steps, seconds) = training.run(options.warm_seconds, 1);
    // a tenth of a second between waits, so that waiting is not what is measured
    let together = (0.1 / (seconds / steps as f64)).ceil() as usize;
    let mut samples = vec![];
    for _ in 0..options.windows {
        let (next, steps, seconds) = training.run(options.window_seconds, together);
        training = next;
        samples.push((steps * options.batch) as f64 / seconds);
    }
    let mut sorted = samples.clone();
    sorted.sort_by(f64::total_cmp);
    let mean_loss = losses.iter().sum::<f32>() / losses.len() as f32;
    println!(
        "{{\"peer\":\"burn-0.22.1\",\"mode\":\"{}\",\"workload\":\"{}\",\"batch\":{},\"img_s\":{:.1},\"samples\":{samples:.1?},\
         \"first_step_s\":{first_step:.2},\"loss\":{mean_loss:.4},\"loss_steps\":{LOSS_STEPS},\"steps\":{}}}",
        options.backend,
        options.workload,
        options.batch,
        sorted[sorted.len() / 2],
        training.done
    );
}
