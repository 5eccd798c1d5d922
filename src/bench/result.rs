//! What a benchmark found, as it is written to JSON: plain data with every raw sample.

use serde::{Deserialize, Deserializer, Serialize};

use crate::gpu::AdapterSummary;

/// Samples of one quantity. The figure that is shown is their median.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sampled {
    /// Median of `samples`, in their unit; 0 where there is none.
    pub median: f64,
    /// Every sample, in the order in which they were taken.
    pub samples: Vec<f64>,
}

impl Sampled {
    /// The samples with their median; 0 where there is none.
    pub fn new(samples: Vec<f64>) -> Self {
        let mut sorted = samples.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = match sorted.len() {
            0 => 0.0,
            n if n % 2 == 1 => sorted[middle],
            _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
        };
        Sampled { median, samples }
    }

    /// Smallest and largest sample.
    pub fn range(&self) -> (f64, f64) {
        let fold = |f: fn(f64, f64) -> f64, start| self.samples.iter().copied().fold(start, f);
        (fold(f64::min, f64::INFINITY), fold(f64::max, f64::NEG_INFINITY))
    }
}

/// A whole benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchResult {
    /// Version of this format; a reader refuses others.
    pub format: u32,
    /// What was run, when and with what.
    pub run: Run,
    /// The machine around the adapter.
    pub host: Host,
    /// The adapter that was measured.
    pub adapter: AdapterSummary,
    /// What the device can do at the most.
    pub ceilings: Vec<Ceiling>,
    /// Times of single kernels.
    pub kernels: Vec<KernelResult>,
    /// Whole training steps.
    pub training: Vec<TrainingResult>,
    /// The one comparable number; none where a loss was wrong or a workload did not run.
    pub score: Option<Score>,
    /// What could not be measured on this adapter, each with its reason.
    pub left_out: Vec<String>,
}

impl BenchResult {
    /// The format that this program writes and reads.
    pub const FORMAT: u32 = 1;

    /// A ceiling by its id.
    pub fn ceiling(&self, id: &str) -> Option<&Ceiling> {
        self.ceilings.iter().find(|c| c.id == id)
    }
}

/// What was run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Version of lepton-gpu.
    pub version: String,
    /// The command line, word by word.
    pub command: Vec<String>,
    /// `quick`, `default` or `full`.
    pub preset: String,
    /// When it began, UTC, RFC 3339.
    pub began: String,
    /// How long it took in all.
    pub seconds: f64,
}

/// The machine around the adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// `linux`, `macos`, `windows`.
    pub os: String,
    /// `x86_64`, `aarch64`.
    pub arch: String,
    /// The processor's name, where the system tells.
    pub processor: Option<String>,
    /// Cores that this process may use.
    pub cores: usize,
}

/// The most that the device can do of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    /// `fma_f32`, `fma_f16`, `matrix_f16`, `copy`, `dispatch`, `barrier`, `record`, `upload`, `download`.
    pub id: String,
    /// For people: `f32 multiply-add`.
    pub name: String,
    /// `TFLOP/s`, `GB/s` or `us`.
    pub unit: String,
    /// In that unit.
    pub value: Sampled,
}

/// One kernel at one shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelResult {
    /// The op, as in `OPS`: `conv2d`.
    pub op: String,
    /// `forward`, `grad_input`, `grad_weight`, `backward`, `update`.
    pub direction: String,
    /// Where the shape is from: `resnet18 stage 2, batch 64`.
    pub source: String,
    /// The shape: `64x32x32x64 * 3x3x64x64`.
    pub shape: String,
    /// `f32` or `f16`.
    pub precision: String,
    /// The kernel that was chosen: `forward/simt 128x128`.
    pub kernel: String,
    /// Seconds of one launch (of all launches of this direction together).
    pub seconds: Sampled,
    /// Floating-point operations, two a multiply-add; 0 for kernels that only move memory.
    pub flops: u64,
    /// Bytes that must move: every operand once.
    pub bytes: u64,
    /// Id of the ceiling that bounds it at this intensity.
    pub bound: String,
    /// Share of that ceiling that it reaches, 0..1.
    pub share: f64,
}

impl KernelResult {
    /// TFLOP/s, by the median.
    pub fn tflops(&self) -> f64 {
        self.flops as f64 / self.seconds.median / 1e12
    }

    /// GB/s, by the median.
    pub fn gbytes(&self) -> f64 {
        self.bytes as f64 / self.seconds.median / 1e9
    }
}

/// Training one model at one batch size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingResult {
    /// The model: `seed-mnist`.
    pub model: String,
    /// Images in a batch.
    pub batch: usize,
    /// `f32` or `f16`.
    pub precision: String,
    /// Parameters of the model.
    pub parameters: u64,
    /// Kernel launches of a step.
    pub dispatches: usize,
    /// Multiply-adds of a step.
    pub multiply_adds: u64,
    /// Seconds of one step: windows of several steps, each divided by their number.
    pub step_seconds: Sampled,
    /// Images a second, by the median step.
    pub images_per_second: f64,
    /// Seconds from building the plan to the first finished step in a new process, with no compiled kernel at hand; none
    /// where it was not measured.
    pub first_step_cold_seconds: Option<f64>,
    /// The same, where this program and the driver find what they compiled before.
    pub first_step_warm_seconds: Option<f64>,
    /// Device memory of the plan: its peak.
    pub device_bytes: u64,
    /// Peak resident memory of the process so far, where the system tells.
    pub host_bytes: Option<u64>,
    /// The loss after a fixed number of steps beside what it should be; none at a batch without a reference.
    pub loss: Option<LossCheck>,
}

/// A loss beside what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossCheck {
    /// Steps from the fixed start.
    pub steps: u32,
    /// The loss found; may be a NaN, which JSON writes as `null`.
    #[serde(deserialize_with = "null_is_nan")]
    pub found: f64,
    /// The loss that the f64 definitions give.
    pub reference: f64,
    /// Largest relative difference allowed.
    pub tolerance: f64,
}

impl LossCheck {
    /// Whether it is within the tolerance; a NaN is not.
    pub fn passed(&self) -> bool {
        (self.found / self.reference - 1.0).abs() <= self.tolerance
    }
}

fn null_is_nan<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

/// The one comparable number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// 100 times the geometric mean, over the parts, of the rate as a multiple of the baseline's.
    pub value: f64,
    /// What it is, in a sentence.
    pub definition: String,
    /// What it is made of.
    pub parts: Vec<ScorePart>,
}

/// One workload of the score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScorePart {
    /// The workload: `seed-mnist, batch 128, f32`.
    pub workload: String,
    /// Images a second here.
    pub images_per_second: f64,
    /// Images a second of the baseline.
    pub baseline: f64,
}
