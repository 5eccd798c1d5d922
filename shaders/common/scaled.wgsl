// common / scaled
//   Gradients that are multiplied by the loss scale (loss_scale/). LOSS_SCALE is the number of its binding.

@group(0) @binding(LOSS_SCALE) var<storage, read> loss_scale: array<f32>;

fn true_gradient(scaled: f32) -> f32 {
    return scaled * loss_scale[LOSS_SCALE_INVERSE];
}

fn step_is_skipped() -> bool {
    return loss_scale[LOSS_SCALE_OVERFLOWED] != 0.0;
}
