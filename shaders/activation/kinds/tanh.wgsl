// activation / tanh
//   (exp(x) - exp(-x)) / (exp(x) + exp(-x))

fn activate(x: f32) -> f32 {
    return tangent(x);
}

fn slope(x: f32) -> f32 {
    return tangent_slope(x);
}
