// square_sum / total
//   computes  totals[SLOT] = the sum of partial
//   reads     partial, PARTS sums      updates  one word of totals
//   thread    one workgroup of 64: each thread adds every 64th sum, then the first adds the 64 in order, so that the
//             result is the same every time

override PARTS: u32;
override SLOT: u32;

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> totals: array<f32>;

var<workgroup> sums: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    var sum = 0.0;
    for (var i = flat_index(group, lane); i < PARTS; i += COUNT) {
        sum += partial[i];
    }
    sums[lane] = sum;
    workgroupBarrier();
    if lane == 0u {
        var total = 0.0;
        for (var i = 0u; i < WORKGROUP; i++) {
            total += sums[i];
        }
        totals[SLOT] = total;
    }
}
