//! A device: what is asked of an adapter, how it is waited for, and how its failures become errors.

use std::sync::{Arc, Mutex, OnceLock};

use lepton_kernels::gemm::{Family, Matrix};
use lepton_kernels::op::{Precision, Target};

use super::adapter::{self, AdapterSummary, Adapters};
use super::error::GpuError;
use super::matrices::{self, NoMatrix, Offer};
use super::options::GpuOptions;
use super::pipeline::Pipelines;
use super::unchecked::{self, Checks};
use crate::plan::{Buffer, Limits};
use crate::platform::{self, Arrival, files};

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
    pub(super) adapter: wgpu::Adapter,
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) faults: Faults,
    pub(super) pipelines: Arc<Pipelines>,
    summary: Arc<AdapterSummary>,
    notes: Arc<[String]>,
    target: Target,
    /// The family of products that suits it, whatever `target` says.
    own_family: Family,
    /// What the adapter says of cooperative matrices, and what a trial showed, once there was one.
    pub(super) offer: Result<Offer, NoMatrix>,
    matrix: Arc<OnceLock<Result<Matrix, NoMatrix>>>,
    limits: Limits,
    checked: bool,
}

/// Bytes that a device takes beside the buffers of a plan: blocks of the driver, and what is read back.
const OWN_BYTES: u64 = 32 << 20;

/// Checks that a software driver, which keeps all memory in one file, may have a file of so many bytes and its own. It ends the
/// process with SIGBUS otherwise.
///
/// # Errors
/// [`GpuError::FileSize`] with both numbers.
pub(super) fn check_file_size(adapter: &AdapterSummary, bytes: u64) -> Result<(), GpuError> {
    let bytes = bytes + OWN_BYTES;
    match files::size_limit().filter(|&limit| adapter.is_software() && limit < bytes) {
        Some(limit) => Err(GpuError::FileSize { adapter: adapter.name.clone(), bytes, limit }),
        None => Ok(()),
    }
}

/// A device of an adapter, with what this program asks of it.
pub(super) async fn request(adapter: &wgpu::Adapter) -> Result<(wgpu::Device, wgpu::Queue), wgpu::RequestDeviceError> {
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("lepton-gpu"),
        required_features: adapter.features() & wanted_features(),
        experimental_features: unchecked::experimental(),
        required_limits: adapter.limits(),
        // blocks of 1 MiB and up, so that what is reserved stays close to what is used
        memory_hints: wgpu::MemoryHints::Manual { suballocated_device_memory_block_size: (1 << 20)..(64 << 20) },
        ..Default::default()
    };
    adapter.request_device(&descriptor).await
}

impl Gpu {
    /// Opens the adapter that the options name, or the best one.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`], [`GpuError::UnknownAdapter`], [`GpuError::NoDevice`], and [`GpuError::Tiles`] for a
    /// damaged table.
    pub async fn open_async(options: &GpuOptions) -> Result<Self, GpuError> {
        let adapters = adapter::list_async(options).await;
        let choice = adapter::choose(&adapters, options.adapter.as_deref())?;
        let gpu = Self::open_index(&adapters, choice.index, options).await?;
        Ok(Gpu { notes: choice.notes.into(), ..gpu })
    }

    /// [`open_async`](Gpu::open_async), and waits for it.
    ///
    /// # Errors
    /// As [`open_async`](Gpu::open_async).
    pub fn open(options: &GpuOptions) -> Result<Self, GpuError> {
        platform::block_on(Self::open_async(options))
    }

