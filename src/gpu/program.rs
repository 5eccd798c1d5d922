//! A plan on a device: buffers, pipelines and bind groups made once, then lists of steps run again and again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use lepton_kernels::{Step, loss_scale};

use super::device::{Gpu, GpuError};
use super::flight::{FLIGHTS, Flight, STEPS};
use super::pipeline::{Key, written};
use super::timing::Timestamps;
use crate::plan::{Buffer, Goal, Placed, Plan, PlanStep, Resident};

/// Time that a submission should take: long enough to hide its cost, far from the 2 s at which some drivers give up.
const SUBMIT: Duration = Duration::from_millis(100);

/// A dispatch with everything bound.
struct Encoded {
    pipeline: wgpu::ComputePipeline,
    bind_group: wgpu::BindGroup,
    groups: [u32; 2],
    per_step: bool,
}

impl Encoded {
    /// Records it for the step whose parameters are at `offset`.
    fn record(&self, pass: &mut wgpu::ComputePass, step_group: &wgpu::BindGroup, offset: usize) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bind_group, &[]);
        if self.per_step {
            pass.set_bind_group(1, step_group, &[offset as u32]);
        }
        pass.dispatch_workgroups(self.groups[0], self.groups[1], 1);
    }
}

/// A plan with its memory on a device.
pub struct Program {
    gpu: Gpu,
    buffers: HashMap<Buffer, wgpu::Buffer>,
    lists: [Vec<Encoded>; Goal::ALL.len()],
    flights: [Flight; FLIGHTS],
    /// The flight that takes the next submission; the other one is older.
    next: usize,
    stride: usize,
    /// Bytes of the images in each part of the data set.
    image_parts: Vec<u64>,
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
        match rest.is_empty() {
            true => drop(pieces.remove(0)),
            false => pieces[0] = rest,
        }
    }
    taken
}

fn list_index(goal: Goal) -> usize {
    Goal::ALL.iter().position(|&g| g == goal).expect("every goal has a list")
}

