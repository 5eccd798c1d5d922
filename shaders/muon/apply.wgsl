// muon / apply
//   computes  p = p - lr * DECAY * p - lr * SCALE * x
//   reads     x        updates p, every element once, and its copy for products
//   thread    one element of the matrix

override SCALE: f32;
override DECAY: f32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> totals: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT || step_is_skipped() {
        return;
    }
    let p = parameters[i];
    store_parameter(i, p - step.learning_rate * (DECAY * p + SCALE * x[i]));
}
