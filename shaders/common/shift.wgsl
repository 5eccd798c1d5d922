// common / shift
//   A learned shift of each channel, bound after GAMMA.

@group(0) @binding(GAMMA + 1u) var<storage, read> beta: array<V>;

fn shift_of(c: u32) -> V {
    return beta[c];
}
