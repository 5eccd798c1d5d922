//! A launch with everything bound, ready to be recorded again and again.

use std::sync::Arc;

use lepton_kernels::{Access, Kernel, Step};

use super::device::Gpu;
use super::error::GpuError;
use super::pipeline::{Key, Pipeline, step_layout};
use super::unchecked::Checks;

/// A kernel, what it binds in `@binding` order, and its workgroups along x and y.
pub(super) struct Unbound<'a> {
    pub kernel: &'a Arc<Kernel>,
    pub bindings: Vec<(wgpu::BufferBinding<'a>, Access)>,
    pub groups: [u32; 2],
}

/// A launch with everything bound.
pub(super) struct Encoded {
    pipeline: wgpu::ComputePipeline,
    bind_group: wgpu::BindGroup,
    groups: [u32; 2],
    per_step: bool,
}

impl Encoded {
    /// Records it for the step whose parameters are at `offset`.
    pub(super) fn record(&self, pass: &mut wgpu::ComputePass, step_group: &wgpu::BindGroup, offset: usize) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bind_group, &[]);
        if self.per_step {
            pass.set_bind_group(1, step_group, &[offset as u32]);
        }
        pass.dispatch_workgroups(self.groups[0], self.groups[1], 1);
    }
}

impl Gpu {
    /// Builds the pipelines of launches, all in parallel, and binds what they use.
    pub(super) async fn encode(&self, launches: &[Unbound<'_>], checks: Checks) -> Result<Vec<Encoded>, GpuError> {
        let pipelines = self.pipelines.get(&self.device, &self.keys(launches, checks)).await?;
        let encode = |(launch, pipeline)| self.encode_one(launch, pipeline);
        Ok(launches.iter().zip(pipelines).map(encode).collect())
    }

    /// What the pipelines of launches are built from.
    pub(super) fn keys(&self, launches: &[Unbound<'_>], checks: Checks) -> Vec<Key> {
        let checks = self.checks(checks);
        let key = |launch: &Unbound| Key::new(launch.kernel, launch.bindings.iter().map(|&(_, access)| access), checks);
        launches.iter().map(key).collect()
    }

    fn encode_one(&self, launch: &Unbound<'_>, pipeline: Pipeline) -> Encoded {
        let mut entries = Vec::with_capacity(launch.bindings.len());
        for (binding, (buffer, _)) in (0..).zip(&launch.bindings) {
            entries.push(wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::Buffer(buffer.clone()) });
        }
        let bind_group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(&launch.kernel.name),
            layout: &pipeline.layout,
            entries: &entries,
        });
        let (groups, per_step) = (launch.groups, launch.kernel.per_step);
        Encoded { pipeline: pipeline.pipeline, bind_group, groups, per_step }
    }

    /// [`step_group`] on this device.
    pub(super) fn step_group(&self, uniform: &wgpu::Buffer) -> wgpu::BindGroup {
        step_group(&self.device, uniform)
    }
}

/// The group of the step uniform at the start of a buffer of such uniforms.
pub(super) fn step_group(device: &wgpu::Device, uniform: &wgpu::Buffer) -> wgpu::BindGroup {
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("step"),
        layout: &step_layout(device),
        entries: &[wgpu::BindGroupEntry {
            binding: 0,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: uniform,
                offset: 0,
                size: wgpu::BufferSize::new(Step::BYTES as u64),
            }),
        }],
    })
}
