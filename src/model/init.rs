//! Starting weights from (seed, parameter, element): no state, so any layer's start is the same in any model.

use lepton_kernels::{Shape, random};

use super::Init;

/// The starting values of the parameter called `name` (such as `conv1.weight`).
pub fn initial_values(name: &str, shape: &Shape, init: Init, seed: u64) -> Vec<f32> {
    let stream = name.bytes().fold(0, |hash, byte| random::hash64(hash ^ u64::from(byte)));
    let count = shape.count() as u64;
    let uniform = |limit: f64| {
        (0..count).map(|i| ((2.0 * random::uniform(seed, stream, i) - 1.0) * limit) as f32).collect::<Vec<f32>>()
    };
    match init {
        Init::Constant(value) => vec![value; shape.count()],
        Init::GlorotUniform { fan_in, fan_out } => uniform((6.0 / (fan_in + fan_out) as f64).sqrt()),
        Init::Uniform { limit } => uniform(limit),
        Init::Normal { deviation } => {
            (0..count).map(|i| (deviation * random::normal(seed, stream, i)) as f32).collect()
        }
        Init::TruncatedNormal { deviation } => {
            (0..count).map(|i| (deviation * truncated_normal(seed, stream, i)) as f32).collect()
        }
        Init::Orthogonal { columns } => {
            let normal: Vec<f64> = (0..count).map(|i| random::normal(seed, stream, i)).collect();
            orthogonal(&normal, columns).into_iter().map(|value| value as f32).collect()
        }
        Init::Dirac { limit, groups } => dirac(uniform(limit), shape, groups),
        Init::Whitening => unreachable!("{name} starts from images: `starting_values`"),
    }
}

/// A normal number that is not more than 2 away from 0: the first of those that the element draws.
fn truncated_normal(seed: u64, stream: u64, element: u64) -> f64 {
    // 1 in 22 is too large; a row of 64 such is not met
    let draws = (0..64).map(|draw| random::normal(seed, random::hash64(stream ^ draw), element));
    draws.into_iter().find(|value| value.abs() <= 2.0).unwrap_or(0.0)
}

/// The columns of the matrix `normal`, row after row, turned to right angles and length 1; its rows, where there are fewer of
/// those. Gram and Schmidt's method gives the same as a QR decomposition whose R has a positive diagonal.
fn orthogonal(normal: &[f64], columns: usize) -> Vec<f64> {
    let rows = normal.len() / columns.max(1);
    let (vectors, length) = (rows.min(columns), rows.max(columns));
    // element i of vector v
    let place = |v: usize, i: usize| if rows >= columns { i * columns + v } else { v * columns + i };
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(vectors);
    for v in 0..vectors {
        let mut vector: Vec<f64> = (0..length).map(|i| normal[place(v, i)]).collect();
        // twice: once leaves rounding where vectors nearly agree
        for other in basis.iter().chain(&basis) {
            let along: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
            vector.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
        }
        let size = vector.iter().map(|a| a * a).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        basis.push(vector.into_iter().map(|a| a / size).collect());
    }
    let mut matrix = vec![0.0; normal.len()];
    for (v, vector) in basis.iter().enumerate() {
        vector.iter().enumerate().for_each(|(i, &value)| matrix[place(v, i)] = value);
    }
    matrix
}

/// Filters `[kh, kw, c, f]` of which the first of each group, as many as it has channels, hand on one channel each.
fn dirac(mut values: Vec<f32>, shape: &Shape, groups: usize) -> Vec<f32> {
    let [kh, kw, c, filters] = *shape.sizes() else { unreachable!("a convolution asks for filters") };
    let of_group = filters / groups;
    let centre = kh / 2 * kw + kw / 2;
    for group in 0..groups {
        for channel in 0..c.min(of_group) {
            let filter = group * of_group + channel;
            values[filter..].iter_mut().step_by(filters).for_each(|value| *value = 0.0);
            values[(centre * c + channel) * filters + filter] = 1.0;
        }
    }
    values
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

    /// Mean and standard deviation.
    fn moments(values: &[f32]) -> [f64; 2] {
        let count = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / count;
        let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / count;
        [mean, variance.sqrt()]
    }

    #[test]
    fn weights_have_the_spread_that_their_start_says() {
        let shape = Shape::new(&[3, 3, 40, 60]);
        let limit = 0.3f64;
        for (init, largest, spread) in [
            (Init::Uniform { limit }, limit, limit / 3f64.sqrt()),
            (Init::Normal { deviation: limit }, 6.0 * limit, limit),
            // the spread of a normal number that is cut off at two deviations
            (Init::TruncatedNormal { deviation: limit }, 2.0 * limit, 0.879_63 * limit),
        ] {
            let values = initial_values("conv.weight", &shape, init, 7);
            let [mean, deviation] = moments(&values);
            assert!(values.iter().all(|v| f64::from(v.abs()) <= largest * 1.000_001), "{init:?}");
            assert!(mean.abs() < 4.0 * spread / (values.len() as f64).sqrt(), "{init:?}: mean {mean}");
            assert!((deviation / spread - 1.0).abs() < 0.02, "{init:?}: deviation {deviation}, should be {spread}");
        }
    }

    #[test]
    fn orthogonal_weights_are_at_right_angles() {
        for (rows, columns) in [(27, 8), (5, 24), (9, 9)] {
            let init = Init::Orthogonal { columns };
            let values = initial_values("conv.weight", &Shape::new(&[rows, columns]), init, 3);
            let at =
                |v: usize, i: usize| f64::from(values[if rows >= columns { i * columns + v } else { v * columns + i }]);
            let vectors = rows.min(columns);
            for (a, b) in (0..vectors * vectors).map(|pair| (pair / vectors, pair % vectors)) {
                let product: f64 = (0..rows.max(columns)).map(|i| at(a, i) * at(b, i)).sum();
                assert!((product - if a == b { 1.0 } else { 0.0 }).abs() < 1e-6, "{a} {b}: {product}");
            }
        }
    }

    #[test]
    fn a_partial_identity_hands_channels_on_and_leaves_the_other_filters_at_random() {
        // more filters than channels, fewer, an even window, groups
        for ([kh, kw, c, filters], groups) in
            [([3, 3, 4, 6], 1), ([1, 3, 5, 2], 1), ([2, 2, 3, 5], 1), ([3, 3, 2, 6], 2), ([3, 1, 1, 3], 3)]
        {
            let limit = 0.25;
            let shape = Shape::new(&[kh, kw, c, filters]);
            let values = initial_values("conv.weight", &shape, Init::Dirac { limit, groups }, 3);
            for filter in 0..filters {
                let channel = filter % (filters / groups);
                for (at, &value) in values[filter..].iter().step_by(filters).enumerate() {
                    let (tap, here) = ([at / c / kw, at / c % kw], at % c);
                    let place = format!("[{kh}, {kw}, {c}, {filters}] tap {tap:?} channel {here} filter {filter}");
                    if channel < c {
                        let handed = tap == [kh / 2, kw / 2] && here == channel;
                        assert_eq!(value, if handed { 1.0 } else { 0.0 }, "{place}");
                    } else {
                        assert!(value != 0.0 && f64::from(value.abs()) <= limit, "{place}: {value}");
                    }
                }
            }
        }
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
