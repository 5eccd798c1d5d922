// muon / momentum
//   computes  m = MOMENTUM m + (1 - MOMENTUM) g;  x = m, or (1 - MOMENTUM) g + MOMENTUM m with NESTEROV
//   reads     g        updates m, writes x, every element once
//   thread    one element of the matrix
//   edge      after an overflow m stays; nobody uses x then

override MOMENTUM: f32;
override NESTEROV: bool;

const LOSS_SCALE = 3u;
@group(0) @binding(0) var<storage, read> g: array<f32>;
@group(0) @binding(1) var<storage, read_write> m: array<f32>;
@group(0) @binding(2) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT || step_is_skipped() {
        return;
    }
    let d = true_gradient(g[i]);
    let velocity = MOMENTUM * m[i] + (1.0 - MOMENTUM) * d;
    m[i] = velocity;
    x[i] = select(velocity, (1.0 - MOMENTUM) * d + MOMENTUM * velocity, NESTEROV);
}
