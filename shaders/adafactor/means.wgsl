// adafactor / means
//   computes  the mean of r over the rows of each matrix
//   reads     r        writes mean, every element once
//   thread    one matrix: ROWS consecutive elements of r

override ROWS: u32;

@group(0) @binding(0) var<storage, read> r: array<f32>;
@group(0) @binding(1) var<storage, read_write> mean: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let matrix = flat_index(group, lane);
    if matrix >= COUNT {
        return;
    }
    var sum = 0.0;
    for (var i = matrix * ROWS; i < (matrix + 1u) * ROWS; i++) {
        sum += r[i];
    }
    mean[matrix] = sum / f32(ROWS);
}
