// lamb / apply
//   computes  p -= lr * RATE * (|p| / |u|) * u
//   reads     u; totals, the sums of the squares of p and u        updates p, every element once, and its copy for products
//   thread    one element of the tensor
//   edge      where p or u is zero everywhere, the ratio is 1

override RATE: f32;

@group(0) @binding(0) var<storage, read> u: array<f32>;
@group(0) @binding(1) var<storage, read> totals: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT || step_is_skipped() {
        return;
    }
    var ratio = 1.0;
    if totals[0] > 0.0 && totals[1] > 0.0 {
        ratio = sqrt(totals[0]) / sqrt(totals[1]);
    }
    store_parameter(i, parameters[i] - step.learning_rate * RATE * ratio * u[i]);
}
