//! One class an image: beside always answering the commonest class.

use serde::Serialize;

use super::super::{ClassMeasures, Scores};
use super::{Alarm, TOLD, by_chance};

/// A class with a share of images or of answers, 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Name of the class.
    pub class: String,
    /// Its share.
    pub share: f64,
}

/// A class that is recognised badly.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Weak {
    /// Name of the class.
    pub class: String,
    /// Share of its images that are answered right, 0 to 1.
    pub recall: f64,
    /// Number of its images.
    pub images: u64,
}

/// A class that is taken for another one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Confused {
    /// Name of the class.
    pub class: String,
    /// What was answered instead.
    pub answer: String,
    /// How many images.
    pub images: u64,
}

/// What answers over classes are worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassFindings {
    /// Share of right answers.
    pub accuracy: f64,
    /// F1, averaged over classes.
    pub macro_f1: f64,
    /// The commonest class of these images: always answering it has this share right.
    pub commonest: Share,
    /// The class that is answered most, with its share of the answers; none without a confusion matrix.
    pub most_answered: Option<Share>,
    /// The classes of the lowest recall, lowest first, below the mean of all.
    pub weakest: Vec<Weak>,
    /// What was confused most, most first.
    pub confused: Vec<Confused>,
    /// What is wrong with it.
    pub alarm: Option<Alarm>,
}

/// An answer other than the one that is given most is so rare: of the images that would need one, not even this share gets one.
const RARE: f64 = 0.25;

impl ClassFindings {
    pub(super) fn new(measured: &ClassMeasures, names: &[String]) -> Self {
        let name = |class: usize| names.get(class).cloned().unwrap_or_else(|| class.to_string());
        let images = measured.images.max(1) as f64;
        let share = |count: u64| count as f64 / images;
        let most = |counts: &[u64]| (0..counts.len()).rev().max_by_key(|&class| counts[class]).unwrap_or(0);
        let support: Vec<u64> = measured.classes.iter().map(|scores| scores.support).collect();
        let commonest = most(&support);
        let common_share = support.get(commonest).map_or(0.0, |&count| share(count));
        let answered = measured.confusion.as_ref().map(|matrix| {
            let column = |class: usize| matrix.iter().map(|row| row[class]).sum::<u64>();
            (0..matrix.len()).map(column).collect::<Vec<u64>>()
        });
        let most_answered = answered.as_ref().map(|answered| (most(answered), share(answered[most(answered)])));
        let one_answer = most_answered.is_some_and(|(class, answers)| {
            let others = 1.0 - share(support[class]);
            others > 0.0 && 1.0 - answers < RARE * others
        });
        let alarm = match (one_answer, is_better(measured, common_share)) {
            (true, _) => Some(Alarm::OneAnswer),
            (false, false) => Some(Alarm::NoBetter),
            (false, true) => None,
        };
        ClassFindings {
            accuracy: measured.top1,
            macro_f1: measured.macro_average.f1,
            commonest: Share { class: name(commonest), share: common_share },
            most_answered: most_answered.map(|(class, share)| Share { class: name(class), share }),
            weakest: weakest(&measured.classes, name),
            confused: measured.confusion.as_ref().map_or_else(Vec::new, |matrix| confused(matrix, name)),
            alarm,
        }
    }
}

/// Whether answers are better than always answering the commonest class: by accuracy, or by the mean recall of the classes, which
/// chance brings to one over their number.
fn is_better(measured: &ClassMeasures, common_share: f64) -> bool {
    let there: Vec<&Scores> = measured.classes.iter().filter(|scores| scores.support > 0).collect();
    let (images, classes) = (measured.images.max(1) as f64, there.len().max(1) as f64);
    if there.len() < 2 {
        return true;
    }
    let variance = common_share * (1.0 - common_share) / images;
    let guessed = 1.0 / classes;
    let of_class = |scores: &&Scores| guessed * (1.0 - guessed) / scores.support as f64;
    let of_mean = there.iter().map(of_class).sum::<f64>() / (classes * classes);
    let recall = there.iter().map(|scores| scores.recall).sum::<f64>() / classes;
    measured.top1 > by_chance(common_share, variance) || recall > by_chance(guessed, of_mean)
}

