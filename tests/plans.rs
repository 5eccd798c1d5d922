//! Plans as text: a refactor must not change them, and no device is needed to look at them.

use std::collections::{HashMap, HashSet};

use lepton_gpu::config::{LossConfig, OptimizerConfig, UpdateConfig};
use lepton_gpu::model::ModelSpec;
use lepton_gpu::optim::Sgd;
use lepton_gpu::plan::{
    Bound, Buffer, Goal, Limits, List, Plan, PlanError, PlanTensorId, Request, Training, default_loss,
};
use lepton_gpu::{Hint, Hints};
use lepton_kernels::gemm::{Family, Lanes};
use lepton_kernels::op::{Precision, Target};
use lepton_kernels::target::Splitting;
use lepton_kernels::{Access, Binding};

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
    let training = Some(Training { optimizer, ..Training::default() });
    Plan::compile(model, &Request { training, target: Target::f32(family), limits, ..Request::new(batch, 100) })
}

const LANE: Family = Family::Lane(Lanes { width: 8, wide: true });

fn residual() -> ModelSpec {
    ModelSpec::parse(RESIDUAL, "residual").unwrap()
}

fn preset(name: &str) -> ModelSpec {
    ModelSpec::open(name).unwrap()
}

#[test]
fn plans_stay_what_they_are() {
    insta::assert_snapshot!("seed_mnist_lane8", compile(&preset("seed-mnist"), 64, LANE, Limits::WEBGPU).unwrap());
    insta::assert_snapshot!(
        "seed_mnist_simt",
        compile(&preset("seed-mnist"), 64, Family::Simt, Limits::WEBGPU).unwrap()
    );
    insta::assert_snapshot!("residual_lane8", compile(&residual(), 7, LANE, Limits::WEBGPU).unwrap());
}

/// Models, precisions and updates with everything that makes slots hard: norms, pools, f16, accumulation, two phases.
fn hard_plans() -> Vec<Plan> {
    let f16 = |family| Target { precision: Precision::F16, ..Target::f32(family) };
    let accumulate = UpdateConfig { accumulate: 3, clip_norm: Some(1.0), ema: Some(0.9), ..UpdateConfig::default() };
    let mut plans = Vec::new();
    for model in [preset("seed-cifar"), preset("resnet20"), preset("dcgan"), residual()] {
        let two = model.generator.is_some();
        let split = Target { splitting: Some(Splitting::ALWAYS), ..Target::f32(Family::Simt) };
        for target in [Target::f32(Family::Simt), split, Target::f32(LANE), f16(LANE)] {
            for update in [UpdateConfig::default(), accumulate.clone()] {
                if two && (target.precision == Precision::F16 || update.accumulate > 1) {
                    continue;
                }
                let training = Some(Training { update, ..Training::default() });
                let request =
                    Request { loss: default_loss(&model), training, target: target.clone(), ..Request::new(7, 20) };
                plans.push(Plan::compile(&model, &request).unwrap());
            }
        }
    }
    assert!(plans.iter().any(|plan| plan.phases.len() == 2));
    plans
}

/// A plan for a GPU of AMD's, or for what else `splitting` says.
fn compile_split(name: &str, batch: usize, training: bool, splitting: Option<Splitting>) -> Plan {
    let model = preset(name);
    let target = Target { splitting, ..Target::f32(Family::Simt) };
    let loss = default_loss(&model);
    let request = if training {
        Request { loss, training: Some(Training::default()), ..Request::new(batch, 100) }
    } else {
        Request::prediction(batch, &loss)
    };
    Plan::compile(&model, &Request { target, ..request }).unwrap()
}

/// The products of a list that are split along K: layer, workgroups of a slab, slabs. A launch adds the slabs right after the one
/// that writes them, and they are as large as so many results, in a slot.
fn split(plan: &Plan, list: List) -> Vec<(&str, u32, u32)> {
    let mut found = Vec::new();
    for pair in plan.lists[list].windows(2) {
        let (product, add) = (&pair[0], &pair[1]);
        let Some((direction, rest)) = add.kernel.name.split_once("/add ") else { continue };
        let slabs: u32 = rest.strip_suffix(" slabs").unwrap().parse().unwrap();
        assert!(product.kernel.name.starts_with(&format!("{direction}/simt ")), "{} before it", product.kernel.name);
        let (written, read, result) = (product.bindings[2].operand, add.bindings[0].operand, add.bindings[1].operand);
        assert_eq!(written, read, "{}: other slabs are added than were written", add.layer);
        assert!(matches!(read.buffer, Buffer::Slot(_)), "{}", add.layer);
        // each tensor is padded to 16 bytes, the slabs of one to no more than all of them together
        let whole = u64::from(slabs) * result.bytes;
        assert!(read.bytes <= whole && read.bytes > whole - 16 * u64::from(slabs), "{}", add.layer);
        let groups = product.groups[0] * product.groups[1];
        assert_eq!(groups % slabs, 0);
        found.push((product.layer.as_str(), groups / slabs, slabs));
    }
    found
}

