// activation / hardsigmoid
//   min(max(x + 3, 0), 6) / 6; the slope is 0 at -3 and at 3

fn activate(x: f32) -> f32 {
    return clamp(x + 3.0, 0.0, 6.0) / 6.0;
}

fn slope(x: f32) -> f32 {
    return select(0.0, 1.0 / 6.0, abs(x) < 3.0);
}
