//! A device: what is asked of an adapter, and how its failures become errors.

use std::sync::{Arc, Mutex};

use lepton_kernels::gemm::Matrix;
use lepton_kernels::op::{Precision, Target};

use super::adapter::{self, AdapterSummary, Adapters};
use super::pipeline::Pipelines;
use super::unchecked;
use crate::hint::{Hint, Hints};
use crate::plan::{Buffer, Limits};

/// Why the GPU cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// Nothing that can compute.
    #[error(
        "no adapter: this machine offers no Vulkan, Metal, DX12 or GL device that can compute\n  try: install your GPU's Vulkan driver, or software Vulkan: apt-get install mesa-vulkan-drivers"
    )]
    NoAdapter,
    /// `--adapter` names nothing there is.
    #[error(
        "no adapter matches `{wanted}`; there are{there}\n  try: --adapter with one of these numbers, or part of a name"
    )]
    UnknownAdapter {
        /// What was typed.
        wanted: String,
        /// What there is.
        there: String,
    },
    /// `--precision f16` on an adapter that computes in f32 alone.
    #[error(
        "{adapter} has no f16 arithmetic in shaders (shader-f16)\n  try: --precision f32, or another --adapter (`lepton-gpu devices` says which have f16)"
    )]
    NoF16 {
        /// Which.
        adapter: String,
    },
    /// The user's table of tiles is damaged.
    #[error(transparent)]
    Tiles(#[from] crate::tune::TableError),
    /// The adapter does not give a device.
    #[error("adapter {adapter} gives no device: {reason}\n  try: another --adapter (`lepton-gpu devices` lists them)")]
    NoDevice {
        /// Which.
        adapter: String,
        /// What the driver says.
        reason: String,
    },
    /// The device went away.
    #[error(
        "the device was lost: {0}\n  the last checkpoint is intact\n  try: train --resume; if it happens again, a smaller --batch (some drivers stop work that takes over 2 s)"
    )]
    Lost(String),
    /// The driver refused something.
    #[error("the driver reports: {0}\n  try: lepton-gpu verify, which tells whether this adapter computes correctly")]
    Driver(String),
    /// Not enough memory on the device.
    #[error("the device has no room: {what} takes {bytes} bytes ({})\n  try: a smaller --batch or --limit", crate::plan::mib(*bytes))]
    OutOfMemory {
        /// What was to be allocated.
        what: String,
        /// Its size.
        bytes: u64,
    },
}

impl Hints for GpuError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            GpuError::Tiles(error) => error.hints(),
            _ => Vec::new(),
        }
    }
}

/// What went wrong on the device since the last look, in the order in which it happened.
#[derive(Clone, Default)]
pub(super) struct Faults(Arc<Mutex<Vec<GpuError>>>);

impl Faults {
    fn push(&self, error: GpuError) {
        self.0.lock().expect("no one panics while holding it").push(error);
    }

    /// The first fault, if there was one.
    pub(super) fn take(&self) -> Result<(), GpuError> {
        let mut faults = self.0.lock().expect("no one panics while holding it");
        // a lost device explains everything else
        if let Some(lost) = faults.iter().position(|f| matches!(f, GpuError::Lost(_))) {
            return Err(faults.swap_remove(lost));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults.remove(0)) }
    }
}

/// What is used where an adapter has it.
fn wanted_features() -> wgpu::Features {
    wgpu::Features::SUBGROUP
        | wgpu::Features::SHADER_F16
        | wgpu::Features::SHADER_INT64
        | wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX
        | wgpu::Features::TIMESTAMP_QUERY
        | wgpu::Features::PIPELINE_CACHE
}

/// An open device with its queue. A handle: clones share the device, its pipelines and its memory, and cost next to
/// nothing; whatever runs on the device holds one.
#[derive(Clone)]
pub struct Gpu {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) faults: Faults,
    pub(super) pipelines: Arc<Pipelines>,
    summary: Arc<AdapterSummary>,
    target: Target,
    matrix: Option<Matrix>,
    limits: Limits,
}

impl Gpu {
    /// Opens the adapter that `wanted` names, or the best one.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`], [`GpuError::UnknownAdapter`] or [`GpuError::NoDevice`].
    pub fn open(wanted: Option<&str>) -> Result<Self, GpuError> {
        let adapters = adapter::list();
        let index = adapter::choose(&adapters, wanted)?;
        Self::open_index(&adapters, index)
    }

