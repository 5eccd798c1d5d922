//! Time on the device, by timestamp queries at the edges of passes.

use super::device::Gpu;
use super::error::GpuError;

/// Pairs of timestamps, one for each pass that is timed.
pub(super) struct Timestamps {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    staging: wgpu::Buffer,
    pairs: u32,
}

/// Pairs that one set holds at the most: WebGPU allows 4,096 queries.
pub(super) const MAX_PAIRS: usize = 2048;

impl Timestamps {
    /// Room for `pairs` passes; none where the adapter cannot tell the time.
    pub(super) async fn new(gpu: &Gpu, pairs: usize) -> Result<Option<Self>, GpuError> {
        if !gpu.device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return Ok(None);
        }
        let pairs = u32::try_from(pairs.min(MAX_PAIRS)).expect("a small number");
        let queries = gpu.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("timestamps"),
            ty: wgpu::QueryType::Timestamp,
            count: pairs * 2,
        });
        let bytes = u64::from(pairs) * 16;
        let usage = wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC;
        let resolved = gpu.buffer_with("timestamps", bytes, usage).await?;
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let staging = gpu.buffer_with("timestamps readback", bytes, usage).await?;
        Ok(Some(Timestamps { queries, resolved, staging, pairs }))
    }

    /// What a pass is begun with so that pair number `pair` times it.
    pub(super) fn writes(&self, pair: usize) -> wgpu::ComputePassTimestampWrites<'_> {
        let first = 2 * pair as u32;
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(first),
            end_of_pass_write_index: Some(first + 1),
        }
    }

    /// To be recorded after the passes.
    pub(super) fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..self.pairs * 2, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.staging, 0, u64::from(self.pairs) * 16);
    }

    /// Seconds of each pair, once everything submitted has finished.
    pub(super) async fn seconds(&self, gpu: &Gpu) -> Result<Vec<f64>, GpuError> {
        let period = f64::from(gpu.queue.get_timestamp_period()) * 1e-9;
        let bytes = u64::from(self.pairs) * 16;
        let read = |mapped: &[u8]| {
            let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(mapped);
            ticks.chunks_exact(2).map(|pair| pair[1].saturating_sub(pair[0]) as f64 * period).collect()
        };
        gpu.mapped(gpu.begin_mapping(&self.staging, bytes), &self.staging, bytes, read).await
    }
}
