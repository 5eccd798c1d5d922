//! Starting weights from (seed, parameter, element): no state, so any layer's start is the same in any model.

use lepton_kernels::{Shape, random};

use super::Init;

/// The starting values of the parameter called `name` (such as `conv1.weight`).
pub fn initial_values(name: &str, shape: &Shape, init: Init, seed: u64) -> Vec<f32> {
    let stream = name.bytes().fold(0, |hash, byte| random::hash64(hash ^ u64::from(byte)));
    let count = shape.count() as u64;
    let uniform =
        |limit: f64| (0..count).map(|i| ((2.0 * random::uniform(seed, stream, i) - 1.0) * limit) as f32).collect();
    match init {
        Init::Constant(value) => vec![value; shape.count()],
        Init::GlorotUniform { fan_in, fan_out } => uniform((6.0 / (fan_in + fan_out) as f64).sqrt()),
        Init::Uniform(limit) => uniform(f64::from(limit)),
        Init::Normal(deviation) => {
            (0..count).map(|i| (random::normal(seed, stream, i) * f64::from(deviation)) as f32).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glorot_weights_fill_their_range_evenly() {
        let init = Init::GlorotUniform { fan_in: 100, fan_out: 50 };
        let values = initial_values("dense.weight", &Shape::new(&[100, 50]), init, 1);
        let limit = (6.0f32 / 150.0).sqrt();
        assert!(values.iter().all(|v| v.abs() <= limit));
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let variance = values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32;
        assert!(mean.abs() < 0.01 * limit * 3.0, "mean {mean}");
        assert!((variance / (limit * limit / 3.0) - 1.0).abs() < 0.05, "variance {variance}");
    }

    #[test]
    fn tables_start_uniform_or_normal() {
        let of = |init| initial_values("embedding.weight", &Shape::new(&[100, 50]), init, 1);
        let deviation = |values: &[f32]| (values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32).sqrt();
        let uniform = of(Init::Uniform(0.25));
        assert!(uniform.iter().all(|v| v.abs() <= 0.25));
        assert!((deviation(&uniform) / (0.25 / 3f32.sqrt()) - 1.0).abs() < 0.03, "{}", deviation(&uniform));
        assert!((deviation(&of(Init::Normal(1.0))) - 1.0).abs() < 0.03);
    }

    #[test]
    fn weights_depend_on_the_seed_and_on_the_name() {
        let init = Init::GlorotUniform { fan_in: 3, fan_out: 3 };
        let of = |name, seed| initial_values(name, &Shape::new(&[3, 3]), init, seed);
        assert_eq!(of("a.weight", 1), of("a.weight", 1));
        assert_ne!(of("a.weight", 1), of("a.weight", 2));
        assert_ne!(of("a.weight", 1), of("b.weight", 1));
    }
}
