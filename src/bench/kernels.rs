//! Single kernels: each op at a shape, in each direction, against the ceiling that bounds it.

use lepton_kernels::op::{Dtype, Precision, Target};
use lepton_kernels::random::uniform;
use lepton_kernels::{Access, Dispatch, Lowered, Mode, Op, Operand, Step};

use super::budget::{Budget, timed_samples};
use super::workloads::{self, Integers, Workload};
use super::{BenchError, Ceiling, KernelResult, Sampled, Session};
use crate::gpu::{Content, GpuError, OpRun};

/// Random numbers that are repeated through a buffer.
const PATTERN: usize = 1 << 14;

/// One direction of a workload in one precision.
struct Job<'a> {
    workload: &'a Workload,
    direction: &'static str,
    /// The inputs whose gradients are computed; none for forward.
    wanted: Option<Vec<bool>>,
    target: Target,
}

/// Measures the workloads of the preset's level.
pub fn measure(session: &mut Session, ceilings: &[Ceiling], budget: Budget) -> Result<Vec<KernelResult>, BenchError> {
    let workloads = workloads::all(session.software());
    let mut jobs = Vec::new();
    for precision in [Precision::F32, Precision::F16] {
        let Ok(target) = session.gpu.target_in(precision) else { continue };
        let level = session.preset.level;
        let wanted = |w: &&Workload| w.level <= level && (precision == Precision::F32 || w.half <= level);
        jobs.extend(workloads.iter().filter(wanted).flat_map(|workload| directions(workload, &target)));
    }
    let (mut found, mut late) = (Vec::new(), 0);
    let count = jobs.len();
    // the smallest first, so that a slow device has every op before the time is up; shown in the order of the table
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&i| jobs[i].workload.op.multiply_adds(&jobs[i].workload.shapes));
    for (i, place) in order.into_iter().enumerate() {
        let job = &jobs[place];
        session.tell("kernels", format!("{} {}", job.workload.op.name(), job.direction), &budget);
        if budget.left() <= 0.0 {
            late += 1;
            continue;
        }
        match job.measure(session, budget.share(count - i)) {
            Ok(Some((lowered, seconds))) => found.push((place, job.result(&lowered, seconds, ceilings))),
            Ok(None) => {
                session.left_out.push(format!("{}: too large for the adapter's bindings or loop limit", job.name()))
            }
            Err(GpuError::OutOfMemory { .. }) => session.left_out.push(format!("{}: out of GPU memory", job.name())),
            Err(error) => return Err(error.into()),
        }
    }
    if late > 0 {
        session.left_out.push(format!("{late} of {count} kernels: out of time for kernels"));
    }
    found.sort_by_key(|&(place, _)| place);
    Ok(found.into_iter().map(|(_, result)| result).collect())
}

/// Forward and backward; for layers with weights, the gradients of images and of weights apart.
fn directions<'a>(workload: &'a Workload, target: &Target) -> Vec<Job<'a>> {
    let (op, shapes) = (&workload.op, &workload.shapes);
    let job = |direction, wanted| Job { workload, direction, wanted, target: target.clone() };
    if op.alias(0).is_some() {
        return vec![job("update", None)];
    }
    let mut jobs = vec![job("forward", None)];
    let differentiable: Vec<bool> = (0..shapes.len()).map(|i| op.differentiable(i)).collect();
    if (op.activations()..shapes.len()).any(|i| differentiable[i])
        && !op.backward(shapes, &differentiable, target).dispatches.is_empty()
    {
        let only = |images: bool| (0..shapes.len()).map(|i| (i < op.activations()) == images).collect();
        jobs.push(job("grad_input", Some(only(true))));
        jobs.push(job("grad_weight", Some(only(false))));
    } else if !op.backward(shapes, &differentiable, target).dispatches.is_empty() {
        jobs.push(job("backward", Some(differentiable)));
    }
    jobs
}

/// The operand whose memory it is.
fn home(op: &dyn Op, operand: Operand) -> Operand {
    match operand {
        Operand::Y(i) => op.alias(i).map_or(operand, Operand::X),
        other => other,
    }
}

