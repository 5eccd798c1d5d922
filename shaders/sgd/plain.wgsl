// sgd / plain, without momentum
//   computes  p -= lr * (g + WEIGHT_DECAY * p); lr and WEIGHT_DECAY times the factors of the parameter's block
//   reads     the slabs of g        updates p, every element once
//   thread    one parameter (common/parameters.wgsl)

override WEIGHT_DECAY: f32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
    let sum = summed_gradient(group, thread);
    if !sum.mine || step_is_skipped() {
        return;
    }
    let p = parameters[sum.word];
    let d = true_gradient(sum.gradient) + WEIGHT_DECAY * sum.decay * p;
    store_parameter(sum.word, p - step.learning_rate * sum.rate * d);
}
