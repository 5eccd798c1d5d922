//! Checks every op on an adapter against its f64 twin, both directions: what a user runs who does not trust a driver, and
//! what the tests run.

use lepton_kernels::array::{Worst, worst_error};
use lepton_kernels::op::Dtype;
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
    for case in cases {
        let run = CaseRun::new(gpu, case, alter);
        verdict.tolerance = verdict.tolerance.max(case.op.tolerance());
        verdict.cases += 1;
        let mut judge = |what: String, worst: Worst, best: &mut f64| {
            *best = best.max(worst.error);
            if worst.error > case.op.tolerance() {
                verdict.failures.push(format!(
                    "{what} of case `{}`: element {} is {:e}, should be {:e} (error {:.1e}, tolerance {:.0e})",
                    case.reason,
                    worst.index,
                    worst.got,
                    worst.want,
                    worst.error,
                    case.op.tolerance()
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

/// One case on a device: which buffer each operand is.
struct CaseRun<'a> {
    gpu: &'a Gpu,
    case: &'a Case,
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

fn encode(array: &Array, dtype: Dtype) -> Vec<u8> {
    match dtype {
        Dtype::F32 => array.data.iter().flat_map(|&v| (v as f32).to_le_bytes()).collect(),
        Dtype::U32 => array.data.iter().flat_map(|&v| (v as u32).to_le_bytes()).collect(),
        Dtype::U8 => {
            let mut bytes: Vec<u8> = array.data.iter().map(|&v| v as u8).collect();
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            bytes
        }
    }
}

/// The worst element of what a buffer holds. Integers must be equal.
fn compare(bytes: &[u8], dtype: Dtype, want: &Array) -> Worst {
    let words: &[u32] =
        &bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect::<Vec<_>>();
    if dtype == Dtype::F32 {
        let got: Vec<f32> = words.iter().map(|&w| f32::from_bits(w)).collect();
        return worst_error(&got, &want.data);
    }
    let wrong = words.iter().zip(&want.data).position(|(&got, &want)| f64::from(got) != want);
    match wrong {
        None => Worst { error: 0.0, index: 0, got: 0.0, want: 0.0 },
        Some(index) => Worst { error: f64::INFINITY, index, got: f64::from(words[index]), want: want.data[index] },
    }
}

impl<'a> CaseRun<'a> {
    fn new(gpu: &'a Gpu, case: &'a Case, alter: &'a dyn Fn(Dispatch) -> Dispatch) -> Self {
        let inputs = case.arrays();
        let outputs = case.op.twin(&inputs, &case.step);
        CaseRun { gpu, case, alter, inputs, outputs }
    }

    fn memory(&self) -> Memory {
        let mut memory = Memory::default();
        for (i, input) in self.inputs.iter().enumerate() {
            memory.add(Operand::X(i), encode(input, self.case.op.input_dtype(i)));
        }
        for (i, output) in self.outputs.iter().enumerate() {
            match self.case.op.alias(i) {
                Some(_) => {}
                None => memory.add_unwritten(Operand::Y(i), self.case.op.output_dtype(i).bytes(output.data.len())),
            }
        }
        memory
    }

    fn run(&self, memory: &mut Memory, lowered: Lowered) -> Result<(), GpuError> {
        for (i, &words) in lowered.saved.iter().enumerate() {
            memory.add_unwritten(Operand::Saved(i), words as u64 * 4);
        }
        for (i, &words) in lowered.scratch.iter().enumerate() {
            memory.add_unwritten(Operand::Scratch(i), words as u64 * 4);
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
        let lowered = self.case.op.forward(&self.case.shapes(), mode, &self.gpu.target());
        self.run(&mut memory, lowered)?;
        Ok(memory)
    }

    /// The worst error of each output.
    fn forward(&self, mode: Mode) -> Result<Vec<Worst>, GpuError> {
        let op = &self.case.op;
        let memory = self.forward_memory(mode)?;
        let compare_output = |(i, want): (usize, &Array)| {
            let operand = op.alias(i).map_or(Operand::Y(i), Operand::X);
            let buffer = memory.find(operand).expect("every output has a buffer");
            compare(&memory.contents[buffer], op.output_dtype(i), want)
        };
        Ok(self.outputs.iter().enumerate().map(compare_output).collect())
    }

    /// The worst error of each gradient that a kernel computes.
    fn backward(&self) -> Result<Vec<(usize, Worst)>, GpuError> {
        let op = &self.case.op;
        let shapes = self.case.shapes();
        let wanted: Vec<bool> = (0..shapes.len()).map(|i| op.differentiable(i)).collect();
        let lowered = op.backward(&shapes, &wanted, &self.gpu.target());
        if lowered.dispatches.is_empty() {
            return Ok(Vec::new());
        }
        let mut memory = self.forward_memory(Mode::Train)?;
        let dy = self.case.cotangent(&self.outputs[0].shape);
        let gradients = op.twin_backward(&self.inputs, &self.outputs, &dy);
        memory.add(Operand::Dy(0), encode(&dy, Dtype::F32));
        for (i, gradient) in gradients.iter().enumerate() {
            let count = gradient.as_ref().map_or(0, |g| g.data.len());
            memory.add_unwritten(Operand::Dx(i), count as u64 * 4);
        }
        self.run(&mut memory, lowered)?;
        let compare_gradient = |(i, want): (usize, Option<Array>)| {
            let buffer = memory.find(Operand::Dx(i))?;
            Some((i, compare(&memory.contents[buffer], Dtype::F32, &want?)))
        };
        Ok(gradients.into_iter().enumerate().filter_map(compare_gradient).collect())
    }
}