impl Job<'_> {
    fn name(&self) -> String {
        let Job { workload, direction, target, .. } = self;
        format!("{} {direction} in {}, {}", workload.op.name(), target.precision, workload.source)
    }

    fn forward(&self) -> Lowered {
        self.workload.op.forward(&self.workload.shapes, Mode::Train, &self.target)
    }

    /// What ran, and seconds of it; none if the adapter cannot bind or run it.
    fn measure(&self, session: &Session, budget: Budget) -> Result<Option<(Lowered, Sampled)>, GpuError> {
        let op = self.workload.op.as_ref();
        let forward = self.forward();
        let mut memory = self.inputs();
        memory.add_working(&forward, Content::zeros);
        let mut before = Vec::new();
        let lowered = match &self.wanted {
            None => forward,
            Some(wanted) => {
                let lowered = op.backward(&self.workload.shapes, wanted, &self.target);
                // what forward keeps is real, and what it needs to work is not what backward needs
                before = forward.dispatches;
                self.add_gradients(&mut memory, &lowered);
                lowered
            }
        };
        let limits = session.gpu.limits();
        let fits = memory.largest() <= limits.binding_bytes.min(limits.buffer_bytes);
        let loops = |d: &Dispatch| limits.iterations.is_none_or(|limit| d.iterations < limit);
        if !fits || !lowered.dispatches.iter().all(loops) {
            return Ok(None);
        }
        let step = Step { learning_rate: 1e-4, bias_correction1: 1.0, bias_correction2: 1.0, ..Step::default() };
        let timed = memory.timed(session.gpu, &before, &lowered.dispatches, &step)?;
        let seconds = timed_samples(&timed, budget, session.preset.samples)?;
        Ok(Some((lowered, Sampled::new(seconds))))
    }

    fn inputs(&self) -> OpRun {
        let (op, precision) = (self.workload.op.as_ref(), self.target.precision);
        let mut memory = OpRun::default();
        for (i, shape) in self.workload.shapes.iter().enumerate() {
            let dtype = op.input_dtype(i);
            let integers = self.workload.integers.as_ref();
            let integers = integers.filter(|(input, _)| *input == i).map(|(_, integers)| integers);
            let (bytes, pattern) = (dtype.bytes(shape.count(), precision), pattern(dtype, precision, integers));
            memory.add(Operand::X(i), Content { bytes, pattern });
        }
        let outputs = op.outputs(&self.workload.shapes).expect("shapes of real networks fit");
        let bytes = |i: usize| op.output_dtype(i).bytes(outputs[i].count(), precision);
        memory.add_outputs(op, outputs.len(), |i| Content::zeros(bytes(i)));
        let pattern = pattern(op.output_dtype(0), precision, None);
        memory.add(Operand::Dy(0), Content { bytes: bytes(0), pattern });
        memory
    }

    fn add_gradients(&self, memory: &mut OpRun, lowered: &Lowered) {
        let (op, precision) = (self.workload.op.as_ref(), self.target.precision);
        memory.add_working(&Lowered { saved: Vec::new(), ..lowered.clone() }, Content::zeros);
        for (i, shape) in self.workload.shapes.iter().enumerate() {
            let bytes = if i < op.activations() {
                op.input_dtype(i).bytes(shape.count(), precision)
            } else {
                Dtype::F32.bytes(shape.count() * lowered.gradient_slabs, precision)
            };
            memory.add(Operand::Dx(i), Content::zeros(bytes));
        }
    }

    /// Bytes that must move: every operand that is bound once, twice where it is updated. Slabs of a gradient are how a
    /// kernel works, not what it must do: a gradient counts once.
    fn bytes(&self, lowered: &Lowered) -> u64 {
        let (op, precision) = (self.workload.op.as_ref(), self.target.precision);
        let outputs = op.outputs(&self.workload.shapes).expect("shapes of real networks fit");
        let size = |operand: Operand| match operand {
            Operand::X(i) => op.input_dtype(i).bytes(self.workload.shapes[i].count(), precision),
            Operand::Y(i) => op.output_dtype(i).bytes(outputs[i].count(), precision),
            Operand::Dy(_) => op.output_dtype(0).bytes(outputs[0].count(), precision),
            Operand::Dx(i) if i >= op.activations() => Dtype::F32.bytes(self.workload.shapes[i].count(), precision),
            Operand::Dx(i) => op.input_dtype(i).bytes(self.workload.shapes[i].count(), precision),
            Operand::Saved(i) => self.forward().saved[i] as u64 * 4,
            Operand::Scratch(_) => 0,
        };
        let mut bound: Vec<(Operand, bool)> = Vec::new();
        for binding in lowered.dispatches.iter().flat_map(|d| &d.bindings) {
            let (operand, updated) = (home(op, binding.operand), binding.access == Access::Update);
            match bound.iter_mut().find(|(known, _)| *known == operand) {
                Some((_, before)) => *before |= updated,
                None => bound.push((operand, updated)),
            }
        }
        bound.iter().map(|&(operand, updated)| size(operand) * if updated { 2 } else { 1 }).sum()
    }

    fn result(&self, lowered: &Lowered, seconds: Sampled, ceilings: &[Ceiling]) -> KernelResult {
        let flops = 2 * lowered.dispatches.iter().map(|d| d.multiply_adds).sum::<u64>();
        let bytes = self.bytes(lowered);
        let most = lowered.dispatches.iter().max_by_key(|d| d.multiply_adds).expect("something ran");
        let arithmetic = if most.kernel.name.contains("/coop") { "matrix_f16" } else { "fma_f32" };
        let (bound, share) = bound(flops, bytes, seconds.median, arithmetic, ceilings);
        KernelResult {
            op: self.workload.op.name().into(),
            direction: self.direction.into(),
            source: self.workload.source.clone(),
            shape: self.shape(),
            precision: self.target.precision.to_string(),
            kernel: most.kernel.name.to_string(),
            seconds,
            flops,
            bytes,
            bound: bound.into(),
            share,
        }
    }

    fn shape(&self) -> String {
        let text =
            |shape: &lepton_kernels::Shape| shape.sizes().iter().map(usize::to_string).collect::<Vec<_>>().join("x");
        let shapes = &self.workload.shapes;
        match (self.direction, self.workload.op.activations()) {
            ("update", _) => crate::plan::thousands(shapes[2].count() as u64),
            // a bias is as long as there are filters
            (_, activations) if activations < shapes.len() && self.workload.integers.is_none() => {
                format!("{} * {}", text(&shapes[0]), text(&shapes[1]))
            }
            _ => text(self.workload.shapes.first().expect("an op has an input")),
        }
    }
}

