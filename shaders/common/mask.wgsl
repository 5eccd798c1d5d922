// relu / backward
//   computes  dx = dy where y > 0, else 0
//   reads     y, dy    writes  dx, every element once
//   thread    four consecutive elements
//   edge      at y = 0 the gradient is 0

@group(0) @binding(0) var<storage, read> y: array<Real4>;
@group(0) @binding(1) var<storage, read> dy: array<Real4>;
@group(0) @binding(2) var<storage, read_write> dx: array<Real4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    dx[i] = select(Real4(0.0), dy[i], y[i] > Real4(0.0));
}
