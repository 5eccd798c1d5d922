// batch_norm / finish
//   computes  statistics [4, C] of each channel: shift (its first x), mean - shift, 1 / sqrt(variance + EPSILON), count;
//             running = (1 - m) running + m (mean, variance with count - 1 below), m = max(MOMENTUM, step.least_momentum)
//   reads     x, sums     writes  statistics;  updates running_mean, running_var, every element once
//   thread    one run of channels, every PARTS-th slab, TURN loaded at a time; parts are added in order
//   edge      a single value has variance 0 (PyTorch refuses it); a MOMENTUM of 0 keeps the running averages as they are
//   The running averages lie in the buffer of gamma and beta, which is why nothing here reads those.

override PIXELS: u32;
override EPSILON: f32;
override MOMENTUM: f32;
override SLABS: u32;

@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> sums: array<V>;
@group(0) @binding(2) var<storage, read_write> statistics: array<V>;
@group(0) @binding(3) var<storage, read_write> running_mean: array<V>;
@group(0) @binding(4) var<storage, read_write> running_var: array<V>;

var<workgroup> parts: array<V, WORKGROUP>;

// How many values the mean of a slab is of; none past the last slab.
fn weight_of(slab: u32, rows: u32) -> f32 {
    return select(0.0, f32(rows_in(slab, rows)), slab < SLABS);
}

// The sum of what the parts of this column put down.
fn together(lane: u32, at: Column) -> V {
    var sum = V(0.0);
    for (var part = 0u; part < at.parts; part++) {
        sum += parts[part * WIDTH + lane % WIDTH];
    }
    return sum;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let runs = C / LANES;
    let at = column_of(group, lane);
    let rows = min(step.batch_length * PIXELS, ROWS);
    let count = max(f32(rows), 1.0);
    var weighted = V(0.0);
    for (var slab = at.part; slab < SLABS; slab += TURN * at.parts) {
        for (var j = 0u; j < TURN; j++) {
            let i = 2u * row_in_turn(slab, j, at, SLABS) * runs + at.c;
            weighted += weight_of(slab + j * at.parts, rows) * sums[i];
        }
    }
    parts[lane] = weighted;
    workgroupBarrier();
    let mean = together(lane, at) / count;
    workgroupBarrier();
    var square = V(0.0);
    for (var slab = at.part; slab < SLABS; slab += TURN * at.parts) {
        for (var j = 0u; j < TURN; j++) {
            let i = 2u * row_in_turn(slab, j, at, SLABS) * runs + at.c;
            let away = sums[i] - mean;
            let own = select(V(0.0), sums[i + runs], is_there(slab, j, at, SLABS));
            square += own + weight_of(slab + j * at.parts, rows) * away * away;
        }
    }
    parts[lane] = square;
    workgroupBarrier();
    if at.part == 0u && at.mine {
        square = together(lane, at);
        let shift = unpacked(x[at.c]);
        statistics[at.c] = shift;
        statistics[runs + at.c] = mean;
        statistics[2u * runs + at.c] = 1.0 / sqrt(square / count + EPSILON);
        statistics[3u * runs + at.c] = V(count);
        let momentum = select(0.0, max(MOMENTUM, step.least_momentum), MOMENTUM > 0.0);
        running_mean[at.c] = (1.0 - momentum) * running_mean[at.c] + momentum * (shift + mean);
        running_var[at.c] = (1.0 - momentum) * running_var[at.c] + momentum * (square / max(count - 1.0, 1.0));
    }
}
