//! A plan on a device: buffers, pipelines and bind groups made once, then lists of steps run again and again.

mod window;

use std::collections::HashMap;

use lepton_kernels::{Step, loss_scale};

use super::device::{Gpu, check_file_size};
use super::error::GpuError;
use super::flight::{FLIGHTS, Flight, STEPS};
use super::launch::{Encoded, Unbound};
use super::timing::Timestamps;
use super::unchecked::Checks;
use crate::plan::{Bound, Buffer, Goal, Launch, Lists, Placed, Plan};
use crate::platform::{Duration, Instant};
use window::Window;

/// Time that a submission should take: long enough to hide its cost, far from the 2 s at which some drivers give up.
const SUBMIT: Duration = Duration::from_millis(100);

/// A plan with its memory on a device.
pub struct Program {
    gpu: Gpu,
    buffers: HashMap<Buffer, wgpu::Buffer>,
    lists: Lists<Encoded>,
    flights: [Flight; FLIGHTS],
    /// The flight that takes the next submission; the other one is older.
    next: usize,
    stride: usize,
    /// Bytes of the images in each part of the data set.
    image_parts: Vec<u64>,
    /// Where these are a part of the data set that changes.
    window: Option<Window>,
    /// Rows of a batch.
    batch: usize,
    words: Vec<u8>,
    /// What was collected last.
    collected: Vec<[f32; 2]>,
    collected_at: Instant,
    /// Measured time of one step of each list; decides how much goes into a submission.
    step_time: [Option<Duration>; Goal::ALL.len()],
}

/// Takes up to `count` bytes from the front of `pieces`.
fn take_bytes<'a>(pieces: &mut Vec<&'a [u8]>, mut count: usize) -> Vec<&'a [u8]> {
    let mut taken = Vec::new();
    while count > 0 && !pieces.is_empty() {
        let (front, rest) = pieces[0].split_at(count.min(pieces[0].len()));
        taken.push(front);
        count -= front.len();
        if rest.is_empty() {
            pieces.remove(0);
        } else {
            pieces[0] = rest;
        }
    }
    taken
}

/// Checks what a step's loops rest on: a permutation of fewer positions than it is asked for never ends.
fn check_step(step: &Step, batch: usize, window: Option<&Window>) -> Result<(), GpuError> {
    let within = |what, start: u32, length: u32, room: u64| {
        let end = u64::from(start) + u64::from(length);
        if end <= room { Ok(()) } else { Err(GpuError::Step { what, end, room }) }
    };
    within("row", 0, step.batch_length, batch as u64)?;
    if let Some(window) = window {
        within("image of the window", step.window_start, step.batch_length, window.images as u64)?;
    }
    if step.shuffle_key != [0; 2] {
        within("position of its range", step.batch_start, step.batch_length, step.range_length.into())?;
    }
    if step.split_key != [0; 2] {
        within("image of the data", step.range_start, step.range_length, step.data_length.into())?;
    }
    Ok(())
}

impl Program {
    /// Allocates the plan's buffers, builds its pipelines in parallel and binds everything. Its shaders check every index
    /// while they run, so that no content of a buffer and no step can make them leave their bindings: slower than training,
    /// prediction and evaluation are, which check what they write instead.
    ///
    /// # Errors
    /// [`GpuError`]; [`GpuError::Target`] if the plan was compiled for another kind of adapter.
    pub async fn new_async(gpu: &Gpu, plan: &Plan) -> Result<Self, GpuError> {
        Self::build(gpu, plan, Checks::On).await
    }

    /// [`new_async`](Program::new_async), and waits for it.
    ///
    /// # Errors
    /// As [`new_async`](Program::new_async).
    pub fn new(gpu: &Gpu, plan: &Plan) -> Result<Self, GpuError> {
        gpu.block(Self::new_async(gpu, plan))
    }

    /// A program without run-time checks. The caller answers for what it writes and runs: labels below the number of
    /// classes, tokens within the vocabulary, steps within the data set.
    pub(crate) fn trusted(gpu: &Gpu, plan: &Plan) -> Result<Self, GpuError> {
        gpu.block(Self::build(gpu, plan, Checks::Off))
    }

