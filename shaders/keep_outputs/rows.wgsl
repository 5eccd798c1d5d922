// keep_outputs
//   computes  kept[image of row] = x[row], in f32
//   reads     x, image numbers     writes  the rows of kept that a batch holds
//   thread    one element of x
//   edge      a row whose image is 0xffffffff is kept nowhere

override K: u32;

@group(0) @binding(0) var<storage, read> x: array<Real>;
@group(0) @binding(1) var<storage, read> image: array<u32>;
@group(0) @binding(2) var<storage, read_write> kept: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let i = flat_index(group, lane);
    if i >= COUNT {
        return;
    }
    let number = image[i / K];
    if number != 0xffffffffu {
        kept[number * K + i % K] = f32(x[i]);
    }
}
