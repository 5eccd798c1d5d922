// augment / mix
//   computes  the labels of a mixed row and their shares, the larger share first
//   reads     image numbers, labels, step      writes  label, other, share, every row once
//   thread    one row
//   edge      without mixing, and in a row that holds nobody, both labels are the row's own and the share is 1
//   ties      of equal shares the row's own label comes first

@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read_write> label: array<u32>;
@group(0) @binding(2) var<storage, read_write> other: array<u32>;
@group(0) @binding(3) var<storage, read_write> share: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT {
        return;
    }
    let own = labels[row];
    var theirs = own;
    if row < step.batch_length && step.mix_other > 0.0 {
        theirs = labels[step.batch_length - 1u - row];
    }
    let larger = step.mix_other > 0.5;
    label[row] = select(own, theirs, larger);
    other[row] = select(theirs, own, larger);
    share[row] = max(step.mix_other, 1.0 - step.mix_other);
}
