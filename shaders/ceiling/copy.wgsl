// ceiling / copy
//   computes  y = x
//   reads     x     writes  y, every quad of words once
//   thread    four quads, a workgroup apart, so that neighbours touch neighbouring memory

@group(0) @binding(0) var<storage, read> x: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4u>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let at = (i - lane) * 4u + lane;
    let v0 = x[at];
    let v1 = x[at + WORKGROUP];
    let v2 = x[at + 2u * WORKGROUP];
    let v3 = x[at + 3u * WORKGROUP];
    y[at] = v0;
    y[at + WORKGROUP] = v1;
    y[at + 2u * WORKGROUP] = v2;
    y[at + 3u * WORKGROUP] = v3;
}
