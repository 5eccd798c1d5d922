// common / slabs_together
//   A block has 64 / width lanes. Each adds every so-manyth slab, then the lanes are added in order: the sum is the same
//   every time. The threads of lane 0 have it.

var<workgroup> lane_sums: array<f32, WORKGROUP>;

fn add_slabs(first: u32, stride: u32, slabs: u32, width: u32, thread: u32) -> f32 {
    let shift = countTrailingZeros(width);
    let lanes = WORKGROUP >> shift;
    var sum = 0.0;
    for (var slab = thread >> shift; slab < slabs; slab += lanes) {
        sum += gradients[first + slab * stride];
    }
    lane_sums[thread] = sum;
    workgroupBarrier();
    if thread < width {
        for (var lane = 1u; lane < lanes; lane++) {
            sum += lane_sums[lane * width + thread];
        }
    }
    return sum;
}
