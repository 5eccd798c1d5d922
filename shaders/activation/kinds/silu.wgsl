// activation / silu
//   x / (1 + exp(-x)), also called swish

fn activate(x: f32) -> f32 {
    return x * logistic(x);
}

fn slope(x: f32) -> f32 {
    return logistic(x) * (1.0 + x * logistic(-x));
}
