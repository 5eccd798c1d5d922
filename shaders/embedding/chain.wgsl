// embedding / chain
//   computes  next[p] = the first position after p with the same token, or none;
//             follows[q] = 1 for every q that is the next of some p
//   reads     tokens, marks
//   writes    next, every element once; follows, one element for each next: nobody shares it
//   thread    one position
//   edge      padding, token 0, has no next

override LENGTH: u32;
override ROWS: u32;

@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(1) var<storage, read> marks: array<u32>;
@group(0) @binding(2) var<storage, read_write> next: array<u32>;
@group(0) @binding(3) var<storage, read_write> follows: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let position = flat_index(group, lane);
    if position >= COUNT {
        return;
    }
    let token = tokens[position];
    let bit = mark_of(token);
    var found = NONE;
    var at = position + 1u;
    var row = position / LENGTH;
    if token == 0u {
        row = ROWS;
    }
    while row < ROWS && found == NONE {
        let end = (row + 1u) * LENGTH;
        if (marks[row * MARK_WORDS + bit / 32u] >> (bit % 32u) & 1u) == 1u {
            while at < end && found == NONE {
                if tokens[at] == token {
                    found = at;
                }
                at++;
            }
        }
        at = end;
        row++;
    }
    next[position] = found;
    if found != NONE {
        follows[found] = 1u;
    }
}
