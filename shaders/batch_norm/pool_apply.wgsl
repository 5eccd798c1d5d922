// batch_norm / pool_apply
//   computes  y = the largest (x - mean) / sqrt(variance + EPSILON) * gamma + beta under each window, which tap holds it, and
//             that tap's x. The normalised images themselves are never stored
//   reads     x, statistics, gamma and beta (common/scale.wgsl, shift.wgsl)
//   writes    y, winner (a tap an element), won (its x), every element once
//   thread    one run of channels of up to RUN pixels of y (common/rows.wgsl)
//   edge      taps outside the image are passed over; images beyond the step's batch length give 0, and nobody wins
//   ties      the first tap in row order wins
//   RELU      y = max(y, 0), and where the maximum is not positive nobody wins

override RELU: bool;

const NOBODY: u32 = 255u;
const GAMMA = 5u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> statistics: array<V>;
@group(0) @binding(2) var<storage, read_write> y: array<RealV>;
@group(0) @binding(3) var<storage, read_write> winner: array<u32>;
@group(0) @binding(4) var<storage, read_write> won: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let runs = C / LANES;
    let c = i % runs;
    let shift = statistics[c];
    let mean = statistics[runs + c];
    let scale = statistics[2u * runs + c] * scale_of(c);
    let add = shift_of(c);
    var row = i / runs * BLOCK_STEP;
    for (var k = 0u; k < RUN; k++) {
        if row < ROWS {
            let o = row * runs + c;
            let at = place_in(o, OH, OW);
            let live = at.n < step.batch_length;
            var best = V(0.0);
            var from_x = V(0.0);
            var taps = Taps(NOBODY);
            for (var ky = 0u; ky < KH; ky++) {
                let iy = at.y * SH + ky - PT; // wraps around above the image, and is then at least H
                for (var kx = 0u; kx < KW; kx++) {
                    let ix = at.x * SW + kx - PL;
                    // a tap outside reads some other one, so that no load waits for a branch
                    let candidate = unpacked(x[in_x(at.n, min(iy, H - 1u), min(ix, W - 1u), c)]);
                    let inside = Taps(select(0u, 1u, live && iy < H && ix < W)) == Taps(1u);
                    let value = ((candidate - shift) - mean) * scale + add;
                    // "not less or equal" so that a NaN wins and is seen, as in PyTorch
                    let wins = inside & ((taps == Taps(NOBODY)) | !(value <= best));
                    best = select(best, value, wins);
                    from_x = select(from_x, candidate, wins);
                    taps = select(taps, Taps(ky * KW + kx), wins);
                }
            }
            if RELU {
                let none = best <= V(0.0);
                best = select(best, V(0.0), none);
                taps = select(taps, Taps(NOBODY), none);
            }
            y[o] = packed(best);
            winner[o] = pack_taps(taps);
            won[o] = packed(from_x);
        }
        row += ROW_STEP;
    }
}