    async fn build(gpu: &Gpu, plan: &Plan, checks: Checks) -> Result<Self, GpuError> {
        gpu.check_target(&plan.target)?;
        check_file_size(gpu.summary(), plan.bytes())?;
        let checks = if plan.foreign_ops { Checks::On } else { checks };
        let mut buffers = HashMap::new();
        for (buffer, bytes) in &plan.buffers {
            buffers.insert(*buffer, gpu.buffer(&buffer.to_string(), *bytes).await?);
        }
        let stride = Step::BYTES.next_multiple_of(gpu.device.limits().min_uniform_buffer_offset_alignment as usize);
        let flights = [Flight::new(gpu, 0, stride).await?, Flight::new(gpu, 1, stride).await?];
        let mut program = Program {
            gpu: gpu.clone(),
            buffers,
            lists: Default::default(),
            flights,
            next: 0,
            stride,
            image_parts: plan.image_parts.clone(),
            window: Window::of(gpu, plan),
            batch: plan.batch,
            words: vec![0; stride * STEPS],
            collected: Vec::with_capacity(STEPS),
            collected_at: Instant::now(),
            step_time: Default::default(),
        };
        for (number, phase) in plan.phases.iter().enumerate() {
            let tables = [(Buffer::Blocks(number), &phase.blocks), (Buffer::SumBlocks(number), &phase.sum_blocks)];
            for (buffer, blocks) in tables {
                let words: Vec<_> = blocks.iter().map(|b| b.words()).collect();
                program.write_if_there(buffer, bytemuck::cast_slice(&words)).await?;
            }
        }
        program.write_if_there(Buffer::LossWeights, bytemuck::cast_slice(plan.loss.weights())).await?;
        program.write_if_there(Buffer::Augment, bytemuck::cast_slice(&plan.augment_table)).await?;
        program.write_if_there(Buffer::LossScale, bytemuck::cast_slice(&loss_scale::START)).await?;
        let launches = program.unbound(plan.lists.all())?;
        gpu.launch_first(&launches, checks).await?;
        let encoded = gpu.encode(&launches, checks).await?;
        program.lists = plan.lists.with(encoded);
        gpu.finished().await?;
        gpu.pipelines.store();
        Ok(program)
    }

    async fn write_if_there(&self, buffer: Buffer, bytes: &[u8]) -> Result<(), GpuError> {
        if self.buffers.contains_key(&buffer) {
            self.write_async(buffer, bytes).await?;
        }
        Ok(())
    }

