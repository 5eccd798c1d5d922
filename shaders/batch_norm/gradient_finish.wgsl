// batch_norm / gradient_finish
//   computes  dbeta = the sum of g, dgamma = the sum of g * (x - mean) / sqrt(variance + EPSILON)
//   reads     sums, statistics     writes  dgamma, dbeta, every element once
//   thread    one run of channels, every PARTS-th slab; parts are added in order

override SLABS: u32;

@group(0) @binding(0) var<storage, read> sums: array<V>;
@group(0) @binding(1) var<storage, read> statistics: array<V>;
@group(0) @binding(2) var<storage, read_write> dgamma: array<V>;
@group(0) @binding(3) var<storage, read_write> dbeta: array<V>;

var<workgroup> plain: array<V, WORKGROUP>;
var<workgroup> centred: array<V, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let runs = C / LANES;
    let at = column_of(group, lane);
    var sum = V(0.0);
    var product = V(0.0);
    for (var slab = at.part; slab < SLABS; slab += at.parts) {
        sum += sums[2u * slab * runs + at.c];
        product += sums[(2u * slab + 1u) * runs + at.c];
    }
    plain[lane] = sum;
    centred[lane] = product;
    workgroupBarrier();
    if at.part == 0u && at.mine {
        for (var part = 1u; part < at.parts; part++) {
            sum += plain[part * WIDTH + lane];
            product += centred[part * WIDTH + lane];
        }
        dgamma[at.c] = product * statistics[2u * runs + at.c];
        dbeta[at.c] = sum;
    }
}
