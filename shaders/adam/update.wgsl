// adam (torch.optim.Adam, torch.optim.AdamW)
//   computes  d = g + WEIGHT_DECAY * p, or DECOUPLED: d = g, p *= 1 - lr * WEIGHT_DECAY;
//             m = BETA1 m + (1 - BETA1) d;  v = BETA2 v + (1 - BETA2) d^2;
//             p -= lr * (m / (1 - BETA1^t)) / (sqrt(v / (1 - BETA2^t)) + EPSILON);
//             lr and WEIGHT_DECAY times the factors of the parameter's block
//   reads     the slabs of g        updates p, m and v, every element once
//   thread    one parameter (common/parameters.wgsl)

override BETA1: f32;
override BETA2: f32;
override EPSILON: f32;
override WEIGHT_DECAY: f32;
override DECOUPLED: bool;

@group(0) @binding(STATE) var<storage, read_write> m: array<f32>;
@group(0) @binding(STATE + 1u) var<storage, read_write> v: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let sum = summed_gradient(group, thread);
    if !sum.mine || step_is_skipped() {
        return;
    }
    let i = sum.word;
    let p = parameters[i];
    let rate = step.learning_rate * sum.rate;
    let decay = WEIGHT_DECAY * sum.decay;
    let d = true_gradient(sum.gradient) + select(decay * p, 0.0, DECOUPLED);
    let first = BETA1 * m[i] + (1.0 - BETA1) * d;
    let second = BETA2 * v[i] + (1.0 - BETA2) * d * d;
    m[i] = first;
    v[i] = second;
    let root = sqrt(second) * step.bias_correction2 + EPSILON;
    let kept = select(p, p - rate * decay * p, DECOUPLED);
    store_parameter(i, kept - rate * (first * step.bias_correction1 / root));
}
