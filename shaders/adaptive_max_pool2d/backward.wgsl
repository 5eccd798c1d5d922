// adaptive_max_pool2d / backward
//   computes  dx = the sum of dy over the places that this pixel won
//   reads     winner, dy     writes  dx, every element once, no atomics
//   thread    one run of channels of dx: it looks at every place that takes its pixel
//   edge      a pixel belongs to places floor(i OH / H) to ceil((i + 1) OH / H)

@group(0) @binding(0) var<storage, read> winner: array<Taps>;
@group(0) @binding(1) var<storage, read> dy: array<RealV>;
@group(0) @binding(2) var<storage, read_write> dx: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let at = place_in(i, H, W);
    var sum = V(0.0);
    for (var oy = adaptive_begin(at.y, OH, H); oy < adaptive_end(at.y, OH, H); oy++) {
        for (var ox = adaptive_begin(at.x, OW, W); ox < adaptive_end(at.x, OW, W); ox++) {
            let o = in_y(at.n, oy, ox, at.c);
            sum += select(V(0.0), V(dy[o]), winner[o] == Taps(at.y * W + at.x));
        }
    }
    dx[i] = RealV(sum);
}
