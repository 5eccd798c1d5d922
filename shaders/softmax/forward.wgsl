// softmax / forward
//   computes  y = exp(x) / sum exp(x) over the channels of a row, or with LOG its logarithm
//   reads     x        writes  y, every element once
//   thread    one row: all channels of a pixel
//   The largest channel is subtracted before exp, so that nothing overflows.

override C: u32;
override LOG: bool;

@group(0) @binding(0) var<storage, read> x: array<Real>;
@group(0) @binding(1) var<storage, read_write> y: array<Real>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT {
        return;
    }
    // as many as C, but not a constant, so that no compiler unrolls the loops
    let channels = min(C, arrayLength(&x));
    let first = row * channels;
    var largest = f32(x[first]);
    for (var c = 1u; c < channels; c++) {
        largest = max(largest, f32(x[first + c]));
    }
    var total = 0.0;
    for (var c = 0u; c < channels; c++) {
        total += exp(f32(x[first + c]) - largest);
    }
    let log_total = log(total);
    for (var c = 0u; c < channels; c++) {
        let above = f32(x[first + c]) - largest;
        y[first + c] = Real(select(exp(above) / total, above - log_total, LOG));
    }
}
