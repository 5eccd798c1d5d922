//! What a finished run is worth, in sentences, for a page.

use super::chart::figure;
use super::verdict::{rounded, weights, whole};
use crate::metrics::{
    Assessment, ClassFindings, ErrorFindings, Examined, Findings, LabelFindings, ValueFindings, Weak, WeakLabel,
};
use crate::plan::thousands;

/// The measure that is told first: its name, its value, and the rest in a line.
pub fn headline(assessment: &Assessment) -> [String; 3] {
    let [name, value, more] = match &assessment.findings {
        Findings::Classes(found) => {
            ["Accuracy".into(), rounded(found.accuracy), format!("macro F1 {:.3}", found.macro_f1)]
        }
        Findings::Labels(found) => {
            let auc = found.auc.map_or(String::new(), |auc| format!(", AUC {auc:.3}"));
            [
                "Macro F1".into(),
                format!("{:.3}", found.macro_f1),
                format!("{} of labels right{auc}", rounded(found.label_accuracy)),
            ]
        }
        // an error over several numbers would mix their units
        Findings::Values(ValueFindings { count: 2.., r2: Some(r2), .. }) => {
            ["R²".into(), format!("{r2:.3}"), "mean over the numbers".into()]
        }
        Findings::Values(ValueFindings { rmse, r2: Some(r2), .. }) => {
            ["R²".into(), format!("{r2:.3}"), format!("typical error (RMSE) {}", figure(*rmse))]
        }
        Findings::Values(found) => ["RMSE".into(), figure(found.rmse), "all true values are equal".into()],
        Findings::Errors(ErrorFindings { auc: Some(auc), mean, .. }) => {
            ["AUC".into(), format!("{auc:.3}"), format!("mean reconstruction error {}", figure(*mean))]
        }
        Findings::Errors(found) => ["Reconstruction error".into(), figure(found.mean), "mean of all images".into()],
        Findings::Means { accuracy: Some(accuracy) } => ["Accuracy".into(), rounded(*accuracy), String::new()],
        Findings::Means { accuracy: None } => ["Loss".into(), figure(assessment.loss), String::new()],
    };
    let weights = weights(assessment);
    let more = if more.is_empty() { weights } else { format!("{more}; {weights}") };
    [name, value, more]
}

/// The verdict in sentences: how good it is, beside what needs no learning, and what it gets wrong.
pub fn sentences(assessment: &Assessment, what: &str) -> Vec<String> {
    let mut told = match &assessment.findings {
        Findings::Classes(found) => of_classes(found, assessment, what),
        Findings::Labels(found) => of_labels(found, assessment, what),
        Findings::Values(found) => of_values(found, assessment, what),
        Findings::Errors(found) => of_errors(found),
        Findings::Means { accuracy } => accuracy
            .iter()
            .map(|share| format!("The model gets {} of {} right.", rounded(*share), on(assessment, what)))
            .collect(),
    };
    if assessment.examined == Examined::Training {
        told.push(format!(
            "These are {what} that it learned from, because none were held out: it may do worse on new ones."
        ));
    }
    told
}

/// `505 validation images`.
fn on(assessment: &Assessment, what: &str) -> String {
    format!("{} {} {what}", thousands(assessment.images as u64), assessment.examined.name())
}

fn quoted(name: &str) -> String {
    format!("“{name}”")
}

/// `a, b and c`.
pub fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn of_classes(found: &ClassFindings, assessment: &Assessment, what: &str) -> Vec<String> {
    let right = (found.accuracy * assessment.images as f64).round() as u64;
    let mut told = vec![format!(
        "The model gets {} of {} right ({}); always answering {} would get {}.",
        thousands(right),
        on(assessment, what),
        rounded(found.accuracy),
        quoted(&found.commonest.class),
        rounded(found.commonest.share)
    )];
    let weak: Vec<String> = found
        .weakest
        .iter()
        .map(|Weak { class, recall, images }| format!("{} ({} of {images} found)", quoted(class), whole(*recall)))
        .collect();
    if !weak.is_empty() {
        told.push(format!("It is weakest on {}.", listed(&weak)));
    }
    if let Some(pair) = found.confused.first() {
        let times = if pair.images == 1 { "once".into() } else { format!("{} times", thousands(pair.images)) };
        told.push(format!(
            "Its most frequent mistake is taking {} for {} ({times}).",
            quoted(&pair.class),
            quoted(&pair.answer)
        ));
    }
    told
}

fn of_labels(found: &LabelFindings, assessment: &Assessment, what: &str) -> Vec<String> {
    let mut told = vec![format!(
        "The model gets {} of the labels of {} right; always giving each label’s commoner answer would get {}. Every label is right on {} of the {what}.",
        rounded(found.label_accuracy),
        on(assessment, what),
        rounded(found.commoner),
        rounded(found.all_right)
    )];
    let weak: Vec<String> =
        found.weakest.iter().map(|WeakLabel { label, f1, .. }| format!("{} (F1 {f1:.2})", quoted(label))).collect();
    if !weak.is_empty() {
        told.push(format!("It is weakest on {}.", listed(&weak)));
    }
    if !found.never.is_empty() {
        let never: Vec<String> = found.never.iter().map(|label| quoted(label)).collect();
        told.push(format!("It never answers {}.", listed(&never)));
    }
    told
}

fn of_values(found: &ValueFindings, assessment: &Assessment, what: &str) -> Vec<String> {
    if let ValueFindings { count: count @ 2.., r2: Some(r2), .. } = found {
        let mut told = vec![format!(
            "Predictions on {} explain {} of the variance of {count} numbers, on average; always answering the means would explain none.",
            on(assessment, what),
            rounded(r2.max(0.0))
        )];
        told.extend(weakest_value(found));
        return told;
    }
    let explained =
        found.r2.map_or(String::new(), |r2| format!(", which explains {} of the variance", rounded(r2.max(0.0))));
    let mut told = vec![format!(
        "Predictions on {} have a typical error (RMSE) of {}{explained}; always answering the mean would have {}.",
        on(assessment, what),
        figure(found.rmse),
        figure(found.rmse_of_mean)
    )];
    told.extend(weakest_value(found));
    told
}

fn weakest_value(found: &ValueFindings) -> Option<String> {
    found.weakest.as_ref().map(|worst| format!("It is weakest on {} (R² {:.3}).", quoted(&worst.value), worst.r2))
}

fn of_errors(found: &ErrorFindings) -> Vec<String> {
    let Some(auc) = found.auc else {
        return vec![format!("Images are reconstructed with a mean error of {}.", figure(found.mean))];
    };
    let mut told = vec![format!(
        "Of a random anomaly and a random normal image, the anomaly has the higher error in {} of cases (AUC {auc:.3}); guessing would reach 50 %.",
        rounded(auc)
    )];
    if let Some([normal, other]) = found.normal_and_other {
        told.push(format!("The mean error is {} on normal images and {} on anomalies.", figure(normal), figure(other)));
    }
    if let Some(weakest) = &found.weakest
        && let Some(auc) = weakest.auc
    {
        told.push(format!("Hardest to tell from normal is {} (AUC {auc:.3}).", quoted(&weakest.class)));
    }
    told
}
