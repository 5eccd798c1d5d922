//! Gives tensors their memory: every launch on ranges of buffers, every buffer its size, and all of it within the limits.

use lepton_kernels::data_set;
use lepton_kernels::op::{Dtype, Precision};

use super::buffer::{Buffer, Location};
use super::launch::{Bound, Launch, PlanTensorId};
use super::lists::Lists;
use super::lower::Lowering;
use super::memory::Slots;
use super::{Limits, PlacedState, Plan, PlanError};
use crate::hint::Hint;

/// What helps where a batch is too large.
const SMALLER: Hint = Hint::SmallerBatch { accumulate: true };

/// Binds every launch, and checks it against the limits.
pub(super) fn bind(
    lists: &Lists<Launch<PlanTensorId>>,
    lowering: &Lowering,
    slots: &Slots,
    states: &[PlacedState],
    limits: Limits,
) -> Result<Lists<Launch<Bound>>, PlanError> {
    let bind = |launch: &Launch<PlanTensorId>| {
        if let Some(limit) = limits.iterations.filter(|&limit| launch.iterations >= limit) {
            let (layer, kernel) = (launch.layer.clone(), launch.kernel.name.to_string());
            return Err(PlanError::TooLong { layer, kernel, iterations: launch.iterations, limit });
        }
        let all = &lowering.draft.tensors;
        let too_large = |id: &PlanTensorId| all[*id].location.is_none() && all[*id].bytes > limits.binding_bytes;
        if let Some(id) = launch.bindings.iter().map(|binding| binding.operand).find(too_large) {
            let (layer, name, bytes) = (&launch.layer, &all[id].name, all[id].bytes);
            let tensor = if name.starts_with(layer) { name.clone() } else { format!("{layer}: {name}") };
            return Err(PlanError::TooLarge { tensor, bytes, limit: limits.binding_bytes, hint: SMALLER });
        }
        let range = |tensor: PlanTensorId| {
            let bytes = all[tensor].bytes;
            let (buffer, offset) = match all[tensor].location {
                None => (Buffer::Slot(slots.of[&tensor]), 0),
                Some(location) => (location.buffer, offset(lowering, states, location)),
            };
            Bound { tensor, buffer, offset, bytes }
        };
        Ok(Launch { layer: launch.layer.clone(), dispatch: launch.dispatch.clone().map(range) })
    };
    Ok(lists.with(lists.all().iter().map(bind).collect::<Result<_, _>>()?))
}

/// First byte of a location in its buffer.
fn offset(lowering: &Lowering, states: &[PlacedState], Location { buffer, parameter }: Location) -> u64 {
    let Some(parameter) = parameter.map(|id| id.number()) else { return 0 };
    let word = lowering.layout.parameters[parameter] as u64;
    match buffer {
        Buffer::State(state) => states[state].offset_words(parameter) as u64 * 4,
        Buffer::Gradients => lowering.layout.gradients[parameter].offset_words as u64 * 4,
        Buffer::Shadow | Buffer::AverageShadow => word * 2,
        _ => word * 4,
    }
}

/// Every buffer of a plan with its size in bytes, whose launches are bound.
pub(super) fn buffers(plan: &Plan, slots: &Slots, gradient_words: usize) -> Vec<(Buffer, u64)> {
    let mut buffers: Vec<(Buffer, u64)> =
        slots.all.entries().map(|(slot, described)| (Buffer::Slot(slot), described.bytes)).collect();
    let arena = plan.arena_words as u64 * 4;
    buffers.push((Buffer::Parameters, arena));
    if plan.target.precision == Precision::F16 {
        buffers.push((Buffer::Shadow, arena / 2));
    }
    if !plan.phases.is_empty() {
        buffers.push((Buffer::Gradients, gradient_words as u64 * 4));
        let states = plan.states.iter().enumerate();
        buffers.extend(states.map(|(i, state)| (Buffer::State(i), state.words as u64 * 4)));
    }
    let bound = || plan.lists.all().iter().flat_map(|launch| &launch.bindings).map(|binding| binding.operand);
    let arenas = [(Buffer::Sums, arena), (Buffer::Averages, arena), (Buffer::AverageShadow, arena / 2)];
    buffers.extend(arenas.into_iter().filter(|&(buffer, _)| bound().any(|range| range.buffer == buffer)));
    for range in bound() {
        if !buffers.iter().any(|(buffer, _)| *buffer == range.buffer) {
            buffers.push((range.buffer, range.bytes));
        }
    }
    if let Some(inspected) = &plan.inspected
        && !buffers.iter().any(|(buffer, _)| *buffer == inspected.gradient)
    {
        // that of the outputs themselves, from which no launch follows
        let bytes = Dtype::Real.bytes(inspected.shape.count(), plan.target.precision);
        buffers.push((inspected.gradient, bytes));
    }
    buffers
}

/// Checks the sizes of buffers.
pub(super) fn check_buffers(plan: &Plan, limits: Limits) -> Result<(), PlanError> {
    let limit = limits.binding_bytes.min(limits.buffer_bytes);
    let Some(&(buffer, bytes)) = plan.buffers.iter().find(|(_, bytes)| *bytes > limit) else { return Ok(()) };
    Err(match buffer {
        Buffer::Images(_) if plan.window.is_some() => PlanError::TooLarge {
            tensor: "the images of two batches".into(),
            bytes: plan.image_parts.iter().sum(),
            limit: limit * data_set::PARTS as u64,
            hint: SMALLER,
        },
        Buffer::Images(_) => PlanError::TooLarge {
            tensor: "the images of the data set".into(),
            bytes: plan.image_parts.iter().sum(),
            limit: limit * data_set::PARTS as u64,
            hint: Hint::Smaller { key: "limit" },
        },
        Buffer::Parameters
        | Buffer::Shadow
        | Buffer::Gradients
        | Buffer::Sums
        | Buffer::Averages
        | Buffer::AverageShadow
        | Buffer::State(_) => {
            let hint = Hint::advice("a smaller model, or an adapter with larger bindings");
            PlanError::TooLarge { tensor: "the parameters".into(), bytes, limit, hint }
        }
        _ => PlanError::TooLarge { tensor: buffer.to_string(), bytes, limit, hint: SMALLER },
    })
}
