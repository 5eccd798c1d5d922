// activation / leaky_relu
//   x where x > 0, A x elsewhere; at 0 the slope is A

override A: f32;

fn activate(x: f32) -> f32 {
    return select(A * x, x, x > 0.0);
}

fn slope(x: f32) -> f32 {
    return select(A, 1.0, x > 0.0);
}
