// add / forward
//   computes  y = a + b, or max(a + b, 0) with RELU
//   reads     a, b     writes  y, every element once
//   thread    four consecutive elements

override RELU: bool;

@group(0) @binding(0) var<storage, read> a: array<Real4>;
@group(0) @binding(1) var<storage, read> b: array<Real4>;
@group(0) @binding(2) var<storage, read_write> y: array<Real4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let sum = a[i] + b[i];
    y[i] = select(sum, max(sum, Real4(0.0)), RELU);
}
