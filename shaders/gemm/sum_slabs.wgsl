// gemm / sum_slabs
//   computes  y = the sum of the slabs, added in their order so that it is the same every time
//   reads     slabs [any number][COUNT]       writes  y, every element once
//   thread    one element

@group(0) @binding(0) var<storage, read> slabs: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    // the bound is not a constant, so that no compiler unrolls it
    let end = arrayLength(&slabs);
    var sum = 0.0;
    for (var at = i; at < end; at += COUNT) {
        sum += slabs[at];
    }
    y[i] = sum;
}
