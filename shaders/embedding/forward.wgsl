// embedding / forward
//   computes  y[p, :] = table[token[p], :]
//   reads     tokens, table      writes  y, every element once
//   thread    one run of features of a position
//   edge      token 0 is padding: its row of y is 0, whatever the table holds

override FEATURES: u32;

@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<V>;
@group(0) @binding(2) var<storage, read_write> y: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let runs = FEATURES / LANES;
    let token = tokens[i / runs];
    var row = V(0.0);
    if token != 0u {
        row = table[token * runs + i % runs];
    }
    y[i] = RealV(row);
}
