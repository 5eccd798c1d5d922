// activation / hardswish
//   x min(max(x + 3, 0), 6) / 6; the slope is 0 at -3 and 1 at 3

fn activate(x: f32) -> f32 {
    return x * clamp(x + 3.0, 0.0, 6.0) / 6.0;
}

fn slope(x: f32) -> f32 {
    let middle = x / 3.0 + 0.5;
    return select(select(middle, 1.0, x >= 3.0), 0.0, x <= -3.0);
}
