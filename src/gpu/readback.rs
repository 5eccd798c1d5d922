//! Bytes from the host to the device and back, in pieces, so that neither side needs room for everything twice.

use super::device::{Gpu, GpuError};

/// Bytes that go up or come down at once.
const PIECE: u64 = 4 << 20;

impl Gpu {
    /// Writes `parts` one after another from the start of `buffer`; a last partial word is filled up with zeros.
    pub(super) fn upload(&self, buffer: &wgpu::Buffer, parts: &[&[u8]]) -> Result<(), GpuError> {
        let total: usize = parts.iter().map(|p| p.len()).sum();
        let mut bytes = parts.iter().flat_map(|part| part.iter().copied());
        let mut piece = Vec::with_capacity(total.min(PIECE as usize).next_multiple_of(4));
        let mut offset = 0;
        while offset < total {
            piece.clear();
            piece.extend(bytes.by_ref().take(PIECE as usize));
            let length = piece.len();
            piece.resize(length.next_multiple_of(4), 0);
            self.queue.write_buffer(buffer, offset as u64, &piece);
            offset += length;
            // staging memory is freed before more is taken
            self.queue.submit([]);
            if total as u64 > PIECE {
                self.wait()?;
            }
        }
        self.faults.take()
    }

    /// Reads `bytes` bytes of `buffer` from `offset`.
    pub(super) fn download(&self, buffer: &wgpu::Buffer, offset: u64, bytes: u64) -> Result<Vec<u8>, GpuError> {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let staging = self.buffer_with("readback", bytes.min(PIECE), usage)?;
        let mut all = Vec::with_capacity(bytes as usize);
        while (all.len() as u64) < bytes {
            let done = all.len() as u64;
            let piece = (bytes - done).min(PIECE);
            let mut encoder = self.device.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(buffer, offset + done, &staging, 0, piece);
            self.queue.submit([encoder.finish()]);
            self.map(&staging, piece, |mapped| all.extend_from_slice(mapped))?;
        }
        Ok(all)
    }

    /// Maps the first `bytes` of a staging buffer once all submitted work has finished, and unmaps it again.
    pub(super) fn map(&self, staging: &wgpu::Buffer, bytes: u64, read: impl FnOnce(&[u8])) -> Result<(), GpuError> {
        staging.map_async(wgpu::MapMode::Read, 0..bytes, |_| {});
        self.wait()?;
        take(staging, bytes, read)
    }
}

/// Reads the first `bytes` of a staging buffer that has been mapped, and unmaps it.
pub(super) fn take(staging: &wgpu::Buffer, bytes: u64, read: impl FnOnce(&[u8])) -> Result<(), GpuError> {
    let view = staging.get_mapped_range(0..bytes).map_err(|e| GpuError::Lost(e.to_string()))?;
    read(&view);
    drop(view);
    staging.unmap();
    Ok(())
}