impl Program {
    /// Allocates the plan's buffers, builds its pipelines in parallel and binds everything.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn new(gpu: &Gpu, plan: &Plan) -> Result<Self, GpuError> {
        let mut buffers = HashMap::new();
        for (buffer, bytes) in &plan.buffers {
            buffers.insert(*buffer, gpu.buffer(&buffer.to_string(), *bytes)?);
        }
        let stride = Step::BYTES.next_multiple_of(gpu.device.limits().min_uniform_buffer_offset_alignment as usize);
        let flights = [Flight::new(gpu, 0, stride)?, Flight::new(gpu, 1, stride)?];
        let mut program = Program {
            gpu: gpu.clone(),
            buffers,
            lists: Default::default(),
            flights,
            next: 0,
            stride,
            image_parts: plan.image_parts.clone(),
            words: vec![0; stride * STEPS],
            collected: Vec::with_capacity(STEPS),
            collected_at: Instant::now(),
            step_time: Default::default(),
        };
        let tables = [
            (Resident::Blocks, &plan.blocks),
            (Resident::GeneratorBlocks, &plan.generator_blocks),
            (Resident::SumBlocks, &plan.sum_blocks),
        ];
        for (resident, blocks) in tables {
            let words: Vec<_> = blocks.iter().map(|b| b.words()).collect();
            program.write_if_there(resident, bytemuck::cast_slice(&words))?;
        }
        program.write_if_there(Resident::LossWeights, bytemuck::cast_slice(plan.loss.weights()))?;
        program.write_if_there(Resident::Augment, bytemuck::cast_slice(&plan.augment_table))?;
        program.write_if_there(Resident::LossScale, bytemuck::cast_slice(&loss_scale::START))?;
        let keys: Vec<Key> = Goal::ALL.iter().flat_map(|&goal| plan.list(goal)).map(key).collect();
        gpu.pipelines(&keys)?;
        for goal in Goal::ALL {
            program.lists[list_index(goal)] = program.encode(plan.list(goal))?;
        }
        gpu.wait()?;
        gpu.store_pipelines();
        Ok(program)
    }

    fn write_if_there(&self, resident: Resident, bytes: &[u8]) -> Result<(), GpuError> {
        match self.buffers.contains_key(&Buffer::Resident(resident)) {
            true => self.write(Buffer::Resident(resident), bytes),
            false => Ok(()),
        }
    }

    fn encode(&self, steps: &[PlanStep]) -> Result<Vec<Encoded>, GpuError> {
        let keys: Vec<Key> = steps.iter().map(key).collect();
        let pipelines = self.gpu.pipelines(&keys)?;
        let encode = |(step, pipeline): (&PlanStep, super::pipeline::Pipeline)| {
            let entries: Vec<wgpu::BindGroupEntry> = (0..)
                .zip(&step.bindings)
                .map(|(binding, bound)| wgpu::BindGroupEntry {
                    binding,
                    resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                        buffer: &self.buffers[&bound.buffer],
                        offset: bound.offset,
                        size: wgpu::BufferSize::new(bound.bytes),
                    }),
                })
                .collect();
            let bind_group = self.gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(&step.kernel.name),
                layout: &pipeline.layout,
                entries: &entries,
            });
            Encoded { pipeline: pipeline.pipeline, bind_group, groups: step.groups, per_step: step.kernel.per_step }
        };
        Ok(steps.iter().zip(pipelines).map(encode).collect())
    }

    /// Writes a buffer from its start.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn write(&self, buffer: Buffer, bytes: &[u8]) -> Result<(), GpuError> {
        self.gpu.upload(&self.buffers[&buffer], &[bytes])
    }

    /// Writes the images of the data set, one piece after another, from its start.
    ///
    /// # Errors
    /// [`GpuError`].
    ///
    /// # Panics
    /// If there are more than the plan has room for.
    pub fn write_images(&self, pieces: &[&[u8]]) -> Result<(), GpuError> {
        let mut pieces: Vec<&[u8]> = pieces.iter().copied().filter(|piece| !piece.is_empty()).collect();
        for (part, &bytes) in self.image_parts.iter().enumerate() {
            let taken = take_bytes(&mut pieces, bytes as usize);
            self.gpu.upload(&self.buffers[&Buffer::Resident(Resident::Images(part))], &taken)?;
        }
        assert!(pieces.is_empty(), "the plan has room for all images");
        Ok(())
    }

    /// Writes all parameters and prepares what is made from them.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn write_parameters(&self, bytes: &[u8]) -> Result<(), GpuError> {
        self.write(Buffer::Parameters, bytes)?;
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        self.record(&mut encoder, &self.flights[0], &self.lists[list_index(Goal::Prepare)]);
        self.gpu.queue.submit([encoder.finish()]);
        self.gpu.wait()
    }

    /// Reads a buffer.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn read(&self, buffer: Buffer, offset: u64, bytes: u64) -> Result<Vec<u8>, GpuError> {
        self.gpu.download(&self.buffers[&buffer], offset, bytes)
    }

    /// A parameter's gradient as the last training step left it: its slabs added in their order. In f16 it is multiplied by
    /// the loss scale.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn gradient(&self, parameter: &Placed) -> Result<Vec<f32>, GpuError> {
        let (words, place) = (parameter.shape.count(), parameter.gradient);
        let bytes = self.read(Buffer::Gradients, place.offset_words as u64 * 4, (words * place.slabs) as u64 * 4)?;
        let slabs: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
        Ok((0..words).map(|i| slabs.iter().skip(i).step_by(words).sum()).collect())
    }

    /// How many steps one submission should hold now.
    pub fn steps_per_run(&self, goal: Goal) -> usize {
        let time = self.step_time[list_index(goal)];
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
    /// [`GpuError`].
    ///
    /// # Panics
    /// If there are more steps than a submission holds, or no submission [is free](Program::is_free).
    pub fn submit(&mut self, goal: Goal, steps: &mut [Step]) -> Result<(), GpuError> {
        assert!(steps.len() <= STEPS && self.is_free(), "at most {FLIGHTS} submissions of {STEPS} steps");
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
        flight.records.map_async(wgpu::MapMode::Read, 0..(steps.len() * 8) as u64, |_| {});
        self.next = (self.next + 1) % FLIGHTS;
        self.gpu.faults.take()
    }

    /// Waits for the oldest submission and returns `[loss, right answers]` of each of its steps.
    ///
    /// # Errors
    /// [`GpuError`].
    ///
    /// # Panics
    /// If nothing is under way.
    pub fn collect(&mut self, goal: Goal) -> Result<&[[f32; 2]], GpuError> {
        let oldest = if self.is_free() { (self.next + 1) % FLIGHTS } else { self.next };
        let flight = &mut self.flights[oldest];
        let steps = std::mem::take(&mut flight.steps);
        let submission = flight.submission.take().expect("something is under way");
        self.gpu.wait_for(submission)?;
        self.collected.clear();
        let collected = &mut self.collected;
        super::readback::take(&flight.records, (steps * 8) as u64, |mapped| {
            collected.extend_from_slice(bytemuck::cast_slice(mapped));
        })?;
        // the first run of a list compiles its kernels on some drivers: it says nothing about the next one
        let now = Instant::now();
        let time = (now - flight.begun.max(self.collected_at)) / steps as u32;
        let slot = &mut self.step_time[list_index(goal)];
        *slot = Some(slot.map_or(time, |before| before.min(time)));
        self.collected_at = now;
        Ok(&self.collected)
    }

    /// Runs `steps` in order and returns `[loss, right answers]` of each.
    ///
    /// # Errors
    /// [`GpuError`].
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
        &self.lists[list_index(if more { Goal::Accumulate } else { goal })]
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
        if let Some(history) = self.buffers.get(&Buffer::Resident(Resident::History)) {
            let first = (flight.first_record * 8) as u64;
            encoder.copy_buffer_to_buffer(history, first, &flight.records, 0, (steps * 8) as u64);
        }
    }

    /// Submissions that one step is cut into; 1 unless a single step is slow. Only ever more than 1 when runs hold one step.
    fn parts(&self, goal: Goal) -> usize {
        let Some(time) = self.step_time[list_index(goal)] else {
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
    /// [`GpuError`].
    pub fn profile(&mut self, goal: Goal, step: &mut Step) -> Result<([f32; 2], Vec<f64>), GpuError> {
        let list = &self.lists[list_index(goal)];
        let Some(timestamps) = Timestamps::new(&self.gpu, list.len())? else { return Ok(([0.0; 2], Vec::new())) };
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
        let seconds = timestamps.seconds(&self.gpu)?;
        let history = Buffer::Resident(Resident::History);
        let record = self.read(history, u64::from(step.record) * 8, 8)?;
        Ok((bytemuck::pod_read_unaligned(&record), seconds))
    }
}

fn key(step: &PlanStep) -> Key {
    (step.kernel.clone(), written(step.bindings.iter().map(|b| b.access)))
}
