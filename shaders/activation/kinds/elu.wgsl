// activation / elu
//   x where x > 0, A (exp(x) - 1) elsewhere; at 0 the slope is A

override A: f32;

fn activate(x: f32) -> f32 {
    // exp(x) - 1 = 2t / (1 - t) with t = tanh(x / 2), which keeps its digits near 0
    let t = tangent(0.5 * max(min(x, 0.0), -1.0));
    let below = select(exp(min(x, 0.0)) - 1.0, 2.0 * t / (1.0 - t), x > -1.0);
    return select(A * below, x, x > 0.0);
}

fn slope(x: f32) -> f32 {
    return select(A * exp(min(x, 0.0)), 1.0, x > 0.0);
}
