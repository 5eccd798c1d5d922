// batch_norm / gradient_sums
//   computes  of each channel in each slab of rows: the sum of g and of g * (x - mean), where g is dy, or before a ReLU dy
//             where that passes it (common/rectify_*.wgsl): y is computed anew from x
//   reads     x, dy, statistics, gamma and beta (common/scale.wgsl, shift.wgsl)     writes  sums [slabs, 2, C], every element once
//   thread    one run of channels, every PARTS-th row of a slab, TURN loaded at a time; two_sums.wgsl adds the parts
//   edge      images beyond the step's batch length count nowhere; a slab without rows gives 0

override PIXELS: u32;

const GAMMA = 4u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> dy: array<RealV>;
@group(0) @binding(2) var<storage, read> statistics: array<V>;
@group(0) @binding(3) var<storage, read_write> sums: array<V>;

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
    for (var row = at.slab * SLAB + at.part; row < end; row += TURN * at.parts) {
        for (var j = 0u; j < TURN; j++) {
            let i = row_in_turn(row, j, at, end) * runs + at.c;
            let away = (unpacked(x[i]) - shift) - mean;
            let given = unpacked(dy[i]);
            let before = passed(away * scale + add, given);
            let g = select(V(0.0), before, is_there(row, j, at, end));
            sum += g;
            product += g * away;
        }
    }
    store_sums(at, lane, sum, product);
}
