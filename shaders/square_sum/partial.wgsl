// square_sum / partial
//   computes  for each of COUNT threads the sum of the squares of every COUNT-th element
//   reads     x, LENGTH elements      writes  partial, one sum a thread
//   thread    every COUNT-th element, so that neighbours read neighbours

override LENGTH: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let thread = flat_index(group, lane);
    if thread >= COUNT {
        return;
    }
    var sum = 0.0;
    for (var i = thread; i < LENGTH; i += COUNT) {
        sum += x[i] * x[i];
    }
    partial[thread] = sum;
}
