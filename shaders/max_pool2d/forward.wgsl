// max_pool2d / forward
//   computes  y = the largest x under each window, and which tap holds it
//   reads     x        writes  y, winner (a tap an element), every element once
//   thread    one run of channels of y
//   edge      taps outside the image are passed over
//   ties      the first tap in row order wins
//   RELU      y = max(y, 0), and where the maximum is not positive nobody wins

override RELU: bool;

const NOBODY: u32 = 255u;

@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read_write> y: array<RealV>;
@group(0) @binding(2) var<storage, read_write> winner: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let o = flat_index(group, lane);
    if o >= COUNT {
        return;
    }
    let at = place_in(o, OH, OW);
    var best = V(-3.4028234e38);
    var taps = Taps(NOBODY);
    for (var ky = 0u; ky < KH; ky++) {
        let iy = at.y * SH + ky * DH - PT; // wraps around above the image, and is then at least H
        for (var kx = 0u; kx < KW; kx++) {
            let ix = at.x * SW + kx * DW - PL;
            // a tap outside reads some other one, so that no load waits for a branch
            let value = V(x[in_x(at.n, min(iy, H - 1u), min(ix, W - 1u), at.c)]);
            let inside = Taps(select(0u, 1u, iy < H && ix < W)) == Taps(1u);
            // "not less or equal" so that a NaN wins and is seen, as in PyTorch
            let wins = inside & ((taps == Taps(NOBODY)) | !(value <= best));
            best = select(best, value, wins);
            taps = select(taps, Taps(ky * KW + kx), wins);
        }
    }
    if RELU {
        let none = best <= V(0.0);
        best = select(best, V(0.0), none);
        taps = select(taps, Taps(NOBODY), none);
    }
    y[o] = RealV(best);
    winner[o] = pack_taps(taps);
}
