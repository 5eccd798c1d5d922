// scale_channels
//   computes  y = d * a[c]; with BELOW only where x is not positive, and y = d elsewhere. Forward has d = x, backward d = dy
//   reads     x, d, a      writes  y, every element once
//   thread    four consecutive elements
//   edge      where there is one a for all, C is 1

override C: u32;
override BELOW: bool;

@group(0) @binding(0) var<storage, read> x: array<Real4>;
@group(0) @binding(1) var<storage, read> d: array<Real4>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<Real4>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let c = (4u * i + vec4u(0u, 1u, 2u, 3u)) % C;
    let factor = vec4f(a[c.x], a[c.y], a[c.z], a[c.w]);
    let untouched = vec4<bool>(BELOW) & (x[i] > Real4(0.0));
    y[i] = Real4(vec4f(d[i]) * select(factor, vec4f(1.0), untouched));
}
