// adafactor / apply
//   computes  p = p - lr DECAY p - max(FLOOR, rms(p)) min(lr, step.bias_correction2) u / max(1, rms(u) / CLIP),
//             with lr = step.learning_rate RATE
//   reads     u; totals, the sums of the squares of p and u        updates p, every element once, and its copy for products
//   thread    one element of the tensor

override RATE: f32;
override DECAY: f32;
override FLOOR: f32;
override CLIP: f32;

@group(0) @binding(0) var<storage, read> u: array<f32>;
@group(0) @binding(1) var<storage, read> totals: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT || step_is_skipped() {
        return;
    }
    let rate = step.learning_rate * RATE;
    let size = max(FLOOR, sqrt(totals[0] / f32(COUNT)));
    let clip = max(1.0, sqrt(totals[1] / f32(COUNT)) / CLIP);
    let p = parameters[i];
    store_parameter(i, p - rate * DECAY * p - size * min(rate, step.bias_correction2) / clip * u[i]);
}
