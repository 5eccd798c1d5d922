// batch_norm / apply
//   computes  y = (x - mean) / sqrt(variance + EPSILON) * gamma + beta, or max(y, 0) with RELU
//   reads     x, statistics, gamma and beta (common/scale.wgsl, shift.wgsl)     writes  y, every element once
//   thread    one run of channels of up to RUN rows (common/rows.wgsl), four at a time: all are loaded before one is stored
//   edge      images beyond the step's batch length give 0

override C: u32;
override PIXELS: u32;
override RELU: bool;

const GAMMA = 3u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> statistics: array<V>;
@group(0) @binding(2) var<storage, read_write> y: array<RealV>;

struct Channels { shift: V, mean: V, scale: V, add: V }

fn normalised(own: RealV, channels: Channels, live: bool) -> RealV {
    let value = ((V(own) - channels.shift) - channels.mean) * channels.scale + channels.add;
    let kept = select(V(0.0), value, live);
    return RealV(select(kept, max(kept, V(0.0)), RELU));
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
    for (var k = 0u; k < RUN; k += 4u) {
        let four = four_rows(row);
        let at = clamped(four) * runs + c;
        let x0 = x[at.x];
        let x1 = x[at.y];
        let x2 = x[at.z];
        let x3 = x[at.w];
        let live = four < vec4u(rows);
        let there = four < vec4u(ROWS);
        if there.x {
            y[at.x] = normalised(x0, channels, live.x);
        }
        if there.y {
            y[at.y] = normalised(x1, channels, live.y);
        }
        if there.z {
            y[at.z] = normalised(x2, channels, live.z);
        }
        if there.w {
            y[at.w] = normalised(x3, channels, live.w);
        }
        row += 4u * ROW_STEP;
    }
}
