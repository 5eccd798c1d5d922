// augment / statistics
//   computes  of each row's image before its colour operation SLOT: mean grey, least and largest byte of each channel;
//             for SLOT = OPERATIONS: the mean grey before jitter changes contrast, in 0..1
//   reads     bytes of the data set, drawn, seen of earlier slots     updates  seen: (bits of the mean, rounded mean, least,
//             largest), four words a row and slot
//   thread    one workgroup of 64 a row: each thread takes every 64th pixel, the first adds up in order
//   edge      a row that holds nobody, and an operation that asks for nothing, leave zeros

override SLOT: u32;

const MORE_DATA = 3u;

@group(0) @binding(2) var<storage, read_write> seen: array<vec4u>;

struct Sum {
    mean: f32,
    whole: u32,
    least: vec4u,
    largest: vec4u,
}

var<workgroup> sums: array<Sum, 64>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = min(flat_index(group, lane) / WORKGROUP, COUNT / WORKGROUP - 1u);
    let d = drawn_for(row);
    let slots = OPERATIONS + select(0u, 1u, JITTER);
    var wanted = d.image != NOBODY;
    if SLOT < OPERATIONS {
        let kind = d.colours[min(SLOT, 3u)] & 255;
        wanted = wanted && (kind == 3 || kind == 6);
    }
    let pixels = select(0u, u32(H * W), wanted);
    var sum = Sum(0.0, 0u, vec4u(255u), vec4u(0u));
    for (var p = lane; p < pixels; p += 64u) {
        let values = source(d, i32(p) / W, i32(p) % W);
        var v = vec4u(values + 0.5);
        for (var i = 0u; i < min(SLOT, OPERATIONS); i++) {
            v = operation(v, d.colours[i], seen[row * slots + i]);
        }
        let start = select(values.xyz, vec3f(v.xyz), OPERATIONS > 0u) / 255.0;
        if SLOT == OPERATIONS {
            sum.mean += grey(jittered(start, d.jitter, 0.0, true));
        }
        sum.whole += whole_grey(v);
        sum.least = min(sum.least, v);
        sum.largest = max(sum.largest, v);
    }
    sums[lane] = sum;
    workgroupBarrier();
    if lane == 0u {
        for (var i = 1u; i < 64u; i++) {
            sum.mean += sums[i].mean;
            sum.whole += sums[i].whole;
            sum.least = min(sum.least, sums[i].least);
            sum.largest = max(sum.largest, sums[i].largest);
        }
        let all = u32(H * W);
        let least = sum.least.x | (sum.least.y << 8u) | (sum.least.z << 16u);
        let largest = sum.largest.x | (sum.largest.y << 8u) | (sum.largest.z << 16u);
        let found = vec4u(bitcast<u32>(sum.mean / f32(all)), (2u * sum.whole + all) / (2u * all), least, largest);
        seen[row * slots + SLOT] = select(vec4u(0u), found, wanted);
    }
}
