// value_loss / bce (torch.nn.BCEWithLogitsLoss)
//   Loss and slope of one element: -positive t log sigmoid(v) - (1 - t) log sigmoid(-v).

fn of_element(v: f32, t: f32, positive: f32) -> vec2f {
    return bce(v, t, positive);
}
