// activation / logistic
//   1 / (1 + exp(-x)) for any x: only exp(-|x|) is computed, which never overflows.

// What is left to 1 is logistic(-x), without cancellation.
fn logistic(x: f32) -> f32 {
    let e = exp(-abs(x));
    return select(e, 1.0, x >= 0.0) / (1.0 + e);
}
