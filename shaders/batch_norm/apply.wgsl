// batch_norm / apply
//   computes  y = (x - mean) / sqrt(variance + EPSILON) * gamma + beta, or max(y, 0) with RELU
//   reads     x, statistics, gamma and beta (common/scale.wgsl, shift.wgsl)     writes  y, every element once
//   thread    one run of channels of up to RUN rows (common/rows.wgsl)
//   edge      images beyond the step's batch length give 0

override C: u32;
override PIXELS: u32;
override RELU: bool;

const GAMMA = 3u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> statistics: array<V>;
@group(0) @binding(2) var<storage, read_write> y: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let runs = C / LANES;
    let c = i % runs;
    let shift = statistics[c];
    let mean = statistics[runs + c];
    let scale = statistics[2u * runs + c] * scale_of(c);
    let add = shift_of(c);
    let rows = step.batch_length * PIXELS;
    var row = i / runs * BLOCK_STEP;
    for (var k = 0u; k < RUN; k++) {
        if row < ROWS {
            let at = row * runs + c;
            let value = ((V(x[at]) - shift) - mean) * scale + add;
            let live = select(V(0.0), value, row < rows);
            y[at] = RealV(select(live, max(live, V(0.0)), RELU));
        }
        row += ROW_STEP;
    }
}
