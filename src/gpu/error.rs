//! Why a device cannot do what was asked.

use crate::hint::{Hint, Hints};
use crate::platform::driver_advice;

/// Why the GPU cannot do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GpuError {
    /// Nothing that can compute.
    #[error("no adapter: found no Vulkan, Metal, DX12 or GL device that can compute")]
    NoAdapter,
    /// The adapter that was asked for is not there.
    #[error("no adapter matches `{wanted}`; the adapters are{}", there.iter().map(|line| format!("\n  {line}")).collect::<String>())]
    UnknownAdapter {
        /// What was asked for.
        wanted: String,
        /// What there is, a line each: number, name, kind and driver.
        there: Vec<String>,
    },
    /// An adapter that computes in f32 alone was asked for f16.
    #[error("{adapter} has no f16 arithmetic in shaders (shader-f16)")]
    NoF16 {
        /// The adapter's name.
        adapter: String,
    },
    /// A plan was made for another kind of adapter: its kernels rest on what this one has not.
    #[error("the plan was made for {planned}, but {adapter} has {offered}")]
    Target {
        /// The adapter's name.
        adapter: String,
        /// What the plan's kernels need.
        planned: String,
        /// What the adapter has.
        offered: String,
    },
    /// A table of tiles cannot be used.
    #[error(transparent)]
    Tiles(#[from] TableError),
    /// The adapter does not give a device.
    #[error("adapter {adapter} cannot be opened: {reason}")]
    NoDevice {
        /// The adapter's name.
        adapter: String,
        /// What the driver says.
        reason: String,
    },
    /// The device went away, with what the driver says.
    #[error("the device was lost: {0}")]
    Lost(String),
    /// The driver refused something, in its words.
    #[error("the driver reports: {0}")]
    Driver(String),
    /// Not enough memory on the device.
    #[error("out of GPU memory: {what} needs {bytes} bytes ({})", crate::plan::mib(*bytes))]
    OutOfMemory {
        /// What was to be allocated.
        what: String,
        /// Its size in bytes.
        bytes: u64,
    },
    /// Files may not be as large as what a software driver keeps in one.
    #[error(
        "{adapter} keeps its memory in a file, here {} or more, but files may have {} at most (ulimit -f)",
        crate::plan::mib(*bytes), crate::plan::mib(*limit)
    )]
    FileSize {
        /// The adapter's name.
        adapter: String,
        /// What it has to hold, in bytes.
        bytes: u64,
        /// The most that a file may have.
        limit: u64,
    },
    /// A program was asked for a buffer that its plan has not.
    #[error("the plan has no buffer `{buffer}`")]
    NoBuffer {
        /// The buffer's name, as a plan prints it.
        buffer: String,
    },
    /// More bytes than a buffer holds.
    #[error("`{buffer}` holds {room} bytes, but bytes {first} to {end} were requested")]
    OutOfRange {
        /// The buffer's name.
        buffer: String,
        /// Its size in bytes.
        room: u64,
        /// The first byte.
        first: u64,
        /// The byte after the last one.
        end: u64,
    },
    /// A step that reaches past what it is drawn from; drawing would never end.
    #[error("a step ends at {what} {end} of {room}")]
    Step {
        /// What it counts, such as `row` of a batch.
        what: &'static str,
        /// Where it ends.
        end: u64,
        /// How many there are.
        room: u64,
    },
    /// A kernel whose indices nothing checks, where only checked ones may run.
    #[error("kernel {kernel} uses cooperative matrices, whose indices cannot be checked while it runs")]
    Unchecked {
        /// The kernel's name.
        kernel: String,
    },
    /// The device answered with a number that no answer can be: its driver computes wrongly.
    #[error("the device returned {what} {found} of {count}")]
    Answer {
        /// What the number stands for, such as `class`.
        what: &'static str,
        /// The number that came back.
        found: u64,
        /// How many there are, from 0.
        count: u64,
    },
}

impl Hints for GpuError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            GpuError::NoAdapter => vec![Hint::advice(driver_advice())],
            GpuError::UnknownAdapter { .. } => vec![Hint::Change { key: "adapter" }],
            GpuError::NoF16 { .. } => vec![Hint::set("precision", "f32"), Hint::Change { key: "adapter" }],
            GpuError::Target { .. } => vec![Hint::advice("compile the plan for the adapter that runs it")],
            GpuError::Tiles(error) => error.hints(),
            GpuError::NoDevice { .. } => vec![Hint::Change { key: "adapter" }],
            GpuError::Lost(_) => vec![
                Hint::advice("start again from the last checkpoint, which is intact"),
                Hint::SmallerBatch { accumulate: true },
            ],
            GpuError::Driver(_) | GpuError::Answer { .. } => vec![Hint::command(["verify"])],
            GpuError::OutOfMemory { .. } => {
                vec![Hint::SmallerBatch { accumulate: true }, Hint::Smaller { key: "limit" }]
            }
            GpuError::FileSize { .. } => vec![Hint::advice("ulimit -f unlimited before the command")],
            GpuError::NoBuffer { .. }
            | GpuError::OutOfRange { .. }
            | GpuError::Step { .. }
            | GpuError::Unchecked { .. } => Vec::new(),
        }
    }
}

/// A table of tiles that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct TableError {
    /// Path of the table.
    pub path: String,
    /// What is wrong with it, with line and column where it is a matter of spelling.
    pub problem: String,
}

impl Hints for TableError {
    fn hints(&self) -> Vec<Hint> {
        vec![Hint::advice("remove the file"), Hint::command(["tune"])]
    }
}
