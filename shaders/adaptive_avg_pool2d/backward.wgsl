// adaptive_avg_pool2d / backward
//   computes  dx = the sum of dy / pixels over the places that take this pixel
//   reads     dy       writes  dx, every element once, no atomics
//   thread    one run of channels of dx
//   edge      a pixel belongs to places floor(i OH / H) to ceil((i + 1) OH / H)

@group(0) @binding(0) var<storage, read> dy: array<RealV>;
@group(0) @binding(1) var<storage, read_write> dx: array<RealV>;

fn pixels(o: u32, length: u32, places: u32) -> u32 {
    return adaptive_end(o, length, places) - adaptive_begin(o, length, places);
}

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
            sum += V(dy[in_y(at.n, oy, ox, at.c)]) / f32(pixels(oy, H, OH) * pixels(ox, W, OW));
        }
    }
    dx[i] = RealV(sum);
}
