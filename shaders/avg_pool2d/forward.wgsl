// avg_pool2d / forward
//   computes  y = the sum of x under each window / divisor
//   reads     x        writes  y, every element once
//   thread    one element of y
//   edge      taps outside the image add nothing

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let o = flat_index(group, lane);
    if o >= COUNT {
        return;
    }
    let c = o % C;
    let ox = o / C % OW;
    let oy = o / (C * OW) % OH;
    let n = o / (C * OW * OH);
    var sum = 0.0;
    for (var ky = 0u; ky < KH; ky++) {
        let iy = oy * SH + ky * DH - PT;
        for (var kx = 0u; kx < KW; kx++) {
            let ix = ox * SW + kx * DW - PL;
            if iy < H && ix < W {
                sum += x[((n * H + iy) * W + ix) * C + c];
            }
        }
    }
    y[o] = sum / divisor(oy, ox);
}
