// scale_channels / grad
//   computes  slabs of the gradient of a: the sum of x * dy over every SLABS-th row, with BELOW where x is not positive
//   reads     x, dy    writes  slabs, [SLABS, C], every element once
//   thread    one slab of one run of channels; neighbours read neighbouring channels

override C: u32;
override ROWS: u32;
override SLABS: u32;
override BELOW: bool;

@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> dy: array<RealV>;
@group(0) @binding(2) var<storage, read_write> slabs: array<V>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let runs = C / LANES;
    var sum = V(0.0);
    for (var row = i / runs; row < ROWS; row += SLABS) {
        let at = row * runs + i % runs;
        let value = V(x[at]);
        sum += V(dy[at]) * select(value, min(value, V(0.0)), BELOW);
    }
    slabs[i] = sum;
}
