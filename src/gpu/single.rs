//! Runs a few dispatches once on buffers of their own: how single ops are verified.

use std::sync::Arc;

use lepton_kernels::{Access, Kernel, Step};

use super::device::{Gpu, GpuError};
use super::pipeline::{Key, step_layout, written};

/// A launch whose bindings are numbers of buffers.
#[derive(Clone, Debug)]
pub struct SingleLaunch {
    /// What runs.
    pub kernel: Arc<Kernel>,
    /// Buffer and access of each binding.
    pub bindings: Vec<(usize, Access)>,
    /// Workgroups along x and y.
    pub groups: [u32; 2],
}

/// Launches with everything bound.
pub(super) struct BoundLaunches {
    launches: Vec<BoundLaunch>,
    step_group: wgpu::BindGroup,
}

struct BoundLaunch {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    groups: [u32; 2],
    per_step: bool,
}

impl BoundLaunches {
    /// Records all of them, in order.
    pub(super) fn record(&self, pass: &mut wgpu::ComputePass) {
        for launch in &self.launches {
            pass.set_pipeline(&launch.pipeline);
            pass.set_bind_group(0, &launch.group, &[]);
            if launch.per_step {
                pass.set_bind_group(1, &self.step_group, &[0]);
            }
            pass.dispatch_workgroups(launch.groups[0], launch.groups[1], 1);
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.launches.len()
    }
}

impl Gpu {
    /// Runs `launches` on buffers that start with these contents, and returns what the buffers hold then.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn run_once(
        &self,
        contents: &[Vec<u8>],
        launches: &[SingleLaunch],
        step: &Step,
    ) -> Result<Vec<Vec<u8>>, GpuError> {
        let mut buffers = Vec::with_capacity(contents.len());
        for bytes in contents {
            let buffer = self.buffer("verify", bytes.len() as u64)?;
            self.upload(&buffer, &[bytes])?;
            buffers.push(buffer);
        }
        let bound = self.bind(&buffers, launches, step)?;
        let mut encoder = self.device.create_command_encoder(&Default::default());
        bound.record(&mut encoder.begin_compute_pass(&Default::default()));
        self.queue.submit([encoder.finish()]);
        self.wait()?;
        buffers.iter().zip(contents).map(|(buffer, bytes)| self.download(buffer, 0, bytes.len() as u64)).collect()
    }

    /// Builds pipelines and binds buffers and the step uniform.
    pub(super) fn bind(
        &self,
        buffers: &[wgpu::Buffer],
        launches: &[SingleLaunch],
        step: &Step,
    ) -> Result<BoundLaunches, GpuError> {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let uniform = self.buffer_with("step", Step::BYTES as u64, usage)?;
        self.queue.write_buffer(&uniform, 0, bytemuck::cast_slice(&step.words()));
        let step_group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &step_layout(&self.device),
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: uniform.as_entire_binding() }],
        });
        let keys: Vec<Key> = launches
            .iter()
            .map(|launch| (launch.kernel.clone(), written(launch.bindings.iter().map(|(_, access)| *access))))
            .collect();
        let pipelines = self.pipelines(&keys)?;
        let bind = |(launch, pipeline): (&SingleLaunch, super::pipeline::Pipeline)| {
            let entries: Vec<wgpu::BindGroupEntry> = (0..)
                .zip(&launch.bindings)
                .map(|(binding, (buffer, _))| wgpu::BindGroupEntry {
                    binding,
                    resource: buffers[*buffer].as_entire_binding(),
                })
                .collect();
            let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: &pipeline.layout,
                entries: &entries,
            });
            let (groups, per_step) = (launch.groups, launch.kernel.per_step);
            BoundLaunch { pipeline: pipeline.pipeline, group, groups, per_step }
        };
        Ok(BoundLaunches { launches: launches.iter().zip(pipelines).map(bind).collect(), step_group })
    }
}
