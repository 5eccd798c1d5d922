use super::BatchNorm;
use crate::case::Fill;
use crate::rectifier::Rectifier;
use crate::{Case, Step, random};

/// A step whose batch has so many images.
pub(super) fn images(batch_length: u32) -> Step {
    Step { batch_length, ..Step::default() }
}

/// A case with the parameters that `norm` takes.
pub(super) fn case(norm: BatchNorm, x: &[usize], live: u32, reason: &'static str) -> Case {
    let c = [*x.last().expect("channels")];
    let first = norm.running();
    let shapes: Vec<&[usize]> = std::iter::once(x).chain(std::iter::repeat_n(&c[..], first + 1)).collect();
    Case::new(norm, &shapes, reason).fill(first + 1, Fill::Positive).step(images(live))
}

/// Normal numbers around a mean far from 0 in units of their deviation of 1.
pub(super) fn far(count: usize, mean: f64) -> Fill {
    Fill::Exactly((0..count as u64).map(|i| mean + random::normal(21, 3, i)).collect())
}

pub(super) fn all() -> Vec<Case> {
    let norm = BatchNorm::default();
    let ending = |rectifier| BatchNorm { rectifier, ..BatchNorm::default() };
    let (relu, relu6) = (ending(Rectifier::Relu), ending(Rectifier::Relu6));
    let plain = BatchNorm { affine: false, momentum: 0.3, epsilon: 1e-2, rectifier: Rectifier::None, frozen: false };
    let still = BatchNorm { momentum: 0.0, ..norm.clone() };
    let frozen = |rectifier| BatchNorm { rectifier, frozen: true, ..BatchNorm::default() };
    let bare = BatchNorm { affine: false, ..frozen(Rectifier::Relu) };
    let third = Step { least_momentum: 1.0 / 3.0, ..images(3) };
    let mut far_off = case(norm.clone(), &[3, 5, 7, 4], 3, "a mean of 1000 costs no digits of a deviation of 1")
        .fill(0, far(420, 1000.0));
    // 1000 + deviation has three digits left in f16
    far_off.only = Some(crate::Precision::F32);
    vec![
        case(norm.clone(), &[3, 5, 7, 6], 3, "uneven images"),
        case(norm.clone(), &[4, 3, 5, 12], 3, "a last batch of three: the fourth image counts nowhere"),
        case(relu.clone(), &[3, 5, 4, 8], 3, "ReLU in the same kernels, two runs of four channels"),
        case(relu.clone(), &[5, 3, 4, 7], 4, "ReLU, a last batch, nothing divides by four"),
        case(relu6.clone(), &[3, 5, 4, 8], 3, "ReLU6, of which many values are above 6").fill(1, Fill::Normal(8.0)),
        case(relu6, &[5, 3, 4, 7], 4, "ReLU6, a last batch, nothing divides by four").fill(1, Fill::Normal(8.0)),
        case(norm.clone(), &[9, 10], 9, "features without pixels"),
        case(plain.clone(), &[5, 4, 3, 36], 5, "no scale and shift, more runs than stand side by side, other options"),
        case(
            BatchNorm { rectifier: Rectifier::Relu, ..plain },
            &[7, 5],
            6,
            "features, no scale and shift, ReLU, a last batch",
        ),
        case(norm.clone(), &[3, 23, 21, 4], 3, "several slabs of several parts"),
        case(relu, &[2, 19, 17, 3], 2, "several slabs, with ReLU"),
        case(norm.clone(), &[4, 8, 7, 33], 4, "more slabs than are added at a time"),
        case(norm.clone(), &[2, 3, 2, 5], 1, "one image").fill(0, Fill::Normal(3.0)),
        case(norm, &[3, 4, 3, 6], 3, "running averages in a run's third batch: its share is a third").step(third),
        case(still, &[3, 4, 3, 6], 3, "running averages that stay, also in a run's third batch").step(third),
        case(frozen(Rectifier::None), &[3, 5, 7, 6], 3, "running averages normalise"),
        case(frozen(Rectifier::Relu), &[5, 3, 4, 8], 4, "they do, ReLU, a last batch"),
        case(bare, &[7, 5], 6, "features of them, no scale and shift"),
        far_off,
    ]
}
