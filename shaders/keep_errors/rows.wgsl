// keep_errors
//   computes  kept[image of row] = loss / weight of the row: the loss of that image by itself
//   reads     loss, weights, image numbers     writes  the images of kept that a batch holds
//   thread    one row
//   edge      a row of weight 0 holds nobody and is kept nowhere

@group(0) @binding(0) var<storage, read> loss: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> image: array<u32>;
@group(0) @binding(3) var<storage, read_write> kept: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT || weights[row] == 0.0 {
        return;
    }
    kept[image[row]] = loss[row] / weights[row];
}
