//! Several labels an image: beside always giving the commoner answer on each.

use serde::Serialize;

use super::super::{LabelCounts, LabelMeasures};
use super::{Alarm, TOLD, by_chance};

/// A label that is recognised badly.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeakLabel {
    /// Its name.
    pub label: String,
    /// Its F1.
    pub f1: f64,
    /// Share of the images that have it which are answered yes, 0 to 1.
    pub recall: f64,
    /// Number of images that have it.
    pub images: u64,
}

/// What answers over labels are worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelFindings {
    /// Share of right answers over images and labels.
    pub label_accuracy: f64,
    /// What always giving the commoner answer on each label has right of them.
    pub commoner: f64,
    /// Share of images with every label right.
    pub all_right: f64,
    /// F1, averaged over labels.
    pub macro_f1: f64,
    /// Mean area under the ROC curve.
    pub auc: Option<f64>,
    /// The labels of the lowest F1, lowest first.
    pub weakest: Vec<WeakLabel>,
    /// Labels that some images have and that were never answered yes.
    pub never: Vec<String>,
    /// What is wrong with it.
    pub alarm: Option<Alarm>,
}

impl LabelFindings {
    pub(super) fn new(measured: &LabelMeasures, names: &[String]) -> Self {
        let name = |label: usize| names.get(label).cloned().unwrap_or_else(|| label.to_string());
        let there = |counts: &LabelCounts| counts.true_positives + counts.false_negatives;
        let missing = |counts: &LabelCounts| counts.true_negatives + counts.false_positives;
        let answers = (measured.images * measured.labels.len()).max(1) as f64;
        let right: u64 = measured.labels.iter().map(|counts| there(counts).max(missing(counts))).sum();
        let commoner = right as f64 / answers;
        let known = |label: &usize| there(&measured.labels[*label]) > 0;
        let mut order: Vec<usize> = (0..measured.labels.len()).filter(known).collect();
        let f1 = |label: usize| measured.labels[label].scores().f1;
        order.sort_by(|&a, &b| f1(a).total_cmp(&f1(b)));
        let weak = |&label: &usize| {
            let scores = measured.labels[label].scores();
            WeakLabel { label: name(label), f1: scores.f1, recall: scores.recall, images: scores.support }
        };
        let never = |&label: &usize| {
            let counts = &measured.labels[label];
            counts.true_positives + counts.false_positives == 0
        };
        // labels of an image are not independent: chance is that of one answer an image
        let variance = commoner * (1.0 - commoner) / measured.images.max(1) as f64;
        let told_apart = measured.macro_auc.is_some_and(|auc| auc > 0.6);
        let better = measured.label_accuracy > by_chance(commoner, variance) || told_apart;
        LabelFindings {
            label_accuracy: measured.label_accuracy,
            commoner,
            all_right: measured.all_right,
            macro_f1: measured.macro_average.f1,
            auc: measured.macro_auc,
            weakest: order.iter().filter(|&&label| f1(label) < 1.0).take(TOLD).map(weak).collect(),
            never: order.iter().filter(|label| never(label)).map(|&label| name(label)).collect(),
            alarm: (!better).then_some(Alarm::NoBetter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From what is answered and what is there of each image, as letters.
    fn found(answered: &[&str], there: &[&str]) -> LabelFindings {
        let labels = ["a", "b", "c"].map(String::from);
        let numbers = |images: &[&str], no: f32| -> Vec<f32> {
            let has = |image: &&str| labels.clone().map(|label| if image.contains(&label) { 1.0 } else { no });
            images.iter().flat_map(has).collect()
        };
        let measured = LabelMeasures::new(&numbers(answered, -1.0), &numbers(there, 0.0), 3);
        LabelFindings::new(&measured, &labels)
    }

    #[test]
    fn weak_labels_and_those_that_are_never_answered_are_named() {
        let there: Vec<&str> = ["ab", "a", "b", "c"].repeat(25);
        let answered: Vec<&str> = ["ab", "a", "", ""].repeat(25);
        let found = found(&answered, &there);
        let weak: Vec<(&str, u64)> = found.weakest.iter().map(|weak| (weak.label.as_str(), weak.images)).collect();
        assert_eq!(weak, [("c", 25), ("b", 50)]);
        assert_eq!((found.never.as_slice(), found.alarm), (&["c".to_string()][..], None));
        assert!((found.label_accuracy - 10.0 / 12.0).abs() < 1e-9 && (found.commoner - 7.0 / 12.0).abs() < 1e-9);
    }

    #[test]
    fn answering_no_to_everything_raises_an_alarm() {
        let there: Vec<&str> = ["a", "", "", "b"].repeat(10);
        let found = found(&[""].repeat(40), &there);
        assert_eq!((found.label_accuracy, found.commoner), (10.0 / 12.0, 10.0 / 12.0));
        assert_eq!((found.alarm, found.never.len()), (Some(Alarm::NoBetter), 2));
    }
}
