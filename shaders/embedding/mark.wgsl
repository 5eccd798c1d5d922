// embedding / mark
//   computes  for each row of the batch, a set of the tokens in it: 1,024 bits, of which a token sets one
//   reads     tokens     writes  marks, every word once
//   thread    one word of a row's set
//   edge      padding is marked too; nobody looks for it
//   Whoever looks for a token in other rows skips most of them by one bit.

override LENGTH: u32;

@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(1) var<storage, read_write> marks: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let first = i / MARK_WORDS * LENGTH;
    var word = 0u;
    for (var at = 0u; at < LENGTH; at++) {
        let bit = mark_of(tokens[first + at]);
        if bit / 32u == i % MARK_WORDS {
            word |= 1u << (bit % 32u);
        }
    }
    marks[i] = word;
}
