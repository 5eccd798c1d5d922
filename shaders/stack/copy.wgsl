// stack
//   computes  y[TO + i] = x[FROM + i] for COUNT runs of LANES elements; backward runs it the other way
//   reads     x            writes  y, COUNT runs
//   thread    one run

override FROM: u32;
override TO: u32;

@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read_write> y: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    y[TO + i] = x[FROM + i];
}
