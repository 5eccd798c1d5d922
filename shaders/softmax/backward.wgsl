// softmax / backward
//   computes  with p = softmax(x) over a row: dx = p * (dy - sum of p * dy); with LOG dx = dy - p * sum of dy
//   reads     x, dy    writes  dx, every element once
//   thread    one row: all channels of a pixel
//   p is computed from x again: y may have been rounded to f16.

override C: u32;
override LOG: bool;

@group(0) @binding(0) var<storage, read> x: array<Real>;
@group(0) @binding(1) var<storage, read> dy: array<Real>;
@group(0) @binding(2) var<storage, read_write> dx: array<Real>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT {
        return;
    }
    let channels = min(C, arrayLength(&x));
    let first = row * channels;
    var largest = f32(x[first]);
    for (var c = 1u; c < channels; c++) {
        largest = max(largest, f32(x[first + c]));
    }
    var total = 0.0;
    var sum = 0.0;
    for (var c = 0u; c < channels; c++) {
        let e = exp(f32(x[first + c]) - largest);
        total += e;
        sum += select(e, 1.0, LOG) * f32(dy[first + c]);
    }
    let mean = select(sum / total, sum, LOG);
    for (var c = 0u; c < channels; c++) {
        let p = exp(f32(x[first + c]) - largest) / total;
        let d = f32(dy[first + c]);
        dx[first + c] = Real(select(p * (d - mean), d - p * mean, LOG));
    }
}
