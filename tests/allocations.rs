//! A training step allocates nothing on the heap, beside what wgpu does: some for every submission, and one list of barriers
//! for every launch (wgpu-core 30, `drain_barriers`). So what is counted is how many more allocations a submission with
//! more steps makes, and it must be one a launch.

use lepton_gpu::gpu::Program;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::plan::{Goal, Plan, Request};
use lepton_kernels::Step;

mod common;

/// Allocations of a submission of so many steps on this thread, at the least over some rounds: lists grow now and then.
fn allocations(program: &mut Program, steps: usize) -> u64 {
    let mut list = vec![Step { batch_length: 2, range_length: 2, data_length: 2, ..Step::default() }; steps];
    let mut round = || {
        let counted = allocation_counter::measure(|| {
            program.run(Goal::Train, &mut list).unwrap();
        });
        counted.count_total
    };
    (0..8).map(|_| round()).min().unwrap()
}

#[test]
fn a_step_allocates_nothing() {
    let Some(gpu) = common::gpu() else { return };
    let request = Request { evaluate: false, predict: false, ..Request::new(2, 2) };
    let model = ModelSpec::open("seed-mnist").unwrap();
    let plan = Plan::compile(&model, &Request { target: gpu.target(), limits: gpu.limits(), ..request }).unwrap();
    let mut program = Program::new(&gpu, &plan).unwrap();
    allocations(&mut program, 1); // the first submission compiles kernels
    let counts: Vec<u64> = [8, 16, 32, 64].into_iter().map(|steps| allocations(&mut program, steps)).collect();
    let launches = 32 * plan.lists[Goal::Train].len() as u64;
    println!(
        "{counts:?} allocations in submissions of 8, 16, 32 and 64 steps of {} launches",
        plan.lists[Goal::Train].len()
    );
    // lists of wgpu grow by doubling; one allocation of ours a step would be 32 more
    let more = counts[3] - counts[2];
    assert!(more < launches + 16, "{more} more allocations for 32 more steps, which have {launches} launches");
}
