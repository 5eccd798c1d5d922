//! Times launches and transfers: by the device's own clock where it has one, by the host's otherwise.

use std::time::Instant;

use lepton_kernels::Step;

use super::device::{Gpu, GpuError};
use super::single::{BoundLaunches, SingleLaunch};
use super::timing::Timestamps;

/// What a buffer holds before launches are timed on it.
#[derive(Clone, Debug)]
pub struct Content {
    /// Its size.
    pub bytes: u64,
    /// What is repeated from its start to its end, a multiple of four bytes; zeros if it is empty.
    pub pattern: Vec<u8>,
}

/// Launches on buffers of their own, ready to be run again and again.
pub struct Timed {
    gpu: Gpu,
    bound: BoundLaunches,
    timestamps: Option<Timestamps>,
}

impl Gpu {
    /// Makes the buffers, runs `before` on them once, untimed, and binds `launches`, which are to be timed.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn timed(
        &self,
        contents: &[Content],
        before: &[SingleLaunch],
        launches: &[SingleLaunch],
        step: &Step,
    ) -> Result<Timed, GpuError> {
        let buffers = contents.iter().map(|content| self.filled(content)).collect::<Result<Vec<_>, _>>()?;
        if !before.is_empty() {
            let before = self.bind(&buffers, before, step)?;
            let mut encoder = self.device.create_command_encoder(&Default::default());
            before.record(&mut encoder.begin_compute_pass(&Default::default()));
            self.queue.submit([encoder.finish()]);
        }
        let bound = self.bind(&buffers, launches, step)?;
        let timestamps = Timestamps::new(self, 1)?;
        self.wait()?;
        Ok(Timed { gpu: self.clone(), bound, timestamps })
    }

    /// A buffer that the device itself fills, so that little goes through the host.
    fn filled(&self, content: &Content) -> Result<wgpu::Buffer, GpuError> {
        let buffer = self.buffer("timed", content.bytes)?;
        if !content.pattern.is_empty() {
            let pattern = self.buffer("pattern", content.pattern.len() as u64)?;
            self.upload(&pattern, &[&content.pattern])?;
            let mut encoder = self.device.create_command_encoder(&Default::default());
            let whole = buffer.size();
            for at in (0..whole).step_by(content.pattern.len()) {
                encoder.copy_buffer_to_buffer(&pattern, 0, &buffer, at, (whole - at).min(pattern.size()));
            }
            self.queue.submit([encoder.finish()]);
        }
        Ok(buffer)
    }

    /// Memory on both sides for transfers of so many bytes.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn transfer(&self, bytes: u64) -> Result<Transfer, GpuError> {
        let buffer = self.buffer("transfer", bytes)?;
        let staging =
            self.buffer_with("readback", bytes, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST)?;
        self.wait()?;
        Ok(Transfer { gpu: self.clone(), buffer, staging })
    }
}

/// A buffer on the device and one that both sides reach.
pub struct Transfer {
    gpu: Gpu,
    buffer: wgpu::Buffer,
    staging: wgpu::Buffer,
}

impl Transfer {
    /// Seconds that `bytes` take from the host's memory to the device's.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn upload_seconds(&self, bytes: &[u8]) -> Result<f64, GpuError> {
        let begun = Instant::now();
        self.gpu.queue.write_buffer(&self.buffer, 0, bytes);
        self.gpu.queue.submit([]);
        self.gpu.wait()?;
        Ok(begun.elapsed().as_secs_f64())
    }

    /// Seconds that as many bytes as `into` holds take from the device's memory to the host's.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn download_seconds(&self, into: &mut [u8]) -> Result<f64, GpuError> {
        let bytes = into.len() as u64;
        let begun = Instant::now();
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(&self.buffer, 0, &self.staging, 0, bytes);
        self.gpu.queue.submit([encoder.finish()]);
        self.gpu.map(&self.staging, bytes, |mapped| into.copy_from_slice(mapped))?;
        Ok(begun.elapsed().as_secs_f64())
    }
}

impl Timed {
    /// Seconds of one pass that runs all launches in order, `repeats` times.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn seconds(&self, repeats: usize) -> Result<f64, GpuError> {
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        let descriptor = wgpu::ComputePassDescriptor {
            label: None,
            timestamp_writes: self.timestamps.as_ref().map(|timestamps| timestamps.writes(0)),
        };
        self.record(&mut encoder.begin_compute_pass(&descriptor), repeats);
        if let Some(timestamps) = &self.timestamps {
            timestamps.resolve(&mut encoder);
        }
        let commands = encoder.finish();
        let begun = Instant::now();
        self.gpu.queue.submit([commands]);
        self.gpu.wait()?;
        let by_host = begun.elapsed().as_secs_f64();
        let by_device = self.timestamps.as_ref().map(|timestamps| timestamps.seconds(&self.gpu)).transpose()?;
        // a clock that stands still or ran backwards is no clock
        Ok(by_device.and_then(|seconds| seconds.first().copied()).filter(|&s| s > 0.0).unwrap_or(by_host))
    }

    /// Seconds that the host takes to record all launches `repeats` times in one pass, and to submit them.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn host_seconds(&self, repeats: usize) -> Result<f64, GpuError> {
        let begun = Instant::now();
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        self.record(&mut encoder.begin_compute_pass(&Default::default()), repeats);
        self.gpu.queue.submit([encoder.finish()]);
        let seconds = begun.elapsed().as_secs_f64();
        self.gpu.wait()?;
        Ok(seconds)
    }

    /// Launches of one repetition.
    pub fn launches(&self) -> usize {
        self.bound.len()
    }

    fn record(&self, pass: &mut wgpu::ComputePass, repeats: usize) {
        for _ in 0..repeats {
            self.bound.record(pass);
        }
    }
}
