// avg_pool2d / backward
//   computes  dx = the sum of dy / divisor over the windows that reach this element
//   reads     dy       writes  dx, every element once, no atomics
//   thread    one element of dx

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let c = i % C;
    let ix = i / C % W;
    let iy = i / (C * W) % H;
    let n = i / (C * W * H);
    var sum = 0.0;
    for (var ky = 0u; ky < KH; ky++) {
        let ty = iy + PT - ky * DH;
        for (var kx = 0u; kx < KW; kx++) {
            let tx = ix + PL - kx * DW;
            if ty % SH == 0u && tx % SW == 0u && ty / SH < OH && tx / SW < OW {
                sum += dy[((n * OH + ty / SH) * OW + tx / SW) * C + c] / divisor(ty / SH, tx / SW);
            }
        }
    }
    dx[i] = sum;
}
