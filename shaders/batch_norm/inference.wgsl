// batch_norm / inference
//   computes  value = (x - running_mean) / sqrt(running_var + EPSILON) * gamma + beta, and of it y (inference_y.wgsl) or, with
//             dy, the gradient of x (inference_dx.wgsl)
//   reads     x, running_mean, running_var, gamma and beta (common/scale.wgsl, shift.wgsl)
//   writes    y or dx, every element once
//   thread    one run of channels of up to RUN rows (common/rows.wgsl)

override C: u32;
override EPSILON: f32;

@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read> running_mean: array<V>;
@group(0) @binding(2) var<storage, read> running_var: array<V>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let runs = C / LANES;
    let c = i % runs;
    let mean = running_mean[c];
    let scale = scale_of(c) / sqrt(running_var[c] + EPSILON);
    let add = shift_of(c);
    var row = i / runs * BLOCK_STEP;
    for (var k = 0u; k < RUN; k++) {
        if row < ROWS {
            let value = (unpacked(x[row * runs + c]) - mean) * scale + add;
            store(row * runs + c, value, scale);
        }
        row += ROW_STEP;
    }
}
