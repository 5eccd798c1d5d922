// ceiling / copy
//   computes  y = x
//   reads     x     writes  y, every quad of words once
//   thread    QUADS quads, a workgroup apart, so that neighbours touch neighbouring memory

override QUADS: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4u>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let at = (i - lane) * QUADS + lane;
    // UNROLL
}
