// activation / relu6
//   min(max(x, 0), 6); the slope is 0 at 0 and at 6

fn activate(x: f32) -> f32 {
    return clamp(x, 0.0, 6.0);
}

fn slope(x: f32) -> f32 {
    return select(0.0, 1.0, x > 0.0 && x < 6.0);
}
