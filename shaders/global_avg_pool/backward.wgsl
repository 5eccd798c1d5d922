// global_avg_pool / backward
//   computes  dx[n, y, x, c] = dy[n, c] / pixels
//   reads     dy       writes  dx, every element once
//   thread    one run of channels of dx

override PIXELS: u32;
override C: u32;

@group(0) @binding(0) var<storage, read> dy: array<RealV>;
@group(0) @binding(1) var<storage, read_write> dx: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let runs = C / LANES;
    dx[i] = RealV(V(dy[i / (PIXELS * runs) * runs + i % runs]) / f32(PIXELS));
}
