// record
//   computes  history[step.record] = (sum of loss, sum of correct)
//   reads     loss, correct      writes  one record of history
//   thread    one workgroup of 64: each thread adds every 64th row, then the first adds the 64 sums in order,
//             so that the result is the same every time

override ROWS: u32;

@group(0) @binding(0) var<storage, read> loss: array<f32>;
@group(0) @binding(1) var<storage, read> correct: array<f32>;
@group(0) @binding(2) var<storage, read_write> history: array<vec2f>;

var<workgroup> sums: array<vec2f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sum = vec2f(0.0);
    for (var row = lane; row < ROWS; row += 64u) {
        sum += vec2f(loss[row], correct[row]);
    }
    sums[lane] = sum;
    workgroupBarrier();
    if lane == 0u {
        var total = vec2f(0.0);
        for (var i = 0u; i < 64u; i++) {
            total += sums[i];
        }
        history[step.record] = total;
    }
}
