// shortcut / backward
//   computes  dx = dy of the element that copies this one, or 0 where none does
//   reads     dy       writes  dx, every element once
//   thread    one element of dx

override H: u32; override W: u32; override C: u32;
override OH: u32; override OW: u32; override FILTERS: u32;
override STRIDE: u32; override BEFORE: u32;

@group(0) @binding(0) var<storage, read> dy: array<Real>;
@group(0) @binding(1) var<storage, read_write> dx: array<Real>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let pixel = i / C;
    let row = pixel / W % H;
    let column = pixel % W;
    let to = ((pixel / W / H * OH + row / STRIDE) * OW + column / STRIDE) * FILTERS + i % C + BEFORE;
    dx[i] = select(Real(0.0), dy[to], row % STRIDE == 0u && column % STRIDE == 0u);
}
