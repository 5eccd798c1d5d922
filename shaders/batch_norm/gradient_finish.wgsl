// batch_norm / gradient_finish
//   computes  dbeta = the sum of g, dgamma = the sum of g * (x - mean) / sqrt(variance + EPSILON)
//   reads     sums, statistics     writes  dgamma, dbeta, every element once
//   thread    one run of channels, every PARTS-th slab, four loaded at a time; parts are added in order

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
    for (var slab = at.part; slab < SLABS; slab += 4u * at.parts) {
        let four = four_of_part(slab, at);
        let from_sums = 2u * min(four, vec4u(SLABS - 1u)) * runs + at.c;
        let sum0 = sums[from_sums.x];
        let sum1 = sums[from_sums.y];
        let sum2 = sums[from_sums.z];
        let sum3 = sums[from_sums.w];
        let product0 = sums[from_sums.x + runs];
        let product1 = sums[from_sums.y + runs];
        let product2 = sums[from_sums.z + runs];
        let product3 = sums[from_sums.w + runs];
        let there = four < vec4u(SLABS);
        sum += sum0;
        product += product0;
        sum += select(V(0.0), sum1, there.y);
        product += select(V(0.0), product1, there.y);
        sum += select(V(0.0), sum2, there.z);
        product += select(V(0.0), product2, there.z);
        sum += select(V(0.0), sum3, there.w);
        product += select(V(0.0), product3, there.w);
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
