// group_norm / forward
//   computes  y = (x - mean) / sqrt(variance + EPSILON) * gamma + beta, or max(y, 0) with RELU, with mean and variance of the
//             set that x is in. Both are taken of x - shift, shift being the mean of the set's first run, so that a mean
//             of 1000 costs no digits of a deviation of 1
//   reads     x, gamma and beta (common/scale.wgsl, shift.wgsl)
//   writes    y, statistics [sets, 3] (shift, mean - shift, 1 / sqrt(variance + EPSILON)), every element once
//   thread    every PARTS-th run of channels of a set

override EPSILON: f32;
override RELU: bool;

const GAMMA = 3u;
@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read_write> y: array<RealV>;
@group(0) @binding(2) var<storage, read_write> statistics: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let at = member_of(group, lane);
    let length = set_length();
    let count = f32(length * LANES);
    let shift = across(V(x[place_of(at.index, 0u)])) / f32(LANES);
    var sum = V(0.0);
    for (var e = at.part; e < length; e += PARTS) {
        sum += V(x[place_of(at.index, e)]) - V(shift);
    }
    let mean = together(at, lane, across(sum)) / count;
    sum = V(0.0);
    for (var e = at.part; e < length; e += PARTS) {
        let away = (V(x[place_of(at.index, e)]) - V(shift)) - V(mean);
        sum += away * away;
    }
    let inverse = 1.0 / sqrt(together(at, lane, across(sum)) / count + EPSILON);
    let end = select(0u, length, at.mine);
    for (var e = at.part; e < end; e += PARTS) {
        let c = run_of(at.index, e);
        let away = (V(x[place_of(at.index, e)]) - V(shift)) - V(mean);
        let value = away * (inverse * scale_of(c)) + shift_of(c);
        y[place_of(at.index, e)] = RealV(select(value, max(value, V(0.0)), RELU));
    }
    if at.mine && at.part == 0u {
        statistics[3u * at.index] = shift;
        statistics[3u * at.index + 1u] = mean;
        statistics[3u * at.index + 2u] = inverse;
    }
}
