// batch_norm / grad_input
//   computes  dx = gamma / sqrt(variance + EPSILON) * (g - dbeta / count - xhat * dgamma / count): mean and variance depend
//             on x, too; g is dy, or with RELU dy where y > 0, which is computed anew from x
//   reads     x, dy, statistics, dgamma, dbeta, gamma and beta (common/scale.wgsl, shift.wgsl)     writes  dx, every element once
//   thread    one run of channels of up to RUN rows (common/rows.wgsl)
//   edge      images beyond the step's batch length get 0

override C: u32;
override PIXELS: u32;
override RELU: bool;

const GAMMA = 6u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> dy: array<RealV>;
@group(0) @binding(2) var<storage, read> statistics: array<V>;
@group(0) @binding(3) var<storage, read> dgamma: array<V>;
@group(0) @binding(4) var<storage, read> dbeta: array<V>;
@group(0) @binding(5) var<storage, read_write> dx: array<RealV>;

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
    let inverse = statistics[2u * runs + c];
    let scale = inverse * scale_of(c);
    let add = shift_of(c);
    let rows = min(step.batch_length * PIXELS, ROWS);
    let count = max(f32(rows), 1.0);
    let mean_g = dbeta[c] / count;
    let slope = inverse * dgamma[c] / count;
    var row = i / runs * BLOCK_STEP;
    for (var k = 0u; k < RUN; k++) {
        if row < ROWS {
            let at = row * runs + c;
            let away = (V(x[at]) - shift) - mean;
            let given = V(dy[at]);
            let g = select(given, select(V(0.0), given, away * scale + add > V(0.0)), RELU);
            dx[at] = RealV(select(V(0.0), scale * (g - mean_g - away * slope), row < rows));
        }
        row += ROW_STEP;
    }
}
