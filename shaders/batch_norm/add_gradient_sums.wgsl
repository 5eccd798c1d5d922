// batch_norm / add_gradient_sums
//   computes  g = dy where y > 0, else 0: the gradient before the ReLU, of both that were added; and of each channel in each
//             slab of rows the sum of g and of g * (x - mean)
//   reads     x, y, statistics, dy (common/gradient1.wgsl or gradient2.wgsl)
//   writes    g, sums [slabs, 2, C], every element once
//   thread    one run of channels, every PARTS-th row of a slab, four loaded at a time; the parts are added in order
//   edge      images beyond the step's batch length count nowhere; a slab without rows gives 0

override PIXELS: u32;

const DY = 5u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> y: array<RealV>;
@group(0) @binding(2) var<storage, read> statistics: array<V>;
@group(0) @binding(3) var<storage, read_write> g: array<RealV>;
@group(0) @binding(4) var<storage, read_write> sums: array<V>;

var<workgroup> plain: array<V, WORKGROUP>;
var<workgroup> centred: array<V, WORKGROUP>;

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
    for (var row = at.slab * SLAB + at.part; row < end; row += 4u * at.parts) {
        let four = four_of_part(row, at);
        let i = min(four, vec4u(end - 1u)) * runs + at.c;
        let x0 = V(x[i.x]);
        let x1 = V(x[i.y]);
        let x2 = V(x[i.z]);
        let x3 = V(x[i.w]);
        let g0 = select(V(0.0), gradient_at(i.x), V(y[i.x]) > V(0.0));
        let g1 = select(V(0.0), gradient_at(i.y), V(y[i.y]) > V(0.0));
        let g2 = select(V(0.0), gradient_at(i.z), V(y[i.z]) > V(0.0));
        let g3 = select(V(0.0), gradient_at(i.w), V(y[i.w]) > V(0.0));
        let there = four < vec4u(end);
        g[i.x] = RealV(g0);
        if there.y {
            g[i.y] = RealV(g1);
        }
        if there.z {
            g[i.z] = RealV(g2);
        }
        if there.w {
            g[i.w] = RealV(g3);
        }
        let counts = four < vec4u(min(end, rows));
        let counted0 = select(V(0.0), g0, counts.x);
        let counted1 = select(V(0.0), g1, counts.y);
        let counted2 = select(V(0.0), g2, counts.z);
        let counted3 = select(V(0.0), g3, counts.w);
        sum += counted0;
        sum += counted1;
        sum += counted2;
        sum += counted3;
        product += counted0 * ((x0 - shift) - mean);
        product += counted1 * ((x1 - shift) - mean);
        product += counted2 * ((x2 - shift) - mean);
        product += counted3 * ((x3 - shift) - mean);
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
