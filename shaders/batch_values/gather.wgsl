// batch_values
//   computes  y[row] = values[image of row]
//   reads     values of the data set, image numbers     writes  y, every element once
//   thread    one element of y
//   edge      a row whose image is 0xffffffff is all 0

override K: u32;

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read> image: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let number = image[i / K];
    var value = 0.0;
    if number != 0xffffffffu {
        value = values[number * K + i % K];
    }
    y[i] = value;
}