#[test]
fn products_with_few_tiles_and_long_sums_are_split() {
    let amd = Splitting::of(0x1002, false);
    let plan = compile_split("resnet18-cifar", 8, true, Some(amd));
    let forward = split(&plan, List::Forward(0));
    let gradients = split(&plan, List::Gradients(0));
    for (layer, groups, slabs) in forward.iter().chain(&gradients) {
        assert!(
            (*groups as usize) < amd.at_once && (2..=16).contains(slabs),
            "{layer}: {slabs} slabs of {groups} groups"
        );
        assert!(layer.starts_with("stage4") || *layer == "classes", "{layer} has enough tiles");
    }
    let count = |found: &[(&str, u32, u32)], stage: &str| found.iter().filter(|f| f.0.starts_with(stage)).count();
    assert_eq!([count(&forward, "stage4"), count(&gradients, "stage4")], [4, 3], "{forward:?} {gradients:?}");
    assert!(plan.to_string().contains("forward/add ") && plan.to_string().contains("grad_input/add "));
}

#[test]
fn products_are_split_in_prediction_of_one_image() {
    let plan = compile_split("resnet18-cifar", 1, false, Some(Splitting::of(0x10de, false)));
    let found = split(&plan, List::Predict);
    assert!(found.len() >= 12, "{found:?}");
    assert!(found.iter().any(|(_, _, slabs)| *slabs >= 8), "{found:?}");
}

#[test]
fn nothing_is_split_on_software_adapters_or_where_tiles_are_enough() {
    let splits = |plan: &Plan| plan.lists.all().iter().filter(|l| l.kernel.name.contains("/add ")).count();
    let software = compile_split("resnet20", 4, true, None);
    assert_eq!(splits(&software), 0);
    assert_eq!(splits(&compile(&preset("resnet20"), 4, LANE, Limits::WEBGPU).unwrap()), 0);
    let gpu = Some(Splitting::of(0x1002, false));
    assert!(splits(&compile_split("resnet20", 4, true, gpu)) > 0);
    assert_eq!(splits(&compile_split("resnet20", 1024, true, gpu)), 0);
    // fewer launches than on a GPU that has more multiprocessors
    let integrated = compile_split("resnet20", 4, true, Some(Splitting::of(0x1002, true)));
    assert!(splits(&integrated) < splits(&compile_split("resnet20", 4, true, gpu)));
}

#[test]
fn nothing_is_rewritten_where_fusion_is_off() {
    for model in [preset("seed-cifar"), preset("resnet20"), preset("dcgan")] {
        let compile = |fuse| {
            let request = Request { loss: default_loss(&model), fuse, ..Request::new(7, 20) };
            Plan::compile(&model, &request).unwrap()
        };
        let (fused, separate) = (compile(true), compile(false));
        assert!(!fused.fused.is_empty() && separate.fused.is_empty(), "{}", model.name);
        assert!(separate.lists.all().len() > fused.lists.all().len(), "{}", model.name);
    }
}

#[test]
fn no_launch_binds_one_buffer_for_reading_and_writing() {
    for plan in hard_plans() {
        for launch in plan.lists.all() {
            for written in launch.bindings.iter().filter(|binding| binding.access != Access::Read) {
                let Bound { buffer, offset, bytes, .. } = written.operand;
                // of one buffer nothing else may be read, and no other range be written that overlaps
                let clashes = |b: &&Binding<Bound>| {
                    let other = b.operand;
                    let apart = other.offset >= offset + bytes || offset >= other.offset + other.bytes;
                    other.buffer == buffer && (b.access == Access::Read || !apart)
                };
                let count = launch.bindings.iter().filter(clashes).count();
                assert_eq!(count, 1, "{} {}: {buffer} is bound {count} times", launch.layer, launch.kernel.name);
            }
        }
    }
}

