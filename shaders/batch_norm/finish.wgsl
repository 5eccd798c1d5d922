// batch_norm / finish
//   computes  statistics [4, C] of each channel: shift (its first x), mean - shift, 1 / sqrt(variance + EPSILON), count;
//             running = (1 - MOMENTUM) running + MOMENTUM (mean, variance with count - 1 below)
//   reads     x, sums     writes  statistics;  updates running_mean, running_var, every element once
//   thread    one run of channels, every PARTS-th slab, four loaded at a time; parts are added in order
//   edge      a single value has variance 0 (PyTorch refuses it)
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

// What a slab adds to the squares around the mean of all.
fn square_of(slab: u32, rows: u32, away: V, own: V) -> V {
    return select(V(0.0), own, slab < SLABS) + weight_of(slab, rows) * away * away;
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
    for (var slab = at.part; slab < SLABS; slab += 4u * at.parts) {
        let four = four_of_part(slab, at);
        let from_sums = 2u * min(four, vec4u(SLABS - 1u)) * runs + at.c;
        let mean0 = sums[from_sums.x];
        let mean1 = sums[from_sums.y];
        let mean2 = sums[from_sums.z];
        let mean3 = sums[from_sums.w];
        weighted += weight_of(four.x, rows) * mean0;
        weighted += weight_of(four.y, rows) * mean1;
        weighted += weight_of(four.z, rows) * mean2;
        weighted += weight_of(four.w, rows) * mean3;
    }
    parts[lane] = weighted;
    workgroupBarrier();
    let mean = together(lane, at) / count;
    workgroupBarrier();
    var square = V(0.0);
    for (var slab = at.part; slab < SLABS; slab += 4u * at.parts) {
        let four = four_of_part(slab, at);
        let from_sums = 2u * min(four, vec4u(SLABS - 1u)) * runs + at.c;
        let mean0 = sums[from_sums.x];
        let mean1 = sums[from_sums.y];
        let mean2 = sums[from_sums.z];
        let mean3 = sums[from_sums.w];
        let own0 = sums[from_sums.x + runs];
        let own1 = sums[from_sums.y + runs];
        let own2 = sums[from_sums.z + runs];
        let own3 = sums[from_sums.w + runs];
        square += square_of(four.x, rows, mean0 - mean, own0);
        square += square_of(four.y, rows, mean1 - mean, own1);
        square += square_of(four.z, rows, mean2 - mean, own2);
        square += square_of(four.w, rows, mean3 - mean, own3);
    }
    parts[lane] = square;
    workgroupBarrier();
    if at.part == 0u && at.mine {
        square = together(lane, at);
        let shift = V(x[at.c]);
        statistics[at.c] = shift;
        statistics[runs + at.c] = mean;
        statistics[2u * runs + at.c] = 1.0 / sqrt(square / count + EPSILON);
        statistics[3u * runs + at.c] = V(count);
        running_mean[at.c] = (1.0 - MOMENTUM) * running_mean[at.c] + MOMENTUM * (shift + mean);
        running_var[at.c] = (1.0 - MOMENTUM) * running_var[at.c] + MOMENTUM * (square / max(count - 1.0, 1.0));
    }
}
