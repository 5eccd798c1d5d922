// value_loss / huber (torch.nn.HuberLoss, times FACTOR)
//   Loss and slope of one element: half the square of the difference up to DELTA, linear beyond.

override DELTA: f32;
override FACTOR: f32;

fn of_element(v: f32, t: f32, positive: f32) -> vec2f {
    let d = v - t;
    let far = vec2f(DELTA * (abs(d) - 0.5 * DELTA), DELTA * sign(d));
    return FACTOR * select(far, vec2f(0.5 * d * d, d), abs(d) <= DELTA);
}
