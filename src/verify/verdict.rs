//! The verdict on one op.

use lepton_kernels::{Case, Operand};
use serde::Serialize;

use super::case_run::Judged;
use crate::gpu::Stray;

/// The verdict on one op.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Name of the op.
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
    /// On an op of which no case has run.
    pub(super) fn new(op: &'static str) -> Self {
        Verdict { op, cases: 0, forward: 0.0, backward: None, tolerance: 0.0, failures: Vec::new() }
    }

    /// Whether every case kept its tolerance, and wrote nowhere but in its tensors.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// Adds what was found on further cases.
    pub(super) fn add(&mut self, other: Verdict) {
        let Verdict { op: _, cases, forward, backward, tolerance, failures } = other;
        self.cases += cases;
        self.forward = self.forward.max(forward);
        self.backward = self.backward.into_iter().chain(backward).reduce(f64::max);
        self.tolerance = self.tolerance.max(tolerance);
        self.failures.extend(failures);
    }

    /// Notes a tensor whose worst element is too far off.
    pub(super) fn judge(&mut self, case: &Case, what: impl Fn() -> String, (worst, tolerance): Judged) {
        if worst.error > tolerance {
            self.failures.push(format!(
                "{} of case `{}`: element {} is {:e}, should be {:e} (error {:.1e}, tolerance {:.0e})",
                what(),
                case.reason,
                worst.index,
                worst.got,
                worst.want,
                worst.error,
                tolerance
            ));
        }
    }

    /// Notes tensors beside which kernels wrote.
    pub(super) fn strays(&mut self, case: &Case, strays: &[Stray]) {
        for stray in strays {
            let side = if stray.byte < 0 { "before its start" } else { "past its end" };
            let bytes = if stray.byte < 0 { -stray.byte } else { stray.byte };
            let tensor = tensor(stray.operand);
            self.failures.push(format!("{tensor} of case `{}` was written {side}, {bytes} bytes from it", case.reason));
        }
    }
}

/// What an operand is to a reader.
fn tensor(operand: Operand) -> String {
    match operand {
        Operand::X(i) => format!("input {i}"),
        Operand::Y(i) => format!("output {i}"),
        Operand::Saved(i) => format!("tensor {i} that forward saves"),
        Operand::Dy(i) => format!("the gradient of output {i}"),
        Operand::Dx(i) => format!("gradient {i}"),
        Operand::Scratch(i) => format!("working memory {i}"),
    }
}
