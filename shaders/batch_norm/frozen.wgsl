// batch_norm / frozen
//   computes  statistics [4, C] of each channel that stand for the batch's own: shift (the running mean), 0,
//             1 / sqrt(running variance + EPSILON), count
//   reads     running_mean, running_var, step     writes  statistics, every element once
//   thread    one run of channels; the other parts of a column do nothing

override PIXELS: u32;
override EPSILON: f32;
override SLABS: u32;

@group(0) @binding(0) var<storage, read> running_mean: array<V>;
@group(0) @binding(1) var<storage, read> running_var: array<V>;
@group(0) @binding(2) var<storage, read_write> statistics: array<V>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let runs = C / LANES;
    let at = column_of(group, lane);
    if at.part != 0u || !at.mine {
        return;
    }
    statistics[at.c] = running_mean[at.c];
    statistics[runs + at.c] = V(0.0);
    statistics[2u * runs + at.c] = 1.0 / sqrt(running_var[at.c] + EPSILON);
    statistics[3u * runs + at.c] = V(max(f32(min(step.batch_length * PIXELS, ROWS)), 1.0));
}