    /// Opens an adapter by its number.
    ///
    /// # Errors
    /// [`GpuError::NoDevice`].
    pub fn open_index(adapters: &Adapters, index: usize) -> Result<Self, GpuError> {
        let adapter = &adapters.adapters[index];
        let summary = adapters.summaries().swap_remove(index);
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("lepton-gpu"),
            required_features: adapter.features() & wanted_features(),
            experimental_features: unchecked::experimental(),
            required_limits: adapter.limits(),
            // blocks of 1 MiB and up, so that what is reserved stays close to what is used
            memory_hints: wgpu::MemoryHints::Manual { suballocated_device_memory_block_size: (1 << 20)..(64 << 20) },
            ..Default::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|error| GpuError::NoDevice { adapter: summary.name.clone(), reason: error.to_string() })?;
        let faults = Faults::default();
        let (lost, driver) = (faults.clone(), faults.clone());
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                lost.push(GpuError::Lost(message));
            }
        });
        device
            .on_uncaptured_error(Arc::new(move |error: wgpu::Error| driver.push(GpuError::Driver(error.to_string()))));
        let tiles = crate::tune::known_tiles(&summary)?;
        let (target, limits) = (Target { tiles, ..adapter::target(adapter) }, adapter::plan_limits(adapter));
        let pipelines = Arc::new(Pipelines::new(&device, &adapter.get_info()));
        let matrix = adapter::matrix(adapter);
        Ok(Gpu { device, queue, faults, pipelines, summary: Arc::new(summary), target, matrix, limits })
    }

    /// What matters about the adapter.
    pub fn summary(&self) -> &AdapterSummary {
        &self.summary
    }

    /// The kernels that suit it, in f32.
    pub fn target(&self) -> Target {
        self.target.clone()
    }

    /// The kernels that suit it in `precision`.
    ///
    /// # Errors
    /// [`GpuError::NoF16`].
    pub fn target_in(&self, precision: Precision) -> Result<Target, GpuError> {
        if precision == Precision::F16 && !self.summary.f16 {
            return Err(GpuError::NoF16 { adapter: self.summary.name.clone() });
        }
        Ok(Target { precision, ..self.target.clone() })
    }

    /// The cooperative matrices that it has, also where kernels without them suit it better.
    pub fn matrix(&self) -> Option<Matrix> {
        self.matrix
    }

    /// The same device with other kernels than those that suit it, for tests and comparisons.
    #[must_use]
    pub fn with_target(&self, target: Target) -> Gpu {
        Gpu { target, ..self.clone() }
    }

    /// What it can bind and run.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Bytes of all live allocations on the device, where the backend can tell.
    pub fn allocated_bytes(&self) -> Option<u64> {
        self.device.generate_allocator_report().map(|report| report.total_allocated_bytes)
    }

    /// A zeroed storage buffer.
    pub(super) fn buffer(&self, what: &str, bytes: u64) -> Result<wgpu::Buffer, GpuError> {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        self.buffer_with(what, bytes, usage)
    }

    /// Whether the device has room for all these buffers at once.
    ///
    /// # Errors
    /// If the device fails in another way.
    pub fn can_allocate(&self, buffers: &[(Buffer, u64)]) -> Result<bool, GpuError> {
        let mut held = Vec::with_capacity(buffers.len());
        for (buffer, bytes) in buffers {
            match self.buffer(&buffer.to_string(), *bytes) {
                Ok(buffer) => held.push(buffer),
                Err(GpuError::OutOfMemory { .. }) => return Ok(false),
                Err(other) => return Err(other),
            }
        }
        Ok(true)
    }

    pub(super) fn buffer_with(
        &self,
        what: &str,
        bytes: u64,
        usage: wgpu::BufferUsages,
    ) -> Result<wgpu::Buffer, GpuError> {
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(what),
            size: bytes.max(4).next_multiple_of(4),
            usage,
            mapped_at_creation: false,
        });
        match pollster::block_on(scope.pop()) {
            Some(_) => Err(GpuError::OutOfMemory { what: what.into(), bytes }),
            None => Ok(buffer),
        }
    }

    /// Waits for one submission and all before it.
    pub(super) fn wait_for(&self, submission: wgpu::SubmissionIndex) -> Result<(), GpuError> {
        let waited = self.device.poll(wgpu::PollType::Wait { submission_index: Some(submission), timeout: None });
        self.faults.take()?;
        waited.map(|_| ()).map_err(|error| GpuError::Lost(error.to_string()))
    }

    /// Waits until everything submitted has finished.
    pub(super) fn wait(&self) -> Result<(), GpuError> {
        let waited = self.device.poll(wgpu::PollType::wait_indefinitely());
        self.faults.take()?;
        waited.map(|_| ()).map_err(|error| GpuError::Lost(error.to_string()))
    }
}
