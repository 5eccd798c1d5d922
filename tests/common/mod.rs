//! What several test programs share.
#![allow(dead_code, reason = "each test program uses its own part")]

use lepton_gpu::gpu::{Gpu, GpuError, GpuOptions};
use lepton_kernels::gemm::Matrix;
use lepton_kernels::op::{Precision, Target};

/// The adapter, or `None` with a line that says so; a failure where `LEPTON_REQUIRE_GPU=1`.
pub fn gpu() -> Option<Gpu> {
    gpu_with(&GpuOptions::from_env())
}

/// The same, opened with these options.
pub fn gpu_with(options: &GpuOptions) -> Option<Gpu> {
    match Gpu::open(options) {
        Ok(gpu) => Some(gpu),
        Err(GpuError::NoAdapter) if std::env::var("LEPTON_REQUIRE_GPU").as_deref() != Ok("1") => {
            eprintln!("skipped: no adapter");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Kernels in f16, or none with a line that says why: not every adapter computes in f16.
pub fn f16(gpu: &Gpu) -> Option<Target> {
    let target = gpu.target_in(Precision::F16).ok();
    if target.is_none() {
        println!("skipped: {} has no f16", gpu.summary().name);
    }
    target
}

/// The adapter's cooperative matrices, or none with a line; with `LEPTON_REQUIRE_MATRIX=1` none is a failure.
pub fn matrix(gpu: &Gpu) -> Option<Matrix> {
    let required = std::env::var_os("LEPTON_REQUIRE_MATRIX").is_some_and(|value| value == "1");
    match gpu.matrix() {
        Ok(matrix) => Some(matrix),
        Err(reason) if required => panic!("{}: no cooperative matrices: {reason}", gpu.summary().name),
        Err(reason) => {
            println!("skipped: no cooperative matrices on {}: {reason}", gpu.summary().name);
            None
        }
    }
}

/// The blocks of a language in a Markdown text.
pub fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    text.split(opening.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap_or("")).collect()
}
