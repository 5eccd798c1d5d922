// common / loss scale
//   Where the numbers of the loss scale stand (loss_scale/mod.rs).

const LOSS_SCALE_FACTOR = 0u;
const LOSS_SCALE_INVERSE = 1u;
const LOSS_SCALE_GOOD_STEPS = 2u;
// not 0 where the gradients of this step overflowed
const LOSS_SCALE_OVERFLOWED = 3u;
