// sgd / momentum (torch.optim.SGD with dampening 0)
//   computes  d = g + WEIGHT_DECAY * p;  m = MOMENTUM * m + d;  p -= lr * m, or lr * (d + MOMENTUM * m) with NESTEROV
//   reads     g        updates p and m, every element once
//   thread    one parameter

override WEIGHT_DECAY: f32;
override MOMENTUM: f32;
override NESTEROV: bool;

@group(0) @binding(0) var<storage, read_write> p: array<f32>;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let d = g[i] + WEIGHT_DECAY * p[i];
    let velocity = MOMENTUM * m[i] + d;
    m[i] = velocity;
    p[i] -= step.learning_rate * select(velocity, d + MOMENTUM * velocity, NESTEROV);
}
