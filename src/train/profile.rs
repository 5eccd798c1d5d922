//! Where the time of a training step goes, launch by launch.

use serde::Serialize;

use crate::plan::{Bound, Buffer, Goal, Launch, List, Plan};

/// What layers are called that make a batch of what is on the device.
const BATCH: &str = "batch.";

/// Times of every launch of some training steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profile {
    /// Steps that were timed.
    pub steps: usize,
    /// The launches, in the order in which they run.
    pub launches: Vec<LaunchTime>,
    /// What the device's memory holds.
    pub memory: Vec<BufferBytes>,
}

/// A buffer on the device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BufferBytes {
    /// What it holds: `parameters`, `images`, or a slot that tensors share.
    pub buffer: String,
    /// Its size.
    pub bytes: u64,
}

/// Times of one launch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LaunchTime {
    /// Name of the layer that it belongs to.
    pub layer: String,
    /// Part of the step: `input`, `forward`, `gradients` or `update`.
    pub part: &'static str,
    /// Name of the kernel.
    pub kernel: String,
    /// Multiply-adds; 0 for kernels that only move memory.
    pub multiply_adds: u64,
    /// Bytes that it binds, each operand once.
    pub bytes: u64,
    /// Seconds in each step.
    pub seconds: Vec<f64>,
}

impl LaunchTime {
    /// Median of its seconds; 0 where nothing was timed.
    pub fn median(&self) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
    }
}

impl Profile {
    pub(super) fn new(plan: &Plan) -> Self {
        let launch = |(list, launch): (List, &Launch<Bound>)| LaunchTime {
            layer: launch.layer.clone(),
            part: if launch.layer.starts_with(BATCH) { "input" } else { list.name() },
            kernel: launch.kernel.name.to_string(),
            multiply_adds: launch.multiply_adds,
            bytes: launch.bytes(),
            seconds: Vec::new(),
        };
        let buffer = |(buffer, bytes): &(Buffer, u64)| BufferBytes { buffer: buffer.to_string(), bytes: *bytes };
        let memory = plan.buffers.iter().map(buffer).collect();
        Profile { steps: 0, launches: plan.lists.of(Goal::Train).map(launch).collect(), memory }
    }

    pub(super) fn add(&mut self, seconds: &[f64]) {
        self.steps += 1;
        self.launches.iter_mut().zip(seconds).for_each(|(launch, &time)| launch.seconds.push(time));
    }

    /// Seconds of a step: the sum of its launches' medians.
    pub fn step_seconds(&self) -> f64 {
        self.launches.iter().map(LaunchTime::median).sum()
    }
}
