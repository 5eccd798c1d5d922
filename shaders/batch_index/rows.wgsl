// batch_index
//   computes  for each row: the number, the label and the weight of its image
//   reads     labels of the data set, step      writes  image, label, weight, every row once
//   thread    one row of the batch
//   edge      rows at or past step.batch_length hold nobody: image 0xffffffff, label 0, weight 0

@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read_write> image: array<u32>;
@group(0) @binding(2) var<storage, read_write> label: array<u32>;
@group(0) @binding(3) var<storage, read_write> weight: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let row = flat_index(group, lane);
    if row >= COUNT {
        return;
    }
    if row >= step.batch_length {
        image[row] = 0xffffffffu;
        label[row] = 0u;
        weight[row] = 0.0;
        return;
    }
    let within = permute(step.batch_start + row, step.range_length, step.shuffle_key);
    let number = permute(step.range_start + within, step.data_length, step.split_key);
    image[row] = number;
    label[row] = labels[number];
    weight[row] = 1.0 / f32(select(step.update_images, step.batch_length, step.update_images == 0u));
}
