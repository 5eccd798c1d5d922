//! Checks every op on an adapter against its f64 twin, both directions: what a user runs who does not trust a driver, and
//! what the tests run.

use half::f16;
use lepton_kernels::array::{Worst, worst_error};
use lepton_kernels::op::{Dtype, Precision, TENSOR_ALIGN, Target};
use lepton_kernels::{Access, Array, Case, Dispatch, Entry, Lowered, Mode, Operand};
use serde::Serialize;

use crate::gpu::{Gpu, GpuError, SingleLaunch};

/// The verdict on one op.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The op.
    pub op: &'static str,
    /// Cases that were run.
    pub cases: usize,
    /// Worst error of an output.
    pub forward: f64,
    /// Worst error of a gradient; none for ops without backward.
    pub backward: Option<f64>,
    /// Largest error allowed.
    pub tolerance: f64,
    /// What is wrong, where something is.
    pub failures: Vec<String>,
}

impl Verdict {
    /// Whether every case kept its tolerance.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Bytes that no kernel leaves behind if it writes everything it should: a NaN in every word.
const UNWRITTEN: u8 = 0xff;

/// Checks one op on all its cases. `alter` sees every dispatch before it runs; tests break kernels with it.
///
/// # Errors
/// If the device fails; a wrong number is a [`Verdict`], not an error.
pub fn verify_op(gpu: &Gpu, entry: &Entry, alter: &dyn Fn(Dispatch) -> Dispatch) -> Result<Verdict, GpuError> {
    verify_cases(gpu, entry.name, &(entry.cases)(), alter)
}

/// [`verify_op`] on these cases.
///
/// # Errors
/// If the device fails; a wrong number is a [`Verdict`], not an error.
pub fn verify_cases(
    gpu: &Gpu,
    op: &'static str,
    cases: &[Case],
    alter: &dyn Fn(Dispatch) -> Dispatch,
) -> Result<Verdict, GpuError> {
    let mut verdict = Verdict { op, cases: 0, forward: 0.0, backward: None, tolerance: 0.0, failures: Vec::new() };
    for case in cases.iter().filter(|case| case.runs_in(gpu.target().precision)) {
        let run = CaseRun::new(gpu, case, alter);
        verdict.tolerance = verdict.tolerance.max(run.tolerance(Dtype::Real));
        verdict.cases += 1;
        let mut judge = |what: String, (worst, tolerance): Judged, best: &mut f64| {
            *best = best.max(worst.error);
            if worst.error > tolerance {
                verdict.failures.push(format!(
                    "{what} of case `{}`: element {} is {:e}, should be {:e} (error {:.1e}, tolerance {:.0e})",
                    case.reason, worst.index, worst.got, worst.want, worst.error, tolerance
                ));
            }
        };
        for mode in [Mode::Infer, Mode::Train] {
            for (i, worst) in run.forward(mode)?.into_iter().enumerate() {
                judge(format!("output {i}"), worst, &mut verdict.forward);
            }
        }
        for (i, worst) in run.backward()? {
            let mut backward = verdict.backward.unwrap_or(0.0);
            judge(format!("gradient {i}"), worst, &mut backward);
            verdict.backward = Some(backward);
        }
    }
    Ok(verdict)
}

/// A worst error, and the largest that is allowed.
type Judged = (Worst, f64);

/// One case on a device: which buffer each operand is.
struct CaseRun<'a> {
    gpu: &'a Gpu,
    case: &'a Case,
    target: Target,
    alter: &'a dyn Fn(Dispatch) -> Dispatch,
    inputs: Vec<Array>,
    outputs: Vec<Array>,
}

/// Buffers of a run, found by operand.
#[derive(Default)]
struct Memory {
    operands: Vec<Operand>,
    contents: Vec<Vec<u8>>,
}

impl Memory {
    fn add(&mut self, operand: Operand, bytes: Vec<u8>) {
        self.operands.push(operand);
        self.contents.push(bytes);
    }

