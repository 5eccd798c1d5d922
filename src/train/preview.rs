//! Augmented images to look at, made by the kernels that training runs.

use lepton_kernels::augment::{Augment, Policy};
use lepton_kernels::op::{Precision, TENSOR_ALIGN};
use lepton_kernels::{Mode, Op, Operand, Shape, Step};

use super::error::TrainError;
use super::mixing::mix;
use crate::data::Split;
use crate::gpu::{Checks, Content, Gpu, OpRun};
use crate::hint::Hint;
use crate::plan::PlanError;
use crate::session::Sampler;

/// Bytes of `images` of a split as they are in an epoch of a run with this seed, `[images.len(), h, w, c]`.
///
/// # Errors
/// If the images do not fit into one binding, or the device fails.
pub fn preview(
    gpu: &Gpu,
    policy: &Policy,
    split: &Split,
    images: &[usize],
    seed: u64,
    epoch: u32,
) -> Result<Vec<u8>, TrainError> {
    // images draw by their number in the data set
    let order = Sampler::new(seed, split.len(), 0, 0.0);
    let step = order.training_step(epoch, images.len(), 0);
    let count = images.iter().max().map_or(0, |last| last + 1);
    augmented(gpu, policy, split.input().shape(), &split.range(0..count)?, images, step)
}

/// Bytes of `images`, numbers among those in `bytes` `[n, h, w, c]`, as a step augments them.
///
/// # Errors
/// As [`preview`].
pub(super) fn augmented(
    gpu: &Gpu,
    policy: &Policy,
    [h, w, c]: [usize; 3],
    bytes: &[u8],
    images: &[usize],
    step: Step,
) -> Result<Vec<u8>, TrainError> {
    let rows = images.len();
    let sizes: [&[usize]; 5] = [&[rows, h, w, c], &[rows], &[rows], &[2, c], &[lepton_kernels::augment::TABLE]];
    let shapes = sizes.map(Shape::new);
    let op = Augment::new(policy.clone());
    let outputs = op.outputs(&shapes).map_err(|error| PlanError::Model(crate::model::ModelError::Augment(error)))?;
    let mut step = Step { batch_length: rows as u32, ..step };
    mix(policy, &mut step, [h, w]);

    let (size, limit) = (bytes.len() as u64, gpu.limits().binding_bytes);
    if size > limit {
        let (tensor, hint) = ("the images up to the last one shown".to_string(), Hint::Smaller { key: "index" });
        return Err(PlanError::TooLarge { tensor, bytes: size, limit, hint }.into());
    }
    let words = |values: Vec<u32>| bytemuck::cast_slice(&values).to_vec();
    let norm = [vec![0f32; c], vec![1f32; c]].concat();
    let numbers: Vec<u32> = images.iter().map(|&image| image as u32).collect();
    let target = gpu.target_in(Precision::F32)?;
    let lowered = op.forward(&shapes, Mode::Train, &target);
    let mut run = OpRun::default();
    let inputs = [
        bytes.to_vec(),
        words(numbers),
        words(vec![0; rows]),
        bytemuck::cast_slice(&norm).to_vec(),
        words(policy.table([h, w])),
    ];
    for (i, mut input) in inputs.into_iter().enumerate() {
        input.resize(input.len().next_multiple_of(TENSOR_ALIGN as usize), 0);
        run.add(Operand::X(i), Content::exactly(input));
    }
    let output = |i: usize| Content::zeros(op.output_dtype(i).bytes(outputs[i].count(), Precision::F32));
    run.add_outputs(&op, outputs.len(), output);
    run.add_working(&lowered, Content::zeros);
    run.run(gpu, &lowered.dispatches, &step, Checks::On)?;
    let values = run.bytes(Operand::Y(0)).chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    Ok(values.take(rows * h * w * c).map(|value| (value * 255.0).round().clamp(0.0, 255.0) as u8).collect())
}
