//! What changes from step to step: the host's view of `common/step.wgsl`.

/// One step's parameters. The plan is compiled once; only these words differ between steps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Step {
    /// The schedule's learning rate in this step.
    pub learning_rate: f32,
    /// Adam's `1 / (1 - beta1^t)`.
    pub bias_correction1: f32,
    /// Adam's `1 / sqrt(1 - beta2^t)`.
    pub bias_correction2: f32,
    /// First position of the batch within its range.
    pub batch_start: u32,
    /// Images in the batch; fewer than the plan's batch for a last, smaller one.
    pub batch_length: u32,
    /// First position of the range (a split of the data set).
    pub range_start: u32,
    /// Positions in the range.
    pub range_length: u32,
    /// Images that the split permutes; unused while `split_key` is `[0, 0]`.
    pub data_length: u32,
    /// Order within the range; `[0, 0]` keeps the order.
    pub shuffle_key: [u32; 2],
    /// Which images belong to which range; `[0, 0]` for contiguous ranges.
    pub split_key: [u32; 2],
    /// Which record of the history this step writes.
    pub record: u32,
    /// The epoch, from 0.
    pub epoch: u32,
    /// Key of the numbers that a step draws, such as dropout's: another one each step.
    pub noise_key: [u32; 2],
    /// Key of augmentation: another one each epoch, and an image draws by its own number.
    pub augment_key: [u32; 2],
    /// Share of the other row where rows are mixed; 0 mixes nothing.
    pub mix_other: f32,
    /// Rows of the box that comes from the other row: first, and end << 16; 0 where rows are blended everywhere.
    pub mix_rows: u32,
    /// Columns of that box.
    pub mix_columns: u32,
    /// How an image is looked at in evaluation ([`View`](crate::batch_views::View)); 0 is as it is.
    pub view: u32,
    /// Weight of this view in the average over views.
    pub view_weight: f32,
    /// Images that an update's mean is over: those of all its batches. 0 where the batch is all of it.
    pub update_images: u32,
    /// Which part of an update the batch is: [`Step::ADDS`], [`Step::MORE`], both, or 0 for the only one.
    pub part: u32,
    /// What the average of the parameters, or the slow weights, keep of themselves.
    pub ema_decay: f32,
    /// The least share that a batch has in running averages: `1 / t` in batch t of a run, from 1, makes them plain means of
    /// what was seen until a layer's momentum is larger. 0 leaves the momentum alone, which is PyTorch's formula.
    pub least_momentum: f32,
    /// Sum over those images of the weights of their classes, where the loss is divided by it; 0 where the batch is all of the
    /// update.
    pub update_weight: f32,
    /// Where the images of the batch begin in the window, where the device holds one instead of the whole data set.
    pub window_start: u32,
}

impl Step {
    /// Bytes of one entry in the shader's layout.
    pub const BYTES: usize = 128;

    /// In [`Step::part`]: batches of the same update came before.
    pub const ADDS: u32 = 1;
    /// In [`Step::part`]: more batches of the same update follow, so that nothing is updated yet.
    pub const MORE: u32 = 2;

    /// The words of the uniform, in the layout of `common/step.wgsl` (`vec2u` is aligned to 8 bytes).
    pub fn words(&self) -> [u32; Step::BYTES / 4] {
        [
            self.learning_rate.to_bits(),
            self.bias_correction1.to_bits(),
            self.bias_correction2.to_bits(),
            self.batch_start,
            self.batch_length,
            self.range_start,
            self.range_length,
            self.data_length,
            self.shuffle_key[0],
            self.shuffle_key[1],
            self.split_key[0],
            self.split_key[1],
            self.record,
            self.epoch,
            self.noise_key[0],
            self.noise_key[1],
            self.augment_key[0],
            self.augment_key[1],
            self.mix_other.to_bits(),
            self.mix_rows,
            self.mix_columns,
            self.view,
            self.view_weight.to_bits(),
            self.update_images,
            self.part,
            self.ema_decay.to_bits(),
            self.least_momentum.to_bits(),
            self.update_weight.to_bits(),
            self.window_start,
            0,
            0,
            0,
        ]
    }
}
