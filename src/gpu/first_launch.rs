//! First launches on software drivers, shared by several devices.
//!
//! Such a driver translates a kernel for the processor when it is first launched, on the one thread that serves a device, and
//! keeps the result on disk, where other devices find it. So kernels that are new are launched with no workgroups, each on
//! one of several devices of the adapter, before the device that needs them all runs them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lepton_kernels::Step;

use super::device::{Gpu, request};
use super::error::GpuError;
use super::launch::{Unbound, step_group};
use super::pipeline::{Key, Pipeline, begin};
use super::unchecked::Checks;
use crate::platform::{self, Duration, Instant};

/// A first launch that takes longer translated its kernel. One that found it on disk takes a few milliseconds.
const TRANSLATED: Duration = Duration::from_millis(30);

/// The most devices that share the work: each takes memory and threads of its own.
const DEVICES: usize = 8;

/// Bytes of each of these buffers: more than any kernel asks of a binding.
const BYTES: u64 = 1 << 16;

/// A device with what kernels bind while they do nothing.
struct Seat {
    device: wgpu::Device,
    queue: wgpu::Queue,
    read: wgpu::Buffer,
    written: wgpu::Buffer,
    step: wgpu::BindGroup,
}

impl Seat {
    fn new((device, queue): (wgpu::Device, wgpu::Queue)) -> Self {
        let buffer = |usage, size| {
            device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
        };
        let [read, written] = [(); 2].map(|()| buffer(wgpu::BufferUsages::STORAGE, BYTES));
        let step = step_group(&device, &buffer(wgpu::BufferUsages::UNIFORM, Step::BYTES as u64));
        Seat { device, queue, read, written, step }
    }

    /// Launches a kernel with no workgroups, and waits.
    fn launch(&self, key: &Key, pipeline: &Pipeline) {
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let buffer = |&written: &bool| if written { &self.written } else { &self.read };
        let entries: Vec<_> = (0..)
            .zip(key.written.iter().map(buffer))
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.layout,
            entries: &entries,
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&pipeline.pipeline);
            pass.set_bind_group(0, &group, &[]);
            if key.kernel.per_step {
                pass.set_bind_group(1, &self.step, &[0]);
            }
            pass.dispatch_workgroups(0, 0, 0);
        }
        self.queue.submit([encoder.finish()]);
        let fault = scope.pop();
        // a device that is lost here is lost for the launch that counts, which reports it
        let _ = self.device.poll(wgpu::PollType::wait_indefinitely());
        let fault = platform::block_on(fault);
        debug_assert!(fault.is_none(), "kernel {} was not launched: {fault:?}", key.kernel.name);
    }
}

impl Gpu {
    /// Has a software driver translate the kernels of launches whose pipelines are not built yet, and builds these.
    pub(super) async fn launch_first(&self, launches: &[Unbound<'_>], checks: Checks) -> Result<(), GpuError> {
        let devices = platform::processors().min(DEVICES);
        if devices == 1 || !self.summary().is_software() {
            return Ok(());
        }
        let keys = self.pipelines.missing(&self.keys(launches, checks));
        let pipelines = self.pipelines.get(&self.device, &keys).await?;
        let own = Seat::new((self.device.clone(), self.queue.clone()));
        // alone for as long as the driver finds them on disk
        let was_translated = |&i: &usize| {
            let begun = Instant::now();
            own.launch(&keys[i], &pipelines[i]);
            begun.elapsed() > TRANSLATED
        };
        let Some(translated) = (0..keys.len()).find(was_translated) else { return Ok(()) };
        let mut seats = vec![own];
        while seats.len() < devices.min(keys.len() - translated) {
            let Ok((device, queue)) = request(&self.adapter).await else { break };
            // what fails here is tried again by the launch that counts
            device.on_uncaptured_error(Arc::new(|_| ()));
            seats.push(Seat::new((device, queue)));
        }
        let next = AtomicUsize::new(translated + 1);
        let share = |(number, seat): &(usize, Seat)| {
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let Some(key) = keys.get(i) else { return Ok::<_, GpuError>(()) };
                match number {
                    0 => seat.launch(key, &pipelines[i]),
                    _ => seat.launch(key, &begin(&seat.device, key, None).0),
                }
            }
        };
        platform::parallel(&seats.into_iter().enumerate().collect::<Vec<_>>(), share).map(|_| ())
    }
}
