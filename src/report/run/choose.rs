//! Which examples a report shows: the most confident mistakes, right answers that were nearly wrong, and some of all.

use super::facts::Facts;
use super::predictions::Predictions;
use crate::metrics::{Answers, ClassAnswer, Errors, Numbers};

/// Mistakes that are shown, right answers, and others.
const MISTAKES: usize = 18;
const UNSURE: usize = 12;
const SAMPLES: usize = 24;

/// Examples that are shown under one heading, by their number among the answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The heading.
    pub title: &'static str,
    /// What they have in common, in a sentence.
    pub about: &'static str,
    /// How many there are of which these are the first.
    pub of: usize,
    /// The examples.
    pub examples: Vec<usize>,
}

/// The examples that are shown.
pub fn chosen(facts: &Facts) -> Vec<Group> {
    let Some(Predictions { answers, .. }) = &facts.answers else { return Vec::new() };
    let mut groups = match answers {
        Answers::Classes { answers, .. } => of_classes(answers),
        Answers::Labels(numbers) => of_labels(numbers),
        Answers::Values(numbers) => of_values(numbers),
        Answers::Errors(errors) => of_errors(errors, facts.threshold.map(|threshold| threshold.score)),
    };
    let samples = every(answers.len(), SAMPLES);
    if !samples.is_empty() && !matches!(answers, Answers::Errors(_)) {
        let about = "Spread evenly over all of them, in the order of the data.";
        groups.push(Group { title: "Sample predictions", about, of: answers.len(), examples: samples });
    }
    groups.retain(|group| !group.examples.is_empty());
    groups
}

/// So many numbers below `count`, evenly.
fn every(count: usize, wanted: usize) -> Vec<usize> {
    let wanted = wanted.min(count);
    (0..wanted).map(|i| i * count / wanted).collect()
}

/// The examples with the largest numbers, largest first.
fn largest(mut scored: Vec<(usize, f64)>, most: usize) -> (usize, Vec<usize>) {
    scored.retain(|(_, score)| !score.is_nan());
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    (scored.len(), scored.into_iter().take(most).map(|(example, _)| example).collect())
}

fn group(title: &'static str, about: &'static str, scored: Vec<(usize, f64)>, most: usize) -> Group {
    let (of, examples) = largest(scored, most);
    Group { title, about, of, examples }
}

fn of_classes(answers: &[ClassAnswer]) -> Vec<Group> {
    let scored = |right: bool, sign: f64| {
        let wanted = answers.iter().enumerate().filter(|(_, a)| (a.before == 0) == right);
        wanted.map(|(i, a)| (i, sign * f64::from(a.confidence))).collect()
    };
    let wrong = "Wrong answers that the model was most confident of, most confident first. Look here for mislabelled examples, too.";
    let unsure = "Right answers that the model was least sure of: what it nearly gets wrong.";
    vec![
        group("Most confident mistakes", wrong, scored(false, 1.0), MISTAKES),
        group("Least confident hits", unsure, scored(true, -1.0), UNSURE),
    ]
}

fn of_labels(Numbers { outputs, targets, width }: &Numbers) -> Vec<Group> {
    let rows = || outputs.chunks_exact(*width).zip(targets.chunks_exact(*width)).enumerate();
    let wrong = |(output, target): (&f32, &f32)| (*output > 0.0) != (*target > 0.5);
    // how sure of the label that is most wrong
    let mistakes = rows().filter_map(|(i, (outputs, targets))| {
        let sure = outputs.iter().zip(targets).filter(|&pair| wrong(pair)).map(|(output, _)| f64::from(output.abs()));
        sure.reduce(f64::max).map(|sure| (i, sure))
    });
    let hits = rows().filter(|(_, (outputs, targets))| !outputs.iter().zip(*targets).any(wrong));
    let unsure = hits.filter_map(|(i, (outputs, _))| {
        outputs.iter().map(|output| f64::from(output.abs())).reduce(f64::min).map(|least| (i, -least))
    });
    vec![
        group(
            "Most confident mistakes",
            "Examples with the label that is most surely wrong.",
            mistakes.collect(),
            MISTAKES,
        ),
        group("Least confident hits", "Every label right, though one of them only just.", unsure.collect(), UNSURE),
    ]
}

