// avg_pool2d / backward
//   computes  dx = the sum of dy / divisor over the windows that reach this element
//   reads     dy       writes  dx, every element once, no atomics
//   thread    one run of channels of dx

@group(0) @binding(0) var<storage, read> dy: array<RealV>;
@group(0) @binding(1) var<storage, read_write> dx: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let at = place_in(i, H, W);
    var sum = V(0.0);
    for (var ky = 0u; ky < KH; ky++) {
        let ty = at.y + PT - ky * DH;
        for (var kx = 0u; kx < KW; kx++) {
            let tx = at.x + PL - kx * DW;
            if ty % SH == 0u && tx % SW == 0u && ty / SH < OH && tx / SW < OW {
                sum += V(dy[in_y(at.n, ty / SH, tx / SW, at.c)]) / divisor(ty / SH, tx / SW);
            }
        }
    }
    dx[i] = RealV(sum);
}
