//! What a finished run is worth, in a few lines.

use super::seconds;
use crate::metrics::{
    Alarm, Assessment, ClassError, ClassFindings, ErrorFindings, Examined, Findings, LabelFindings, ValueFindings,
};
use crate::plan::thousands;

/// Columns that a line has.
const WIDTH: usize = 80;
/// Of more names the others are counted.
const NAMES: usize = 5;
/// Letters of a name.
const NAME: usize = 24;

/// A line with its heading.
fn headed(heading: &str, text: &str) -> String {
    format!("{heading:<8} {text}")
}

/// A name that leaves room for others.
fn short(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.into();
    }
    name.chars().take(NAME - 1).chain(['…']).collect()
}

/// The first of some names, and how many more there are.
pub fn names_of(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().collect();
    let more = names.len().saturating_sub(NAMES);
    let told = names.iter().take(NAMES).map(|name| short(name)).collect::<Vec<_>>().join(", ");
    if more == 0 { told } else { format!("{told} and {more} more") }
}

/// As many parts, with commas, as a line has room for.
fn listed(heading: &str, parts: impl IntoIterator<Item = String>) -> Option<String> {
    let mut parts = parts.into_iter();
    let mut line = headed(heading, &parts.next()?);
    for part in parts {
        if line.chars().count() + 2 + part.chars().count() > WIDTH {
            break;
        }
        line += &format!(", {part}");
    }
    Some(line)
}

/// `88.1 %`.
pub(super) fn rounded(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Parts on one line, or on several where that is too long.
fn wrapped(heading: &str, parts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 2 + part.chars().count() <= WIDTH => *line += &format!("; {part}"),
            Some(_) => lines.push(headed("", &part)),
            None => lines.push(headed(heading, &part)),
        }
    }
    lines
}

/// The lines of a verdict without its end: what was measured, what is weak, what is wrong. `what` is `images` or `texts`.
pub fn verdict_lines(assessment: &Assessment, what: &str) -> Vec<String> {
    let images = thousands(assessment.images as u64);
    let on = match assessment.examined {
        Examined::Training => format!("on {images} TRAINING {what}, none held out"),
        other => format!("on {images} {} {what}", other.name()),
    };
    let beside = beside(&assessment.findings);
    let mut lines = wrapped("result", [measured(&assessment.findings)].into_iter().chain(beside));
    lines.extend(wrapped("", [weights(assessment), on]));
    lines.extend(weak(&assessment.findings));
    let warned = alarm(assessment).map(|[problem, help]| [headed("WARNING", &problem), headed("", &help)]);
    lines.extend(warned.into_iter().flatten());
    lines
}

/// `epoch 9 of 12, best by macro F1`.
pub(super) fn weights(assessment: &Assessment) -> String {
    let epochs = assessment.epochs;
    match assessment.best {
        Some(best) => {
            let epoch = best.epoch.map_or(String::new(), |epoch| format!("epoch {epoch} of {epochs}, "));
            let on = if assessment.validated { "" } else { "training " };
            format!("{epoch}best by {on}{}", best.by.name())
        }
        None if epochs == 0 => "before the first epoch ended".into(),
        None => format!("after {epochs} epochs"),
    }
}

/// The main measures.
fn measured(findings: &Findings) -> String {
    match findings {
        Findings::Classes(found) => format!("accuracy {}, macro F1 {:.3}", rounded(found.accuracy), found.macro_f1),
        Findings::Labels(found) => {
            let auc = found.auc.map_or(String::new(), |auc| format!(", AUC {auc:.3}"));
            format!("labels {} right, macro F1 {:.3}{auc}", rounded(found.label_accuracy), found.macro_f1)
        }
        // an error over several numbers would mix their units
        Findings::Values(ValueFindings { count: count @ 2.., r2: Some(r2), .. }) => {
            format!("R2 {r2:.3} (mean of {count} numbers)")
        }
        Findings::Values(found) => {
            let r2 = found.r2.map_or(String::new(), |r2| format!(", R2 {r2:.3}"));
            format!("error {:.4} (RMSE){r2}", found.rmse)
        }
        Findings::Errors(found) => {
            let auc = found.auc.map_or(String::new(), |auc| format!(", AUC {auc:.3}"));
            format!("error {:.6}{auc}", found.mean)
        }
        Findings::Means { accuracy: Some(accuracy) } => format!("accuracy {}", rounded(*accuracy)),
        Findings::Means { accuracy: None } => "only the loss is known".into(),
    }
}

