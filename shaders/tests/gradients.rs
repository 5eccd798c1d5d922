//! The twins are the definition of every op, so their gradients are checked against nothing but the twins themselves:
//! central differences of `<y, dy>` with a random cotangent, in f64.

use lepton_kernels::case::Fill;
use lepton_kernels::op::Precision;
use lepton_kernels::{Array, Case, OPS, Op, Shape, Step, random};

/// Elements of each input that are checked; all of them if there are fewer.
const SAMPLES: u64 = 24;
const STEP: f64 = 1e-5;
const TOLERANCE: f64 = 1e-6;

/// The largest error of the twin's gradients against central differences.
fn gradient_error(op: &dyn Op, case: &Case) -> f64 {
    let inputs = case.arrays(Precision::F32);
    let outputs = op.twin(&inputs, &case.step);
    let dy = match op.loss_gradient() {
        Some(_) => outputs[0].map(|_| 1.0),
        None => case.cotangent(&outputs[0].shape, Precision::F32),
    };
    let gradients = op.twin_backward(&inputs, &outputs, &dy, &case.step);
    let mut worst: f64 = 0.0;
    for (i, gradient) in gradients.iter().enumerate() {
        let Some(gradient) = gradient.as_ref().filter(|_| op.differentiable(i)) else { continue };
        let count = inputs[i].data.len() as u64;
        let scale = (gradient.dot(gradient) / count as f64).sqrt().max(1e-3);
        for sample in 0..SAMPLES.min(count) {
            let element = if count <= SAMPLES { sample } else { random::hash64(sample) % count } as usize;
            let along = |delta: f64| {
                let mut moved: Vec<Array> = inputs.clone();
                moved[i].data[element] += delta;
                op.twin(&moved, &case.step)[0].dot(&dy)
            };
            let numeric = (along(STEP) - along(-STEP)) / (2.0 * STEP);
            worst = worst.max((numeric - gradient.data[element]).abs() / scale.max(numeric.abs()));
        }
    }
    worst
}

/// Cases whose point is a kink, where a difference quotient says nothing: ties of a maximum, zeros of a ReLU.
fn is_smooth(case: &Case) -> bool {
    !case.inputs.iter().any(|i| matches!(i.fill, Fill::Ties | Fill::Rectified))
}

#[test]
fn twins_agree_with_finite_differences() {
    let mut checked = 0;
    for entry in OPS {
        for case in (entry.cases)().iter().filter(|c| is_smooth(c)) {
            let op = case.op.as_ref();
            if !(0..case.inputs.len()).any(|i| op.differentiable(i)) {
                continue;
            }
            let error = gradient_error(op, case);
            assert!(error < TOLERANCE, "{} ({}): error {error:.2e}", entry.name, case.reason);
            checked += 1;
        }
    }
    assert!(checked > 30, "only {checked} cases were checked");
}

/// An op whose gradient is scaled: what a forgotten or doubled factor looks like.
#[derive(Debug)]
struct Scaled(Box<dyn Op>, f64);

impl Op for Scaled {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, lepton_kernels::ShapeError> {
        self.0.outputs(inputs)
    }
    fn loss_gradient(&self) -> Option<usize> {
        self.0.loss_gradient()
    }
    fn differentiable(&self, input: usize) -> bool {
        self.0.differentiable(input)
    }
    fn forward(
        &self,
        inputs: &[Shape],
        mode: lepton_kernels::Mode,
        target: &lepton_kernels::op::Target,
    ) -> lepton_kernels::Lowered {
        self.0.forward(inputs, mode, target)
    }
    fn twin(&self, inputs: &[Array], step: &lepton_kernels::Step) -> Vec<Array> {
        self.0.twin(inputs, step)
    }
    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], dy: &Array, step: &Step) -> Vec<Option<Array>> {
        let gradients = self.0.twin_backward(inputs, outputs, dy, step);
        gradients.into_iter().map(|g| g.map(|g| g.map(|v| v * self.1))).collect()
    }
}

#[test]
fn the_check_notices_a_gradient_that_is_too_small() {
    for entry in OPS {
        let cases = (entry.cases)();
        let smooth = cases.iter().position(is_smooth).expect("every op has a smooth case");
        if cases[smooth].op.differentiable(0) {
            let scaled = Scaled((entry.cases)().swap_remove(smooth).op, 0.999);
            let error = gradient_error(&scaled, &cases[smooth]);
            assert!(error > 10.0 * TOLERANCE, "{}: a factor of 0.999 went unnoticed ({error:.2e})", entry.name);
        }
    }
}

#[test]
fn names_are_unique_and_say_what_ops_returns() {
    for (i, entry) in OPS.iter().enumerate() {
        assert!(OPS[..i].iter().all(|e| e.name != entry.name), "{} is listed twice", entry.name);
        let cases = (entry.cases)();
        assert!(!cases.is_empty(), "{} has no case", entry.name);
        assert!(cases.iter().all(|c| c.op.name() == entry.name && !c.reason.is_empty()));
    }
}
