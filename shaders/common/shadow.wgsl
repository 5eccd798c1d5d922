// common / shadow
//   Parameters in f32 with an f16 copy for products; gradients are multiplied by the loss scale (loss_scale/).

// scale; 1 / scale; steps without overflow; whether this step overflowed
@group(0) @binding(3) var<storage, read> loss_scale: array<f32>;
@group(0) @binding(4) var<storage, read_write> shadow: array<Real>;

// number of the binding of the optimiser's first state
const STATE = 5u;

fn true_gradient(scaled: f32) -> f32 {
    return scaled * loss_scale[1];
}

fn step_is_skipped() -> bool {
    return loss_scale[3] != 0.0;
}

fn store_parameter(word: u32, value: f32) {
    parameters[word] = value;
    shadow[word] = Real(value);
}
