//! Many ops, each in every way in which an adapter computes, on several devices at once.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use lepton_kernels::op::{Precision, Target};
use lepton_kernels::{Case, Kernel, Mode, OPS};
use serde::Serialize;

use super::case_run::{self, Runs};
use super::{Verdict, VerifyError, quick};
use crate::gpu::Gpu;
use crate::platform;

/// A way in which an adapter computes.
#[derive(Clone, Debug)]
pub struct Way {
    /// Its name: `f32`, `f16`, `f16 matrix`.
    pub name: &'static str,
    /// The kernels it takes.
    pub target: Target,
}

/// Every way in which this adapter can compute: f32, f16 where it has it, and f16 on cooperative matrices where it has them.
pub fn ways(gpu: &Gpu) -> Vec<Way> {
    let mut ways = vec![Way { name: "f32", target: gpu.target() }];
    if let Ok(target) = gpu.target_in(Precision::F16) {
        ways.push(Way { name: "f16", target: Target { matrix: None, ..target.clone() } });
        if let Ok(matrix) = gpu.matrix() {
            ways.push(Way { name: "f16 matrix", target: Target { matrix: Some(matrix), ..target } });
        }
    }
    ways
}

/// An op's verdict in one way of computing it.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The way's name.
    pub way: &'static str,
    /// What was found.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// How far a checklist is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The op whose case has begun, and the way it is computed in.
    pub op: &'static str,
    /// That way's name.
    pub way: &'static str,
    /// Which row it is in, from 1.
    pub row: usize,
    /// Rows there will be.
    pub rows: usize,
    /// What is done of all the work, 0..1: drivers spend nearly all of it on compiling, so that texts of kernels are counted.
    pub share: f64,
}

/// One case in one way.
pub(super) struct Check {
    /// Which row of the result it is part of.
    row: usize,
    way: usize,
    case: Case,
    /// What it meets: its op in its way, and each kernel that the op runs, by its name without its tile.
    pub meets: BTreeSet<(&'static str, String)>,
    /// Bytes of its kernels' texts.
    pub cost: usize,
}

impl Check {
    pub(super) fn new(row: usize, way: usize, case: Case, target: &Target) -> Self {
        let shapes = case.shapes();
        let wanted: Vec<bool> = (0..shapes.len()).map(|i| case.op.differentiable(i)).collect();
        let forward = |mode| case.op.forward(&shapes, mode, target);
        let lowered = [forward(Mode::Infer), forward(Mode::Train), case.op.backward(&shapes, &wanted, target)];
        let mut distinct: Vec<&Kernel> = Vec::new();
        for kernel in lowered.iter().flat_map(|lowered| &lowered.dispatches).map(|dispatch| &*dispatch.kernel) {
            if !distinct.contains(&kernel) {
                distinct.push(kernel);
            }
        }
        let name = |kernel: &&Kernel| kernel.name.split(' ').next().unwrap_or_default().to_string();
        let op = (case.op.name(), format!("way {way}"));
        let meets = distinct.iter().map(|kernel| (case.op.name(), name(kernel))).chain([op]).collect();
        let cost = distinct.iter().map(|kernel| kernel.source.len()).sum();
        Check { row, way, case, meets, cost }
    }
}

/// What is to be checked: cases of ops, in every way in which an adapter computes.
pub struct Checklist {
    ways: Vec<Way>,
    /// Op and way of each row of the result.
    rows: Vec<(&'static str, usize)>,
    checks: Vec<Check>,
    left_out: usize,
}

impl Checklist {
    /// Every case of every op, or of the op of this name, in every way of this adapter.
    ///
    /// # Errors
    /// [`VerifyError::UnknownOp`].
    pub fn new(gpu: &Gpu, op: Option<&str>) -> Result<Self, VerifyError> {
        Self::in_ways(ways(gpu), op)
    }

    /// The same in these ways.
    ///
    /// # Errors
    /// [`VerifyError::UnknownOp`].
    pub fn in_ways(ways: Vec<Way>, op: Option<&str>) -> Result<Self, VerifyError> {
        let chosen: Vec<_> = OPS.iter().filter(|entry| op.is_none_or(|name| name == entry.name)).collect();
        if chosen.is_empty() {
            return Err(VerifyError::UnknownOp { name: op.unwrap_or_default().into() });
        }
        let mut rows = Vec::new();
        let mut checks = Vec::new();
        for (way, Way { target, .. }) in ways.iter().enumerate() {
            for entry in &chosen {
                let cases = (entry.cases)().into_iter().filter(|case| case.runs_in(target.precision));
                checks.extend(cases.map(|case| Check::new(rows.len(), way, case, target)));
                rows.push((entry.name, way));
            }
        }
        Ok(Checklist { ways, rows, checks, left_out: 0 })
    }

    /// The same with as few and as cheap cases as meet every op in each way, and each kernel of an op in one at least.
    pub fn quick(mut self) -> Self {
        let before = self.checks.len();
        let chosen = quick::choose(&self.checks);
        let mut number = 0..;
        self.checks.retain(|_| chosen.contains(&number.next().expect("numbers do not end")));
        self.left_out = before - self.checks.len();
        self
    }

    /// Cases that will be run, each counted once for each way.
    pub fn cases(&self) -> usize {
        self.checks.len()
    }

    /// Cases that [`quick`](Checklist::quick) left out.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Runs it on these devices of one adapter, which share the work: a software adapter compiles the kernels of one device
    /// one after another. `progress` is told of every case that begins.
    ///
    /// # Errors
    /// If a device fails; a wrong number is in a [`Verdict`].
    pub fn run(&self, devices: &[Gpu], progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Vec<Row>, VerifyError> {
        let next = AtomicUsize::new(0);
        let whole: usize = self.checks.iter().map(|check| check.cost).sum();
        let state = Mutex::new((progress, 0));
        let begin = |check: &Check| {
            let (tell, done) = &mut *state.lock().expect("no one panics while holding it");
            let (op, way) = self.rows[check.row];
            let share = *done as f64 / whole.max(1) as f64;
            tell(Progress { op, way: self.ways[way].name, row: check.row + 1, rows: self.rows.len(), share });
        };
        let end = |check: &Check| state.lock().expect("no one panics while holding it").1 += check.cost;
        let work = |gpu: &Gpu| -> Result<Vec<(usize, Verdict)>, VerifyError> {
            let ways = self.ways.iter().map(|way| gpu.with_target(way.target.clone()));
            let ways: Vec<Gpu> = ways.collect::<Result<_, _>>()?;
            let mut found = Vec::new();
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let Some(check) = self.checks.get(i) else { return Ok(found) };
                begin(check);
                let verdict = case_run::check(&ways[check.way], &check.case, Runs::PLAIN);
                // nobody goes on where a device has failed
                let verdict = verdict.inspect_err(|_| next.store(self.checks.len(), Ordering::Relaxed))?;
                end(check);
                found.push((i, verdict));
            }
        };
        let mut found: Vec<(usize, Verdict)> = platform::parallel(devices, work)?.into_iter().flatten().collect();
        found.sort_by_key(|(i, _)| *i);
        let empty = |&(op, way): &(&'static str, usize)| Row { way: self.ways[way].name, verdict: Verdict::new(op) };
        let mut rows: Vec<Row> = self.rows.iter().map(empty).collect();
        found.into_iter().for_each(|(i, verdict)| rows[self.checks[i].row].verdict.add(verdict));
        Ok(rows)
    }
}
