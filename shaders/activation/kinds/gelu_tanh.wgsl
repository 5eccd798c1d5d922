// activation / gelu_tanh
//   x (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3); beyond 16 it is x or 0, and u would overflow;
//   (1 + tanh(u)) / 2 = logistic(2u)

const ROOT = 0.79788456;

fn inner(x: f32) -> f32 {
    let v = clamp(x, -16.0, 16.0);
    return ROOT * (v + 0.044715 * v * v * v);
}

fn activate(x: f32) -> f32 {
    return x * logistic(2.0 * inner(x));
}

fn slope(x: f32) -> f32 {
    let v = clamp(x, -16.0, 16.0);
    let u = inner(x);
    return logistic(2.0 * u) + 0.5 * v * tangent_slope(u) * ROOT * (1.0 + 0.134145 * v * v);
}
