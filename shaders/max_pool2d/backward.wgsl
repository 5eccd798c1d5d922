// max_pool2d / backward
//   computes  dx = the sum of dy over the windows that this element won
//   reads     winner (a tap a byte), dy     writes  dx, every element once, no atomics
//   thread    one element of dx: it looks at every window that reaches it; at one where windows are DISJOINT

override H: u32; override W: u32; override C: u32;
override OH: u32; override OW: u32;
override KH: u32; override KW: u32;
override SH: u32; override SW: u32;
override DH: u32; override DW: u32;
override PT: u32; override PL: u32;
override DISJOINT: bool;

@group(0) @binding(0) var<storage, read> winner: array<u32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

// dy of the window at (oy, ox) if `tap` won it.
fn won(n: u32, oy: u32, ox: u32, c: u32, tap: u32) -> f32 {
    let o = ((n * OH + oy) * OW + ox) * C + c;
    return select(0.0, dy[o], ((winner[o / 4u] >> (o % 4u * 8u)) & 255u) == tap);
}

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
    if DISJOINT {
        let oy = (iy + PT) / SH;
        let ox = (ix + PL) / SW;
        let ky = (iy + PT) % SH; // a row in a gap gives a tap that no window has
        let kx = (ix + PL) % SW;
        if oy < OH && ox < OW && kx < KW {
            sum = won(n, oy, ox, c, ky * KW + kx);
        }
    } else {
        for (var ky = 0u; ky < KH; ky++) {
            let ty = iy + PT - ky * DH; // wraps around below 0, and is then far above OH * SH
            for (var kx = 0u; kx < KW; kx++) {
                let tx = ix + PL - kx * DW;
                if ty % SH == 0u && tx % SW == 0u && ty / SH < OH && tx / SW < OW {
                    sum += won(n, ty / SH, tx / SW, c, ky * KW + kx);
                }
            }
        }
    }
    dx[i] = sum;
}
