//! One class an image.

use serde::Serialize;

use super::{Scores, auc};

/// The answer on one image, as `keep_answers` keeps it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassAnswer {
    /// The class that the image has.
    pub label: u32,
    /// The class that was answered.
    pub answer: u32,
    /// How many classes come before the label.
    pub before: u32,
    /// Probability of the answer.
    pub confidence: f32,
    /// Of two classes, the second logit minus the first.
    pub margin: f32,
}

/// Bins of the calibration error, as wide as each other.
pub const BINS: usize = 15;

/// The bin of a probability, below [`BINS`]: a bin holds its upper edge.
pub fn bin_of(probability: f64) -> usize {
    ((probability * BINS as f64).ceil() as usize).clamp(1, BINS) - 1
}

/// Of more classes no confusion matrix is kept: it would be larger than all else.
pub const CONFUSION_LIMIT: usize = 1024;

/// Of more classes no epoch tells its confusion matrix: it would be most of the log.
pub const TOLD_CLASSES: usize = 50;

/// Answers of similar confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Number of answers.
    pub count: u64,
    /// How many of them are right.
    pub right: u64,
    /// Sum of their confidences.
    pub confidence: f64,
}

/// What was measured over classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassMeasures {
    /// Number of images that were evaluated.
    pub images: usize,
    /// Share of right answers.
    pub top1: f64,
    /// Share of images whose label is among the five likeliest classes; of more than five classes.
    pub top5: Option<f64>,
    /// Expected calibration error over [`BINS`] bins (Guo et al. 2017).
    pub ece: f64,
    /// The bins, from the least confidence to the most.
    pub calibration: Vec<Bin>,
    /// Area under the ROC curve; of two classes.
    pub auc: Option<f64>,
    /// Precision, recall and F1 of each class, by label.
    pub classes: Vec<Scores>,
    /// Mean over the classes that have images or were answered, as scikit-learn's.
    pub macro_average: Scores,
    /// Mean over the images.
    pub weighted_average: Scores,
    /// Images by class (row) and answer (column); up to [`CONFUSION_LIMIT`] classes.
    pub confusion: Option<Vec<Vec<u64>>>,
}

impl ClassMeasures {
    /// Counts answers over `classes` classes; the confusion matrix only if asked for.
    pub fn new(answers: &[ClassAnswer], classes: usize, confusion: bool) -> Self {
        let (mut right, mut predicted, mut support) = (vec![0; classes], vec![0; classes], vec![0; classes]);
        let mut bins = [Bin::default(); BINS];
        for a in answers {
            // where a threshold decides, the likeliest class may not be the answer
            let hit = u64::from(a.label == a.answer);
            right[a.label as usize] += hit;
            predicted[a.answer as usize] += 1;
            support[a.label as usize] += 1;
            let bin = &mut bins[bin_of(a.confidence.into())];
            bin.count += 1;
            bin.right += hit;
            bin.confidence += f64::from(a.confidence);
        }
        let images = answers.len().max(1) as f64;
        let among_five = || answers.iter().filter(|a| a.before < 5).count() as f64 / images;
        let scores: Vec<Scores> = (0..classes).map(|c| Scores::new(right[c], predicted[c], support[c])).collect();
        let concerned: Vec<Scores> = scores.iter().copied().filter(|scores| scores.is_concerned).collect();
        let gap = |bin: &Bin| (bin.right as f64 - bin.confidence).abs();
        let area = || auc(&mut answers.iter().map(|a| (a.margin, a.label == 1)).collect::<Vec<_>>());
        ClassMeasures {
            images: answers.len(),
            top1: right.iter().sum::<u64>() as f64 / images,
            top5: (classes > 5).then(among_five),
            ece: bins.iter().map(gap).sum::<f64>() / images,
            calibration: bins.to_vec(),
            auc: if classes == 2 { area() } else { None },
            macro_average: Scores::macro_average(&concerned),
            weighted_average: Scores::weighted_average(&scores),
            classes: scores,
            confusion: (confusion && classes <= CONFUSION_LIMIT).then(|| matrix(answers, classes)),
        }
    }
}

fn matrix(answers: &[ClassAnswer], classes: usize) -> Vec<Vec<u64>> {
    let mut matrix = vec![vec![0; classes]; classes];
    for a in answers {
        matrix[a.label as usize][a.answer as usize] += 1;
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_without_images_counts_only_where_it_was_answered() {
        let answer = |label, answer| ClassAnswer {
            label,
            answer,
            before: u32::from(label != answer),
            confidence: 0.9,
            margin: 0.0,
        };
        let measured = ClassMeasures::new(&[answer(1, 1), answer(2, 2)], 3, true);
        assert_eq!((measured.top1, measured.macro_average.f1, measured.macro_average.recall), (1.0, 1.0, 1.0));
        assert_eq!(measured.classes.len(), 3, "it is listed all the same");
        // scikit-learn: f1_score([1, 2, 2], [1, 2, 0], average="macro") = (0 + 1 + 2/3) / 3
        let measured = ClassMeasures::new(&[answer(1, 1), answer(2, 2), answer(2, 0)], 3, true);
        assert!((measured.macro_average.f1 - 5.0 / 9.0).abs() < 1e-12);
    }
}
