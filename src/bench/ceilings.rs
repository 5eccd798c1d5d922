//! What the device can do at the most, by kernels that do one thing (`lepton_kernels::ceiling`).

use lepton_kernels::op::Precision;
use lepton_kernels::{Binding, Dispatch, Operand, Step, ceiling};

use super::budget::{Budget, samples, timed_samples};
use super::{BenchError, Ceiling, Sampled, Session};
use crate::gpu::{Content, Gpu, GpuError, OpRun, Timed};

/// A launch of arithmetic should take so long that starting and ending it does not show.
const LAUNCH_SECONDS: f64 = 5e-3;
/// Workgroups of arithmetic, at the least and at the most.
const GROUPS: [usize; 2] = [16, 1 << 20];
/// Launches of a pass whose cost is measured.
const LAUNCHES: usize = 512;
/// Ceilings there are.
const JOBS: usize = 9;

type Found = Result<Option<Sampled>, GpuError>;

/// Measures all ceilings; those that the adapter lacks are left out.
pub fn measure(session: &mut Session, budget: Budget) -> Result<Vec<Ceiling>, BenchError> {
    type Measure = fn(&Session, Budget) -> Found;
    let all: [(&str, &str, &str, Measure); JOBS] = [
        ("fma_f32", "f32 multiply-add", "TFLOP/s", |s, b| {
            arithmetic(s, b, &|n| ceiling::multiply_add(Precision::F32, n))
        }),
        ("fma_f16", "f16 multiply-add", "TFLOP/s", f16),
        ("matrix_f16", "f16 cooperative matrix", "TFLOP/s", matrix),
        ("copy", "copy on the device", "GB/s", copy),
        ("upload", "upload", "GB/s", upload),
        ("download", "download", "GB/s", download),
        ("dispatch", "one dispatch", "us", |s, b| per_launch(s, b, LAUNCHES)),
        ("barrier", "dependent dispatch", "us", |s, b| per_launch(s, b, 1)),
        ("record", "record and submit", "us", record),
    ];
    let mut found = Vec::new();
    for (i, (id, name, unit, measure)) in all.into_iter().enumerate() {
        session.tell("ceilings", name.into(), &budget);
        let lacks = |what| format!("{name}: the adapter has no {what}");
        match measure(session, budget.share(JOBS - i)) {
            Ok(Some(value)) => found.push(Ceiling { id: id.into(), name: name.into(), unit: unit.into(), value }),
            Ok(None) => session.left_out.push(lacks(if id == "fma_f16" {
                "f16 arithmetic"
            } else {
                "cooperative matrices of f16"
            })),
            Err(GpuError::OutOfMemory { bytes, .. }) => {
                session.left_out.push(format!("{name}: the device does not have {} free", crate::plan::mib(bytes)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

fn f16(session: &Session, budget: Budget) -> Found {
    match session.gpu.target_in(Precision::F16) {
        Ok(_) => arithmetic(session, budget, &|groups| ceiling::multiply_add(Precision::F16, groups)),
        Err(_) => Ok(None),
    }
}

fn matrix(session: &Session, budget: Budget) -> Found {
    match session.gpu.matrix() {
        Ok(matrix) => arithmetic(session, budget, &|groups| ceiling::matrix(matrix, groups)),
        Err(_) => Ok(None),
    }
}

/// TFLOP/s of a kernel of which there can be as many workgroups as the device needs to be busy for a while.
fn arithmetic(session: &Session, budget: Budget, kernel: &dyn Fn(usize) -> Dispatch) -> Found {
    let half = |dispatch: &Dispatch| !dispatch.kernel.name.ends_with("fma_f32");
    let mut groups = GROUPS[0];
    loop {
        let dispatch = kernel(groups);
        // matrices are small numbers too: a pattern of 1/4 and 1/2 suits them as well
        let pattern: Vec<u8> = if half(&dispatch) {
            ceiling::COEFFICIENTS.iter().flat_map(|&v| half::f16::from_f32(v).to_le_bytes()).collect()
        } else {
            bytemuck::cast_slice(&ceiling::COEFFICIENTS).to_vec()
        };
        let bytes = session.gpu.matrix().map_or(0, ceiling::matrix_operand).max(ceiling::COEFFICIENTS.len()) as u64 * 4;
        let run = two(Content { bytes, pattern }, 16);
        let timed = run.timed(session.gpu, &[], std::slice::from_ref(&dispatch), &Step::default())?;
        timed.seconds(1)?;
        let seconds = timed.seconds(1)?;
        if seconds < LAUNCH_SECONDS && groups < GROUPS[1] && budget.left() > 0.0 {
            groups = (groups * ((1.5 * LAUNCH_SECONDS / seconds.max(1e-7)) as usize).clamp(2, 16)).min(GROUPS[1]);
            continue;
        }
        let rate = |seconds: f64| 2e-12 * dispatch.multiply_adds as f64 / seconds;
        let all = timed_samples(&timed, budget, session.preset.samples)?;
        return Ok(Some(Sampled::new(all.into_iter().map(rate).collect())));
    }
}

/// GB/s of a copy, bytes read and bytes written added, over memory that no cache holds.
fn copy(session: &Session, budget: Budget) -> Found {
    let limits = session.gpu.limits();
    let wanted = if session.software() { 32 << 20 } else { 256 << 20 };
    let bytes = limits.binding_bytes.min(limits.buffer_bytes).min(wanted) / ceiling::COPY_BYTES * ceiling::COPY_BYTES;
    let run = two(Content { bytes, pattern: [1, 2, 3, 4].repeat(1 << 16) }, bytes);
    let mut fastest: Option<(f64, Timed)> = None;
    for quads in ceiling::COPY_QUADS {
        let timed = run.timed(session.gpu, &[], &[ceiling::copy(bytes, quads)], &Step::default())?;
        timed.seconds(1)?;
        let seconds = timed.seconds(1)?;
        if fastest.as_ref().is_none_or(|(before, _)| seconds < *before) {
            fastest = Some((seconds, timed));
        }
    }
    let (_, timed) = fastest.expect("there is a way to copy");
    let all = timed_samples(&timed, budget, session.preset.samples)?;
    Ok(Some(Sampled::new(all.into_iter().map(|seconds| 2e-9 * bytes as f64 / seconds).collect())))
}

/// Bytes that go to the device and back.
fn transfer_bytes(session: &Session) -> usize {
    if session.software() { 16 << 20 } else { 64 << 20 }
}

fn upload(session: &Session, budget: Budget) -> Found {
    let bytes = vec![1u8; transfer_bytes(session)];
    let transfer = session.gpu.transfer(bytes.len() as u64)?;
    transfer.upload_seconds(&bytes)?;
    let mut take = || Ok(1e-9 * bytes.len() as f64 / transfer.upload_seconds(&bytes)?);
    Ok(Some(Sampled::new(samples(budget, session.preset.samples, &mut take)?)))
}

fn download(session: &Session, budget: Budget) -> Found {
    let mut bytes = vec![1u8; transfer_bytes(session)];
    let transfer = session.gpu.transfer(bytes.len() as u64)?;
    transfer.download_seconds(&mut bytes)?;
    let mut take = || Ok(1e-9 * bytes.len() as f64 / transfer.download_seconds(&mut bytes)?);
    Ok(Some(Sampled::new(samples(budget, session.preset.samples, &mut take)?)))
}

/// Launches of one thread each on so many buffers in turn: on one buffer, each waits for the one before it.
fn touches(gpu: &Gpu, buffers: usize) -> Result<Timed, GpuError> {
    let mut run = OpRun::default();
    (0..buffers).for_each(|i| run.add(Operand::X(i), Content::zeros(16)));
    let touch = |i: usize| {
        let mut dispatch = ceiling::touch();
        let on = |binding: &Binding| Binding { operand: Operand::X(i % buffers), ..*binding };
        dispatch.bindings = dispatch.bindings.iter().map(on).collect();
        dispatch
    };
    run.timed(gpu, &[], &(0..LAUNCHES).map(touch).collect::<Vec<_>>(), &Step::default())
}

/// Microseconds of device time a launch.
fn per_launch(session: &Session, budget: Budget, buffers: usize) -> Found {
    let timed = touches(session.gpu, buffers)?;
    timed.seconds(1)?;
    let mut take = || Ok(1e6 * timed.seconds(1)? / timed.launches() as f64);
    Ok(Some(Sampled::new(samples(budget, session.preset.samples, &mut take)?)))
}

/// Microseconds of the host's time a launch.
fn record(session: &Session, budget: Budget) -> Found {
    let timed = touches(session.gpu, LAUNCHES)?;
    timed.host_seconds(1)?;
    let mut take = || Ok(1e6 * timed.host_seconds(4)? / (4 * timed.launches()) as f64);
    Ok(Some(Sampled::new(samples(budget, session.preset.samples, &mut take)?)))
}

/// The two operands of a kernel that reads one and writes the other, which is empty at first.
fn two(read: Content, written_bytes: u64) -> OpRun {
    let mut run = OpRun::default();
    run.add(Operand::X(0), read);
    run.add(Operand::Y(0), Content::zeros(written_bytes));
    run
}
