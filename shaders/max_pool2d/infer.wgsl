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
    for (var part = 0u; part < 4u; part++) {
        let o = word * 4u + part;
        if o < ELEMENTS {
            y[o] = winner_of(o).value;
        }
    }
}
