//! Every op, every case, both directions: the adapter's numbers against the f64 twins; in both families of products.

use lepton_gpu::gpu::Gpu;
use lepton_gpu::verify::verify_op;
use lepton_kernels::OPS;
use lepton_kernels::gemm::Family;
use lepton_kernels::op::Target;

mod common;

fn check_everything(gpu: &Gpu) {
    let mut failures = Vec::new();
    for entry in OPS {
        let verdict = verify_op(gpu, entry, &|dispatch| dispatch).expect("the device works");
        println!(
            "{:<24} {:>2} cases  {:.1e}  {:.1e}",
            verdict.op,
            verdict.cases,
            verdict.forward,
            verdict.backward.unwrap_or(0.0)
        );
        assert!(verdict.tolerance <= 1e-4, "{} has a loose tolerance", verdict.op);
        failures.extend(verdict.failures.iter().map(|f| format!("{}: {f}", verdict.op)));
    }
    assert!(failures.is_empty(), "{} on {}:\n{}", gpu.target().family, gpu.summary().name, failures.join("\n"));
}

#[test]
fn ops_agree_with_their_twins() {
    let Some(gpu) = common::gpu() else { return };
    check_everything(&gpu);
}

#[test]
fn ops_agree_with_their_twins_in_the_family_of_gpus() {
    let Some(mut gpu) = common::gpu() else { return };
    gpu.set_target(Target { family: Family::Simt });
    check_everything(&gpu);
}