    pub(super) async fn open_index(adapters: &Adapters, index: usize, options: &GpuOptions) -> Result<Self, GpuError> {
        let adapter = &adapters.adapters[index];
        let summary = adapters.summaries().swap_remove(index);
        check_file_size(&summary, 0)?;
        let opened = request(adapter).await;
        let (device, queue) =
            opened.map_err(|error| GpuError::NoDevice { adapter: summary.name.clone(), reason: error.to_string() })?;
        let faults = Faults::default();
        let (lost, driver) = (faults.clone(), faults.clone());
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                lost.push(GpuError::Lost(message));
            }
        });
        device
            .on_uncaptured_error(Arc::new(move |error: wgpu::Error| driver.push(GpuError::Driver(error.to_string()))));
        let tiles = options.tiles.tiles(&summary)?;
        let (target, limits) = (Target { tiles, ..adapter::target(adapter) }, adapter::plan_limits(adapter));
        let pipelines = Pipelines::new(&device, &adapter.get_info(), options.pipeline_cache.as_deref());
        let (pipelines, summary) = (Arc::new(pipelines), Arc::new(summary));
        let (own_family, checked) = (target.family, options.checked);
        let (offer, matrix, notes) = (Offer::of(adapter), Arc::default(), Arc::default());
        let mut gpu = Gpu {
            adapter: adapter.clone(),
            device,
            queue,
            faults,
            pipelines,
            summary,
            notes,
            target,
            own_family,
            offer,
            matrix,
            limits,
            checked,
        };
        if options.untried_matrices {
            gpu.matrix.set(gpu.offer.clone().map(Offer::assumed)).expect("nothing was tried before");
        }
        if !gpu.summary.is_software() {
            let _driver = gpu.offer.is_ok().then(|| gpu.drive());
            gpu.target.matrix = gpu.matrix_async().await.ok();
        }
        Ok(gpu)
    }

    /// What matters about the adapter.
    pub fn summary(&self) -> &AdapterSummary {
        &self.summary
    }

    /// What its user should know about how the adapter was chosen, in lines.
    pub fn notes(&self) -> &[String] {
        &self.notes
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

    /// The cooperative matrices that it has, also where kernels without them suit it better; or why none can be used.
    /// Where none were tried when it was opened, which is on software adapters, they are now.
    ///
    /// # Errors
    /// [`NoMatrix`].
    pub fn matrix(&self) -> Result<Matrix, NoMatrix> {
        let waited = self.block(async { Ok(self.matrix_async().await) });
        waited.unwrap_or_else(|error| Err(NoMatrix::Failed(error.to_string())))
    }

    /// [`matrix`](Gpu::matrix), and does not wait.
    async fn matrix_async(&self) -> Result<Matrix, NoMatrix> {
        if let Some(known) = self.matrix.get() {
            return known.clone();
        }
        let found = match &self.offer {
            Ok(offer) => matrices::tried(self, *offer).await,
            Err(reason) => Err(reason.clone()),
        };
        self.matrix.get_or_init(|| found).clone()
    }

    /// The same device with other kernels than those that suit it best, for tests and comparisons.
    ///
    /// # Errors
    /// [`GpuError::Target`] and [`GpuError::NoF16`] if they rest on what the adapter has not.
    pub fn with_target(&self, target: Target) -> Result<Gpu, GpuError> {
        self.check_target(&target)?;
        Ok(Gpu { target, ..self.clone() })
    }

    /// Checks that kernels made for `target` run here. Those of cooperative matrices and of lanes rest on the size of a
    /// subgroup, and index by it.
    pub(super) fn check_target(&self, target: &Target) -> Result<(), GpuError> {
        let suits = |planned: String, offered: String| {
            let adapter = self.summary.name.clone();
            if planned == offered { Ok(()) } else { Err(GpuError::Target { adapter, planned, offered }) }
        };
        if let Some(matrix) = target.matrix {
            let named = |matrix: &Matrix| format!("cooperative matrices {matrix:?}");
            suits(named(&matrix), self.matrix().as_ref().map_or("none".into(), named))?;
        }
        if target.family != Family::Simt {
            let named = |family: Family| format!("products of family {family}");
            suits(named(target.family), named(self.own_family))?;
        }
        self.target_in(target.precision).map(|_| ())
    }

    /// What it can bind and run.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The checks that shaders run with, where `wanted` would do: those that the options ask for.
    pub(super) fn checks(&self, wanted: Checks) -> Checks {
        if self.checked { Checks::On } else { wanted }
    }

    /// Bytes of all live allocations on the device, where the backend can tell.
    pub fn allocated_bytes(&self) -> Option<u64> {
        self.device.generate_allocator_report().map(|report| report.total_allocated_bytes)
    }

    /// Whether the device has room for all these buffers at once.
    ///
    /// # Errors
    /// If the device fails in another way.
    pub fn can_allocate(&self, buffers: &[(Buffer, u64)]) -> Result<bool, GpuError> {
        let mut held = Vec::with_capacity(buffers.len());
        for (buffer, bytes) in buffers {
            match self.block(self.buffer(&buffer.to_string(), *bytes)) {
                Ok(buffer) => held.push(buffer),
                Err(GpuError::OutOfMemory { .. }) => return Ok(false),
                Err(other) => return Err(other),
            }
        }
        Ok(true)
    }

    /// A zeroed storage buffer.
    pub(super) async fn buffer(&self, what: &str, bytes: u64) -> Result<wgpu::Buffer, GpuError> {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        self.buffer_with(what, bytes, usage).await
    }

    /// A zeroed buffer for these uses, of whole words.
    pub(super) async fn buffer_with(
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
        // the scope belongs to this thread, and must end before anything is awaited
        let fault = scope.pop();
        match fault.await {
            Some(_) => Err(GpuError::OutOfMemory { what: what.into(), bytes }),
            None => Ok(buffer),
        }
    }

    /// Arrives once everything submitted so far has finished.
    pub(super) fn done(&self) -> Arrival<()> {
        let (arrival, deliver) = Arrival::new();
        self.queue.on_submitted_work_done(move || deliver(()));
        arrival
    }

    /// Completes once everything submitted so far has finished.
    pub(super) async fn finished(&self) -> Result<(), GpuError> {
        self.done().await;
        self.faults.take()
    }

    /// Waits until everything submitted has finished.
    pub(super) fn wait(&self) -> Result<(), GpuError> {
        self.poll(wgpu::PollType::wait_indefinitely())
    }

    /// Waits for a future that the device completes.
    pub(super) fn block<T>(&self, future: impl Future<Output = Result<T, GpuError>>) -> Result<T, GpuError> {
        platform::block_on_with(future, || self.wait())
    }

    /// [`block`](Gpu::block) for a future that one submission and those before it complete.
    pub(super) fn block_for<T>(
        &self,
        submission: wgpu::SubmissionIndex,
        future: impl Future<Output = Result<T, GpuError>>,
    ) -> Result<T, GpuError> {
        let wait = || self.poll(wgpu::PollType::Wait { submission_index: Some(submission.clone()), timeout: None });
        platform::block_on_with(future, wait)
    }

    /// Polls the device on a thread until what is returned is dropped, so that futures of this module complete in an
    /// executor that does not block. One is enough for all that run on the device; the blocking forms need none.
    pub fn drive(&self) -> platform::Driver {
        let gpu = self.clone();
        platform::drive(move || gpu.device.poll(wgpu::PollType::wait_indefinitely()).is_ok())
    }

    fn poll(&self, how: wgpu::PollType) -> Result<(), GpuError> {
        let waited = self.device.poll(how);
        self.faults.take()?;
        waited.map(|_| ()).map_err(|error| GpuError::Lost(error.to_string()))
    }
}
