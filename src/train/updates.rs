//! How the batches of an epoch make up updates: so many batches each, the last update of what is left.

use lepton_kernels::Step;

use crate::session::Batches;

/// How an epoch is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Updates {
    /// The batches of an epoch.
    pub batches: Batches,
    /// Batches of an update.
    pub accumulate: usize,
}

/// The update that a batch belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Update {
    /// Its number in the epoch.
    pub number: usize,
    /// Images of all its batches.
    pub images: usize,
    /// Which part of it the batch is, as [`Step::part`] says it.
    pub part: u32,
}

impl Updates {
    /// Updates of an epoch.
    pub fn count(&self) -> usize {
        self.batches.count().div_ceil(self.accumulate)
    }

    /// The number of the batch after `updates` updates from number `first` on, or of the last one in the epoch.
    pub fn end(&self, first: usize, updates: u64) -> usize {
        let updates = usize::try_from(updates).unwrap_or(usize::MAX);
        first.saturating_add(updates).saturating_mul(self.accumulate).min(self.batches.count())
    }

    /// The update that batch `number` belongs to.
    pub fn of(&self, number: usize) -> Update {
        let update = number / self.accumulate;
        let (first, end) = (update * self.accumulate, self.end(update, 1));
        let adds = if number > first { Step::ADDS } else { 0 };
        let more = if number + 1 < end { Step::MORE } else { 0 };
        let images = self.batches.start(end) - self.batches.start(first);
        Update { number: update, images, part: adds | more }
    }

    /// The sum of what all batches of the update weigh that batch `number` belongs to; none where they have no weight.
    pub fn weight(&self, number: usize, of_batch: impl Fn(usize) -> Option<f64>) -> Option<f64> {
        let update = number / self.accumulate;
        (update * self.accumulate..self.end(update, 1)).map(of_batch).sum()
    }
}

impl Update {
    /// Whether the batch is its last, after which parameters change.
    pub fn is_last(&self) -> bool {
        self.part & Step::MORE == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn updates(images: usize, least: usize, accumulate: usize) -> Updates {
        Updates { batches: Batches { images, batch: 8, least }, accumulate }
    }

    #[test]
    fn an_epoch_is_divided_into_updates_without_a_rest() {
        let updates = updates(61, 1, 3);
        assert_eq!((updates.batches.count(), updates.count()), (8, 3));
        let parts: Vec<u32> = (0..8).map(|n| updates.of(n).part).collect();
        let (adds, more) = (Step::ADDS, Step::MORE);
        assert_eq!(parts, [more, adds | more, adds, more, adds | more, adds, more, adds]);
        // the last update has two batches, the second of five images
        assert_eq!([0, 5, 6, 7].map(|n| updates.of(n).images), [24, 24, 13, 13]);
        assert_eq!([updates.end(0, 1), updates.end(1, 1), updates.end(2, 1), updates.end(0, u64::MAX)], [3, 6, 8, 8]);
    }

    #[test]
    fn a_batch_alone_is_an_update() {
        assert_eq!(updates(17, 1, 1).of(2), Update { number: 2, images: 1, part: 0 });
        assert_eq!(updates(17, 1, 1).count(), 3);
        // a last image that is given company
        assert_eq!([0, 1, 2].map(|number| updates(17, 2, 1).of(number).images), [8, 7, 2]);
        assert_eq!([0, 1, 2].map(|number| updates(17, 2, 2).of(number).images), [15, 15, 2]);
    }
}
