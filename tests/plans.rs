//! Plans as text: a refactor must not change them, and no device is needed to look at them.

use lepton_gpu::config::{LossConfig, OptimizerConfig, UpdateConfig};
use lepton_gpu::model::ModelSpec;
use lepton_gpu::optim::Sgd;
use lepton_gpu::plan::{Buffer, Goal, Limits, Plan, PlanError, Request};
use lepton_kernels::Access;
use lepton_kernels::gemm::{Family, Lanes};
use lepton_kernels::op::Target;

/// A network with everything that matters to a planner: a residual connection, a stride, an activation layer of its own.
const RESIDUAL: &str = r#"
name = "small-residual"
input = [12, 10, 3]
[[layer]]
name = "conv1"
type = "conv2d"
filters = 8
kernel = 3
padding = "same"
activation = "relu"
[[layer]]
name = "conv2"
type = "conv2d"
filters = 16
kernel = 3
stride = 2
padding = 1
[[layer]]
name = "short"
type = "conv2d"
filters = 16
kernel = 1
stride = 2
inputs = ["conv1"]
[[layer]]
name = "sum"
type = "add"
inputs = ["conv2", "short"]
[[layer]]
name = "act"
type = "relu"
[[layer]]
name = "mean"
type = "global_avg_pool"
[[layer]]
name = "dense"
type = "linear"
units = 10
"#;

fn compile(model: &ModelSpec, batch: usize, family: Family, limits: Limits) -> Result<Plan, PlanError> {
    let optimizer: OptimizerConfig = Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 }.into();
    Plan::compile(&Request {
        model,
        batch,
        images: 100,
        loss: &LossConfig::default(),
        keep: false,
        input: Default::default(),
        optimizer: &optimizer,
        update: &UpdateConfig::default(),
        target: Target::f32(family),
        limits,
        goals: &Goal::ALL,
        fuse: true,
    })
}

fn preset(name: &str) -> ModelSpec {
    ModelSpec::open(name).unwrap()
}

#[test]
fn plans_stay_what_they_are() {
    let lane = Family::Lane(Lanes { width: 8, wide: true });
    insta::assert_snapshot!("seed_mnist_lane8", compile(&preset("seed-mnist"), 64, lane, Limits::WEBGPU).unwrap());
    insta::assert_snapshot!(
        "seed_mnist_simt",
        compile(&preset("seed-mnist"), 64, Family::Simt, Limits::WEBGPU).unwrap()
    );
    let residual = ModelSpec::parse(RESIDUAL, "residual").unwrap();
    insta::assert_snapshot!("residual_lane8", compile(&residual, 7, lane, Limits::WEBGPU).unwrap());
}

#[test]
fn no_step_binds_one_buffer_for_reading_and_writing() {
    for model in [preset("seed-cifar"), ModelSpec::parse(RESIDUAL, "residual").unwrap()] {
        let plan = compile(&model, 33, Family::Simt, Limits::WEBGPU).unwrap();
        for step in Goal::ALL.iter().flat_map(|&goal| plan.list(goal)) {
            for written in step.bindings.iter().filter(|b| b.access != Access::Read) {
                let same = step.bindings.iter().filter(|b| b.buffer == written.buffer).count();
                let shared = matches!(written.buffer, Buffer::Gradients);
                assert!(
                    same == 1 || shared,
                    "{} {}: {} bound {same} times",
                    step.layer,
                    step.kernel.name,
                    written.buffer
                );
            }
        }
    }
}

#[test]
fn what_a_step_reads_was_written_by_the_last_writer_of_its_slot() {
    // follows every slot through the list: a tensor must still be there when somebody reads it
    let plan = compile(&ModelSpec::parse(RESIDUAL, "residual").unwrap(), 7, Family::Simt, Limits::WEBGPU).unwrap();
    for goal in Goal::ALL {
        let mut holds = std::collections::HashMap::new();
        for step in plan.list(goal) {
            for (bound, tensor) in step.bindings.iter().zip(&step.tensors) {
                if bound.access == Access::Read && matches!(bound.buffer, Buffer::Slot(_)) {
                    assert_eq!(holds.get(&bound.buffer), Some(tensor), "{goal:?} {}", step.layer);
                }
            }
            for (bound, tensor) in step.bindings.iter().zip(&step.tensors).filter(|(b, _)| b.access != Access::Read) {
                holds.insert(bound.buffer, tensor.clone());
            }
        }
    }
}

#[test]
fn a_plan_that_passes_the_limits_is_refused_with_both_numbers() {
    let small = Limits { binding_bytes: 1 << 20, ..Limits::WEBGPU };
    let error = compile(&preset("seed-mnist"), 64, Family::Simt, small).unwrap_err().to_string();
    assert!(error.contains("conv1") && error.contains("1048576") && error.contains("--batch"), "{error}");
    let impatient = Limits { iterations: Some(100), ..Limits::WEBGPU };
    let error = compile(&preset("seed-mnist"), 64, Family::Simt, impatient).unwrap_err().to_string();
    assert!(error.contains("loops") && error.contains("stops after 100"), "{error}");
}

#[test]
fn large_batches_keep_the_loop_limit_of_old_mesa() {
    let old = Limits { iterations: Some(65_535), binding_bytes: 2 << 30, buffer_bytes: 2 << 30 };
    for family in [Family::Simt, Family::Lane(Lanes { width: 8, wide: true })] {
        compile(&preset("seed-cifar"), 4096, family, old).unwrap();
    }
}
