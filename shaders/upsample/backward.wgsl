// upsample / backward
//   computes  dx = the sum of dy over the pixels of y that read this one, each times its share
//   reads     dy       writes  dx, every element once, no atomics
//   thread    one run of channels of dx: it walks the pixels of y whose first neighbour it is, or the one before it

@group(0) @binding(0) var<storage, read> dy: array<RealV>;
@group(0) @binding(1) var<storage, read_write> dx: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let at = place_in(i, H, W);
    let back = select(0u, 1u, LINEAR);
    let left = first_reader(at.x - min(at.x, back), columns());
    let right = first_reader(at.x + 1u, columns());
    let bottom = first_reader(at.y + 1u, rows());
    var sum = V(0.0);
    for (var oy = first_reader(at.y - min(at.y, back), rows()); oy < bottom; oy++) {
        let of_row = share_of(at.y, reads(oy, rows()));
        for (var ox = left; ox < right; ox++) {
            let share = of_row * share_of(at.x, reads(ox, columns()));
            sum += V(dy[in_y(at.n, oy, ox, at.c)]) * share;
        }
    }
    dx[i] = RealV(sum);
}
