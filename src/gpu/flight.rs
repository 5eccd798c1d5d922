//! Submissions that are under way. Two at a time, so that one is recorded while the device runs the other.

use std::time::Instant;

use lepton_kernels::Step;

use super::device::{Gpu, GpuError};
use super::pipeline::step_layout;
use crate::plan::HISTORY;

/// Submissions under way at the same time.
pub(super) const FLIGHTS: usize = 2;
/// Steps of one submission, at the most.
pub(super) const STEPS: usize = HISTORY / FLIGHTS;

/// One submission's own memory: its steps' parameters, and where its records come back.
pub(super) struct Flight {
    pub uniform: wgpu::Buffer,
    pub step_group: wgpu::BindGroup,
    pub records: wgpu::Buffer,
    /// First record of the history that it writes.
    pub first_record: usize,
    /// Steps under way; 0 where it is free.
    pub steps: usize,
    pub begun: Instant,
    pub submission: Option<wgpu::SubmissionIndex>,
}

impl Flight {
    pub(super) fn new(gpu: &Gpu, number: usize, stride: usize) -> Result<Self, GpuError> {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let uniform = gpu.buffer_with("steps", (stride * STEPS) as u64, usage)?;
        let step_group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("step"),
            layout: &step_layout(&gpu.device),
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer: &uniform,
                    offset: 0,
                    size: wgpu::BufferSize::new(Step::BYTES as u64),
                }),
            }],
        });
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let records = gpu.buffer_with("history readback", (STEPS * 8) as u64, usage)?;
        let (first_record, begun) = (number * STEPS, Instant::now());
        Ok(Flight { uniform, step_group, records, first_record, steps: 0, begun, submission: None })
    }
}
