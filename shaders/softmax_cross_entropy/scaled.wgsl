// softmax_cross_entropy / scaled
//   The gradient times the loss scale (loss_scale/).

@group(0) @binding(6) var<storage, read> loss_scale: array<f32>;

fn gradient_scale() -> f32 {
    return loss_scale[LOSS_SCALE_FACTOR];
}
