// lion (Chen et al. 2023, algorithm 2)
//   computes  c = BETA1 m + (1 - BETA1) g;  p -= lr * (sign(c) + WEIGHT_DECAY * p);  m = BETA2 m + (1 - BETA2) g;
//             lr and WEIGHT_DECAY times the factors of the parameter's block
//   reads     the slabs of g        updates p and m, every element once
//   thread    one parameter (common/parameters.wgsl)
//   ties      the sign of 0 is 0

override BETA1: f32;
override BETA2: f32;
override WEIGHT_DECAY: f32;

@group(0) @binding(STATE) var<storage, read_write> m: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let sum = summed_gradient(group, thread);
    if !sum.mine || step_is_skipped() {
        return;
    }
    let i = sum.word;
    let p = parameters[i];
    let g = true_gradient(sum.gradient);
    let before = m[i];
    let direction = sign(BETA1 * before + (1.0 - BETA1) * g);
    m[i] = BETA2 * before + (1.0 - BETA2) * g;
    store_parameter(i, p - step.learning_rate * sum.rate * (direction + WEIGHT_DECAY * sum.decay * p));
}
