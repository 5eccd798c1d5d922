// group_norm / grad_weight
//   computes  dgamma [slabs, C] = the sum of g * xhat over the rows of each slab, dbeta [slabs, C] = the sum of g, where g is
//             dy, or with RELU dy where y > 0, which is computed anew from x
//   reads     x, dy, statistics, gamma and beta (common/scale.wgsl, shift.wgsl)
//   writes    dgamma, dbeta, every element of every slab once
//   thread    one run of channels, every PARTS-th row of a slab; the parts are added in order

override PIXELS: u32; override GROUPS: u32;
override RELU: bool;

const GAMMA = 5u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> dy: array<RealV>;
@group(0) @binding(2) var<storage, read> statistics: array<f32>;
@group(0) @binding(3) var<storage, read_write> dgamma: array<V>;
@group(0) @binding(4) var<storage, read_write> dbeta: array<V>;

var<workgroup> products: array<V, WORKGROUP>;
var<workgroup> plain: array<V, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let runs = C / LANES;
    let at = column_of(group, lane);
    let scale = scale_of(at.c);
    let add = shift_of(at.c);
    let own_group = at.c / (runs / GROUPS);
    let end = select(0u, min((at.slab + 1u) * SLAB, ROWS), at.mine);
    var sum = V(0.0);
    var product = V(0.0);
    for (var row = at.slab * SLAB + at.part; row < end; row += at.parts) {
        let which = 3u * (row / PIXELS * GROUPS + own_group);
        let inverse = statistics[which + 2u];
        let away = (unpacked(x[row * runs + at.c]) - V(statistics[which])) - V(statistics[which + 1u]);
        let given = unpacked(dy[row * runs + at.c]);
        let positive = away * (inverse * scale) + add > V(0.0);
        let g = select(given, select(V(0.0), given, positive), RELU);
        sum += g;
        product += g * away * inverse;
    }
    plain[lane] = sum;
    products[lane] = product;
    workgroupBarrier();
    if at.part == 0u && at.mine {
        for (var part = 1u; part < at.parts; part++) {
            sum += plain[part * WIDTH + lane];
            product += products[part * WIDTH + lane];
        }
        dgamma[at.slab * runs + at.c] = product;
        dbeta[at.slab * runs + at.c] = sum;
    }
}
