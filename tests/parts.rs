//! A data set that one binding does not hold lies in several, and nothing else changes.

use lepton_gpu::data;
use lepton_gpu::gpu::{Gpu, Program};
use lepton_gpu::model::{ModelSpec, initial_values};
use lepton_gpu::plan::{Buffer, Goal, Limits, Plan, Request};
use lepton_gpu::{Hint, Hints};
use lepton_kernels::{Step, random};

mod common;

const BATCH: usize = 8;
const IMAGES: usize = 128;

fn compile(gpu: &Gpu, binding_bytes: u64, images: usize) -> Result<Plan, lepton_gpu::plan::PlanError> {
    let request = Request { training: None, predict: false, target: gpu.target(), ..Request::new(BATCH, images) };
    let limits = Limits { binding_bytes, ..gpu.limits() };
    Plan::compile(&ModelSpec::open("linear").unwrap(), &Request { limits, ..request })
}

/// Losses of all batches in a random order.
fn losses(gpu: &Gpu, plan: &Plan) -> Vec<[f32; 2]> {
    let data = data::load(None).unwrap().into_splits().train.unwrap();
    let mut program = Program::new(gpu, plan).unwrap();
    let mut words = vec![0f32; plan.arena_words];
    for parameter in &plan.parameters {
        let values = initial_values(&parameter.name, &parameter.shape, parameter.init, 7);
        words[parameter.offset_words..][..values.len()].copy_from_slice(&values);
    }
    program.write_parameters(bytemuck::cast_slice(&words)).unwrap();
    // in pieces that end where no part ends
    let (first, second) = data.bytes().unwrap()[..IMAGES * data.example_bytes()].split_at(1001);
    program.write_images(&[first, &[], second]).unwrap();
    program.write(Buffer::Labels, bytemuck::cast_slice(&data.labels()[..IMAGES])).unwrap();
    program.write(Buffer::Norm, bytemuck::cast_slice(&[0f32, 1.0])).unwrap();
    let step = |batch: usize| Step {
        batch_start: (batch * BATCH) as u32,
        batch_length: BATCH as u32,
        range_length: IMAGES as u32,
        shuffle_key: random::key(1, 2, 3),
        ..Step::default()
    };
    let mut steps: Vec<Step> = (0..IMAGES / BATCH).map(step).collect();
    program.run(Goal::Evaluate, &mut steps).unwrap().to_vec()
}

#[test]
fn a_data_set_in_parts_gives_the_same_losses() {
    let Some(gpu) = common::gpu() else { return };
    let whole = compile(&gpu, gpu.limits().binding_bytes, IMAGES).unwrap();
    assert_eq!(whole.image_parts.len(), 1);
    let parts = compile(&gpu, 40_000, IMAGES).unwrap();
    assert_eq!(parts.image_parts, [51 * 784, 51 * 784, 26 * 784, 784], "an unused part holds room for one image");
    assert_eq!(losses(&gpu, &whole), losses(&gpu, &parts));
}

#[test]
fn a_data_set_that_four_bindings_do_not_hold_is_an_error_with_both_sizes() {
    let Some(gpu) = common::gpu() else { return };
    compile(&gpu, 40_000, 204).unwrap();
    let error = compile(&gpu, 40_000, 205).unwrap_err();
    assert_eq!(error.hints(), [Hint::Smaller { key: "limit" }]);
    let error = error.to_string();
    assert!(error.contains("the images of the data set"), "{error}");
    assert!(error.contains("160720 bytes") && error.contains("160000 bytes"), "{error}");
}