/// Follows every slot through the launches of a goal: a tensor must still be there when somebody reads it, or updates what was
/// written before.
fn first_stale_read(plan: &Plan, goal: Goal) -> Option<String> {
    let mut holds: HashMap<Buffer, PlanTensorId> = HashMap::new();
    let mut written: HashSet<PlanTensorId> = HashSet::new();
    for launch in &plan.lists[goal] {
        let in_slots = || launch.bindings.iter().filter(|b| matches!(b.operand.buffer, Buffer::Slot(_)));
        for binding in in_slots() {
            let Bound { tensor, buffer, .. } = binding.operand;
            let is_read = match binding.access {
                Access::Read => true,
                // a kernel that writes some elements of a new tensor updates it
                Access::Update => written.contains(&tensor),
                Access::Write => false,
            };
            if is_read && holds.get(&buffer) != Some(&tensor) {
                return Some(format!("{goal:?}: {} reads {}", launch.layer, plan.tensors[tensor].name));
            }
        }
        for Bound { tensor, buffer, .. } in in_slots().filter(|b| b.access != Access::Read).map(|b| b.operand) {
            holds.insert(buffer, tensor);
            written.insert(tensor);
        }
    }
    None
}

#[test]
fn what_a_launch_reads_was_written_by_the_last_writer_of_its_slot() {
    for plan in hard_plans() {
        for goal in Goal::ALL {
            assert_eq!(first_stale_read(&plan, goal), None, "{}", plan.model);
        }
    }
}

#[test]
fn every_tensor_of_a_goal_has_a_name_of_its_own() {
    for plan in hard_plans() {
        for goal in Goal::ALL {
            let mut named: HashMap<&str, PlanTensorId> = HashMap::new();
            for Bound { tensor, .. } in plan.lists[goal].iter().flat_map(|l| &l.bindings).map(|b| b.operand) {
                let name = plan.tensors[tensor].name.as_str();
                assert_eq!(*named.entry(name).or_insert(tensor), tensor, "{}, {goal:?}: two are {name}", plan.model);
            }
        }
    }
}

#[test]
fn a_step_is_its_phases_and_accumulating_is_all_but_the_update() {
    for plan in hard_plans() {
        let of = |list: List| plan.lists[list].len();
        let phases = 0..plan.phases.len();
        let all: usize = phases.map(|p| of(List::Forward(p)) + of(List::Gradients(p)) + of(List::Update(p))).sum();
        assert_eq!(plan.lists[Goal::Train].len(), all);
        assert_eq!(plan.lists[Goal::Accumulate].len(), of(List::Forward(0)) + of(List::Gradients(0)));
    }
}

#[test]
fn a_plan_that_passes_the_limits_is_refused_with_both_numbers() {
    let small = Limits { binding_bytes: 1 << 20, ..Limits::WEBGPU };
    let error = compile(&preset("seed-mnist"), 64, Family::Simt, small).unwrap_err();
    assert_eq!(error.hints(), [Hint::SmallerBatch { accumulate: true }]);
    let error = error.to_string();
    assert!(error.contains("conv1") && error.contains("1048576"), "{error}");
    let impatient = Limits { iterations: Some(100), ..Limits::WEBGPU };
    let error = compile(&preset("seed-mnist"), 64, Family::Simt, impatient).unwrap_err().to_string();
    assert!(error.contains("loops") && error.contains("after 100 iterations"), "{error}");
}

#[test]
fn inference_takes_a_smaller_batch_where_the_adapter_binds_less() {
    let model = preset("seed-mnist");
    let fitting = |binding_bytes| {
        let limits = Limits { iterations: None, binding_bytes, buffer_bytes: 2 << 30 };
        let request = Request { limits, ..Request::prediction(64, &LossConfig::default()) };
        Plan::compile_fitting(&model, &request)
    };
    // conv1 gives [n, 26, 26, 32] in f32: 5.3 MiB for 64 images; the largest weights take 0.2 MiB
    let sizes: Vec<usize> = [8 << 20, 3 << 20].map(|bytes| fitting(bytes).unwrap().batch).into();
    assert_eq!(sizes, [64, 32]);
    let refused = fitting(64 << 10).unwrap_err();
    assert!(matches!(refused, PlanError::TooLarge { bytes, .. } if bytes > 64 << 10), "{refused}");
}

#[test]
fn large_batches_keep_the_loop_limit_of_old_mesa() {
    let old = Limits { iterations: Some(65_535), binding_bytes: 2 << 30, buffer_bytes: 2 << 30 };
    for family in [Family::Simt, LANE] {
        compile(&preset("seed-cifar"), 4096, family, old).unwrap();
    }
}
