// batch_norm / pool_grad_input
//   computes  dx = gamma / sqrt(variance + EPSILON) * (g - dbeta / count - xhat * dgamma / count), where g is dy at the element
//             that won its window, else 0
//   reads     x, dy, winner, statistics, dgamma, dbeta, gamma (common/scale.wgsl)     writes  dx, every element once
//   thread    one run of channels of up to RUN cells (common/rows.wgsl), a cell being the SH x SW elements from one window's
//             corner to the next one's; cells at the rim may hold no window, and elements of no image
//   edge      images beyond the step's batch length get 0
//   DISJOINT  needs windows no larger than their stride, without dilation

// cells of an image
override CELLS_H: u32; override CELLS_W: u32;
// mean and variance are constants, and take no gradient
override FROZEN: bool;

const GAMMA = 7u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> dy: array<RealV>;
@group(0) @binding(2) var<storage, read> winner: array<u32>;
@group(0) @binding(3) var<storage, read> statistics: array<V>;
@group(0) @binding(4) var<storage, read> dgamma: array<V>;
@group(0) @binding(5) var<storage, read> dbeta: array<V>;
@group(0) @binding(6) var<storage, read_write> dx: array<RealV>;

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
    let inverse = statistics[2u * runs + c];
    let scale = inverse * scale_of(c);
    let count = max(f32(step.batch_length * H * W), 1.0);
    let mean_g = select(dbeta[c] / count, V(0.0), FROZEN);
    let slope = select(inverse * dgamma[c] / count, V(0.0), FROZEN);
    var row = i / runs * BLOCK_STEP;
    for (var k = 0u; k < RUN; k++) {
        if row < ROWS {
            let at = place_in(row * runs + c, CELLS_H, CELLS_W);
            let live = at.n < step.batch_length;
            var gradient = V(0.0);
            var taps = Taps(255u);
            if live && at.y < OH && at.x < OW {
                let o = in_y(at.n, at.y, at.x, c);
                gradient = unpacked(dy[o]);
                taps = unpack_taps(winner[o]);
            }
            for (var ky = 0u; ky < SH; ky++) {
                let iy = at.y * SH + ky - PT;
                for (var kx = 0u; kx < SW; kx++) {
                    let ix = at.x * SW + kx - PL;
                    if iy < H && ix < W {
                        let to = in_x(at.n, iy, ix, c);
                        let away = (unpacked(x[to]) - shift) - mean;
                        let mine = taps == Taps(select(254u, ky * KW + kx, ky < KH && kx < KW));
                        let g = select(V(0.0), gradient, mine);
                        dx[to] = packed(select(V(0.0), scale * (g - mean_g - away * slope), live));
                    }
                }
            }
        }
        row += ROW_STEP;
    }
}
