// common / lanes, four channels a thread
//   One index computation, one load and one store for four elements.

const LANES = 4u;
alias RealV = Real4;
alias V = vec4f;
alias Taps = vec4u;

// A run of channels as it is stored, and as kernels compute with it.
fn unpacked(stored: RealV) -> V {
    return V(stored);
}

fn packed(run: V) -> RealV {
    return RealV(run);
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