fn of_values(Numbers { outputs, targets, width }: &Numbers) -> Vec<Group> {
    let count = (outputs.len() / width.max(&1)).max(1) as f64;
    let spread: Vec<f64> = (0..*width)
        .map(|column| {
            let values = || targets.iter().skip(column).step_by(*width).map(|&v| f64::from(v));
            let mean = values().sum::<f64>() / count;
            (values().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt().max(f64::MIN_POSITIVE)
        })
        .collect();
    let rows = outputs.chunks_exact(*width).zip(targets.chunks_exact(*width)).enumerate();
    let scored = rows.map(|(i, (outputs, targets))| {
        let each = outputs.iter().zip(targets).zip(&spread);
        (i, each.map(|((o, t), spread)| f64::from((o - t).abs()) / spread).fold(0.0, f64::max))
    });
    vec![group(
        "Largest errors",
        "Predictions that are furthest from the truth, furthest first.",
        scored.collect(),
        MISTAKES,
    )]
}

fn of_errors(Errors { errors, normal, .. }: &Errors, threshold: Option<f64>) -> Vec<Group> {
    let all = || errors.iter().enumerate().map(|(i, &(error, class))| (i, f64::from(error), class));
    let (Some(normal), Some(threshold)) = (normal, threshold) else {
        let scored = |sign: f64| all().map(|(i, error, _)| (i, sign * error)).collect();
        return vec![
            group(
                "Largest errors",
                "Images that the model reconstructs worst: least like those it learned.",
                scored(1.0),
                MISTAKES,
            ),
            group("Smallest errors", "Images that it reconstructs best.", scored(-1.0), UNSURE),
        ];
    };
    let is_normal = |class: u32| normal.contains(&class);
    let alarms =
        all().filter(|&(_, error, class)| is_normal(class) && error > threshold).map(|(i, error, _)| (i, error));
    let missed =
        all().filter(|&(_, error, class)| !is_normal(class) && error <= threshold).map(|(i, error, _)| (i, -error));
    let found =
        all().filter(|&(_, error, class)| !is_normal(class) && error > threshold).map(|(i, error, _)| (i, error));
    vec![
        group(
            "Missed anomalies",
            "Anomalies below the threshold, those that look most normal first.",
            missed.collect(),
            MISTAKES,
        ),
        group("False alarms", "Normal images above the threshold, highest error first.", alarms.collect(), MISTAKES),
        group("Found anomalies", "Anomalies above the threshold, highest error first.", found.collect(), UNSURE),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_mistakes_come_first_and_the_least_sure_hits() {
        let answer = |before, confidence| ClassAnswer { label: 0, answer: before, before, confidence, margin: 0.0 };
        let groups = of_classes(&[answer(0, 0.9), answer(1, 0.6), answer(0, 0.4), answer(1, 0.95)]);
        assert_eq!(groups[0].examples, [3, 1]);
        assert_eq!(groups[1].examples, [2, 0]);
    }

    #[test]
    fn anomalies_are_missed_found_or_no_anomalies() {
        let errors = [(0.1, 0), (0.9, 0), (0.2, 1), (0.7, 1), (0.3, 1)];
        let errors = Errors { errors: errors.to_vec(), classes: Vec::new(), normal: Some(vec![0]) };
        let of = |threshold| of_errors(&errors, threshold).into_iter().map(|g| g.examples).collect::<Vec<_>>();
        assert_eq!(of(Some(0.5)), [vec![2, 4], vec![1], vec![3]]);
        assert_eq!(of(None), [vec![1, 3, 4, 2, 0], vec![0, 2, 4, 3, 1]]);
    }

    #[test]
    fn numbers_are_far_off_by_their_own_spread() {
        let numbers = Numbers {
            outputs: vec![0.0, 0.0, 0.0, 900.0, 3.0, 0.0],
            targets: vec![0.0, 0.0, 1.0, 1000.0, 0.0, 0.0],
            width: 2,
        };
        assert_eq!(of_values(&numbers)[0].examples, [2, 1, 0]);
        let labels = Numbers {
            outputs: vec![3.0, -1.0, -5.0, 2.0, 0.5, -9.0],
            targets: vec![1.0, 0.0, 1.0, 0.0, 1.0, 0.0],
            width: 2,
        };
        let groups = of_labels(&labels);
        assert_eq!([&groups[0].examples, &groups[1].examples], [&vec![1], &vec![2, 0]]);
    }

    #[test]
    fn samples_are_spread_over_all() {
        assert_eq!(every(10, 4), [0, 2, 5, 7]);
        assert_eq!(every(3, 24), [0, 1, 2]);
        assert_eq!(every(0, 24), [0usize; 0]);
    }
}
