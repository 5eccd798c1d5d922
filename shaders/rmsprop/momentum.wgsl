// rmsprop / momentum (torch.optim.RMSprop)
//   computes  d = g + WEIGHT_DECAY * p;  v = ALPHA v + (1 - ALPHA) d^2;  m = MOMENTUM m + d / (sqrt(v) + EPSILON);  p -= lr * m;
//             lr and WEIGHT_DECAY times the factors of the parameter's block
//   reads     the slabs of g        updates p, v and m, every element once
//   thread    one parameter (common/parameters.wgsl)

override ALPHA: f32;
override EPSILON: f32;
override MOMENTUM: f32;
override WEIGHT_DECAY: f32;

@group(0) @binding(STATE) var<storage, read_write> v: array<f32>;
@group(0) @binding(STATE + 1u) var<storage, read_write> m: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let sum = summed_gradient(group, thread);
    if !sum.mine || step_is_skipped() {
        return;
    }
    let i = sum.word;
    let p = parameters[i];
    let d = true_gradient(sum.gradient) + WEIGHT_DECAY * sum.decay * p;
    let second = ALPHA * v[i] + (1.0 - ALPHA) * d * d;
    let velocity = MOMENTUM * m[i] + d / (sqrt(second) + EPSILON);
    v[i] = second;
    m[i] = velocity;
    store_parameter(i, p - step.learning_rate * sum.rate * velocity);
}
