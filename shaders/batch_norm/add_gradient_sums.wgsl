// batch_norm / add_gradient_sums
//   computes  g = dy where y > 0, else 0: the gradient before the ReLU, of both that were added; and of each channel in each
//             slab of rows the sum of g and of g * (x - mean)
//   reads     x, y, statistics, dy (common/gradient1.wgsl or gradient2.wgsl)
//   writes    g, sums [slabs, 2, C], every element once
//   thread    one run of channels, every PARTS-th row of a slab, TURN loaded at a time; two_sums.wgsl adds the parts
//   edge      images beyond the step's batch length count nowhere; a slab without rows gives 0

override PIXELS: u32;

const DY = 5u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> y: array<RealV>;
@group(0) @binding(2) var<storage, read> statistics: array<V>;
@group(0) @binding(3) var<storage, read_write> g: array<RealV>;
@group(0) @binding(4) var<storage, read_write> sums: array<V>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let runs = C / LANES;
    let at = column_of(group, lane);
    let shift = statistics[at.c];
    let mean = statistics[runs + at.c];
    let end = select(0u, min((at.slab + 1u) * SLAB, ROWS), at.mine);
    let rows = step.batch_length * PIXELS;
    var sum = V(0.0);
    var product = V(0.0);
    for (var row = at.slab * SLAB + at.part; row < end; row += TURN * at.parts) {
        var xs: array<V, MOST_A_TURN>;
        var gs: array<V, MOST_A_TURN>;
        for (var j = 0u; j < TURN; j++) {
            let i = row_in_turn(row, j, at, end) * runs + at.c;
            xs[j] = unpacked(x[i]);
            gs[j] = select(V(0.0), gradient_at(i), unpacked(y[i]) > V(0.0));
        }
        for (var j = 0u; j < TURN; j++) {
            let counted = select(V(0.0), gs[j], row + j * at.parts < min(end, rows));
            sum += counted;
            product += counted * ((xs[j] - shift) - mean);
        }
        for (var j = 0u; j < TURN; j++) {
            if is_there(row, j, at, end) {
                g[(row + j * at.parts) * runs + at.c] = packed(gs[j]);
            }
        }
    }
    store_sums(at, lane, sum, product);
}
