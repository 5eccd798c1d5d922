// adafactor / columns
//   computes  c += w * (mean of g^2 along a column - c), with w = step.bias_correction1
//   reads     g        updates c, every element once
//   thread    one column of one matrix: ROWS elements, COLUMNS apart
//   edge      after an overflow nothing is written

override ROWS: u32;
override COLUMNS: u32;

const LOSS_SCALE = 2u;
@group(0) @binding(0) var<storage, read> g: array<f32>;
@group(0) @binding(1) var<storage, read_write> c: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let column = flat_index(group, lane);
    if column >= COUNT || step_is_skipped() {
        return;
    }
    let first = column / COLUMNS * ROWS * COLUMNS + column % COLUMNS;
    var sum = 0.0;
    for (var row = 0u; row < ROWS; row++) {
        let d = true_gradient(g[first + row * COLUMNS]);
        sum += d * d;
    }
    c[column] += step.bias_correction1 * (sum / f32(ROWS) - c[column]);
}