    fn add_unwritten(&mut self, operand: Operand, bytes: u64) {
        self.add(operand, vec![UNWRITTEN; bytes as usize]);
    }

    fn find(&self, operand: Operand) -> Option<usize> {
        self.operands.iter().rposition(|o| *o == operand)
    }
}

fn encode(array: &Array, dtype: Dtype, precision: Precision) -> Vec<u8> {
    let values = array.data.iter();
    let mut bytes: Vec<u8> = match (dtype, precision) {
        (Dtype::Real, Precision::F16) => values.flat_map(|&v| f16::from_f64(v).to_le_bytes()).collect(),
        (Dtype::Real | Dtype::F32, _) => values.flat_map(|&v| (v as f32).to_le_bytes()).collect(),
        (Dtype::U32, _) => values.flat_map(|&v| (v as u32).to_le_bytes()).collect(),
        (Dtype::U8, _) => values.map(|&v| v as u8).collect(),
    };
    bytes.resize(bytes.len().next_multiple_of(TENSOR_ALIGN as usize), 0);
    bytes
}

/// The numbers in a buffer.
fn decode(bytes: &[u8], dtype: Dtype, precision: Precision) -> Vec<f64> {
    let words = bytes.chunks_exact(4).map(|b| [b[0], b[1], b[2], b[3]]);
    match (dtype, precision) {
        (Dtype::Real, Precision::F16) => {
            bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f64()).collect()
        }
        (Dtype::Real | Dtype::F32, _) => words.map(|b| f64::from(f32::from_le_bytes(b))).collect(),
        (Dtype::U32 | Dtype::U8, _) => words.map(|b| f64::from(u32::from_le_bytes(b))).collect(),
    }
}

/// The worst element of what a buffer holds. Integers must be equal.
fn compare(got: &[f64], dtype: Dtype, want: &Array) -> Worst {
    // tensors are padded to whole runs of bytes, and what lies there is nobody's
    let got = &got[..want.data.len().min(got.len())];
    if matches!(dtype, Dtype::Real | Dtype::F32) {
        return worst_error(got, &want.data);
    }
    match got.iter().zip(&want.data).position(|(got, want)| got != want) {
        None => Worst { error: 0.0, index: 0, got: 0.0, want: 0.0 },
        Some(index) => Worst { error: f64::INFINITY, index, got: got[index], want: want.data[index] },
    }
}

/// Half of the last digit of a number in f16, relative to it.
const F16_ROUNDING: f64 = 1.0 / 2048.0;

impl<'a> CaseRun<'a> {
    fn new(gpu: &'a Gpu, case: &'a Case, alter: &'a dyn Fn(Dispatch) -> Dispatch) -> Self {
        let target = gpu.target();
        let inputs = case.arrays(target.precision);
        let outputs = case.op.twin(&inputs, &case.step);
        CaseRun { gpu, case, target, alter, inputs, outputs }
    }

    /// The largest error of an element that is stored so: what the op allows, and the rounding of what is stored.
    fn tolerance(&self, dtype: Dtype) -> f64 {
        let half = dtype == Dtype::Real && self.target.precision == Precision::F16;
        self.case.op.tolerance() + if half { F16_ROUNDING } else { 0.0 }
    }

    fn memory(&self) -> Memory {
        let mut memory = Memory::default();
        for (i, input) in self.inputs.iter().enumerate() {
            memory.add(Operand::X(i), encode(input, self.case.op.input_dtype(i), self.target.precision));
        }
        for (i, output) in self.outputs.iter().enumerate() {
            match self.case.op.alias(i) {
                Some(_) => {}
                None => {
                    let bytes = self.case.op.output_dtype(i).bytes(output.data.len(), self.target.precision);
                    memory.add_unwritten(Operand::Y(i), bytes);
                }
            }
        }
        memory
    }

