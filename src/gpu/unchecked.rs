//! The only unsafe code: what wgpu marks unsafe, each with the reason why it is sound here.
#![allow(unsafe_code, reason = "wgpu marks these calls unsafe")]

use lepton_kernels::Kernel;

/// A shader, without run-time checks unless `LEPTON_CHECKED=1`.
pub(super) fn module(device: &wgpu::Device, kernel: &Kernel) -> wgpu::ShaderModule {
    let checked = std::env::var_os("LEPTON_CHECKED").is_some_and(|value| value == "1");
    let checks = if checked { wgpu::ShaderRuntimeChecks::checked() } else { wgpu::ShaderRuntimeChecks::unchecked() };
    let descriptor = wgpu::ShaderModuleDescriptor {
        label: Some(kernel.name.as_ref()),
        source: wgpu::ShaderSource::Wgsl(kernel.source.as_ref().into()),
    };
    // SAFETY: the plan sizes every binding to what its kernel indexes, no kernel loops without a bound or divides by
    // zero, and the test suite runs the same kernels with the checks on.
    unsafe { device.create_shader_module_trusted(descriptor, checks) }
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
