// activation / backward
//   computes  dx = slope(x) * dy, with slope from a file of kinds/
//   reads     x, dy    writes  dx, every element once
//   thread    four consecutive elements
//   edge      which slope a kink has is said in the file of its kind

@group(0) @binding(0) var<storage, read> x: array<Real4>;
@group(0) @binding(1) var<storage, read> dy: array<Real4>;
@group(0) @binding(2) var<storage, read_write> dx: array<Real4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let v = vec4f(x[i]);
    dx[i] = Real4(vec4f(slope(v.x), slope(v.y), slope(v.z), slope(v.w)) * vec4f(dy[i]));
}
