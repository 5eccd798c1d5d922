//! How fast a run learns, and how long it will take.

use std::collections::VecDeque;

/// Seconds over which the rate is a mean, so that it follows the machine.
const WINDOW: f64 = 3.0;

/// The pace of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    /// Time, images and steps of recent submissions.
    recent: VecDeque<[f64; 3]>,
    /// Seconds of the last epoch, with its validation.
    epoch_seconds: Option<f64>,
}

impl Pace {
    /// Takes in some steps that are done.
    pub fn take(&mut self, seconds: f64, images: usize, steps: usize) {
        self.recent.push_back([seconds, images as f64, steps as f64]);
        while self.recent.len() > 1 && self.sums()[0] > WINDOW {
            self.recent.pop_front();
        }
    }

    /// Takes in an epoch that is done.
    pub fn epoch(&mut self, seconds: f64) {
        self.epoch_seconds = Some(seconds);
    }

    fn sums(&self) -> [f64; 3] {
        self.recent.iter().fold([0.0; 3], |sums, own| [sums[0] + own[0], sums[1] + own[1], sums[2] + own[2]])
    }

    /// Images, texts or rows a second.
    pub fn rate(&self) -> f64 {
        let [seconds, images, _] = self.sums();
        images / seconds.max(1e-9)
    }

    /// Seconds of a step; none where no step was counted.
    pub fn step_seconds(&self) -> Option<f64> {
        let [seconds, _, steps] = self.sums();
        (steps > 0.0).then(|| seconds / steps)
    }

    /// Seconds left of the run, where this epoch has so many images left of all, and so many epochs come later. The last epoch says
    /// what one takes with its validation; before there is one, its images do.
    pub fn left(&self, [images_left, all]: [usize; 2], later: u32) -> f64 {
        let rate = self.rate();
        images_left as f64 / rate + f64::from(later) * self.epoch_seconds.unwrap_or(all as f64 / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_follows_the_machine() {
        let mut pace = Pace::default();
        (0..10).for_each(|_| pace.take(1.0, 100, 2));
        assert_eq!((pace.rate(), pace.step_seconds()), (100.0, Some(0.5)));
        assert_eq!(pace.left([200, 1000], 3), 2.0 + 30.0);
        pace.epoch(20.0);
        assert_eq!(pace.left([200, 1000], 3), 2.0 + 60.0, "with what validation takes");
        // the machine has become slower
        (0..3).for_each(|_| pace.take(1.0, 10, 1));
        assert_eq!((pace.rate(), pace.step_seconds()), (10.0, Some(1.0)));
    }
}