    fn run(&self, memory: &mut Memory, lowered: Lowered) -> Result<(), GpuError> {
        for (i, &words) in lowered.saved.iter().enumerate() {
            memory.add_unwritten(Operand::Saved(i), Dtype::U32.bytes(words, self.target.precision));
        }
        for (i, &words) in lowered.scratch.iter().enumerate() {
            memory.add_unwritten(Operand::Scratch(i), Dtype::U32.bytes(words, self.target.precision));
        }
        let bind = |operand: Operand, access: Access| {
            let operand = match operand {
                Operand::Y(i) => self.case.op.alias(i).map_or(operand, Operand::X),
                other => other,
            };
            (memory.find(operand).unwrap_or_else(|| panic!("{operand:?} has a buffer")), access)
        };
        let launches: Vec<SingleLaunch> = lowered
            .dispatches
            .into_iter()
            .map(|dispatch| {
                let Dispatch { kernel, bindings, groups, .. } = (self.alter)(dispatch);
                SingleLaunch { kernel, bindings: bindings.iter().map(|b| bind(b.operand, b.access)).collect(), groups }
            })
            .collect();
        memory.contents = self.gpu.run_once(&memory.contents, &launches, &self.case.step)?;
        Ok(())
    }

    fn forward_memory(&self, mode: Mode) -> Result<Memory, GpuError> {
        let mut memory = self.memory();
        let lowered = self.case.op.forward(&self.case.shapes(), mode, &self.target);
        self.run(&mut memory, lowered)?;
        Ok(memory)
    }

    /// The worst error of each output.
    fn forward(&self, mode: Mode) -> Result<Vec<Judged>, GpuError> {
        let op = &self.case.op;
        let memory = self.forward_memory(mode)?;
        let compare_output = |(i, want): (usize, &Array)| {
            let operand = op.alias(i).map_or(Operand::Y(i), Operand::X);
            let buffer = memory.find(operand).expect("every output has a buffer");
            let dtype = op.output_dtype(i);
            let got = decode(&memory.contents[buffer], dtype, self.target.precision);
            (compare(&got, dtype, want), self.tolerance(dtype))
        };
        Ok(self.outputs.iter().enumerate().map(compare_output).collect())
    }

    /// The worst error of each gradient that a kernel computes.
    fn backward(&self) -> Result<Vec<(usize, Judged)>, GpuError> {
        let op = &self.case.op;
        let shapes = self.case.shapes();
        let wanted: Vec<bool> = (0..shapes.len()).map(|i| op.differentiable(i)).collect();
        let lowered = op.backward(&shapes, &wanted, &self.target);
        if lowered.dispatches.is_empty() {
            return Ok(Vec::new());
        }
        let mut memory = self.forward_memory(Mode::Train)?;
        let precision = self.target.precision;
        let dy = self.case.cotangent(&self.outputs[0].shape, precision);
        let gradients = op.twin_backward(&self.inputs, &self.outputs, &dy, &self.case.step);
        memory.add(Operand::Dy(0), encode(&dy, op.output_dtype(0), precision));
        let slabs = lowered.gradient_slabs;
        let place = |i: usize| if i < op.activations() { (op.input_dtype(i), 1) } else { (Dtype::F32, slabs) };
        for (i, gradient) in gradients.iter().enumerate() {
            let (dtype, slabs) = place(i);
            let count = gradient.as_ref().map_or(0, |g| g.data.len());
            memory.add_unwritten(Operand::Dx(i), dtype.bytes(count * slabs, precision));
        }
        self.run(&mut memory, lowered)?;
        let compare_gradient = |(i, want): (usize, Option<Array>)| {
            let want = want?;
            let (dtype, slabs) = place(i);
            let buffer = memory.find(Operand::Dx(i))?;
            let words = decode(&memory.contents[buffer], dtype, precision);
            let count = want.data.len();
            let sum = |at: usize| (0..slabs).map(|slab| words[slab * count + at]).sum();
            let got: Vec<f64> = (0..count).map(sum).collect();
            Some((i, (compare(&got, dtype, &want), self.tolerance(dtype))))
        };
        Ok(gradients.into_iter().enumerate().filter_map(compare_gradient).collect())
    }
}
