// global_avg_pool / forward
//   computes  y[n, c] = the mean of x[n, :, :, c]
//   reads     x        writes  y, every element once
//   thread    one run of channels of y; neighbours read neighbouring channels

override PIXELS: u32;
override C: u32;

@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read_write> y: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let o = flat_index(group, lane);
    if o >= COUNT {
        return;
    }
    let runs = C / LANES;
    let first = o / runs * PIXELS * runs + o % runs;
    var sum = V(0.0);
    for (var pixel = 0u; pixel < PIXELS; pixel++) {
        sum += V(x[first + pixel * runs]);
    }
    y[o] = RealV(sum / f32(PIXELS));
}
