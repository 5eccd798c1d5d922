//! Several labels an image, each there or not.

use serde::Serialize;

use super::{Scores, auc};

/// How answers on one label came out; an answer is yes where the probability is above a half, or reaches a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LabelCounts {
    /// There, and answered yes.
    pub true_positives: u64,
    /// Not there, and answered yes.
    pub false_positives: u64,
    /// There, and answered no.
    pub false_negatives: u64,
    /// Not there, and answered no.
    pub true_negatives: u64,
    /// Area under the ROC curve; none where all images agree.
    pub auc: Option<f64>,
}

impl LabelCounts {
    /// Precision, recall and F1 of yes.
    pub fn scores(&self) -> Scores {
        let right = self.true_positives;
        Scores::new(right, right + self.false_positives, right + self.false_negatives)
    }
}

/// What was measured over labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelMeasures {
    /// Number of images that were evaluated.
    pub images: usize,
    /// Share of images with every label right.
    pub all_right: f64,
    /// Share of right answers over images and labels.
    pub label_accuracy: f64,
    /// How the answers on each label came out, in the order of labels.
    pub labels: Vec<LabelCounts>,
    /// Mean over the labels that are there or were answered yes.
    pub macro_average: Scores,
    /// All answers counted together.
    pub micro_average: Scores,
    /// Mean of the areas under ROC curves, over the labels that have one.
    pub macro_auc: Option<f64>,
}

impl LabelMeasures {
    /// Counts answers: outputs before the sigmoid and targets, both `[images, labels]`.
    pub fn new(outputs: &[f32], targets: &[f32], labels: usize) -> Self {
        Self::with(outputs, targets, labels, &|_, output| output > 0.0)
    }

    /// The same where `is_there` says of a label and its output whether the answer is yes.
    pub fn with(outputs: &[f32], targets: &[f32], labels: usize, is_there: &dyn Fn(usize, f32) -> bool) -> Self {
        let images = outputs.len() / labels.max(1);
        let mut counts = vec![LabelCounts::default(); labels];
        let (mut all_right, mut right) = (0u64, 0u64);
        for (outputs, targets) in outputs.chunks_exact(labels).zip(targets.chunks_exact(labels)) {
            let mut missed = false;
            for (label, ((&output, &target), count)) in outputs.iter().zip(targets).zip(&mut counts).enumerate() {
                let (yes, there) = (is_there(label, output), target > 0.5);
                let cell = match (yes, there) {
                    (true, true) => &mut count.true_positives,
                    (true, false) => &mut count.false_positives,
                    (false, true) => &mut count.false_negatives,
                    (false, false) => &mut count.true_negatives,
                };
                *cell += 1;
                right += u64::from(yes == there);
                missed |= yes != there;
            }
            all_right += u64::from(!missed);
        }
        for (label, count) in counts.iter_mut().enumerate() {
            let scored = outputs.iter().zip(targets).skip(label).step_by(labels);
            count.auc = auc(&mut scored.map(|(&output, &target)| (output, target > 0.5)).collect::<Vec<_>>());
        }
        let scores: Vec<Scores> = counts.iter().map(LabelCounts::scores).filter(|scores| scores.is_concerned).collect();
        let sum = |of: fn(&LabelCounts) -> u64| counts.iter().map(of).sum::<u64>();
        let hits = sum(|c| c.true_positives);
        let areas: Vec<f64> = counts.iter().filter_map(|c| c.auc).collect();
        LabelMeasures {
            images,
            all_right: super::ratio(all_right, images as u64),
            label_accuracy: super::ratio(right, (images * labels) as u64),
            macro_average: Scores::macro_average(&scores),
            micro_average: Scores::new(hits, hits + sum(|c| c.false_positives), hits + sum(|c| c.false_negatives)),
            macro_auc: (!areas.is_empty()).then(|| areas.iter().sum::<f64>() / areas.len() as f64),
            labels: counts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_is_nowhere_does_not_count_in_the_average() {
        // of three labels the second is on no image and never answered: the others are all right
        let measured = LabelMeasures::new(&[1.0, -1.0, -1.0, -1.0, -1.0, 1.0], &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0], 3);
        assert_eq!((measured.macro_average.f1, measured.macro_average.recall), (1.0, 1.0));
        let concerned = |i: usize| measured.labels[i].scores().is_concerned;
        assert_eq!([0, 1, 2].map(concerned), [true, false, true], "what is left out is told from what is wrong");
        // answered yes where it is not: that is a mistake
        let measured = LabelMeasures::new(&[1.0, 1.0, -1.0, -1.0, -1.0, 1.0], &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0], 3);
        assert_eq!(measured.macro_average.f1, 2.0 / 3.0);
    }
}
