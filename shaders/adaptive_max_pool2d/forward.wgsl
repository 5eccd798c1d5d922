// adaptive_max_pool2d / forward
//   computes  y = the largest x of the pixels that each place takes together, and which pixel holds it
//   reads     x        writes  y, winner (a pixel of the image an element), every element once
//   thread    one run of channels of y
//   edge      a place takes pixels floor(o H / OH) to ceil((o + 1) H / OH), so neighbours may share some
//   ties      the first pixel in row order wins

@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read_write> y: array<RealV>;
@group(0) @binding(2) var<storage, read_write> winner: array<Taps>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let o = flat_index(group, lane);
    if o >= COUNT {
        return;
    }
    let at = place_in(o, OH, OW);
    let top = adaptive_begin(at.y, H, OH);
    let left = adaptive_begin(at.x, W, OW);
    var best = V(x[in_x(at.n, top, left, at.c)]);
    var pixel = Taps(top * W + left);
    for (var iy = top; iy < adaptive_end(at.y, H, OH); iy++) {
        for (var ix = left; ix < adaptive_end(at.x, W, OW); ix++) {
            let value = V(x[in_x(at.n, iy, ix, at.c)]);
            // "not less or equal" so that a NaN wins and is seen, as in PyTorch
            let wins = !(value <= best);
            best = select(best, value, wins);
            pixel = select(pixel, Taps(iy * W + ix), wins);
        }
    }
    y[o] = RealV(best);
    winner[o] = pixel;
}
