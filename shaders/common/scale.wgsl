// common / scale
//   A learned scale of each channel, bound at GAMMA.

@group(0) @binding(GAMMA) var<storage, read> gamma: array<V>;

fn scale_of(c: u32) -> V {
    return gamma[c];
}
