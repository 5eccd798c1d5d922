// sgd / plain, without momentum
//   computes  p -= lr * (g + WEIGHT_DECAY * p)
//   reads     g        updates p, every element once
//   thread    one parameter

override WEIGHT_DECAY: f32;

@group(0) @binding(0) var<storage, read_write> p: array<f32>;
@group(0) @binding(1) var<storage, read> g: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    p[i] -= step.learning_rate * (g[i] + WEIGHT_DECAY * p[i]);
}
