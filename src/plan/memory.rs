//! Slots: tensors that are not needed at the same time share a buffer.
//!
//! Largest first, each tensor takes the first slot that is free over its whole lifetime (greedy by size, Pisarchyk and
//! Lee 2020). Lists never run at the same time, so all of them share the same slots.

use super::lower::{Home, Lowering};

/// Buffers shared by tensors.
#[derive(Debug, Default)]
pub struct Slots {
    /// Size of each slot.
    pub bytes: Vec<u64>,
    /// Slot of each tensor, for every list: `of[list][tensor]`.
    pub of: Vec<Vec<Option<usize>>>,
}

/// First and last launch that touches each tensor.
fn lifetimes(list: &Lowering) -> Vec<Option<(usize, usize)>> {
    let mut lives: Vec<Option<(usize, usize)>> = vec![None; list.tensors.len()];
    for (step, launch) in list.launches.iter().enumerate() {
        for &(tensor, _) in &launch.bindings {
            let first = lives[tensor].map_or(step, |(first, _)| first);
            lives[tensor] = Some((first, step));
        }
    }
    lives
}

/// Gives every tensor without a home of its own a slot.
pub fn assign(lists: &[&Lowering]) -> Slots {
    struct Item {
        list: usize,
        tensor: usize,
        bytes: u64,
        life: (usize, usize),
    }
    let mut items = Vec::new();
    for (list, lowering) in lists.iter().enumerate() {
        for (tensor, life) in lifetimes(lowering).into_iter().enumerate() {
            let described = &lowering.tensors[tensor];
            if let (Home::Slot, Some(life)) = (described.home, life) {
                items.push(Item { list, tensor, bytes: described.bytes, life });
            }
        }
    }
    items.sort_by_key(|item| (std::cmp::Reverse(item.bytes), item.list, item.tensor));
    let mut slots = Slots { bytes: Vec::new(), of: lists.iter().map(|l| vec![None; l.tensors.len()]).collect() };
    let mut taken: Vec<Vec<(usize, usize, usize)>> = Vec::new();
    for Item { list, tensor, bytes, life } in items {
        let overlaps = |&(l, first, last): &(usize, usize, usize)| l == list && first <= life.1 && life.0 <= last;
        let slot = taken.iter().position(|lives| !lives.iter().any(overlaps)).unwrap_or_else(|| {
            taken.push(Vec::new());
            slots.bytes.push(bytes);
            taken.len() - 1
        });
        taken[slot].push((list, life.0, life.1));
        slots.of[list][tensor] = Some(slot);
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::super::lower::{Launch, PlanTensor};
    use super::*;
    use lepton_kernels::{Access, Kernel};

    fn list(sizes: &[u64], steps: &[&[usize]]) -> Lowering {
        let kernel = Kernel { name: "k".into(), source: "".into(), constants: vec![], per_step: false, workgroup: 64 };
        let tensors = sizes.iter().map(|&bytes| PlanTensor { name: String::new(), bytes, home: Home::Slot }).collect();
        let launch = |bound: &&[usize]| Launch {
            layer: String::new(),
            kernel: kernel.clone().into(),
            bindings: bound.iter().map(|&t| (t, Access::Read)).collect(),
            groups: [1, 1],
            iterations: 0,
            multiply_adds: 0,
            tuning: None,
        };
        Lowering { tensors, launches: steps.iter().map(launch).collect(), ..Lowering::default() }
    }

    #[test]
    fn a_chain_needs_two_slots_and_nothing_overlaps() {
        let chain = list(&[100, 80, 90, 10], &[&[0, 1], &[1, 2], &[2, 3]]);
        let slots = assign(&[&chain]);
        assert_eq!(slots.bytes, [100, 80]);
        for launch in &chain.launches {
            let mut used: Vec<_> = launch.bindings.iter().map(|(t, _)| slots.of[0][*t]).collect();
            used.dedup();
            assert_eq!(used.len(), 2, "two tensors of a launch share a slot");
        }
    }

    #[test]
    fn lists_share_slots() {
        let (one, two) = (list(&[64], &[&[0]]), list(&[32], &[&[0]]));
        assert_eq!(assign(&[&one, &two]).bytes, [64]);
    }
}
