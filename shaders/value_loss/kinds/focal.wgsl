// value_loss / focal (torchvision.ops.sigmoid_focal_loss)
//   Loss and slope of one element: binary cross entropy times (1 - p)^GAMMA, p the probability of the right answer, and ALPHA
//   for positives, 1 - ALPHA for negatives; a negative ALPHA weights nothing.

override GAMMA: f32;
override ALPHA: f32;

fn of_element(v: f32, t: f32, positive: f32) -> vec2f {
    let s = sigmoids(v);
    let plain = bce(v, t, 1.0);
    let miss = max(s.x * (1.0 - t) + s.y * t, 1e-30);
    let power = pow(miss, GAMMA);
    let slope = power * plain.y - plain.x * GAMMA * power / miss * (2.0 * t - 1.0) * s.x * s.y;
    let alpha = select(ALPHA * t + (1.0 - ALPHA) * (1.0 - t), 1.0, ALPHA < 0.0);
    return alpha * vec2f(power * plain.x, slope);
}
