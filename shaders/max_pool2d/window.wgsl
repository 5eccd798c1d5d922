// max_pool2d / window
//   The largest value under one window, and which tap holds it.
//   edge      taps outside the image are passed over
//   ties      the first tap in row order wins
//   RELU      y = max(y, 0), and where the maximum is not positive nobody wins

override H: u32; override W: u32; override C: u32;
override OH: u32; override OW: u32;
override KH: u32; override KW: u32;
override SH: u32; override SW: u32;
override DH: u32; override DW: u32;
override PT: u32; override PL: u32;
// elements of the output; a thread handles four
override ELEMENTS: u32;
override RELU: bool;

const NOBODY: u32 = 255u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

struct Winner { value: f32, tap: u32 }

// The window of output element o.
fn winner_of(o: u32) -> Winner {
    let c = o % C;
    let ox = o / C % OW;
    let oy = o / (C * OW) % OH;
    let n = o / (C * OW * OH);
    var best = Winner(-3.4028234e38, NOBODY);
    for (var ky = 0u; ky < KH; ky++) {
        let iy = oy * SH + ky * DH - PT; // wraps around above the image, and is then at least H
        for (var kx = 0u; kx < KW; kx++) {
            let ix = ox * SW + kx * DW - PL;
            if iy < H && ix < W {
                let value = x[((n * H + iy) * W + ix) * C + c];
                // "not less or equal" so that a NaN wins and is seen, as in PyTorch
                if best.tap == NOBODY || !(value <= best.value) {
                    best = Winner(value, ky * KW + kx);
                }
            }
        }
    }
    if RELU && best.value <= 0.0 {
        best = Winner(0.0, NOBODY);
    }
    return best;
}
