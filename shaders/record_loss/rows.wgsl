// record_loss
//   computes  history[step.record][COLUMN] = sum of loss
//   reads     loss         writes  one number of a record of history
//   thread    one workgroup of 64: each thread adds every 64th row, then the first adds the 64 sums in order,
//             so that the result is the same every time

override ROWS: u32;
override COLUMN: u32;

@group(0) @binding(0) var<storage, read> loss: array<f32>;
@group(0) @binding(1) var<storage, read_write> history: array<f32>;

var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sum = 0.0;
    for (var row = lane; row < ROWS; row += 64u) {
        sum += loss[row];
    }
    sums[lane] = sum;
    workgroupBarrier();
    if lane == 0u {
        var total = 0.0;
        for (var i = 0u; i < 64u; i++) {
            total += sums[i];
        }
        history[2u * step.record + COLUMN] = total;
    }
}