/// The ceiling that bounds so much work, by its time at either, and the share of it that was reached; 0 without ceilings.
pub fn bound<'a>(flops: u64, bytes: u64, seconds: f64, arithmetic: &'a str, ceilings: &[Ceiling]) -> (&'a str, f64) {
    let rate = |id: &str| ceilings.iter().find(|c| c.id == id).map(|c| c.value.median).filter(|&rate| rate > 0.0);
    let computing = rate(arithmetic).map_or(0.0, |rate| flops as f64 / (rate * 1e12));
    let moving = rate("copy").map_or(0.0, |rate| bytes as f64 / (rate * 1e9));
    if computing > moving { (arithmetic, computing / seconds) } else { ("copy", moving / seconds) }
}

/// Small random numbers of a type: between -1 and 1 as activations and weights are, from 0.1 to 1 where the host fills in.
fn pattern(dtype: Dtype, precision: Precision, integers: Option<&Integers>) -> Vec<u8> {
    let numbers = (0..PATTERN as u64).map(|i| uniform(1, 2, i));
    match (dtype, integers) {
        (_, Some(Integers::Exactly(words))) => bytemuck::cast_slice(words).to_vec(),
        (Dtype::U32, Some(Integers::Below(n))) => {
            numbers.flat_map(|u| ((u * f64::from(*n)) as u32).to_le_bytes()).collect()
        }
        (Dtype::U32, None) => Vec::new(),
        (Dtype::U8, _) => numbers.map(|u| (u * 256.0) as u8).collect(),
        (Dtype::Real, _) if precision == Precision::F16 => {
            numbers.flat_map(|u| half::f16::from_f64(2.0 * u - 1.0).to_le_bytes()).collect()
        }
        (Dtype::Real, _) => numbers.flat_map(|u| (2.0 * u as f32 - 1.0).to_le_bytes()).collect(),
        (Dtype::F32, _) => numbers.flat_map(|u| (0.1 + 0.9 * u as f32).to_le_bytes()).collect(),
    }
}
