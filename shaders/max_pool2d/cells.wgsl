// max_pool2d / backward, where windows do not overlap
//   computes  dx = dy at the element that won its window, else 0
//   reads     winner, dy     writes  dx, every element once
//   thread    one run of channels of one cell: the SH x SW elements from one window's corner to the next one's. dy and
//             winner are read once; cells at the rim may hold no window, and elements of no image
//   DISJOINT  needs windows no larger than their stride, without dilation

// cells of an image
override CELLS_H: u32; override CELLS_W: u32;

@group(0) @binding(0) var<storage, read> winner: array<u32>;
@group(0) @binding(1) var<storage, read> dy: array<RealV>;
@group(0) @binding(2) var<storage, read_write> dx: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let at = place_in(i, CELLS_H, CELLS_W);
    var gradient = V(0.0);
    var taps = Taps(255u);
    if at.y < OH && at.x < OW {
        let o = in_y(at.n, at.y, at.x, at.c);
        gradient = V(dy[o]);
        taps = unpack_taps(winner[o]);
    }
    for (var ky = 0u; ky < SH; ky++) {
        let iy = at.y * SH + ky - PT;
        for (var kx = 0u; kx < SW; kx++) {
            let ix = at.x * SW + kx - PL;
            if iy < H && ix < W {
                let won = select(V(0.0), gradient, taps == Taps(ky * KW + kx));
                dx[in_x(at.n, iy, ix, at.c)] = RealV(select(V(0.0), won, ky < KH && kx < KW));
            }
        }
    }
}
