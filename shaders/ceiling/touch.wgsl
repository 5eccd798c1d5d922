// ceiling / touch
//   computes  y += 1: as little as a launch can do and still depend on the one before it
//   reads     y     writes  y[0]
//   thread    the only one

@group(0) @binding(0) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    if flat_index(group, lane) < COUNT {
        y[0] += 1u;
    }
}