    /// The launches of a plan, with the buffers that they use.
    fn unbound<'a>(&'a self, launches: &'a [Launch<Bound>]) -> Result<Vec<Unbound<'a>>, GpuError> {
        let unbound = |launch: &'a Launch<Bound>| {
            let mut bindings = Vec::with_capacity(launch.bindings.len());
            for binding in &launch.bindings {
                let Bound { buffer, offset, bytes, .. } = binding.operand;
                let (buffer, size) = (self.buffer(buffer, offset, bytes)?, wgpu::BufferSize::new(bytes));
                bindings.push((wgpu::BufferBinding { buffer, offset, size }, binding.access));
            }
            Ok(Unbound { kernel: &launch.kernel, bindings, groups: launch.groups })
        };
        launches.iter().map(unbound).collect()
    }

    /// A buffer that has these bytes.
    fn buffer(&self, buffer: Buffer, first: u64, bytes: u64) -> Result<&wgpu::Buffer, GpuError> {
        let Some(there) = self.buffers.get(&buffer) else {
            return Err(GpuError::NoBuffer { buffer: buffer.to_string() });
        };
        let (room, end) = (there.size(), first.saturating_add(bytes));
        if end > room {
            return Err(GpuError::OutOfRange { buffer: buffer.to_string(), room, first, end });
        }
        Ok(there)
    }

    /// Writes a buffer from its start.
    ///
    /// # Errors
    /// [`GpuError::NoBuffer`], [`GpuError::OutOfRange`], and what the device reports.
    pub async fn write_async(&self, buffer: Buffer, bytes: &[u8]) -> Result<(), GpuError> {
        self.gpu.upload(self.buffer(buffer, 0, bytes.len() as u64)?, &[bytes]).await
    }

    /// [`write_async`](Program::write_async), and waits for it.
    ///
    /// # Errors
    /// As [`write_async`](Program::write_async).
    pub fn write(&self, buffer: Buffer, bytes: &[u8]) -> Result<(), GpuError> {
        self.gpu.block(self.write_async(buffer, bytes))
    }

    /// Writes the images of the data set, one piece after another, from its start.
    ///
    /// # Errors
    /// [`GpuError::OutOfRange`] if there are more than the plan has room for, and what the device reports.
    pub async fn write_images_async(&self, pieces: &[&[u8]]) -> Result<(), GpuError> {
        let room = self.image_parts.iter().sum();
        let end = pieces.iter().map(|piece| piece.len() as u64).sum();
        if end > room {
            return Err(GpuError::OutOfRange { buffer: "images".into(), room, first: 0, end });
        }
        let mut pieces: Vec<&[u8]> = pieces.iter().copied().filter(|piece| !piece.is_empty()).collect();
        for (part, &bytes) in self.image_parts.iter().enumerate() {
            let taken = take_bytes(&mut pieces, bytes as usize);
            let length = taken.iter().map(|piece| piece.len() as u64).sum();
            self.gpu.upload(self.buffer(Buffer::Images(part), 0, length)?, &taken).await?;
        }
        Ok(())
    }

    /// [`write_images_async`](Program::write_images_async), and waits for it.
    ///
    /// # Errors
    /// As [`write_images_async`](Program::write_images_async).
    pub fn write_images(&self, pieces: &[&[u8]]) -> Result<(), GpuError> {
        self.gpu.block(self.write_images_async(pieces))
    }

    /// Writes all parameters and prepares what is made from them.
    ///
    /// # Errors
    /// As [`write_async`](Program::write_async).
    pub async fn write_parameters_async(&self, bytes: &[u8]) -> Result<(), GpuError> {
        self.write_async(Buffer::Parameters, bytes).await?;
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        self.record(&mut encoder, &self.flights[0], &self.lists[Goal::Prepare]);
        self.gpu.queue.submit([encoder.finish()]);
        self.gpu.finished().await
    }

    /// [`write_parameters_async`](Program::write_parameters_async), and waits for it.
    ///
    /// # Errors
    /// As [`write_parameters_async`](Program::write_parameters_async).
    pub fn write_parameters(&self, bytes: &[u8]) -> Result<(), GpuError> {
        self.gpu.block(self.write_parameters_async(bytes))
    }

    /// Reads `bytes` bytes of a buffer from `offset`, both whole words.
    ///
    /// # Errors
    /// As [`write_async`](Program::write_async).
    pub async fn read_async(&self, buffer: Buffer, offset: u64, bytes: u64) -> Result<Vec<u8>, GpuError> {
        self.gpu.download(self.buffer(buffer, offset, bytes)?, offset, bytes).await
    }

    /// [`read_async`](Program::read_async), and waits for it.
    ///
    /// # Errors
    /// As [`read_async`](Program::read_async).
    pub fn read(&self, buffer: Buffer, offset: u64, bytes: u64) -> Result<Vec<u8>, GpuError> {
        self.gpu.block(self.read_async(buffer, offset, bytes))
    }

    /// A parameter's gradient as the last training step left it: its slabs added in their order. In f16 it is multiplied by
    /// the loss scale.
    ///
    /// # Errors
    /// [`GpuError::NoBuffer`] if the plan trains nothing; otherwise if the device is lost.
    pub fn gradient(&self, parameter: &Placed) -> Result<Vec<f32>, GpuError> {
        let (words, place) = (parameter.shape.count(), parameter.gradient);
        let bytes = self.read(Buffer::Gradients, place.offset_words as u64 * 4, (words * place.slabs) as u64 * 4)?;
        let slabs: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
        Ok((0..words).map(|i| slabs.iter().skip(i).step_by(words).sum()).collect())
    }

    /// How many steps one submission should hold now.
    pub fn steps_per_run(&self, goal: Goal) -> usize {
        let time = self.step_time[goal as usize];
        time.map_or(1, |time| (SUBMIT.as_nanos() / time.as_nanos().max(1)) as usize).clamp(1, STEPS)
    }

    /// Submissions that have not been collected.
    pub fn under_way(&self) -> usize {
        self.flights.iter().filter(|flight| flight.steps > 0).count()
    }

    /// Whether another submission may be made before one is collected.
    pub fn is_free(&self) -> bool {
        self.flights[self.next].steps == 0
    }

    /// Starts `steps` in order, without waiting for them.
    ///
    /// # Errors
    /// [`GpuError::Step`] if a step holds more rows than a batch of the plan, or goes past the range or the data that it draws
    /// from; and what the device reports.
    ///
    /// # Panics
    /// If there are more steps than a submission holds, or no submission [is free](Program::is_free).
    pub fn submit(&mut self, goal: Goal, steps: &mut [Step]) -> Result<(), GpuError> {
        assert!(steps.len() <= STEPS && self.is_free(), "at most {FLIGHTS} submissions of {STEPS} steps");
        steps.iter().try_for_each(|step| check_step(step, self.batch, self.window.as_ref()))?;
        self.send_images();
        let flight = &mut self.flights[self.next];
        for (i, step) in steps.iter_mut().enumerate() {
            step.record = (flight.first_record + i) as u32;
            let words = step.words();
            self.words[i * self.stride..][..Step::BYTES].copy_from_slice(bytemuck::cast_slice(&words));
        }
        self.gpu.queue.write_buffer(&flight.uniform, 0, &self.words[..self.stride * steps.len()]);
        (flight.steps, flight.begun) = (steps.len(), Instant::now());
        let submission = self.send(goal, &self.flights[self.next], steps);
        let flight = &mut self.flights[self.next];
        flight.submission = Some(submission);
        flight.mapping = Some(self.gpu.begin_mapping(&flight.records, (steps.len() * 8) as u64));
        self.next = (self.next + 1) % FLIGHTS;
        self.gpu.faults.take()
    }

    /// The oldest of the submissions under way, or the one that would be next.
    fn oldest(&self) -> usize {
        if self.is_free() { (self.next + 1) % FLIGHTS } else { self.next }
    }

    /// `[loss, right answers]` of each step of the oldest submission, once it has finished.
    ///
    /// # Errors
    /// If the device is lost, or reports an error of any submission so far.
    ///
    /// # Panics
    /// If nothing is under way.
    pub async fn collect_async(&mut self, goal: Goal) -> Result<&[[f32; 2]], GpuError> {
        let oldest = self.oldest();
        let flight = &mut self.flights[oldest];
        let (steps, begun) = (std::mem::take(&mut flight.steps), flight.begun);
        let mapping = flight.mapping.take().expect("something is under way");
        self.collected.clear();
        let collected = &mut self.collected;
        let read = |mapped: &[u8]| collected.extend_from_slice(bytemuck::cast_slice(mapped));
        self.gpu.mapped(mapping, &flight.records, (steps * 8) as u64, read).await?;
        // the first run of a list compiles its kernels on some drivers: it says nothing about the next one
        let now = Instant::now();
        let time = (now - begun.max(self.collected_at)) / steps as u32;
        let slot = &mut self.step_time[goal as usize];
        *slot = Some(slot.map_or(time, |before| before.min(time)));
        self.collected_at = now;
        Ok(&self.collected)
    }

    /// [`collect_async`](Program::collect_async), and waits for it, but for no later submission.
    ///
    /// # Errors
    /// As [`collect_async`](Program::collect_async).
    ///
    /// # Panics
    /// If nothing is under way.
    pub fn collect(&mut self, goal: Goal) -> Result<&[[f32; 2]], GpuError> {
        let oldest = self.oldest();
        let submission = self.flights[oldest].submission.take().expect("something is under way");
        self.gpu.clone().block_for(submission, self.collect_async(goal))
    }

    /// Runs `steps` in order and returns `[loss, right answers]` of each.
    ///
    /// # Errors
    /// As [`submit`](Program::submit) and [`collect_async`](Program::collect_async).
    ///
    /// # Panics
    /// If there are more steps than a submission holds, or another one is under way.
    pub fn run(&mut self, goal: Goal, steps: &mut [Step]) -> Result<&[[f32; 2]], GpuError> {
        assert_eq!(self.under_way(), 0, "one at a time");
        self.submit(goal, steps)?;
        self.collect(goal)
    }

    /// What runs for a step: a batch that is not the last of its update only adds to the gradients.
    fn list_of(&self, goal: Goal, step: &Step) -> &[Encoded] {
        let more = goal == Goal::Train && step.part & Step::MORE != 0;
        &self.lists[if more { Goal::Accumulate } else { goal }]
    }

    /// One compute pass a submission. A step that takes longer than a submission should is cut into several.
    fn send(&self, goal: Goal, flight: &Flight, steps: &[Step]) -> wgpu::SubmissionIndex {
        // only a single step may be cut: the steps of one submission run one after another
        let (list, one) = (self.list_of(goal, &steps[0]), steps.len() == 1);
        let length = list.len();
        let parts = if one { self.parts(goal).clamp(1, length.max(1)) } else { 1 };
        for part in 1..parts {
            let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
            self.record(&mut encoder, flight, &list[length * (part - 1) / parts..length * part / parts]);
            self.gpu.queue.submit([encoder.finish()]);
        }
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        match parts {
            1 => self.record_all(&mut encoder, goal, flight, steps),
            _ => self.record(&mut encoder, flight, &list[length * (parts - 1) / parts..]),
        }
        self.copy_records(&mut encoder, flight, steps.len());
        self.gpu.queue.submit([encoder.finish()])
    }

    fn record_all(&self, encoder: &mut wgpu::CommandEncoder, goal: Goal, flight: &Flight, steps: &[Step]) {
        let mut pass = encoder.begin_compute_pass(&Default::default());
        for (i, step) in steps.iter().enumerate() {
            for encoded in self.list_of(goal, step) {
                encoded.record(&mut pass, &flight.step_group, i * self.stride);
            }
        }
    }

    /// Some launches of a submission's first step, in a pass of their own.
    fn record(&self, encoder: &mut wgpu::CommandEncoder, flight: &Flight, launches: &[Encoded]) {
        let mut pass = encoder.begin_compute_pass(&Default::default());
        for encoded in launches {
            encoded.record(&mut pass, &flight.step_group, 0);
        }
    }

    fn copy_records(&self, encoder: &mut wgpu::CommandEncoder, flight: &Flight, steps: usize) {
        if let Some(history) = self.buffers.get(&Buffer::History) {
            let first = (flight.first_record * 8) as u64;
            encoder.copy_buffer_to_buffer(history, first, &flight.records, 0, (steps * 8) as u64);
        }
    }

    /// Submissions that one step is cut into; 1 unless a single step is slow. Only ever more than 1 when runs hold one step.
    fn parts(&self, goal: Goal) -> usize {
        let Some(time) = self.step_time[goal as usize] else {
            // nothing is known yet, and a first step may be slow: one dispatch a submission
            return usize::MAX;
        };
        if self.steps_per_run(goal) > 1 {
            return 1;
        }
        (time.as_nanos() / SUBMIT.as_nanos()).max(1) as usize
    }

    /// Runs one step with every launch in a pass of its own, and returns its record with the seconds of each launch; no
    /// seconds where the adapter cannot tell the time.
    ///
    /// # Errors
    /// As [`submit`](Program::submit).
    pub fn profile(&mut self, goal: Goal, step: &mut Step) -> Result<([f32; 2], Vec<f64>), GpuError> {
        check_step(step, self.batch, self.window.as_ref())?;
        self.send_images();
        let list = &self.lists[goal];
        let Some(timestamps) = self.gpu.block(Timestamps::new(&self.gpu, list.len()))? else {
            return Ok(([0.0; 2], Vec::new()));
        };
        let flight = &self.flights[self.next];
        step.record = flight.first_record as u32;
        self.gpu.queue.write_buffer(&flight.uniform, 0, bytemuck::cast_slice(&step.words()));
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        for (i, encoded) in list.iter().enumerate() {
            let descriptor = wgpu::ComputePassDescriptor { label: None, timestamp_writes: Some(timestamps.writes(i)) };
            encoded.record(&mut encoder.begin_compute_pass(&descriptor), &flight.step_group, 0);
        }
        timestamps.resolve(&mut encoder);
        self.gpu.queue.submit([encoder.finish()]);
        let seconds = self.gpu.block(timestamps.seconds(&self.gpu))?;
        let history = Buffer::History;
        let record = self.read(history, u64::from(step.record) * 8, 8)?;
        Ok((bytemuck::pod_read_unaligned(&record), seconds))
    }
}
