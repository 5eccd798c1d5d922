// concat
//   computes  y[row, TO + c] = x[row, FROM + c] for C channels of every row; backward runs it the other way
//   reads     x            writes  y, in each row C channels
//   thread    one run of channels of a row

override C: u32;
override X_C: u32; override FROM: u32;
override Y_C: u32; override TO: u32;

@group(0) @binding(0) var<storage, read> x: array<RealV>;
@group(0) @binding(1) var<storage, read_write> y: array<RealV>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let row = i / (C / LANES);
    let c = i % (C / LANES);
    y[(row * Y_C + TO) / LANES + c] = x[(row * X_C + FROM) / LANES + c];
}
