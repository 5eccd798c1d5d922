// fold_batch_norm
//   computes  scale = gamma / sqrt(running_var + EPSILON);  folded weight = weight * scale of its output channel, and, in row
//             0, folded bias = (bias - running_mean) * scale + beta
//   reads     weight, running_mean, running_var, bias if there is one, gamma and beta (common/scale.wgsl, shift.wgsl)
//   writes    the folded weight and bias, every element once
//   thread    one run of output channels of up to RUN rows of the weight (common/rows.wgsl)

override C: u32;
override EPSILON: f32;

@group(0) @binding(0) var<storage, read> weight: array<V>;
@group(0) @binding(1) var<storage, read> running_mean: array<V>;
@group(0) @binding(2) var<storage, read> running_var: array<V>;
@group(0) @binding(3) var<storage, read_write> folded_weight: array<RealV>;
@group(0) @binding(4) var<storage, read_write> folded_bias: array<V>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let runs = C / LANES;
    let c = i % runs;
    let scale = scale_of(c) / sqrt(running_var[c] + EPSILON);
    if i < runs {
        folded_bias[c] = (bias_of(c) - running_mean[c]) * scale + shift_of(c);
    }
    var row = i / runs * BLOCK_STEP;
    for (var k = 0u; k < RUN; k++) {
        if row < ROWS {
            folded_weight[row * runs + c] = packed(weight[row * runs + c] * scale);
        }
        row += ROW_STEP;
    }
}
