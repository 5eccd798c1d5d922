// avg_pool2d / forward
//   computes  y = the sum of x under each window / divisor
//   reads     x        writes  y, every element once
//   thread    one run of channels of y
//   edge      taps outside the image add nothing

@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read_write> y: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let o = flat_index(group, lane);
    if o >= COUNT {
        return;
    }
    let at = place_in(o, OH, OW);
    var sum = V(0.0);
    for (var ky = 0u; ky < KH; ky++) {
        let iy = at.y * SH + ky * DH - PT;
        for (var kx = 0u; kx < KW; kx++) {
            let ix = at.x * SW + kx * DW - PL;
            if iy < H && ix < W {
                sum += V(x[in_x(at.n, iy, ix, at.c)]);
            }
        }
    }
    y[o] = RealV(sum / divisor(at.y, at.x));
}
