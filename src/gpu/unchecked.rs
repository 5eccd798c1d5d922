//! The only unsafe code: what wgpu marks unsafe, each with the reason why it is sound here.
#![allow(unsafe_code, reason = "wgpu marks these calls unsafe")]

use lepton_kernels::Kernel;

/// Whether shaders check their indices, loops and divisors while they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Checks {
    /// They do: what runs, or what it runs on, came from outside.
    On,
    /// They do not: a plan sized what they bind, and this program filled it with what it had checked.
    Off,
}

/// A kernel's shader module, which checks its indices or not.
pub(super) fn module(device: &wgpu::Device, kernel: &Kernel, checks: Checks) -> wgpu::ShaderModule {
    let descriptor = wgpu::ShaderModuleDescriptor {
        label: Some(kernel.name.as_ref()),
        source: wgpu::ShaderSource::Wgsl(kernel.source.as_ref().into()),
    };
    match checks {
        Checks::On => device.create_shader_module(descriptor),
        // SAFETY: `Checks::Off` is reached by two ways, both closed to other crates. A program that `train` or `tune`
        // fills: its plan was compiled from a model, so that every binding has the size that its kernel indexes, and
        // labels, tokens and numbers of images were compared with their ranges. A single op that `verify` or `bench` runs:
        // it is one of this program's own on shapes and numbers of its own. No kernel of either loops without a bound or
        // divides by zero, and the test suite runs the same kernels with the checks on.
        Checks::Off => unsafe {
            device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked())
        },
    }
}

/// Leave to use cooperative matrices, which wgpu calls experimental.
pub(super) fn experimental() -> wgpu::ExperimentalFeatures {
    // SAFETY: "experimental" means that wgpu may not validate every use; kernels that use them are tested against their
    // twins, and `verify` does so on the user's adapter.
    unsafe { wgpu::ExperimentalFeatures::enabled() }
}

/// A pipeline cache that begins with what [`super::cache`] stored.
pub(super) fn pipeline_cache(device: &wgpu::Device, data: Option<&[u8]>) -> wgpu::PipelineCache {
    let descriptor = wgpu::PipelineCacheDescriptor { label: Some("lepton-gpu"), data, fallback: true };
    // SAFETY: the bytes came from `PipelineCache::get_data` of the same program, adapter and driver: the file's name says
    // so, and a checksum that they are whole.
    unsafe { device.create_pipeline_cache(&descriptor) }
}
