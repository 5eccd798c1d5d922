// adafactor / whole
//   computes  v += w * (g^2 - v), with w = step.bias_correction1;  u = g / sqrt(max(v, EPSILON^2))
//   reads     g        updates v, writes u, every element once
//   thread    one element of the tensor
//   edge      after an overflow nothing is written; nobody uses u then

override EPSILON: f32;

const LOSS_SCALE = 3u;
@group(0) @binding(0) var<storage, read> g: array<f32>;
@group(0) @binding(1) var<storage, read_write> v: array<f32>;
@group(0) @binding(2) var<storage, read_write> u: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT || step_is_skipped() {
        return;
    }
    let d = true_gradient(g[i]);
    let second = v[i] + step.bias_correction1 * (d * d - v[i]);
    v[i] = second;
    u[i] = d / sqrt(max(second, EPSILON * EPSILON));
}
