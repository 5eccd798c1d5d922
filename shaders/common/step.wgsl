// common / step
//   What changes from step to step. The host writes one entry a step and binds it with a dynamic offset.

struct Step {
    learning_rate: f32,
    // 1 / (1 - beta1^t) and 1 / sqrt(1 - beta2^t), computed on the host in f64
    bias_correction1: f32,
    bias_correction2: f32,
    // first position of this batch within its range, and how many images it has
    batch_start: u32,
    batch_length: u32,
    // the range of positions that is being walked: a split of the data set
    range_start: u32,
    range_length: u32,
    // how many images the split permutes; unused while split_key is 0, 0
    data_length: u32,
    // keys of the two permutations; 0, 0 is the identity
    shuffle_key: vec2u,
    split_key: vec2u,
    // which record of the history this step writes
    record: u32,
    // the epoch, from 0
    epoch: u32,
    // keys of random numbers: of this step, and of this epoch's augmentation
    noise_key: vec2u,
    augment_key: vec2u,
    // mixing of rows: share of the other row, and the box that comes from it (first | end << 16; 0 for everywhere)
    mix_other: f32,
    mix_rows: u32,
    mix_columns: u32,
    // how evaluation looks at an image, and that view's weight in the average
    view: u32,
    view_weight: f32,
    // images that an update's mean is over; 0 where the batch is all of it
    update_images: u32,
    // which part of an update the batch is
    part: u32,
    // what the average of the parameters, or the slow weights, keep of themselves
    ema_decay: f32,
    // the least share that a batch has in running averages
    least_momentum: f32,
    // weights of the classes of those images; 0 where the batch is all of the update
    update_weight: f32,
    // where the images of the batch begin in the window, where the device holds one instead of the whole data set
    window_start: u32,
}

// in step.part: batches of the same update came before
const PART_ADDS = 1u;

@group(1) @binding(0) var<uniform> step: Step;
