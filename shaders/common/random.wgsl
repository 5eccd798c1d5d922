// common / random
//   Random permutations computed from a key: no state, no table. The position of an image in a shuffled epoch is a pure
//   function of (key, position), so a run can resume anywhere.
//
//   permute(i, n, key) is a bijection of 0..n: a Feistel network over the smallest even number of bits that holds n,
//   repeated until the result is below n (cycle walking; Black and Rogaway 2002). On average under four turns.

// The finaliser of MurmurHash3 (Appleby), a bijection of u32 with good avalanche.
fn mix(value: u32) -> u32 {
    var h = value;
    h = (h ^ (h >> 16u)) * 0x85ebca6bu;
    h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
    return h ^ (h >> 16u);
}

fn feistel(value: u32, half_bits: u32, key: vec2u) -> u32 {
    let mask = (1u << half_bits) - 1u;
    var left = value >> half_bits;
    var right = value & mask;
    for (var round = 0u; round < 6u; round++) {
        let hashed = mix(mix(right ^ key.x) + key.y + round * 0x9e3779b9u);
        let next = left ^ (hashed & mask);
        left = right;
        right = next;
    }
    return (left << half_bits) | right;
}

fn permute(position: u32, length: u32, key: vec2u) -> u32 {
    if all(key == vec2u(0u)) || length < 2u {
        return position;
    }
    let half_bits = (33u - countLeadingZeros(length - 1u)) / 2u;
    var value = feistel(position, half_bits, key);
    while value >= length {
        value = feistel(value, half_bits, key);
    }
    return value;
}

// 32 random bits of (key, stream, element).
fn noise(key: vec2u, stream: u32, element: u32) -> u32 {
    return mix(mix(element ^ key.x) + mix(stream ^ key.y));
}

// A uniform number in [0, 1) from random bits, a multiple of 2^-24: exact on every device.
fn unit(bits: u32) -> f32 {
    return f32(bits >> 8u) * (1.0 / 16777216.0);
}
