// batch_norm / two_sums
//   The end of launches that add up two values of each channel in each slab of rows (common/columns.wgsl): what the parts of a
//   slab found is added in order, into sums [slabs, 2, C].

var<workgroup> plain: array<V, WORKGROUP>;
var<workgroup> centred: array<V, WORKGROUP>;

// Stores the two sums of a slab, of which this thread has those of its part. Every thread of a workgroup calls it.
fn store_sums(at: Column, lane: u32, of_part: V, product_of_part: V) {
    let runs = C / LANES;
    plain[lane] = of_part;
    centred[lane] = product_of_part;
    workgroupBarrier();
    if at.part == 0u && at.mine {
        var sum = of_part;
        var product = product_of_part;
        for (var part = 1u; part < at.parts; part++) {
            sum += plain[part * WIDTH + lane];
            product += centred[part * WIDTH + lane];
        }
        sums[2u * at.slab * runs + at.c] = sum;
        sums[(2u * at.slab + 1u) * runs + at.c] = product;
    }
}
