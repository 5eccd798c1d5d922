//! The host's half of `common/random.wgsl`: the same integers, for twins, splits and initial weights.

/// The finaliser of MurmurHash3.
pub fn mix(value: u32) -> u32 {
    let mut h = value;
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

fn feistel(value: u32, half_bits: u32, key: [u32; 2]) -> u32 {
    let mask = (1u32 << half_bits) - 1;
    let (mut left, mut right) = (value >> half_bits, value & mask);
    for round in 0..6u32 {
        let hashed = mix(mix(right ^ key[0]).wrapping_add(key[1]).wrapping_add(round.wrapping_mul(0x9e37_79b9)));
        (left, right) = (right, left ^ (hashed & mask));
    }
    (left << half_bits) | right
}

/// A bijection of `0..length` that depends on `key`; the identity for the key `[0, 0]`.
pub fn permute(position: u32, length: u32, key: [u32; 2]) -> u32 {
    if key == [0, 0] || length < 2 {
        return position;
    }
    let half_bits = (33 - (length - 1).leading_zeros()) / 2;
    let mut value = feistel(position, half_bits, key);
    while value >= length {
        value = feistel(value, half_bits, key);
    }
    value
}

/// 32 random bits of (key, stream, element).
pub fn noise(key: [u32; 2], stream: u32, element: u32) -> u32 {
    mix(mix(element ^ key[0]).wrapping_add(mix(stream ^ key[1])))
}

/// A uniform number in `[0, 1)` from random bits, a multiple of 2^-24: exact on every device.
pub fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 / 16_777_216.0
}

/// SplitMix64's output function (Steele, Lea and Flood 2014): a hash of 64 bits.
pub fn hash64(counter: u64) -> u64 {
    let mut z = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A uniform number in `[0, 1)` from (seed, stream, element): no state, so any element can be had alone.
pub fn uniform(seed: u64, stream: u64, element: u64) -> f64 {
    (hash64(hash64(hash64(seed) ^ stream) ^ element) >> 11) as f64 / (1u64 << 53) as f64
}

/// A standard normal number from (seed, stream, element), by Box and Muller.
pub fn normal(seed: u64, stream: u64, element: u64) -> f64 {
    let radius = 1.0 - uniform(seed, stream, 2 * element);
    let angle = std::f64::consts::TAU * uniform(seed, stream, 2 * element + 1);
    (-2.0 * radius.ln()).sqrt() * angle.cos()
}

/// The key of a permutation for (seed, purpose, index); never `[0, 0]`, which means no permutation.
pub fn key(seed: u64, purpose: u64, index: u64) -> [u32; 2] {
    let bits = hash64(hash64(hash64(seed) ^ purpose) ^ index);
    [(bits >> 32) as u32, bits as u32 | 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_visits_everything_once() {
        for length in [1, 2, 3, 5, 16, 17, 1000, 4097] {
            let mut seen = vec![false; length as usize];
            for i in 0..length {
                seen[permute(i, length, key(7, 1, length.into())) as usize] = true;
            }
            assert!(seen.iter().all(|&s| s), "length {length}");
        }
    }

    #[test]
    fn a_permutation_has_no_visible_order() {
        // Spearman's correlation between position and place is about 0 +- 1/sqrt(n); fixed points about 1.
        let n = 10_000;
        let (mut product, mut fixed) = (0.0, 0);
        let middle = f64::from(n - 1) / 2.0;
        for i in 0..n {
            let place = permute(i, n, key(3, 1, 0));
            product += (f64::from(i) - middle) * (f64::from(place) - middle);
            fixed += u32::from(place == i);
        }
        let variance = (f64::from(n) * f64::from(n) - 1.0) / 12.0 * f64::from(n);
        assert!((product / variance).abs() < 0.04, "correlation {}", product / variance);
        assert!(fixed < 8, "{fixed} fixed points");
    }

    #[test]
    fn noise_is_uniform_and_its_streams_are_apart() {
        // a share of 0.3 in 20,000 draws is 0.3 +- 0.0032 (one standard deviation); so is agreement of two streams
        let n = 20_000;
        let hit = |stream, element| unit(noise(key(5, 3, 0), stream, element)) < 0.3;
        for stream in 0..8 {
            let share = f64::from((0..n).filter(|&i| hit(stream, i)).count() as u32) / f64::from(n);
            assert!((share - 0.3).abs() < 0.013, "share {share}");
            let both = (0..n).filter(|&i| hit(stream, i) && hit(stream + 1, i)).count();
            assert!((both as f64 / f64::from(n) - 0.09).abs() < 0.009, "{both} of {n} in both");
            let neighbours = (0..n).filter(|&i| hit(stream, i) && hit(stream, i + 1)).count();
            assert!(
                (neighbours as f64 / f64::from(n) - 0.09).abs() < 0.009,
                "{neighbours} of {n} with their neighbour"
            );
        }
    }

    #[test]
    fn normal_numbers_have_mean_0_and_variance_1() {
        let n = 20_000;
        let values: Vec<f64> = (0..n).map(|i| normal(1, 2, i)).collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "mean {mean}, variance {variance}");
    }
}
