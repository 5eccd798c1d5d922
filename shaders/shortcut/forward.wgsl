// shortcut / forward
//   computes  y[n, y, x, c] = x[n, STRIDE * y, STRIDE * x, c - BEFORE], or 0 where there is no such channel
//   reads     x        writes  y, every element once
//   thread    one element of y

override H: u32; override W: u32; override C: u32;
override OH: u32; override OW: u32; override FILTERS: u32;
override STRIDE: u32; override BEFORE: u32;

@group(0) @binding(0) var<storage, read> x: array<Real>;
@group(0) @binding(1) var<storage, read_write> y: array<Real>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let o = flat_index(group, lane);
    if o >= COUNT {
        return;
    }
    let c = o % FILTERS - BEFORE; // wraps around below 0, and is then at least C
    let pixel = o / FILTERS;
    let image = pixel / OW / OH;
    let from_row = (image * H + pixel / OW % OH * STRIDE) * W + pixel % OW * STRIDE;
    y[o] = select(Real(0.0), x[from_row * C + min(c, C - 1u)], c < C);
}
