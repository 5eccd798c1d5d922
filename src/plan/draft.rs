//! A plan in the making: tensors that have no memory yet, and launches on them.

use std::collections::{HashMap, HashSet};

use lepton_kernels::Dispatch;
use lepton_kernels::op::{Dtype, Precision};

use super::buffer::Location;
use super::ids::Table;
use super::launch::{Launch, PlanTensor, PlanTensorId};
use super::lists::{List, Lists};

/// Tensors and lists of launches.
#[derive(Debug)]
pub(super) struct Draft {
    /// The tensors of all launches, each once.
    pub tensors: Table<PlanTensor>,
    lists: HashMap<List, Vec<Launch<PlanTensorId>>>,
    /// The list that takes launches.
    list: List,
    /// Tensors with a place of their own: the same one wherever it is bound.
    located: HashMap<(Location, u64), PlanTensorId>,
    /// Names that tensors of the present goal have.
    taken: HashSet<String>,
}

impl Draft {
    /// A draft without tensors and launches.
    pub fn new() -> Self {
        let (tensors, lists, located, taken) = Default::default();
        Draft { tensors, lists, list: List::Prepare, located, taken }
    }

    /// Takes launches for `list` from now on.
    pub fn open(&mut self, list: List) {
        if !list.continues(self.list) {
            // only what has a place of its own is shared by goals
            self.taken = self.located.values().map(|&tensor| self.tensors[tensor].name.clone()).collect();
        }
        self.list = list;
    }

    /// A new tensor; a number follows its name if another one has it.
    pub fn tensor(&mut self, name: String, bytes: u64, location: Option<Location>) -> PlanTensorId {
        let mut unique = name.clone();
        for number in 1.. {
            if self.taken.insert(unique.clone()) {
                break;
            }
            unique = format!("{name}.{number}");
        }
        self.tensors.push(PlanTensor { name: unique, bytes, location })
    }

    /// The tensor at a place of its own.
    pub fn located(&mut self, location: Location, name: impl FnOnce() -> String, bytes: u64) -> PlanTensorId {
        if let Some(&tensor) = self.located.get(&(location, bytes)) {
            return tensor;
        }
        let tensor = self.tensor(name(), bytes, Some(location));
        self.located.insert((location, bytes), tensor);
        tensor
    }

    /// Room for so many words.
    pub fn words(&mut self, name: String, words: usize) -> PlanTensorId {
        // a word is as wide in every precision
        self.tensor(name, Dtype::U32.bytes(words, Precision::F32), None)
    }

    /// Adds a launch to the open list.
    pub fn launch(&mut self, layer: &str, dispatch: Dispatch<PlanTensorId>) {
        self.lists.entry(self.list).or_default().push(Launch { layer: layer.into(), dispatch });
    }

    /// The lists of a step with so many phases.
    pub fn finish(&mut self, phases: usize) -> Lists<Launch<PlanTensorId>> {
        Lists::new(phases, |list| self.lists.remove(&list).unwrap_or_default())
    }
}
