// lamb / direction
//   computes  m = BETA1 m + (1 - BETA1) g;  v = BETA2 v + (1 - BETA2) g^2;
//             u = m / (1 - BETA1^t) / (sqrt(v / (1 - BETA2^t)) + EPSILON) + WEIGHT_DECAY * p
//   reads     g, p        updates m and v, writes u, every element once
//   thread    one element of the tensor
//   edge      after an overflow nothing is written; nobody uses u then

override BETA1: f32;
override BETA2: f32;
override EPSILON: f32;
override WEIGHT_DECAY: f32;

const LOSS_SCALE = 5u;
@group(0) @binding(0) var<storage, read> g: array<f32>;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<storage, read_write> u: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT || step_is_skipped() {
        return;
    }
    let d = true_gradient(g[i]);
    let first = BETA1 * m[i] + (1.0 - BETA1) * d;
    let second = BETA2 * v[i] + (1.0 - BETA2) * d * d;
    m[i] = first;
    v[i] = second;
    let root = sqrt(second) * step.bias_correction2 + EPSILON;
    u[i] = first * step.bias_correction1 / root + WEIGHT_DECAY * p[i];
}
