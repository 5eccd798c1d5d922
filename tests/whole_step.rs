//! A whole training step on the device against the f64 twins: loss, right answers and the gradient of every parameter,
//! for a full batch and for a last one that is not full.

use std::collections::HashMap;

use lepton_gpu::data;
use lepton_gpu::gpu::{Gpu, Program};
use lepton_gpu::model::{ModelSpec, initial_values};
use lepton_gpu::plan::{Buffer, Goal, Plan, Request};
use lepton_gpu::reference::{self, Images};
use lepton_kernels::gemm::Family;
use lepton_kernels::op::Target;
use lepton_kernels::{Step, random};

mod common;

/// Branches that are joined, a pool over a ReLU, strides, groups, dilation, an average pool, a layer used twice.
const BRANCHED: &str = include_str!("models/branched.toml");

/// Activations, gates, layers side by side, dropout of everything that can go.
const GATED: &str = include_str!("models/gated.toml");

/// Models that compute the same whether they are trained or not.
const BOTH: [Goal; 2] = [Goal::Evaluate, Goal::Train];

const BATCH: usize = 5;
const IMAGES: usize = 13;

fn check(gpu: &Gpu, model: &ModelSpec, batch_length: u32, goals: &[Goal]) {
    let data = data::load(None).unwrap().into_splits().train.unwrap();
    let pixels = &data.bytes().unwrap()[..IMAGES * data.example_bytes()];
    let labels = &data.labels()[..IMAGES];
    let request = Request { target: gpu.target(), limits: gpu.limits(), ..Request::new(BATCH, IMAGES) };
    let plan = Plan::compile(model, &request).unwrap();
    let mut program = Program::new(gpu, &plan).unwrap();
    let mut words = vec![0f32; plan.arena_words];
    let mut parameters = HashMap::new();
    for parameter in &plan.parameters {
        let mut values = initial_values(&parameter.name, &parameter.shape, parameter.init, 7);
        if parameter.name.ends_with("bias") {
            values = (0..values.len() as u64).map(|i| 0.1 * random::normal(7, 1, i) as f32).collect();
        }
        words[parameter.offset_words..][..values.len()].copy_from_slice(&values);
        parameters.insert(parameter.name.clone(), values);
    }
    program.write_parameters(bytemuck::cast_slice(&words)).unwrap();
    program.write_images(&[pixels]).unwrap();
    program.write(Buffer::Labels, bytemuck::cast_slice(labels)).unwrap();
    program.write(Buffer::Norm, bytemuck::cast_slice(&[0f32, 1.0])).unwrap();

    let step = Step {
        batch_start: BATCH as u32,
        batch_length,
        range_length: IMAGES as u32,
        data_length: IMAGES as u32,
        shuffle_key: random::key(1, 2, 3),
        noise_key: random::key(1, 3, 3),
        ..Step::default()
    };
    let want = reference::run(model, BATCH, Images { pixels, labels }, &parameters, &step).unwrap();
    for &goal in goals {
        let [loss, correct] = program.run(goal, &mut [step]).unwrap()[0];
        assert!((f64::from(loss) / want.loss - 1.0).abs() < 1e-5, "{goal:?}: loss {loss}, twins {}", want.loss);
        assert_eq!(correct as usize, want.correct, "{goal:?}: right answers");
    }
    for parameter in &plan.parameters {
        let got = program.gradient(parameter).unwrap();
        let worst = lepton_kernels::array::worst_error(&got, &want.gradients[&parameter.name].data);
        assert!(worst.error < 1e-4, "{}: {worst:?}", parameter.name);
    }
}

#[test]
fn a_step_is_what_the_twins_say() {
    let Some(gpu) = common::gpu() else { return };
    let model = ModelSpec::parse(BRANCHED, "branched").unwrap();
    for batch_length in [BATCH as u32, 3] {
        check(&gpu, &model, batch_length, &BOTH);
    }
    let gpu = gpu.with_target(Target::f32(Family::Simt)).expect("the adapter has it");
    check(&gpu, &model, 1, &BOTH);
}

#[test]
fn a_step_with_gates_and_dropout_is_what_the_twins_say() {
    let Some(gpu) = common::gpu() else { return };
    let model = |rate| ModelSpec::parse(&GATED.replace("rate = 0.0", rate), "gated").unwrap();
    check(&gpu, &model("rate = 0.0"), 3, &BOTH);
    check(&gpu, &model("rate = 0.3"), BATCH as u32, &[Goal::Train]);
    let gpu = gpu.with_target(Target::f32(Family::Simt)).expect("the adapter has it");
    check(&gpu, &model("rate = 0.3"), 3, &[Goal::Train]);
}
