// batch_tokens
//   computes  y[row, i] = token i of the row's text
//   reads     tokens of the data set, text numbers      writes  y, every element once
//   thread    one token of the batch
//   edge      a row whose text is 0xffffffff holds nobody: all of it is padding, 0

override LENGTH: u32;

@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(1) var<storage, read> text: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let number = text[i / LENGTH];
    var token = 0u;
    if number != 0xffffffffu {
        token = tokens[number * LENGTH + i % LENGTH];
    }
    y[i] = token;
}
