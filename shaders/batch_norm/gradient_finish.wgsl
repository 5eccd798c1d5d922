// batch_norm / gradient_finish
//   computes  dbeta = the sum of g, dgamma = the sum of g * (x - mean) / sqrt(variance + EPSILON)
//   reads     sums, statistics     writes  dgamma, dbeta, every element once
//   thread    one run of channels, every PARTS-th slab, TURN loaded at a time; parts are added in order

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
    for (var slab = at.part; slab < SLABS; slab += TURN * at.parts) {
        for (var j = 0u; j < TURN; j++) {
            let i = 2u * row_in_turn(slab, j, at, SLABS) * runs + at.c;
            let there = is_there(slab, j, at, SLABS);
            sum += select(V(0.0), sums[i], there);
            product += select(V(0.0), sums[i + runs], there);
        }
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
