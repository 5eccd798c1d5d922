//! The launches of a plan in lists with names; what is run is a row of lists that follow each other.

use std::fmt;
use std::ops::{Index, Range};

/// What a plan can be run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Goal {
    /// A training step: the lists of all its phases.
    Train,
    /// All of a step but its update: the batches of an update but the last, each of which only adds to the gradients.
    Accumulate,
    /// Losses and right answers of a model that is not being trained.
    Evaluate,
    /// The outputs of a batch, without targets or loss.
    Predict,
    /// The outputs for inputs that are given as the model reads them; what [`Explain`](Goal::Explain) starts from.
    Outputs,
    /// The gradient of what [`Buffer::OutputGradient`](super::Buffer::OutputGradient) weighs of these outputs, as
    /// [`Explain`](super::Explain) asks for it. It runs right after them, once: it overwrites what it has read of them.
    Explain,
    /// What is made from parameters, once they have been written.
    Prepare,
}

impl Goal {
    /// All of them.
    pub const ALL: [Goal; 7] =
        [Goal::Train, Goal::Accumulate, Goal::Evaluate, Goal::Predict, Goal::Outputs, Goal::Explain, Goal::Prepare];
}

/// A list of launches, by name. Those of a training step belong to one of its phases, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// Losses of a batch, and what the gradients are computed from.
    Forward(usize),
    /// The gradients, each whole if the update needs it whole.
    Gradients(usize),
    /// What the optimiser and what surrounds it make of them.
    Update(usize),
    /// As [`Goal::Evaluate`].
    Evaluate,
    /// As [`Goal::Predict`].
    Predict,
    /// As [`Goal::Outputs`].
    Outputs,
    /// As [`Goal::Explain`].
    Explain,
    /// As [`Goal::Prepare`].
    Prepare,
}

impl List {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            List::Forward(_) => "forward",
            List::Gradients(_) => "gradients",
            List::Update(_) => "update",
            List::Evaluate => "evaluate",
            List::Predict => "predict",
            List::Outputs => "outputs",
            List::Explain => "explain",
            List::Prepare => "prepare",
        }
    }

    /// The phase of a training step that it belongs to.
    pub fn phase(self) -> Option<usize> {
        match self {
            List::Forward(phase) | List::Gradients(phase) | List::Update(phase) => Some(phase),
            _ => None,
        }
    }

    /// Whether it reads what the launches of `before` left in slots.
    pub(super) fn continues(self, before: List) -> bool {
        self.phase().is_some() && before.phase().is_some() || (before, self) == (List::Outputs, List::Explain)
    }

    /// All lists of a plan whose step has so many phases, in their order: a goal's are neighbours.
    pub(super) fn all(phases: usize) -> impl Iterator<Item = List> {
        let of_phase = |phase| [List::Forward(phase), List::Gradients(phase), List::Update(phase)];
        (0..phases).flat_map(of_phase).chain([
            List::Evaluate,
            List::Predict,
            List::Outputs,
            List::Explain,
            List::Prepare,
        ])
    }

    fn serves(self, goal: Goal) -> bool {
        match goal {
            Goal::Train => self.phase().is_some(),
            Goal::Accumulate => matches!(self, List::Forward(0) | List::Gradients(0)),
            Goal::Evaluate => self == List::Evaluate,
            Goal::Predict => self == List::Predict,
            Goal::Outputs => self == List::Outputs,
            Goal::Explain => self == List::Explain,
            Goal::Prepare => self == List::Prepare,
        }
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Lists of launches, indexed by [`List`] or, several in a row, by [`Goal`].
#[derive(Clone, Debug)]
pub struct Lists<T> {
    launches: Vec<T>,
    /// Where each list lies, in their order.
    places: Vec<(List, Range<usize>)>,
}

impl<T> Lists<T> {
    /// The launches of a step with so many phases: `list` gives those of a list.
    pub(super) fn new(phases: usize, mut list: impl FnMut(List) -> Vec<T>) -> Self {
        let (mut launches, mut places) = (Vec::new(), Vec::new());
        for name in List::all(phases) {
            let first = launches.len();
            launches.extend(list(name));
            places.push((name, first..launches.len()));
        }
        Lists { launches, places }
    }

    /// The same lists of other launches, which are given in the same order, list after list.
    ///
    /// # Panics
    /// If there are more or fewer of them.
    pub(crate) fn with<U>(&self, launches: Vec<U>) -> Lists<U> {
        assert_eq!(launches.len(), self.launches.len(), "a launch for every launch");
        Lists { launches, places: self.places.clone() }
    }

    /// Every launch, list after list.
    pub fn all(&self) -> &[T] {
        &self.launches
    }

    /// The launches of a goal, each with the list that it is in.
    pub fn of(&self, goal: Goal) -> impl Iterator<Item = (List, &T)> {
        let served = self.places.iter().filter(move |(name, _)| name.serves(goal));
        served.flat_map(|(name, range)| self.launches[range.clone()].iter().map(move |launch| (*name, launch)))
    }

    /// The lists that are there, in their order.
    pub fn names(&self) -> impl Iterator<Item = List> {
        self.places.iter().filter(|(_, range)| !range.is_empty()).map(|(name, _)| *name)
    }
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Lists { launches: Vec::new(), places: Vec::new() }
    }
}

impl<T> Index<List> for Lists<T> {
    type Output = [T];

    fn index(&self, list: List) -> &[T] {
        let place = self.places.iter().find(|(name, _)| *name == list);
        place.map_or(&[], |(_, range)| &self.launches[range.clone()])
    }
}

impl<T> Index<Goal> for Lists<T> {
    type Output = [T];

    fn index(&self, goal: Goal) -> &[T] {
        let mut served = self.places.iter().filter(|(name, _)| name.serves(goal)).map(|(_, range)| range);
        let Some(first) = served.next() else { return &[] };
        &self.launches[first.start..served.next_back().unwrap_or(first).end]
    }
}
