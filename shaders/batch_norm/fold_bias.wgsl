// fold_batch_norm / bias
//   The product has a bias.

const GAMMA = 6u;
@group(0) @binding(5) var<storage, read> bias: array<V>;

fn bias_of(c: u32) -> V {
    return bias[c];
}
