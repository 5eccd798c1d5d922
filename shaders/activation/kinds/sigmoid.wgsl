// activation / sigmoid
//   1 / (1 + exp(-x))

fn activate(x: f32) -> f32 {
    return logistic(x);
}

fn slope(x: f32) -> f32 {
    return logistic(x) * logistic(-x);
}
