// batch_place
//   computes  for each row: where its image lies in the window
//   reads     image numbers, step      writes  place, every row once
//   thread    one row of the batch
//   edge      a row that holds nobody lies nowhere: 0xffffffff

@group(0) @binding(0) var<storage, read> image: array<u32>;
@group(0) @binding(1) var<storage, read_write> place: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT {
        return;
    }
    place[row] = select(step.window_start + row, 0xffffffffu, image[row] == 0xffffffffu);
}
