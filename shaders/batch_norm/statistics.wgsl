// batch_norm / statistics
//   computes  of each channel in each slab of rows: the mean of x - shift and the sum of squares around it, where shift is
//             the channel's first x, so that a mean of 1000 costs no digits of a deviation of 1
//   reads     x        writes  sums [slabs, 2, C], every element once
//   thread    one run of channels, every PARTS-th row of a slab, four rows at a time (Chan, Golub and LeVeque 1983)
//   edge      images beyond the step's batch length count nowhere; a slab without rows gives 0

override PIXELS: u32;

@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read_write> sums: array<V>;

var<workgroup> counts: array<f32, WORKGROUP>;
var<workgroup> means: array<V, WORKGROUP>;
var<workgroup> squares: array<V, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let runs = C / LANES;
    let at = column_of(group, lane);
    let shift = unpacked(x[at.c]);
    let end = select(0u, min((at.slab + 1u) * SLAB, min(step.batch_length * PIXELS, ROWS)), at.mine);
    var count = 0.0;
    var mean = V(0.0);
    var square = V(0.0);
    var row = at.slab * SLAB + at.part;
    for (; row + 3u * at.parts < end; row += 4u * at.parts) {
        let a = unpacked(x[row * runs + at.c]) - shift;
        let b = unpacked(x[(row + at.parts) * runs + at.c]) - shift;
        let c = unpacked(x[(row + 2u * at.parts) * runs + at.c]) - shift;
        let d = unpacked(x[(row + 3u * at.parts) * runs + at.c]) - shift;
        let four = 0.25 * ((a + b) + (c + d));
        let delta = four - mean;
        let total = count + 4.0;
        mean += delta * (4.0 / total);
        square += (a - four) * (a - four) + (b - four) * (b - four) + (c - four) * (c - four) + (d - four) * (d - four)
            + delta * delta * (count * 4.0 / total);
        count = total;
    }
    for (; row < end; row += at.parts) {
        let delta = unpacked(x[row * runs + at.c]) - shift - mean;
        count += 1.0;
        mean += delta / count;
        square += delta * delta * ((count - 1.0) / count);
    }
    counts[lane] = count;
    means[lane] = mean;
    squares[lane] = square;
    workgroupBarrier();
    if at.part == 0u && at.mine {
        var total = 0.0;
        var weighted = V(0.0);
        for (var part = 0u; part < at.parts; part++) {
            let from_part = part * WIDTH + lane;
            total += counts[from_part];
            weighted += counts[from_part] * means[from_part];
        }
        mean = weighted / max(total, 1.0);
        square = V(0.0);
        for (var part = 0u; part < at.parts; part++) {
            let from_part = part * WIDTH + lane;
            let away = means[from_part] - mean;
            square += squares[from_part] + counts[from_part] * away * away;
        }
        sums[2u * at.slab * runs + at.c] = mean;
        sums[(2u * at.slab + 1u) * runs + at.c] = square;
    }
}
