// gan_targets
//   computes  for each row of one or two stacked batches of ROWS rows: target = FIRST in the first one, SECOND in the other;
//             weight = 1 / rows of the batch that hold somebody
//   reads     step         writes  targets, weights, every row once
//   thread    one row
//   edge      rows at or past step.batch_length of their batch hold nobody: weight 0

override ROWS: u32;
override FIRST: f32;
override SECOND: f32;

@group(0) @binding(0) var<storage, read_write> targets: array<f32>;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT {
        return;
    }
    targets[row] = select(SECOND, FIRST, row < ROWS);
    let there = row % ROWS < step.batch_length;
    weights[row] = select(0.0, 1.0 / f32(max(step.batch_length, 1u)), there);
}
