// group_norm / grad_input
//   computes  dx = (g - mean of g - xhat * mean of g * xhat) / sqrt(variance + EPSILON), means over the set, where g is
//             gamma * dy, or with RELU gamma * dy where y > 0, which is computed anew from x
//   reads     x, dy, statistics, gamma and beta (common/scale.wgsl, shift.wgsl)     writes  dx, every element once
//   thread    every PARTS-th run of channels of a set

override RELU: bool;

const GAMMA = 4u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> dy: array<RealV>;
@group(0) @binding(2) var<storage, read> statistics: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<RealV>;

// xhat, and the gradient of xhat.
struct Pair { xhat: V, g: V }

fn pair(which: u32, e: u32) -> Pair {
    let i = place_of(which, e);
    let c = run_of(which, e);
    let away = (V(x[i]) - V(statistics[3u * which])) - V(statistics[3u * which + 1u]);
    let inverse = statistics[3u * which + 2u];
    let scale = scale_of(c);
    let positive = away * (inverse * scale) + shift_of(c) > V(0.0);
    let given = V(dy[i]);
    return Pair(away * inverse, scale * select(given, select(V(0.0), given, positive), RELU));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let at = member_of(group, lane);
    let length = set_length();
    let count = f32(length * LANES);
    var sum = V(0.0);
    var product = V(0.0);
    for (var e = at.part; e < length; e += PARTS) {
        let of_x = pair(at.index, e);
        sum += of_x.g;
        product += of_x.g * of_x.xhat;
    }
    let mean = together(at, lane, across(sum)) / count;
    let slope = together(at, lane, across(product)) / count;
    let inverse = statistics[3u * at.index + 2u];
    let end = select(0u, length, at.mine);
    for (var e = at.part; e < end; e += PARTS) {
        let of_x = pair(at.index, e);
        dx[place_of(at.index, e)] = RealV(inverse * (of_x.g - V(mean) - of_x.xhat * slope));
    }
}
