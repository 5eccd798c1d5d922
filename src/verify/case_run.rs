//! One case on a device: what its kernels compute in both directions, beside what its twin says.

use half::f16;
use lepton_kernels::array::{Worst, worst_error};
use lepton_kernels::op::{Dtype, Precision, TENSOR_ALIGN, Target};
use lepton_kernels::{Array, Case, Dispatch, Lowered, Mode, Operand};

use super::Verdict;
use crate::gpu::{Checks, Content, Gpu, GpuError, OpRun};

/// How kernels are run.
#[derive(Clone, Copy)]
pub(super) struct Runs<'a> {
    pub checks: Checks,
    /// Sees every dispatch before it runs; tests break kernels with it.
    pub alter: &'a (dyn Fn(Dispatch) -> Dispatch + Sync),
}

impl Runs<'_> {
    /// Kernels as training runs them.
    pub const PLAIN: Runs<'static> = Runs { checks: Checks::Off, alter: &|dispatch| dispatch };
}

/// Bytes that no kernel leaves behind if it writes everything it should: a NaN in every word.
const UNWRITTEN: u8 = 0xff;

/// The verdict on one case.
pub(super) fn check(gpu: &Gpu, case: &Case, runs: Runs) -> Result<Verdict, GpuError> {
    let run = CaseRun::new(gpu, case, runs);
    let mut verdict = Verdict { cases: 1, tolerance: run.tolerance(Dtype::Real), ..Verdict::new(case.op.name()) };
    for mode in [Mode::Infer, Mode::Train] {
        let mut memory = run.memory();
        run.forward(mode, &mut memory)?;
        for (i, judged) in run.outputs(&memory).into_iter().enumerate() {
            verdict.forward = verdict.forward.max(judged.0.error);
            verdict.judge(case, || format!("output {i}"), judged);
        }
        verdict.strays(case, memory.strays());
        if mode == Mode::Train
            && let Some(gradients) = run.backward(&mut memory)?
        {
            for (i, judged) in gradients {
                verdict.backward = Some(verdict.backward.unwrap_or(0.0).max(judged.0.error));
                verdict.judge(case, || format!("gradient {i}"), judged);
            }
            verdict.strays(case, memory.strays());
        }
    }
    Ok(verdict)
}

/// A worst error, and the largest that is allowed.
pub(super) type Judged = (Worst, f64);

/// One case on a device.
struct CaseRun<'a> {
    gpu: &'a Gpu,
    case: &'a Case,
    target: Target,
    runs: Runs<'a>,
    inputs: Vec<Array>,
    outputs: Vec<Array>,
}

fn unwritten(bytes: u64) -> Content {
    Content::filled(bytes, UNWRITTEN)
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
    fn new(gpu: &'a Gpu, case: &'a Case, runs: Runs<'a>) -> Self {
        let target = gpu.target();
        let inputs = case.arrays(target.precision);
        let outputs = case.op.twin(&inputs, &case.step);
        CaseRun { gpu, case, target, runs, inputs, outputs }
    }

    /// The largest error of an element that is stored so: what the op allows, and the rounding of what is stored.
    fn tolerance(&self, dtype: Dtype) -> f64 {
        let is_f16 = dtype == Dtype::Real && self.target.precision == Precision::F16;
        self.case.op.tolerance() + if is_f16 { F16_ROUNDING } else { 0.0 }
    }

    fn memory(&self) -> OpRun {
        let (op, precision) = (self.case.op.as_ref(), self.target.precision);
        let mut memory = OpRun::guarded();
        for (i, input) in self.inputs.iter().enumerate() {
            memory.add(Operand::X(i), Content::exactly(encode(input, op.input_dtype(i), precision)));
        }
        let output = |i: usize| unwritten(op.output_dtype(i).bytes(self.outputs[i].data.len(), precision));
        memory.add_outputs(op, self.outputs.len(), output);
        memory
    }

    fn run(&self, memory: &mut OpRun, lowered: Lowered) -> Result<(), GpuError> {
        memory.add_working(&lowered, unwritten);
        let dispatches: Vec<Dispatch> = lowered.dispatches.into_iter().map(self.runs.alter).collect();
        memory.run(self.gpu, &dispatches, &self.case.step, self.runs.checks)
    }

    fn forward(&self, mode: Mode, memory: &mut OpRun) -> Result<(), GpuError> {
        let lowered = self.case.op.forward(&self.case.shapes(), mode, &self.target);
        self.run(memory, lowered)
    }

    /// The worst error of each output.
    fn outputs(&self, memory: &OpRun) -> Vec<Judged> {
        let compare_output = |(i, want): (usize, &Array)| {
            let dtype = self.case.op.output_dtype(i);
            let got = decode(memory.bytes(Operand::Y(i)), dtype, self.target.precision);
            (compare(&got, dtype, want), self.tolerance(dtype))
        };
        self.outputs.iter().enumerate().map(compare_output).collect()
    }

    /// The worst error of each gradient, on what forward left; none for an op without backward.
    fn backward(&self, memory: &mut OpRun) -> Result<Option<Vec<(usize, Judged)>>, GpuError> {
        let op = &self.case.op;
        let shapes = self.case.shapes();
        let wanted: Vec<bool> = (0..shapes.len()).map(|i| op.differentiable(i)).collect();
        let lowered = op.backward(&shapes, &wanted, &self.target);
        if lowered.dispatches.is_empty() {
            return Ok(None);
        }
        let precision = self.target.precision;
        let dy = self.case.cotangent(&self.outputs[0].shape, precision);
        let gradients = op.twin_backward(&self.inputs, &self.outputs, &dy, &self.case.step);
        for (part, values) in self.case.in_gradient_parts(&dy).iter().enumerate() {
            memory.add(Operand::Dy(part), Content::exactly(encode(values, op.output_dtype(0), precision)));
        }
        let slabs = lowered.gradient_slabs;
        let place = |i: usize| if i < op.activations() { (op.input_dtype(i), 1) } else { (Dtype::F32, slabs) };
        for (i, gradient) in gradients.iter().enumerate() {
            let (dtype, slabs) = place(i);
            let count = gradient.as_ref().map_or(0, |g| g.data.len());
            memory.add(Operand::Dx(i), unwritten(dtype.bytes(count * slabs, precision)));
        }
        self.run(memory, lowered)?;
        let compare_gradient = |(i, want): (usize, Option<Array>)| {
            let want = want?;
            let (dtype, slabs) = place(i);
            let words = decode(memory.bytes(op.gradient_is(i).unwrap_or(Operand::Dx(i))), dtype, precision);
            let count = want.data.len();
            let sum = |at: usize| (0..slabs).map(|slab| words[slab * count + at]).sum();
            let got: Vec<f64> = (0..count).map(sum).collect();
            Some((i, (compare(&got, dtype, &want), self.tolerance(dtype))))
        };
        Ok(Some(gradients.into_iter().enumerate().filter_map(compare_gradient).collect()))
    }
}
