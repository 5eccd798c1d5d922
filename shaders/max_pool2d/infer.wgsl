// max_pool2d / infer, where no backward follows
//   computes  y = the largest x under each window
//   reads     x        writes  y, every element once
//   thread    four consecutive output elements

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let word = flat_index(group, lane);
    if word >= COUNT {
        return;
    }
    let end = min(word * 4u + 4u, ELEMENTS);
    for (var o = word * 4u; o < end; o++) {
        y[o] = winner_of(o).value;
    }
}
