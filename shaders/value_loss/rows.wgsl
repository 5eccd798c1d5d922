// value_loss / rows
//   computes  for each row: loss = the sum of its parts in their order, correct = 1 where every part is right
//   reads     sums, right     writes  loss, correct, every element once
//   thread    one row

override PARTS: u32;

@group(0) @binding(0) var<storage, read> sums: array<f32>;
@group(0) @binding(1) var<storage, read> right: array<f32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read_write> correct: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT {
        return;
    }
    // as many as PARTS, but not a constant, so that no compiler unrolls the loop
    let parts = min(PARTS, arrayLength(&sums));
    var sum = 0.0;
    var all = 1.0;
    for (var part = 0u; part < parts; part++) {
        sum += sums[row * parts + part];
        all = min(all, right[row * parts + part]);
    }
    loss[row] = sum;
    correct[row] = all;
}
