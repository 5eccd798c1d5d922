//! Slots: tensors that are not needed at the same time share a buffer.
//!
//! Largest first, each tensor takes the first slot that is free over its whole lifetime (greedy by size, Pisarchyk and
//! Lee 2020). What one goal needs, no other one needs at the same time, so all of them share the same slots.

use std::collections::HashMap;

use super::ids::{Id, Table};
use super::launch::{Launch, PlanTensor, PlanTensorId};

/// A buffer shared by tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its size: that of its largest tensor.
    pub bytes: u64,
}

/// The number of a slot.
pub type SlotId = Id<Slot>;

/// All slots, and who has which.
#[derive(Debug, Default)]
pub(super) struct Slots {
    pub all: Table<Slot>,
    /// The slot of each tensor without a place of its own.
    pub of: HashMap<PlanTensorId, SlotId>,
}

/// First and last launch of a tensor.
type Life = (usize, usize);

/// When each tensor is needed.
fn lives(launches: &[Launch<PlanTensorId>]) -> HashMap<PlanTensorId, Life> {
    let mut lives: HashMap<PlanTensorId, Life> = HashMap::new();
    for (number, launch) in launches.iter().enumerate() {
        for binding in &launch.bindings {
            lives.entry(binding.operand).or_insert((number, number)).1 = number;
        }
    }
    lives
}

/// Gives every tensor without a place of its own a slot.
pub(super) fn assign(tensors: &Table<PlanTensor>, launches: &[Launch<PlanTensorId>]) -> Slots {
    let lives = lives(launches);
    let mut homeless: Vec<PlanTensorId> =
        tensors.ids().filter(|id| tensors[*id].location.is_none() && lives.contains_key(id)).collect();
    homeless.sort_by_key(|&id| (std::cmp::Reverse(tensors[id].bytes), id));
    let mut slots = Slots::default();
    let mut taken: HashMap<SlotId, Vec<Life>> = HashMap::new();
    for id in homeless {
        let life = lives[&id];
        let is_free = |slot: &SlotId| taken[slot].iter().all(|other| other.1 < life.0 || life.1 < other.0);
        let slot = slots.all.ids().find(is_free).unwrap_or_else(|| slots.all.push(Slot { bytes: tensors[id].bytes }));
        taken.entry(slot).or_default().push(life);
        slots.of.insert(id, slot);
    }
    slots
}

#[cfg(test)]
mod tests {
    use lepton_kernels::{Access, Binding, Dispatch, Kernel};

    use super::*;

    /// Tensors of these sizes, and launches that bind them by number.
    fn draft(sizes: &[u64], bound: &[&[usize]]) -> (Table<PlanTensor>, Vec<Launch<PlanTensorId>>) {
        let kernel = Kernel { name: "k".into(), source: "".into(), constants: vec![], per_step: false, workgroup: 64 };
        let mut tensors = Table::default();
        let mut add = |&bytes| tensors.push(PlanTensor { name: String::new(), bytes, location: None });
        let ids: Vec<PlanTensorId> = sizes.iter().map(&mut add).collect();
        let launch = |numbers: &&[usize]| Launch {
            layer: String::new(),
            dispatch: Dispatch {
                kernel: kernel.clone().into(),
                bindings: numbers.iter().map(|&i| Binding { operand: ids[i], access: Access::Read }).collect(),
                groups: [1, 1],
                iterations: 0,
                multiply_adds: 0,
                tuning: None,
            },
        };
        let launches = bound.iter().map(launch).collect();
        (tensors, launches)
    }

    fn sizes(slots: &Slots) -> Vec<u64> {
        slots.all.iter().map(|slot| slot.bytes).collect()
    }

    #[test]
    fn a_chain_needs_two_slots_and_nothing_overlaps() {
        let (tensors, chain) = draft(&[100, 80, 90, 10], &[&[0, 1], &[1, 2], &[2, 3]]);
        let slots = assign(&tensors, &chain);
        assert_eq!(sizes(&slots), [100, 80]);
        for launch in &chain {
            let used: Vec<_> = launch.bindings.iter().map(|binding| slots.of[&binding.operand]).collect();
            assert_ne!(used[0], used[1], "two tensors of a launch share a slot");
        }
    }

    #[test]
    fn what_is_not_needed_at_the_same_time_shares_a_slot() {
        let (tensors, launches) = draft(&[64, 32], &[&[0], &[1]]);
        assert_eq!(sizes(&assign(&tensors, &launches)), [64]);
    }
}
