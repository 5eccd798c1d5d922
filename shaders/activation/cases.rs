//! Cases of the activations.

use super::{Activate, ActivationKind};
use crate::case::Fill;
use crate::{Case, random};

/// Every kind; where one has a number, one that is not the default.
const KINDS: [ActivationKind; 12] = [
    ActivationKind::LeakyRelu { negative_slope: 0.2 },
    ActivationKind::Elu { alpha: 1.3 },
    ActivationKind::Gelu,
    ActivationKind::GeluTanh,
    ActivationKind::Silu,
    ActivationKind::Hardswish,
    ActivationKind::Hardsigmoid,
    ActivationKind::Relu6,
    ActivationKind::Sigmoid,
    ActivationKind::Tanh,
    ActivationKind::Softplus,
    ActivationKind::Mish,
];

/// Where some kind has a kink.
const KINKS: [f64; 4] = [-3.0, 0.0, 3.0, 6.0];

/// Normal numbers of this standard deviation, none within 0.05 of a kink.
fn away_from_kinks(count: usize, deviation: f64) -> Fill {
    let move_away = |x: f64| {
        let near = KINKS.into_iter().find(|kink| (x - kink).abs() < 0.05);
        near.map_or(x, |kink| kink + 0.1f64.copysign(x - kink))
    };
    Fill::Exactly((0..count as u64).map(|e| move_away(deviation * random::normal(21, 0, e))).collect())
}

pub(super) fn all() -> Vec<Case> {
    let case = |kind, shape: &[usize], reason| Case::new(Activate { kind }, &[shape], reason);
    let mut cases = Vec::new();
    for kind in KINDS {
        cases.push(
            case(kind, &[3, 5, 7, 2], "uneven images, every branch").fill(0, away_from_kinks(3 * 5 * 7 * 2, 3.0)),
        );
        // numbers near 0 among them make the sizes that errors are measured by ordinary
        let far = vec![
            -1.5, -0.5, 0.75, 1.25, -1000.0, -104.0, -89.0, -45.0, -20.0, -5.5, 5.5, 20.0, 45.0, 89.0, 104.0, 1000.0,
        ];
        cases.push(case(kind, &[2, 8], "far from 0, where exp overflows or vanishes").fill(0, Fill::Exactly(far)));
    }
    for kind in [ActivationKind::Elu { alpha: 1.0 }, ActivationKind::Tanh, ActivationKind::Gelu] {
        let near = case(kind, &[2, 33], "near 0, where differences cancel");
        cases.push(near.fill(0, Fill::Exactly((0..66).map(|e| 1e-3 * (f64::from(e) - 32.5)).collect())));
    }
    cases.push(case(KINDS[0], &[2, 67], "zeros, where it has a kink").fill(0, Fill::Ties));
    cases.push(case(KINDS[1], &[2, 67], "zeros, where it has a kink").fill(0, Fill::Ties));
    cases.push(case(ActivationKind::Relu6, &[2, 67], "zeros, where it has a kink").fill(0, Fill::Ties));
    cases.push(case(ActivationKind::Silu, &[3, 429], "more than a workgroup"));
    cases
}
