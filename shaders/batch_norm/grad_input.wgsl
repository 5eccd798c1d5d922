// batch_norm / grad_input
//   computes  dx = gamma / sqrt(variance + EPSILON) * (g - dbeta / count - xhat * dgamma / count): mean and variance depend
//             on x, too; g is dy, or before a ReLU dy where that passes it (common/rectify_*.wgsl): y is computed anew from x
//   reads     x, dy, statistics, dgamma, dbeta, gamma and beta (common/scale.wgsl, shift.wgsl)     writes  dx, every element once
//   thread    one run of channels of up to RUN rows (common/rows.wgsl), TURN at a time: all are computed before one
//             is stored, or a compiler would move each load to its store
//   edge      images beyond the step's batch length get 0

override C: u32;
override PIXELS: u32;
// mean and variance are constants, and take no gradient
override FROZEN: bool;

const GAMMA = 6u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> dy: array<RealV>;
@group(0) @binding(2) var<storage, read> statistics: array<V>;
@group(0) @binding(3) var<storage, read> dgamma: array<V>;
@group(0) @binding(4) var<storage, read> dbeta: array<V>;
@group(0) @binding(5) var<storage, read_write> dx: array<RealV>;

struct Channels { shift: V, mean: V, scale: V, add: V, mean_g: V, slope: V }

fn gradient_of(own: RealV, given: RealV, channels: Channels, live: bool) -> RealV {
    let away = (unpacked(own) - channels.shift) - channels.mean;
    let g = passed(away * channels.scale + channels.add, unpacked(given));
    return packed(select(V(0.0), channels.scale * (g - channels.mean_g - away * channels.slope), live));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let runs = C / LANES;
    let c = i % runs;
    let inverse = statistics[2u * runs + c];
    let rows = min(step.batch_length * PIXELS, ROWS);
    let count = max(f32(rows), 1.0);
    let channels = Channels(statistics[c], statistics[runs + c], inverse * scale_of(c), shift_of(c),
        select(dbeta[c] / count, V(0.0), FROZEN), select(inverse * dgamma[c] / count, V(0.0), FROZEN));
    var row = i / runs * BLOCK_STEP;
    for (var k = 0u; k < RUN && row < ROWS; k += TURN) {
        var xs: array<RealV, MOST_A_TURN>;
        var dys: array<RealV, MOST_A_TURN>;
        for (var j = 0u; j < TURN; j++) {
            let i = row_in_turn(row, j) * runs + c;
            xs[j] = x[i];
            dys[j] = dy[i];
        }
        for (var j = 0u; j < TURN; j++) {
            xs[j] = gradient_of(xs[j], dys[j], channels, row + j * ROW_STEP < rows);
        }
        for (var j = 0u; j < TURN; j++) {
            if is_there(row, j) {
                dx[(row + j * ROW_STEP) * runs + c] = xs[j];
            }
        }
        row += TURN * ROW_STEP;
    }
}
