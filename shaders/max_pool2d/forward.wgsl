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
    let end = min(word * 4u + 4u, ELEMENTS);
    for (var o = word * 4u; o < end; o++) {
        let best = winner_of(o);
        y[o] = best.value;
        taps |= best.tap << (o % 4u * 8u);
    }
    winner[word] = taps;
}
