// target_rows / row
//   What a loss over classes is held against in one row: five f32, labels as whole numbers, exact below 2^24.

struct TargetRow {
    label: f32,
    other: f32,
    // share of `label`; that of `other` is the rest
    share: f32,
    weight: f32,
    // weight times the loss scale
    scaled: f32,
}
