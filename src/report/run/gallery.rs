//! Examples with what the model says of them, and what is true.

use serde::Serialize;

use super::choose::Group;
use super::facts::{Facts, Look};
use crate::metrics::{Answers, ClassAnswer, Errors, Numbers};
use crate::plan::thousands;
use crate::report::chart::{exact, figure, near};

/// Examples under one heading.
#[derive(Debug, PartialEq, Serialize)]
pub struct Gallery {
    pub id: String,
    pub title: &'static str,
    pub about: &'static str,
    /// How many there are of which these are some, and the same in words.
    pub of: usize,
    pub count: String,
    pub is_text: bool,
    pub looks: Vec<Shown>,
}

/// An example.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Shown {
    pub picture: Option<String>,
    pub is_small: bool,
    pub text: Option<String>,
    /// The last two parts of its path without the ending, which no line breaks, and all of it.
    pub name: String,
    pub end: String,
    pub place: String,
    /// `right` or `wrong`, where it is either.
    pub verdict: &'static str,
    pub lines: Vec<Line>,
}

/// What a line is (`good`, `bad` or `plain`), its words, and a number behind them.
pub type Line = (&'static str, String, String);

/// What is shown of a group.
pub fn gallery(facts: &Facts, group: Group) -> Gallery {
    let looks: Vec<Shown> = group.examples.iter().filter_map(|&i| shown(facts, i)).collect();
    let id = if group.title == "Sample predictions" {
        "samples".into()
    } else {
        group.title.to_lowercase().replace(' ', "-")
    };
    let is_text = looks.iter().any(|look| look.text.is_some());
    Gallery {
        id,
        title: group.title,
        about: group.about,
        of: group.of,
        count: thousands(group.of as u64),
        is_text,
        looks,
    }
}

fn shown(facts: &Facts, i: usize) -> Option<Shown> {
    let kept = facts.answers.as_ref()?;
    let example = &kept.examples[i];
    let Look { picture, is_small, text } = facts.looks.get(&i).cloned().unwrap_or_default();
    let (verdict, lines) = match &kept.answers {
        Answers::Classes { answers, .. } => of_class(facts, &answers[i]),
        Answers::Labels(numbers) => of_labels(facts, numbers, i),
        Answers::Values(numbers) => ("", of_values(facts, numbers, i)),
        Answers::Errors(errors) => of_error(facts, errors, i),
    };
    let place = if example.name.is_empty() {
        format!("{} example {}", example.place.split.name(), example.place.index)
    } else {
        example.name.clone()
    };
    let (name, end) = ended(short(&place));
    Some(Shown { picture, is_small, text, name, end, place, verdict, lines })
}

/// A name, and its ending or nothing.
fn ended(mut name: String) -> (String, String) {
    let end = match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= 6 => name.split_off(at),
        _ => String::new(),
    };
    (name, end)
}

/// The last two parts of a path.
fn short(path: &str) -> String {
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    parts[parts.len().saturating_sub(2)..].join("/")
}

fn percent(share: f64) -> String {
    // a certainty is only what is certain
    if (0.9995..1.0).contains(&share) { ">99.9 %".into() } else { format!("{:.1} %", 100.0 * share) }
}

fn of_class(facts: &Facts, answer: &ClassAnswer) -> (&'static str, Vec<Line>) {
    let name = |class: u32| facts.names.get(class as usize).cloned().unwrap_or_else(|| class.to_string());
    let sure = percent(f64::from(answer.confidence));
    if answer.before == 0 {
        return ("right", vec![("good", name(answer.answer), sure)]);
    }
    ("wrong", vec![("bad", name(answer.answer), sure), ("plain", format!("is {}", name(answer.label)), String::new())])
}

fn row(all: &[f32], width: usize, i: usize) -> &[f32] {
    &all[i * width..][..width]
}

/// Labels that are there or answered; of many the surest.
const LABELS: usize = 6;

fn of_labels(facts: &Facts, Numbers { outputs, targets, width }: &Numbers, i: usize) -> (&'static str, Vec<Line>) {
    let pairs = row(outputs, *width, i).iter().zip(row(targets, *width, i)).enumerate();
    let mut told: Vec<(bool, f32, Line)> = Vec::new();
    let mut all_right = true;
    for (label, (&output, &target)) in pairs {
        let (yes, there) = (output > 0.0, target > 0.5);
        all_right &= yes == there;
        let name = facts.names.get(label).cloned().unwrap_or_else(|| label.to_string());
        let sure = percent(1.0 / (1.0 + (-f64::from(output)).exp()));
        match (yes, there) {
            (true, true) => told.push((false, output.abs(), ("good", name, sure))),
            (true, false) => told.push((true, output.abs(), ("bad", name, sure))),
            (false, true) => told.push((true, output.abs(), ("bad", format!("{name} missed"), sure))),
            (false, false) => {}
        }
    }
    told.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
    let mut lines: Vec<Line> = told.into_iter().take(LABELS).map(|(.., line)| line).collect();
    if lines.is_empty() {
        lines.push(("good", "no label".into(), String::new()));
    }
    (if all_right { "right" } else { "wrong" }, lines)
}

fn of_values(facts: &Facts, Numbers { outputs, targets, width }: &Numbers, i: usize) -> Vec<Line> {
    let pairs = row(outputs, *width, i).iter().zip(row(targets, *width, i)).enumerate();
    let line = |(number, (&output, &target)): (usize, (&f32, &f32))| {
        let name = if *width == 1 {
            String::new()
        } else {
            format!("{}: ", facts.names.get(number).map_or("?", String::as_str))
        };
        ("plain", format!("{name}{}", near(output)), format!("is {}", exact(target)))
    };
    pairs.take(LABELS).map(line).collect()
}

fn of_error(facts: &Facts, Errors { errors, classes, normal }: &Errors, i: usize) -> (&'static str, Vec<Line>) {
    let (error, class) = errors[i];
    let class_name = classes.get(class as usize).cloned();
    let error_line = |kind| (kind, format!("error {}", figure(f64::from(error))), String::new());
    let (Some(normal), Some(threshold)) = (normal, facts.threshold) else {
        return (
            "",
            std::iter::once(error_line("plain")).chain(class_name.map(|name| ("plain", name, String::new()))).collect(),
        );
    };
    let called = threshold.is_normal(error);
    let right = called == normal.contains(&class);
    let answer = if called { "normal" } else { "anomaly" };
    let lines = vec![
        (if right { "good" } else { "bad" }, answer.to_string(), format!("error {}", figure(f64::from(error)))),
        ("plain", format!("is {}", class_name.unwrap_or_else(|| "unknown".into())), String::new()),
    ];
    (if right { "right" } else { "wrong" }, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shortened_to_its_end() {
        assert_eq!(short("/data/photos/cat/it's \"1\".jpg"), "cat/it's \"1\".jpg");
        assert_eq!(short("sms.tsv:17"), "sms.tsv:17");
        assert_eq!(short("C:\\photos\\cat\\1.jpg"), "cat/1.jpg");
        let ended = |name: &str| ended(name.into());
        assert_eq!(ended("cat/1.tiff"), ("cat/1".into(), ".tiff".into()));
        assert_eq!(ended("v1.2 of a name"), ("v1.2 of a name".into(), String::new()));
    }
}
