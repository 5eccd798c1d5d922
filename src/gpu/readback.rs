//! Bytes from the host to the device and back, in pieces, so that neither side needs room for everything twice.

use std::collections::VecDeque;

use super::device::Gpu;
use super::error::GpuError;
use crate::platform::Arrival;

/// Bytes that go up or come down at once.
const PIECE: u64 = 4 << 20;
/// Pieces that may be on their way up at the same time: while the device takes one in, the host fills the next.
const PIECES: usize = 3;

/// A staging buffer that is being mapped.
pub(super) type Mapping = Arrival<Result<(), wgpu::BufferAsyncError>>;

impl Gpu {
    /// Writes `parts` one after another from the start of `buffer`; a last partial word is filled up with zeros.
    pub(super) async fn upload(&self, buffer: &wgpu::Buffer, parts: &[&[u8]]) -> Result<(), GpuError> {
        let total: u64 = parts.iter().map(|part| part.len() as u64).sum();
        let mut parts = parts.iter().copied();
        let mut rest: &[u8] = &[];
        let (mut offset, mut under_way) = (0, VecDeque::with_capacity(PIECES));
        while offset < total {
            let length = (total - offset).min(PIECE);
            let words = wgpu::BufferSize::new(length.next_multiple_of(4)).expect("a piece has bytes");
            let mut staging = self
                .queue
                .write_buffer_with(buffer, offset, words)
                .ok_or_else(|| self.fault("the device refused a write"))?;
            let mut filled = 0;
            while filled < length as usize {
                if rest.is_empty() {
                    rest = parts.next().expect("as many bytes as were counted");
                    continue;
                }
                let count = rest.len().min(length as usize - filled);
                staging.slice(filled..filled + count).copy_from_slice(&rest[..count]);
                (filled, rest) = (filled + count, &rest[count..]);
            }
            let padding = staging.len() - filled;
            staging.slice(filled..).copy_from_slice(&[0; 3][..padding]);
            drop(staging);
            offset += length;
            // staging memory is freed when its piece has arrived; there is only so much of it at a time
            self.queue.submit([]);
            if total > PIECE {
                under_way.push_back(self.done());
            }
            if under_way.len() == PIECES {
                under_way.pop_front().expect("pieces are under way").await;
                self.faults.take()?;
            }
        }
        for piece in under_way {
            piece.await;
        }
        self.faults.take()
    }

    /// Reads `bytes` bytes of `buffer` from `offset`.
    pub(super) async fn download(&self, buffer: &wgpu::Buffer, offset: u64, bytes: u64) -> Result<Vec<u8>, GpuError> {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let staging = self.buffer_with("readback", bytes.min(PIECE), usage).await?;
        let mut all = Vec::with_capacity(bytes as usize);
        while (all.len() as u64) < bytes {
            let done = all.len() as u64;
            let piece = (bytes - done).min(PIECE);
            let mut encoder = self.device.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(buffer, offset + done, &staging, 0, piece);
            self.queue.submit([encoder.finish()]);
            let mapping = self.begin_mapping(&staging, piece);
            self.mapped(mapping, &staging, piece, |mapped| all.extend_from_slice(mapped)).await?;
        }
        Ok(all)
    }

    /// Begins to map the first `bytes` of a staging buffer, which succeeds once what was submitted has finished with it.
    pub(super) fn begin_mapping(&self, staging: &wgpu::Buffer, bytes: u64) -> Mapping {
        let (arrival, deliver) = Arrival::new();
        staging.map_async(wgpu::MapMode::Read, 0..bytes, deliver);
        arrival
    }

    /// Reads the first `bytes` of a staging buffer once it is mapped, and unmaps it.
    pub(super) async fn mapped<T>(
        &self,
        mapping: Mapping,
        staging: &wgpu::Buffer,
        bytes: u64,
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, GpuError> {
        let mapped = mapping.await;
        self.faults.take()?;
        mapped.map_err(|error| GpuError::Lost(error.to_string()))?;
        let view = staging.get_mapped_range(0..bytes).map_err(|error| GpuError::Lost(error.to_string()))?;
        let value = read(&view);
        drop(view);
        staging.unmap();
        Ok(value)
    }

    /// What the device reported, or `otherwise`.
    fn fault(&self, otherwise: &str) -> GpuError {
        self.faults.take().err().unwrap_or_else(|| GpuError::Driver(otherwise.into()))
    }
}
