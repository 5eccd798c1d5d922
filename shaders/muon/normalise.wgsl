// muon / normalise
//   computes  x = x / max(|x|, 1e-7)
//   reads     totals, the sum of the squares of x        updates x, every element once
//   thread    one element of the matrix

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read> totals: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    x[i] /= max(sqrt(totals[0]), 1e-7);
}