fn weakest(scores: &[Scores], name: impl Fn(usize) -> String) -> Vec<Weak> {
    let there = |class: &usize| scores[*class].support > 0;
    let recalls: Vec<f64> = (0..scores.len()).filter(there).map(|class| scores[class].recall).collect();
    let mean = recalls.iter().sum::<f64>() / recalls.len() as f64;
    let mut order: Vec<usize> = (0..scores.len()).filter(there).filter(|&class| scores[class].recall < mean).collect();
    order.sort_by(|&a, &b| scores[a].recall.total_cmp(&scores[b].recall));
    let weak =
        |&class: &usize| Weak { class: name(class), recall: scores[class].recall, images: scores[class].support };
    order.iter().take(TOLD).map(weak).collect()
}

fn confused(matrix: &[Vec<u64>], name: impl Fn(usize) -> String) -> Vec<Confused> {
    let pairs =
        matrix.iter().enumerate().flat_map(|(class, row)| (0..).zip(row).map(move |(answer, &n)| (class, answer, n)));
    let mut pairs: Vec<(usize, usize, u64)> = pairs.filter(|&(class, answer, n)| class != answer && n > 0).collect();
    pairs.sort_by_key(|&(_, _, images)| std::cmp::Reverse(images));
    let told = pairs.into_iter().take(TOLD);
    told.map(|(class, answer, images)| Confused { class: name(class), answer: name(answer), images }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::ClassAnswer;
    use super::*;

    /// From rows of a confusion matrix.
    fn found(matrix: &[&[u64]]) -> ClassFindings {
        let names: Vec<String> = ["ok", "crack", "hole"].map(String::from)[..matrix.len()].into();
        let answer = |label: usize, answer: usize| ClassAnswer {
            label: label as u32,
            answer: answer as u32,
            before: u32::from(label != answer),
            confidence: 0.5,
            margin: 0.0,
        };
        let cells =
            matrix.iter().enumerate().flat_map(|(label, row)| (0..).zip(*row).map(move |(a, &n)| (label, a, n)));
        let answers: Vec<ClassAnswer> =
            cells.flat_map(|(label, a, n)| std::iter::repeat_n(answer(label, a), n as usize)).collect();
        ClassFindings::new(&ClassMeasures::new(&answers, matrix.len(), true), &names)
    }

    #[test]
    fn the_weakest_and_the_most_confused_are_told_in_their_order() {
        let found = found(&[&[90, 10, 0], &[2, 30, 8], &[0, 0, 20]]);
        let weak: Vec<(&str, f64, u64)> =
            found.weakest.iter().map(|w| (w.class.as_str(), w.recall, w.images)).collect();
        assert_eq!(weak, [("crack", 0.75, 40)], "what is found more often than classes on average is not weak");
        let pairs: Vec<(&str, &str, u64)> =
            found.confused.iter().map(|c| (c.class.as_str(), c.answer.as_str(), c.images)).collect();
        assert_eq!(pairs, [("ok", "crack", 10), ("crack", "hole", 8), ("crack", "ok", 2)]);
        assert_eq!(found.commonest, Share { class: "ok".into(), share: 0.625 });
        assert_eq!((found.accuracy, found.alarm), (0.875, None));
    }

    #[test]
    fn a_model_that_has_learned_nothing_raises_an_alarm() {
        for (matrix, alarm, reason) in [
            (&[&[190u64, 0][..], &[10, 0]][..], Some(Alarm::OneAnswer), "one answer for all"),
            (&[&[190, 0], &[9, 1]], Some(Alarm::OneAnswer), "one answer for nearly all"),
            (&[&[185, 5], &[2, 8]], None, "rare answers, as rare as the class"),
            (&[&[175, 15], &[2, 8]], None, "fewer right than the commonest class has, but the rare one is found"),
            (&[&[95, 95], &[5, 5]], Some(Alarm::NoBetter), "a coin"),
            (&[&[6, 4], &[4, 6]], Some(Alarm::NoBetter), "so few images that a coin may give it"),
            (&[&[60, 40], &[40, 60]], None, "the same on ten times the images"),
            (&[&[20, 0], &[0, 0]], None, "a single class: nothing else can be answered"),
        ] {
            assert_eq!(found(matrix).alarm, alarm, "{reason}");
        }
    }
}
