// max_pool2d / forward, for training
//   computes  y = the largest x under each window, and the winning tap
//   reads     x        writes  y, winner (a byte an element, four in a word), every element once
//   thread    four consecutive output elements, so that it owns a whole word of winners

@group(0) @binding(2) var<storage, read_write> winner: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let word = flat_index(group, lane);
    if word >= COUNT {
        return;
    }
    var taps = 0u;
    for (var part = 0u; part < 4u; part++) {
        let o = word * 4u + part;
        if o < ELEMENTS {
            let best = winner_of(o);
            y[o] = best.value;
            taps |= best.tap << (part * 8u);
        }
    }
    winner[word] = taps;
}