/// What needs no learning.
fn beside(findings: &Findings) -> Option<String> {
    match findings {
        Findings::Classes(ClassFindings { commonest, .. }) => {
            Some(format!("always `{}`: {}", short(&commonest.class), rounded(commonest.share)))
        }
        Findings::Labels(LabelFindings { commoner, .. }) => {
            Some(format!("always the commoner answer: {}", rounded(*commoner)))
        }
        Findings::Values(ValueFindings { count: 2.., r2: Some(_), .. }) => Some("always the means: 0".into()),
        Findings::Values(ValueFindings { rmse_of_mean, .. }) => Some(format!("always the mean: {rmse_of_mean:.4}")),
        Findings::Errors(ErrorFindings { normal_and_other: Some([normal, other]), .. }) => {
            Some(format!("normal {normal:.6}, other {other:.6}"))
        }
        Findings::Errors(_) | Findings::Means { .. } => None,
    }
}

/// What is recognised badly, and what is taken for what.
fn weak(findings: &Findings) -> Vec<String> {
    match findings {
        Findings::Classes(found) => {
            let weak = found.weakest.iter();
            let weak = weak.enumerate().map(|(number, weak)| {
                let found = if number == 0 { " found" } else { "" };
                format!("{} {} of {}{found}", short(&weak.class), whole(weak.recall), weak.images)
            });
            let pairs = found.confused.iter();
            let pairs = pairs.map(|pair| format!("{} as {} {}", short(&pair.class), short(&pair.answer), pair.images));
            [listed("weakest", weak), listed("confused", pairs)].into_iter().flatten().collect()
        }
        Findings::Labels(found) => {
            let weak = found.weakest.iter().map(|weak| {
                format!("{} F1 {:.2} ({} found of {})", short(&weak.label), weak.f1, whole(weak.recall), weak.images)
            });
            let never = found.never.iter().map(|label| short(label));
            let never = listed("never", never).map(|line| line + " (answered for no image)");
            listed("weakest", weak).into_iter().chain(never).collect()
        }
        Findings::Values(found) => {
            let weak = found.weakest.iter();
            listed("weakest", weak.map(|weak| format!("{} (R2 {:.3})", short(&weak.value), weak.r2)))
                .into_iter()
                .collect()
        }
        Findings::Errors(found) => listed("weakest", found.weakest.iter().map(of_class)).into_iter().collect(),
        Findings::Means { .. } => Vec::new(),
    }
}

fn of_class(class: &ClassError) -> String {
    let (name, images) = (short(&class.class), class.images);
    match (class.auc, class.mean) {
        (Some(auc), _) => format!("{name}: AUC {auc:.3} ({images} images)"),
        (None, Some(mean)) => format!("{name}: error {mean:.6} ({images} images)"),
        (None, None) => name,
    }
}

