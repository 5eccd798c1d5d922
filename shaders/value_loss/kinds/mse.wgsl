// value_loss / mse (torch.nn.MSELoss)
//   Loss and slope of one element: the square of the difference.

fn of_element(v: f32, t: f32, positive: f32) -> vec2f {
    let d = v - t;
    return vec2f(d * d, 2.0 * d);
}
