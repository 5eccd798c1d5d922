//! Checks every op on an adapter against its f64 twin, both directions: what a user runs who does not trust a driver, and
//! what the tests run.
//!
//! [`Checklist`] checks all ops, or some, in every way in which an adapter computes; [`verify_op`] one op in one way, and
//! [`verify_cases`] cases of one's own.

mod case_run;
mod checklist;
mod quick;
mod verdict;

use lepton_kernels::{Case, OPS};

pub use checklist::{Checklist, Progress, Row, Way, ways};
pub use verdict::Verdict;

use crate::gpu::{Checks, Gpu, GpuError};
use crate::hint::{Hint, Hints};
use case_run::Runs;

/// Why an op cannot be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no such op.
    #[error("unknown op `{name}`")]
    UnknownOp {
        /// What was asked for.
        name: String,
    },
    /// The device failed.
    #[error(transparent)]
    Gpu(#[from] GpuError),
}

impl Hints for VerifyError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            VerifyError::UnknownOp { name } => vec![Hint::one_of(name, OPS.iter().map(|entry| entry.name))],
            VerifyError::Gpu(error) => error.hints(),
        }
    }
}

/// Checks the op of this name in [`OPS`] on all its cases, by the kernels that training runs.
///
/// # Errors
/// [`VerifyError`] if no op has that name, or the device fails; a wrong number is a [`Verdict`], not an error.
pub fn verify_op(gpu: &Gpu, name: &str) -> Result<Verdict, VerifyError> {
    let unknown = || VerifyError::UnknownOp { name: name.into() };
    let entry = OPS.iter().find(|entry| entry.name == name).ok_or_else(unknown)?;
    Ok(verify(gpu, entry.name, &(entry.cases)(), Runs::PLAIN)?)
}

/// Checks an op on these cases, by kernels that check their indices while they run, since anyone can write a [`Case`].
///
/// # Errors
/// If the device fails, or a kernel uses cooperative matrices, which cannot be checked; a wrong number is a [`Verdict`], not
/// an error.
pub fn verify_cases(gpu: &Gpu, op: &'static str, cases: &[Case]) -> Result<Verdict, GpuError> {
    verify(gpu, op, cases, Runs { checks: Checks::On, ..Runs::PLAIN })
}

fn verify(gpu: &Gpu, op: &'static str, cases: &[Case], runs: Runs) -> Result<Verdict, GpuError> {
    let mut verdict = Verdict::new(op);
    for case in cases.iter().filter(|case| case.runs_in(gpu.target().precision)) {
        verdict.add(case_run::check(gpu, case, runs)?);
    }
    Ok(verdict)
}

#[cfg(test)]
#[path = "../../tests/sabotage/mod.rs"]
mod sabotage;
