// embedding / clear
//   computes  0 everywhere: rows of tokens that are not in the batch have no gradient
//   writes    words, every element once
//   thread    one run of words

@group(0) @binding(0) var<storage, read_write> words: array<V>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i < COUNT {
        words[i] = V(0.0);
    }
}
