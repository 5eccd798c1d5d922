// upsample / forward
//   computes  y = x at the place that falls on each pixel of y, mixed from up to four neighbours with LINEAR
//   reads     x        writes  y, every element once
//   thread    one run of channels of y
//   edge      beyond the last pixel of x there is the last one again

@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read_write> y: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let o = flat_index(group, lane);
    if o >= COUNT {
        return;
    }
    let at = place_in(o, OH, OW);
    let row = reads(at.y, rows());
    let column = reads(at.x, columns());
    var value = V(x[in_x(at.n, row.first, column.first, at.c)]);
    if LINEAR {
        let right = V(x[in_x(at.n, row.first, column.second, at.c)]);
        let below = V(x[in_x(at.n, row.second, column.first, at.c)]);
        let across = V(x[in_x(at.n, row.second, column.second, at.c)]);
        let upper = value * (1.0 - column.share) + right * column.share;
        let lower = below * (1.0 - column.share) + across * column.share;
        value = upper * (1.0 - row.share) + lower * row.share;
    }
    y[o] = RealV(value);
}
