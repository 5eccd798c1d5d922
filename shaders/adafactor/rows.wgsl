// adafactor / rows
//   computes  r += w * (mean of g^2 along a row - r), with w = step.bias_correction1
//   reads     g        updates r, every element once
//   thread    one row: COLUMNS consecutive elements of the tensor
//   edge      after an overflow nothing is written

override COLUMNS: u32;

const LOSS_SCALE = 2u;
@group(0) @binding(0) var<storage, read> g: array<f32>;
@group(0) @binding(1) var<storage, read_write> r: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT || step_is_skipped() {
        return;
    }
    var sum = 0.0;
    for (var i = row * COLUMNS; i < (row + 1u) * COLUMNS; i++) {
        let d = true_gradient(g[i]);
        sum += d * d;
    }
    r[row] += step.bias_correction1 * (sum / f32(COLUMNS) - r[row]);
}
