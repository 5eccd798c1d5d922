// sgd / momentum (torch.optim.SGD with dampening 0)
//   computes  d = g + WEIGHT_DECAY * p;  m = MOMENTUM * m + d;  p -= lr * m, or lr * (d + MOMENTUM * m) with NESTEROV;
//             lr and WEIGHT_DECAY times the factors of the parameter's block
//   reads     the slabs of g        updates p and m, every element once
//   thread    one parameter (common/parameters.wgsl)

override WEIGHT_DECAY: f32;
override MOMENTUM: f32;
override NESTEROV: bool;

@group(0) @binding(STATE) var<storage, read_write> m: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let sum = summed_gradient(group, thread);
    if !sum.mine || step_is_skipped() {
        return;
    }
    let i = sum.word;
    let p = parameters[i];
    let d = true_gradient(sum.gradient) + WEIGHT_DECAY * sum.decay * p;
    let velocity = MOMENTUM * m[i] + d;
    m[i] = velocity;
    store_parameter(i, p - step.learning_rate * sum.rate * select(velocity, d + MOMENTUM * velocity, NESTEROV));
}
