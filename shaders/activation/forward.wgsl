// activation / forward
//   computes  y = activate(x), which a file of kinds/ defines
//   reads     x        writes  y, every element once
//   thread    four consecutive elements

@group(0) @binding(0) var<storage, read> x: array<Real4>;
@group(0) @binding(1) var<storage, read_write> y: array<Real4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let v = vec4f(x[i]);
    y[i] = Real4(vec4f(activate(v.x), activate(v.y), activate(v.z), activate(v.w)));
}
