//! Times launches and transfers: by the device's own clock where it has one, by the host's otherwise.

use lepton_kernels::{Dispatch, Step};

use super::device::Gpu;
use super::error::GpuError;
use super::op_run::{BoundLaunches, OpRun};
use super::timing::Timestamps;
use super::unchecked::Checks;
use crate::platform::Instant;

/// Launches on buffers of their own, ready to be run again and again.
pub(crate) struct Timed {
    gpu: Gpu,
    bound: BoundLaunches,
    timestamps: Option<Timestamps>,
}

impl OpRun {
    /// Makes the buffers, runs `before` on them once, untimed, and binds `dispatches`, which are to be timed. Their kernels
    /// are this program's own.
    ///
    /// # Errors
    /// If there is too little memory, or the device is lost.
    pub(crate) fn timed(
        &self,
        gpu: &Gpu,
        before: &[Dispatch],
        dispatches: &[Dispatch],
        step: &Step,
    ) -> Result<Timed, GpuError> {
        gpu.block(async {
            let buffers = self.buffers(gpu).await?;
            if !before.is_empty() {
                let before = self.bind(gpu, &buffers, before, step, Checks::Off).await?;
                let mut encoder = gpu.device.create_command_encoder(&Default::default());
                before.record(&mut encoder.begin_compute_pass(&Default::default()));
                gpu.queue.submit([encoder.finish()]);
            }
            let bound = self.bind(gpu, &buffers, dispatches, step, Checks::Off).await?;
            let timestamps = Timestamps::new(gpu, 1).await?;
            gpu.finished().await?;
            Ok(Timed { gpu: gpu.clone(), bound, timestamps })
        })
    }
}

impl Gpu {
    /// Memory on both sides for transfers of so many bytes.
    ///
    /// # Errors
    /// If there is too little memory, or the device is lost.
    pub(crate) fn transfer(&self, bytes: u64) -> Result<Transfer, GpuError> {
        self.block(async {
            let buffer = self.buffer("transfer", bytes).await?;
            let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
            let staging = self.buffer_with("readback", bytes, usage).await?;
            self.finished().await?;
            Ok(Transfer { gpu: self.clone(), buffer, staging })
        })
    }
}

/// A buffer on the device and one that both sides reach.
pub(crate) struct Transfer {
    gpu: Gpu,
    buffer: wgpu::Buffer,
    staging: wgpu::Buffer,
}

impl Transfer {
    /// Seconds that `bytes` take from the host's memory to the device's.
    ///
    /// # Errors
    /// If the device is lost.
    pub(crate) fn upload_seconds(&self, bytes: &[u8]) -> Result<f64, GpuError> {
        let begun = Instant::now();
        self.gpu.queue.write_buffer(&self.buffer, 0, bytes);
        self.gpu.queue.submit([]);
        self.gpu.wait()?;
        Ok(begun.elapsed().as_secs_f64())
    }

    /// Seconds that as many bytes as `into` holds take from the device's memory to the host's.
    ///
    /// # Errors
    /// If the device is lost.
    pub(crate) fn download_seconds(&self, into: &mut [u8]) -> Result<f64, GpuError> {
        let bytes = into.len() as u64;
        let begun = Instant::now();
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(&self.buffer, 0, &self.staging, 0, bytes);
        self.gpu.queue.submit([encoder.finish()]);
        let mapping = self.gpu.begin_mapping(&self.staging, bytes);
        let copy = |mapped: &[u8]| into.copy_from_slice(mapped);
        self.gpu.block(self.gpu.mapped(mapping, &self.staging, bytes, copy))?;
        Ok(begun.elapsed().as_secs_f64())
    }
}

impl Timed {
    /// Seconds of one pass that runs all launches in order, `repeats` times.
    ///
    /// # Errors
    /// If the device is lost.
    pub(crate) fn seconds(&self, repeats: usize) -> Result<f64, GpuError> {
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
        let seconds = |timestamps: &Timestamps| self.gpu.block(timestamps.seconds(&self.gpu));
        let by_device = self.timestamps.as_ref().map(seconds).transpose()?;
        // a clock that stands still or ran backwards is no clock
        Ok(by_device.and_then(|seconds| seconds.first().copied()).filter(|&s| s > 0.0).unwrap_or(by_host))
    }

    /// Seconds that the host takes to record all launches `repeats` times in one pass, and to submit them.
    ///
    /// # Errors
    /// If the device is lost.
    pub(crate) fn host_seconds(&self, repeats: usize) -> Result<f64, GpuError> {
        let begun = Instant::now();
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        self.record(&mut encoder.begin_compute_pass(&Default::default()), repeats);
        self.gpu.queue.submit([encoder.finish()]);
        let seconds = begun.elapsed().as_secs_f64();
        self.gpu.wait()?;
        Ok(seconds)
    }

    /// Launches of one repetition.
    pub(crate) fn launches(&self) -> usize {
        self.bound.len()
    }

    fn record(&self, pass: &mut wgpu::ComputePass, repeats: usize) {
        for _ in 0..repeats {
            self.bound.record(pass);
        }
    }
}
