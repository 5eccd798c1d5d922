// muon / combine
//   computes  q = 3.4445 I - 4.7750 gram + 2.0315 gram^2, of which x q is the next x (Newton and Schulz)
//   reads     gram, square = gram gram        writes q, every element once
//   thread    one element of the SIDE by SIDE matrices

override SIDE: u32;

@group(0) @binding(0) var<storage, read> gram: array<f32>;
@group(0) @binding(1) var<storage, read> square: array<f32>;
@group(0) @binding(2) var<storage, read_write> q: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let diagonal = select(0.0, 3.4445, i / SIDE == i % SIDE);
    q[i] = diagonal - 4.7750 * gram[i] + 2.0315 * square[i];
}
