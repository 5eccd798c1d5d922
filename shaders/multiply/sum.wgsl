// multiply / sum
//   computes  dsmall[n, c] = the sum over the pixels of image n of big * dy
//   reads     big, dy      writes  dsmall, every element once
//   thread    one run of channels of dsmall; neighbours read neighbouring channels

override PIXELS: u32;
override C: u32;

@group(0) @binding(0) var<storage, read> big: array<RealV>;
@group(0) @binding(1) var<storage, read> dy: array<RealV>;
@group(0) @binding(2) var<storage, read_write> dsmall: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let runs = C / LANES;
    let first = i / runs * PIXELS * runs + i % runs;
    var sum = V(0.0);
    for (var pixel = 0u; pixel < PIXELS; pixel++) {
        let at = first + pixel * runs;
        sum += V(big[at]) * V(dy[at]);
    }
    dsmall[i] = RealV(sum);
}
