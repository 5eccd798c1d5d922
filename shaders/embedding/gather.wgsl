// embedding / gather
//   computes  dtable[token, :] = the sum of dy[p, :] over the positions p that hold the token, in their order
//   reads     tokens, next and follows (chain), dy
//   writes    dtable, rows of tokens in the batch once; the others were cleared
//   thread    one run of features of a position; the first position of each token walks the chain, others rest
//   edge      padding, token 0, has no gradient

override FEATURES: u32;

@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(1) var<storage, read> next: array<u32>;
@group(0) @binding(2) var<storage, read> follows: array<u32>;
@group(0) @binding(3) var<storage, read> dy: array<RealV>;
@group(0) @binding(4) var<storage, read_write> dtable: array<V>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let runs = FEATURES / LANES;
    let feature = i % runs;
    let token = tokens[i / runs];
    if token == 0u || follows[i / runs] == 1u {
        return;
    }
    // in blocks of 32, whose sums are added: one long sum would lose digits
    var sum = V(0.0);
    var block = V(0.0);
    var count = 0u;
    var position = i / runs;
    while position != NONE {
        block += V(dy[position * runs + feature]);
        position = next[position];
        count++;
        if count % 32u == 0u || position == NONE {
            sum += block;
            block = V(0.0);
        }
    }
    dtable[token * runs + feature] = sum;
}
