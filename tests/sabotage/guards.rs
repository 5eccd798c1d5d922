//! Kernels whose own numbers are right, and which touch what is not theirs.

use lepton_kernels::{Case, Dispatch, relu};

use super::{Runs, changed, verify};
use crate::common;

/// The failures of ReLU's forward with `to` in place of `from`.
fn failures(from: &str, to: &str) -> Option<Vec<String>> {
    let gpu = common::gpu()?;
    let case = Case::new(relu::Relu, &[&[1, 2, 2, 5]], "for sabotage");
    let alter = |dispatch: Dispatch| {
        if dispatch.kernel.name.starts_with("relu/forward") { changed(dispatch, from, to) } else { dispatch }
    };
    Some(verify(&gpu, "relu", &[case], Runs { alter: &alter, ..Runs::PLAIN }).expect("the device works").failures)
}

#[test]
fn a_kernel_within_its_tensors_passes() {
    let Some(failures) = failures("y[i] =", "y[i] = ") else { return };
    assert_eq!(failures, [""; 0]);
}

#[test]
fn a_write_past_the_end_is_noticed() {
    let Some(failures) = failures("y[i] =", "y[i + COUNT] = Real4(0.0); y[i] =") else { return };
    assert_eq!(failures.len(), 2, "one in inference, one in training: {failures:#?}");
    assert!(
        failures.iter().all(|failure| failure.contains("output 0 of case `for sabotage` was written past its end"))
    );
}

#[test]
fn a_read_past_the_end_is_noticed() {
    let Some(failures) = failures("y[i] = ", "y[i] = 1e-30 * x[i + COUNT] + ") else { return };
    assert!(failures.iter().any(|failure| failure.contains("NaN")), "{failures:#?}");
}
