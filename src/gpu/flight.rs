//! Submissions that are under way. Two at a time, so that one is recorded while the device runs the other.

use super::device::Gpu;
use super::error::GpuError;
use super::readback::Mapping;
use crate::plan::HISTORY;
use crate::platform::Instant;

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
    /// Its records on their way back.
    pub mapping: Option<Mapping>,
}

impl Flight {
    pub(super) async fn new(gpu: &Gpu, number: usize, stride: usize) -> Result<Self, GpuError> {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let uniform = gpu.buffer_with("steps", (stride * STEPS) as u64, usage).await?;
        let step_group = gpu.step_group(&uniform);
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let records = gpu.buffer_with("history readback", (STEPS * 8) as u64, usage).await?;
        let (first_record, begun) = (number * STEPS, Instant::now());
        Ok(Flight { uniform, step_group, records, first_record, steps: 0, begun, submission: None, mapping: None })
    }
}
