// global_avg_pool / backward
//   computes  dx[n, y, x, c] = dy[n, c] / pixels
//   reads     dy       writes  dx, every element once
//   thread    one element of dx

override PIXELS: u32;
override C: u32;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    dx[i] = dy[i / (PIXELS * C) * C + i % C] / f32(PIXELS);
}
