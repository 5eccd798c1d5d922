// value_loss / mae (torch.nn.L1Loss)
//   Loss and slope of one element: the size of the difference.

fn of_element(v: f32, t: f32, positive: f32) -> vec2f {
    let d = v - t;
    return vec2f(abs(d), sign(d));
}
