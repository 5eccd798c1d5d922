//! How the rows of a step are mixed: a share drawn from a Beta distribution, and for CutMix a box.

use lepton_kernels::augment::Policy;
use lepton_kernels::{Step, random};

/// A standard gamma number of this shape from a counter (Marsaglia and Tsang 2000; below 1 by `U^(1/a)`), as its logarithm,
/// since shapes near 0 give numbers that f64 does not hold. Own code, because a library wants a generator with a state.
fn log_gamma_number(shape: f64, seed: u64, stream: u64) -> f64 {
    let (lift, shape) =
        if shape < 1.0 { ((1.0 - random::uniform(seed, stream, 0)).ln() / shape, shape + 1.0) } else { (0.0, shape) };
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    let tries = (1..).map(|i| (random::normal(seed, stream, i), 1.0 - random::uniform(seed, stream + 1, i)));
    let taken = tries.filter_map(|(x, u)| {
        let v = (1.0 + c * x).powi(3);
        (v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln()).then(|| d.ln() + v.ln())
    });
    lift + taken.into_iter().next().expect("some number is taken")
}

/// A number from Beta(alpha, alpha).
fn beta_number(alpha: f64, seed: u64) -> f64 {
    let [a, b] = [10, 20].map(|stream| log_gamma_number(alpha, seed, stream));
    1.0 / (1.0 + (b - a).exp())
}

/// Sets how the rows of `step` are mixed, from its `noise_key`. With both mixup and CutMix, either is as likely (timm).
pub(super) fn mix(policy: &Policy, step: &mut Step, [h, w]: [usize; 2]) {
    if !policy.mixes() {
        return;
    }
    let seed = u64::from(step.noise_key[0]) << 32 | u64::from(step.noise_key[1]);
    let cut = match (policy.mixup > 0.0, policy.cutmix > 0.0) {
        (true, true) => random::uniform(seed, 1, 0) < 0.5,
        (_, cut) => cut,
    };
    let share = beta_number(f64::from(if cut { policy.cutmix } else { policy.mixup }), seed);
    if !cut {
        step.mix_other = (1.0 - share) as f32;
        return;
    }
    // a box of this share around a uniform pixel, cut off at the border; what is left of it counts
    let side = |size: usize| (size as f64 * (1.0 - share).sqrt()) as i64;
    let cut_off = |size: usize, element: u64| {
        let centre = (random::uniform(seed, 2, element) * size as f64) as i64;
        let first = centre - side(size) / 2;
        [first.max(0) as u32, (first + side(size)).clamp(0, size as i64) as u32]
    };
    let ([top, bottom], [left, right]) = (cut_off(h, 0), cut_off(w, 1));
    if bottom <= top || right <= left {
        return;
    }
    step.mix_rows = top | bottom << 16;
    step.mix_columns = left | right << 16;
    step.mix_other = ((bottom - top) * (right - left)) as f32 / (h * w) as f32;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(values: &[f64]) -> [f64; 2] {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        [mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64]
    }

    #[test]
    fn beta_numbers_have_their_mean_and_variance() {
        // variance of Beta(a, a) is 1 / (4 (2 a + 1)); of 10,000 numbers the mean is within 5 standard errors
        for alpha in [0.05, 0.2, 1.0, 4.0] {
            let numbers: Vec<f64> = (0..10_000).map(|i| beta_number(alpha, random::hash64(i))).collect();
            assert!(numbers.iter().all(|n| (0.0..=1.0).contains(n)));
            let ([mean, variance], expected) = (moments(&numbers), 1.0 / (4.0 * (2.0 * alpha + 1.0)));
            assert!((mean - 0.5).abs() < 5.0 * (expected / 1e4).sqrt(), "alpha {alpha}: mean {mean}");
            assert!((variance / expected - 1.0).abs() < 0.07, "alpha {alpha}: variance {variance}, {expected}");
        }
    }

    #[test]
    fn a_box_is_inside_and_its_share_is_its_area() {
        let policy = Policy { cutmix: 1.0, ..Policy::default() };
        let mut shares = Vec::new();
        for i in 0..2_000 {
            let mut step = Step { noise_key: random::key(1, 3, i), ..Step::default() };
            mix(&policy, &mut step, [20, 12]);
            let [rows, columns] = [step.mix_rows, step.mix_columns].map(|word| [word & 0xffff, word >> 16]);
            assert!(rows[1] <= 20 && columns[1] <= 12 && rows[0] <= rows[1] && columns[0] <= columns[1]);
            let area = (rows[1] - rows[0]) * (columns[1] - columns[0]);
            assert!((step.mix_other - area as f32 / 240.0).abs() < 1e-6);
            shares.push(f64::from(step.mix_other));
        }
        // boxes are cut off at the border: less than the half that uniform shares would give
        let [mean, _] = moments(&shares);
        assert!((0.2..0.45).contains(&mean), "mean share {mean}");
    }

    #[test]
    fn mixup_and_cutmix_take_turns() {
        let policy = Policy { cutmix: 1.0, mixup: 0.2, ..Policy::default() };
        let boxes = (0..1_000).filter(|&i| {
            let mut step = Step { noise_key: random::key(2, 3, i), ..Step::default() };
            mix(&policy, &mut step, [16, 16]);
            step.mix_rows != 0
        });
        let boxes = boxes.count();
        assert!((380..=580).contains(&boxes), "{boxes} of 1000 steps paste a box");
    }
}
