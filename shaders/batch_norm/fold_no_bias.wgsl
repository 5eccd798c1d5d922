// fold_batch_norm / bias, none
//   The product has none.

const GAMMA = 5u;

fn bias_of(c: u32) -> V {
    return V(0.0);
}
