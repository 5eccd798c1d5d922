// batch_norm / apply
//   computes  y = (x - mean) / sqrt(variance + EPSILON) * gamma + beta, and what ends it (common/rectify_*.wgsl)
//   reads     x, statistics, gamma and beta (common/scale.wgsl, shift.wgsl)     writes  y, every element once
//   thread    one run of channels of up to RUN rows (common/rows.wgsl), TURN at a time: all are computed before one
//             is stored, or a compiler would move each load to its store
//   edge      images beyond the step's batch length give 0

override C: u32;
override PIXELS: u32;

const GAMMA = 3u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> statistics: array<V>;
@group(0) @binding(2) var<storage, read_write> y: array<RealV>;

struct Channels { shift: V, mean: V, scale: V, add: V }

fn normalised(own: RealV, channels: Channels, live: bool) -> RealV {
    let value = ((unpacked(own) - channels.shift) - channels.mean) * channels.scale + channels.add;
    let kept = select(V(0.0), value, live);
    return packed(rectified(kept));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let runs = C / LANES;
    let c = i % runs;
    let channels = Channels(statistics[c], statistics[runs + c], statistics[2u * runs + c] * scale_of(c), shift_of(c));
    let rows = step.batch_length * PIXELS;
    var row = i / runs * BLOCK_STEP;
    for (var k = 0u; k < RUN && row < ROWS; k += TURN) {
        var xs: array<RealV, MOST_A_TURN>;
        for (var j = 0u; j < TURN; j++) {
            let i = row_in_turn(row, j) * runs + c;
            xs[j] = x[i];
        }
        for (var j = 0u; j < TURN; j++) {
            xs[j] = normalised(xs[j], channels, row + j * ROW_STEP < rows);
        }
        for (var j = 0u; j < TURN; j++) {
            if is_there(row, j) {
                y[(row + j * ROW_STEP) * runs + c] = xs[j];
            }
        }
        row += TURN * ROW_STEP;
    }
}
