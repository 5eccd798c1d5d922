// common / lanes, four channels a thread, two of them in a load
//   For software adapters, which load and store lane by lane: half as many of both are half the time.

const LANES = 4u;
alias RealV = vec2<u64>;
alias V = vec4f;
alias Taps = vec4u;

fn two(bits: u64) -> vec2f {
    return vec2f(bitcast<f32>(u32(bits)), bitcast<f32>(u32(bits >> 32u)));
}

fn one(values: vec2f) -> u64 {
    return u64(bitcast<u32>(values.x)) | (u64(bitcast<u32>(values.y)) << 32u);
}

// A run of channels as it is stored, and as kernels compute with it.
fn unpacked(stored: RealV) -> V {
    return V(two(stored.x), two(stored.y));
}

fn packed(run: V) -> RealV {
    return RealV(one(run.xy), one(run.zw));
}

// Taps are below 256: a byte each.
fn pack_taps(taps: Taps) -> u32 {
    return taps.x | (taps.y << 8u) | (taps.z << 16u) | (taps.w << 24u);
}

fn unpack_taps(word: u32) -> Taps {
    return (vec4u(word) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u);
}

// The sum of a run's channels.
fn across(run: V) -> f32 {
    return (run.x + run.y) + (run.z + run.w);
}
