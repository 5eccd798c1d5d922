// adaptive_avg_pool2d / forward
//   computes  y = the mean of the pixels of x that each place takes together
//   reads     x        writes  y, every element once
//   thread    one run of channels of y
//   edge      a place takes pixels floor(o H / OH) to ceil((o + 1) H / OH), so neighbours may share some

@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read_write> y: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let o = flat_index(group, lane);
    if o >= COUNT {
        return;
    }
    let at = place_in(o, OH, OW);
    let top = adaptive_begin(at.y, H, OH);
    let bottom = adaptive_end(at.y, H, OH);
    let left = adaptive_begin(at.x, W, OW);
    let right = adaptive_end(at.x, W, OW);
    var sum = V(0.0);
    for (var iy = top; iy < bottom; iy++) {
        for (var ix = left; ix < right; ix++) {
            sum += V(x[in_x(at.n, iy, ix, at.c)]);
        }
    }
    y[o] = RealV(sum / f32((bottom - top) * (right - left)));
}
