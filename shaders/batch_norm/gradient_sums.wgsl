// batch_norm / gradient_sums
//   computes  of each channel in each slab of rows: the sum of g and of g * (x - mean), where g is dy, or with RELU dy where
//             y > 0, which is computed anew from x
//   reads     x, dy, statistics, gamma and beta (common/scale.wgsl, shift.wgsl)     writes  sums [slabs, 2, C], every element once
//   thread    one run of channels, every PARTS-th row of a slab, four loaded at a time; the parts are added in order
//   edge      images beyond the step's batch length count nowhere; a slab without rows gives 0

override PIXELS: u32;
override RELU: bool;

const GAMMA = 4u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> dy: array<RealV>;
@group(0) @binding(2) var<storage, read> statistics: array<V>;
@group(0) @binding(3) var<storage, read_write> sums: array<V>;

var<workgroup> plain: array<V, WORKGROUP>;
var<workgroup> centred: array<V, WORKGROUP>;

// The gradient of the normalised value before a ReLU; 0 for a row that does not count.
fn before_relu(given: V, value: V, counts: bool) -> V {
    let kept = select(given, select(V(0.0), given, value > V(0.0)), RELU);
    return select(V(0.0), kept, counts);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let runs = C / LANES;
    let at = column_of(group, lane);
    let shift = statistics[at.c];
    let mean = statistics[runs + at.c];
    let scale = statistics[2u * runs + at.c] * scale_of(at.c);
    let add = shift_of(at.c);
    let end = select(0u, min((at.slab + 1u) * SLAB, min(step.batch_length * PIXELS, ROWS)), at.mine);
    var sum = V(0.0);
    var product = V(0.0);
    for (var row = at.slab * SLAB + at.part; row < end; row += 4u * at.parts) {
        let four = four_of_part(row, at);
        let i = min(four, vec4u(end - 1u)) * runs + at.c;
        let x0 = V(x[i.x]);
        let x1 = V(x[i.y]);
        let x2 = V(x[i.z]);
        let x3 = V(x[i.w]);
        let dy0 = V(dy[i.x]);
        let dy1 = V(dy[i.y]);
        let dy2 = V(dy[i.z]);
        let dy3 = V(dy[i.w]);
        let counts = four < vec4u(end);
        let away0 = (x0 - shift) - mean;
        let away1 = (x1 - shift) - mean;
        let away2 = (x2 - shift) - mean;
        let away3 = (x3 - shift) - mean;
        let g0 = before_relu(dy0, away0 * scale + add, true);
        let g1 = before_relu(dy1, away1 * scale + add, counts.y);
        let g2 = before_relu(dy2, away2 * scale + add, counts.z);
        let g3 = before_relu(dy3, away3 * scale + add, counts.w);
        sum += g0;
        sum += g1;
        sum += g2;
        sum += g3;
        product += g0 * away0;
        product += g1 * away1;
        product += g2 * away2;
        product += g3 * away3;
    }
    plain[lane] = sum;
    centred[lane] = product;
    workgroupBarrier();
    if at.part == 0u && at.mine {
        for (var part = 1u; part < at.parts; part++) {
            sum += plain[part * WIDTH + lane];
            product += centred[part * WIDTH + lane];
        }
        sums[2u * at.slab * runs + at.c] = sum;
        sums[(2u * at.slab + 1u) * runs + at.c] = product;
    }
}