/// `44 %`.
pub(super) fn whole(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// What is wrong altogether, and what to try.
pub(super) fn alarm(assessment: &Assessment) -> Option<[String; 2]> {
    let told = |problem: String, help: &str| Some([problem, help.to_string()]);
    match (assessment.alarm()?, &assessment.findings) {
        (Alarm::OneAnswer, Findings::Classes(found)) => {
            let most = found.most_answered.as_ref()?;
            let (class, share) = (short(&most.class), rounded(most.share));
            let problem = format!("`{class}` gets {share} of answers: little learned");
            told(problem, "try: more epochs, --class-weights balanced, or another learning rate")
        }
        (_, Findings::Classes(found)) => told(
            format!("no better than always `{}`, chance aside", short(&found.commonest.class)),
            "try: more epochs or images, a larger --size, or another learning rate",
        ),
        (_, Findings::Labels(_)) => told(
            "no better than always giving each label's commoner answer".into(),
            "try: more epochs, --class-weights balanced, or another learning rate",
        ),
        (_, Findings::Values(_)) => {
            told("no better than always answering the mean".into(), "try: more epochs, or another learning rate")
        }
        (_, Findings::Errors(_)) => told(
            "anomalies are told from normal images no better than by chance".into(),
            "try: more epochs, a smaller bottleneck, or more normal images",
        ),
        (_, Findings::Means { .. }) => None,
    }
}

/// How a verdict ends: the time, and the run folder.
pub fn verdict_end(time: f64, folder: &str) -> [String; 2] {
    [headed("took", &seconds(time)), headed("run", folder)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{
        Best, ClassAnswer, ClassMeasures, Criterion, ErrorMeasures, LabelMeasures, Measures, Metrics, ValueMeasures,
    };

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    fn lines(measures: &Measures, names: &[String], examined: Examined, by: Criterion) -> String {
        let best = Best { epoch: Some(9), by, score: 0.5, loss: Some(0.5) };
        let metrics = Metrics { loss: 0.5, ..Metrics::default() };
        let validated = examined == Examined::Validation;
        let assessment = Assessment::new(Some(best), 12, (examined, 1505), validated, &metrics, Some(measures), names);
        let lines = verdict_lines(&assessment, "images");
        let long = lines.iter().find(|line| line.chars().count() > WIDTH);
        assert_eq!(long, None);
        lines.join("\n")
    }

    fn classes(matrix: &[&[u64]]) -> Measures {
        let cells =
            matrix.iter().enumerate().flat_map(|(label, row)| (0..).zip(*row).map(move |(a, &n)| (label, a, n)));
        let answers: Vec<ClassAnswer> = cells
            .flat_map(|(label, answer, n)| {
                let (label, answer, before) = (label as u32, answer as u32, u32::from(label != answer));
                std::iter::repeat_n(ClassAnswer { label, answer, before, confidence: 0.5, margin: 0.0 }, n as usize)
            })
            .collect();
        Measures::Classes(ClassMeasures::new(&answers, matrix.len(), true))
    }

    #[test]
    fn classes_are_told_in_plain_words() {
        let names = names(&["paper", "glass", "a class whose name is longer than a line has room for"]);
        let text = lines(
            &classes(&[&[85, 15, 0], &[2, 30, 8], &[0, 0, 20]]),
            &names,
            Examined::Validation,
            Criterion::MacroF1,
        );
        assert_eq!(
            text,
            "result   accuracy 84.4 %, macro F1 0.816; always `paper`: 62.5 %\n         \
             epoch 9 of 12, best by macro F1; on 1,505 validation images\n\
             weakest  glass 75 % of 40 found, paper 85 % of 100\n\
             confused paper as glass 15, glass as a class whose name is l… 8"
        );
    }

    #[test]
    fn what_has_learned_nothing_is_told_loudly() {
        let two = names(&["ok", "crack"]);
        let text = lines(&classes(&[&[190, 0], &[10, 0]]), &two, Examined::Training, Criterion::Loss);
        assert!(text.contains("result   accuracy 95.0 %, macro F1 0.487; always `ok`: 95.0 %\n"), "{text}");
        assert!(text.contains("best by training loss\n         on 1,505 TRAINING images, none held out\n"), "{text}");
        assert!(text.contains("\nWARNING  `ok` gets 100.0 % of answers: little learned\n"), "{text}");
        let text = lines(&classes(&[&[6, 4], &[4, 6]]), &two, Examined::Validation, Criterion::Accuracy);
        assert!(text.contains("\nWARNING  no better than always `ok`, chance aside"), "{text}");
    }

    #[test]
    fn every_task_has_its_form() {
        let labels = Measures::Labels(LabelMeasures::new(
            &[1.0, -1.0, -1.0, 1.0, 1.0, -1.0],
            &[1.0, 0.0, 0.0, 1.0, 1.0, 1.0],
            2,
        ));
        let text = lines(&labels, &names(&["cat", "dog"]), Examined::Validation, Criterion::MacroF1);
        assert!(text.contains("labels 83.3 % right, macro F1 0.833, AUC 0.875\n"), "{text}");
        assert!(text.contains("always the commoner answer: 66.7 %\n         epoch 9 of 12"), "{text}");
        let numbers = Measures::Values(ValueMeasures::new(&[1.0, 2.0, 4.0], &[1.0, 2.0, 3.0], 1));
        let text = lines(&numbers, &names(&["size"]), Examined::Test, Criterion::Loss);
        assert!(text.contains("result   error 0.5774 (RMSE), R2 0.500; always the mean: 0.8165\n"), "{text}");
        let bad = Measures::Values(ValueMeasures::new(&[2.0, 2.0, 2.0], &[1.0, 2.0, 3.0], 1));
        let text = lines(&bad, &names(&["size"]), Examined::Test, Criterion::Loss);
        assert!(text.contains("WARNING  no better than always answering the mean"), "{text}");
        let errors = [(0.1, 0), (0.2, 0), (0.3, 1), (0.15, 1)];
        let errors = Measures::Errors(ErrorMeasures::new(&errors, &names(&["ok", "crack"]), Some(&[0])));
        let text = lines(&errors, &[], Examined::Validation, Criterion::Loss);
        assert!(text.contains("result   error 0.187500, AUC 0.750; normal 0.150000, other 0.225000\n"), "{text}");
        assert!(text.contains("weakest  crack: AUC 0.750 (2 images)"), "{text}");
    }

    #[test]
    fn weights_without_a_best_epoch_are_named_too() {
        let metrics = Metrics { loss: 0.5, accuracy: Some(0.5), ..Metrics::default() };
        let told = |epochs| {
            let assessment = Assessment::new(None, epochs, (Examined::Test, 10), false, &metrics, None, &[]);
            verdict_lines(&assessment, "texts").join("\n")
        };
        assert_eq!(told(0), "result   accuracy 50.0 %\n         before the first epoch ended; on 10 test texts");
        assert!(told(2).contains("after 2 epochs; on 10 test texts"));
    }
}
