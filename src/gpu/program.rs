//! A plan on a device: buffers, pipelines and bind groups made once, then lists of steps run again and again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use lepton_kernels::Step;

use super::device::{Gpu, GpuError};
use super::pipeline::{Key, step_layout, written};
use crate::plan::{Buffer, Goal, HISTORY, Plan, PlanStep, Resident};

/// Steps of one submission, at the most: as many as the history holds.
const STEPS: usize = HISTORY;
/// Time that a submission should take: long enough to hide its cost, far from the 2 s at which some drivers give up.
const SUBMIT: Duration = Duration::from_millis(100);

/// A dispatch with everything bound.
struct Encoded {
    pipeline: wgpu::ComputePipeline,
    bind_group: wgpu::BindGroup,
    groups: [u32; 2],
    per_step: bool,
}

/// A plan with its memory on a device.
pub struct Program<'gpu> {
    gpu: &'gpu Gpu,
    buffers: HashMap<Buffer, wgpu::Buffer>,
    lists: [Vec<Encoded>; 3],
    uniform: wgpu::Buffer,
    step_group: wgpu::BindGroup,
    stride: usize,
    words: Vec<u8>,
    history: wgpu::Buffer,
    /// Measured time of one step of each list; decides how much goes into a submission.
    step_time: [Option<Duration>; 3],
}

fn list_index(goal: Goal) -> usize {
    match goal {
        Goal::Train => 0,
        Goal::Evaluate => 1,
        Goal::Predict => 2,
    }
}

impl<'gpu> Program<'gpu> {
    /// Allocates the plan's buffers, builds its pipelines in parallel and binds everything.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn new(gpu: &'gpu Gpu, plan: &Plan) -> Result<Self, GpuError> {
        let mut buffers = HashMap::new();
        for (buffer, bytes) in &plan.buffers {
            buffers.insert(*buffer, gpu.buffer(&buffer.to_string(), *bytes)?);
        }
        let stride = Step::BYTES.next_multiple_of(gpu.device.limits().min_uniform_buffer_offset_alignment as usize);
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let uniform = gpu.buffer_with("steps", (stride * STEPS) as u64, usage)?;
        let step_group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("step"),
            layout: &step_layout(&gpu.device),
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer: &uniform,
                    offset: 0,
                    size: wgpu::BufferSize::new(Step::BYTES as u64),
                }),
            }],
        });
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let history = gpu.buffer_with("history readback", (HISTORY * 8) as u64, usage)?;
        let mut program = Program {
            gpu,
            buffers,
            lists: Default::default(),
            uniform,
            step_group,
            stride,
            words: vec![0; stride * STEPS],
            history,
            step_time: [None; 3],
        };
        let every: Vec<&PlanStep> = plan.train.iter().chain(&plan.evaluate).chain(&plan.predict).collect();
        let keys: Vec<Key> =
            every.iter().map(|s| (s.kernel.clone(), written(s.bindings.iter().map(|b| b.access)))).collect();
        gpu.pipelines(&keys)?;
        for goal in Goal::ALL {
            program.lists[list_index(goal)] = program.encode(plan.list(goal))?;
        }
        gpu.wait()?;
        Ok(program)
    }

    fn encode(&self, steps: &[PlanStep]) -> Result<Vec<Encoded>, GpuError> {
        let keys: Vec<Key> =
            steps.iter().map(|s| (s.kernel.clone(), written(s.bindings.iter().map(|b| b.access)))).collect();
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

    /// Writes pieces one after another from the buffer's start.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn write_all(&self, buffer: Buffer, pieces: &[&[u8]]) -> Result<(), GpuError> {
        self.gpu.upload(&self.buffers[&buffer], pieces)
    }

    /// Reads a buffer.
    ///
    /// # Errors
    /// [`GpuError`].
    pub fn read(&self, buffer: Buffer, offset: u64, bytes: u64) -> Result<Vec<u8>, GpuError> {
        self.gpu.download(&self.buffers[&buffer], offset, bytes)
    }

    /// How many steps one call of [`Program::run`] should be given now.
    pub fn steps_per_run(&self, goal: Goal) -> usize {
        let time = self.step_time[list_index(goal)];
        time.map_or(1, |time| (SUBMIT.as_nanos() / time.as_nanos().max(1)) as usize).clamp(1, STEPS)
    }

    /// Runs `steps` in order and returns `[loss, right answers]` of each, from the history.
    ///
    /// # Errors
    /// [`GpuError`].
    ///
    /// # Panics
    /// If there are more than [`HISTORY`] steps.
    pub fn run(&mut self, goal: Goal, steps: &mut [Step]) -> Result<Vec<[f32; 2]>, GpuError> {
        assert!(steps.len() <= STEPS, "at most {STEPS} steps a submission");
        for (i, step) in steps.iter_mut().enumerate() {
            step.record = i as u32;
            let words = step.words();
            self.words[i * self.stride..][..Step::BYTES].copy_from_slice(bytemuck::cast_slice(&words));
        }
        let bytes = self.stride * steps.len();
        self.gpu.queue.write_buffer(&self.uniform, 0, &self.words[..bytes]);
        let begun = Instant::now();
        self.submit(goal, steps.len());
        let mut records = Vec::with_capacity(steps.len());
        if goal == Goal::Predict {
            self.gpu.wait()?;
        } else {
            let history = &self.buffers[&Buffer::Resident(Resident::History)];
            let bytes = (steps.len() * 8) as u64;
            let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(history, 0, &self.history, 0, bytes);
            self.gpu.queue.submit([encoder.finish()]);
            self.gpu.map(&self.history, bytes, |mapped| records.extend_from_slice(bytemuck::cast_slice(mapped)))?;
        }
        // the first run of a list compiles its kernels on some drivers: it says nothing about the next one
        let slot = &mut self.step_time[list_index(goal)];
        let time = begun.elapsed() / steps.len() as u32;
        *slot = Some(slot.map_or(time, |before| before.min(time)));
        Ok(records)
    }

    /// One compute pass a submission. A step that takes longer than a submission should is cut into several.
    fn submit(&self, goal: Goal, steps: usize) {
        let list = &self.lists[list_index(goal)];
        // only a single step may be cut: the steps of one submission run one after another
        let parts = if steps == 1 { self.parts(goal) } else { 1 };
        let length = list.len().div_ceil(parts.min(list.len().max(1))).max(1);
        for part in list.chunks(length) {
            let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
            {
                let mut pass = encoder.begin_compute_pass(&Default::default());
                for i in 0..steps {
                    for encoded in part {
                        pass.set_pipeline(&encoded.pipeline);
                        pass.set_bind_group(0, &encoded.bind_group, &[]);
                        if encoded.per_step {
                            pass.set_bind_group(1, &self.step_group, &[(i * self.stride) as u32]);
                        }
                        pass.dispatch_workgroups(encoded.groups[0], encoded.groups[1], 1);
                    }
                }
            }
            self.gpu.queue.submit([encoder.finish()]);
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
}
