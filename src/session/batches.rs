//! How the images of an epoch are divided into batches.

use std::ops::Range;

/// So many images in batches: full ones, and a last one of what is left. Where that would be fewer than `least` images, the batch
/// before gives it some of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batches {
    /// Images in all.
    pub images: usize,
    /// Images of a full batch.
    pub batch: usize,
    /// The fewest images of a batch; at most `batch`.
    pub least: usize,
}

impl Batches {
    /// Number of batches.
    pub fn count(&self) -> usize {
        self.images.div_ceil(self.batch)
    }

    /// The position of the first image of batch `number`; of the batch after the last one, the number of images.
    pub fn start(&self, number: usize) -> usize {
        let full = (number * self.batch).min(self.images);
        if number > 0 && number + 1 == self.count() { full.min(self.images.saturating_sub(self.least)) } else { full }
    }

    /// The positions of batch `number`.
    pub fn get(&self, number: usize) -> Range<usize> {
        self.start(number)..self.start(number + 1)
    }

    /// Whether some batch stays smaller than `least`, whatever is given to it.
    pub fn are_too_small(&self) -> bool {
        let last = self.count().saturating_sub(1);
        [last.saturating_sub(1), last].into_iter().any(|number| self.get(number).len() < self.least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(images: usize, batch: usize, least: usize) -> Vec<usize> {
        let batches = Batches { images, batch, least };
        let all: Vec<Range<usize>> = (0..batches.count()).map(|number| batches.get(number)).collect();
        assert!(all.windows(2).all(|two| two[0].end == two[1].start), "{all:?}");
        assert_eq!((all[0].start, all[all.len() - 1].end), (0, images));
        all.into_iter().map(|range| range.len()).collect()
    }

    #[test]
    fn a_last_image_alone_gets_company_where_it_needs_it() {
        assert_eq!(sizes(17, 8, 1), [8, 8, 1]);
        assert_eq!(sizes(17, 8, 2), [8, 7, 2]);
        assert_eq!(sizes(18, 8, 2), [8, 8, 2]);
        assert_eq!(sizes(16, 8, 2), [8, 8]);
        assert_eq!(sizes(9, 8, 2), [7, 2]);
        assert_eq!(sizes(7, 3, 2), [3, 2, 2]);
        assert_eq!(sizes(5, 8, 2), [5]);
    }

    #[test]
    fn what_cannot_be_helped_is_said() {
        let too_small = |images, batch| Batches { images, batch, least: 2 }.are_too_small();
        assert!(too_small(5, 2), "2, 1 and 2");
        assert!(too_small(1, 64) && too_small(9, 1));
        assert!(![(6, 2), (7, 3), (65, 64), (2, 64)].into_iter().any(|(images, batch)| too_small(images, batch)));
        assert!(!Batches { images: 1, batch: 64, least: 1 }.are_too_small());
    }
}
