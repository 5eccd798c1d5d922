//! A run's report as one page without anything from elsewhere. What is computed is computed here; the templates only say where it
//! stands, and escape it.

use serde::Serialize;

use super::choose::chosen;
use super::facts::{Facts, ProfileFacts, Sheet as SheetFacts};
use super::figures::{self, Figure};
use super::gallery::{Gallery, gallery};
use super::matrix::{Matrix, matrix, pairs};
use super::table::{Table, table};
use crate::metrics::Measures;
use crate::plan::{mib, thousands};
use crate::report::page::render_with_script;
use crate::report::sentence::{headline, sentences};
use crate::report::verdict::alarm;

/// The page as HTML.
pub fn page(facts: &Facts) -> String {
    let templates = [
        ("page.html.j2", include_str!("page.html.j2")),
        ("parts.html.j2", include_str!("parts.html.j2")),
        ("mistakes.html.j2", include_str!("mistakes.html.j2")),
        ("classes.html.j2", include_str!("classes.html.j2")),
        ("run.html.j2", include_str!("run.html.j2")),
    ];
    render_with_script(&templates, include_str!("page.css"), include_str!("script.js"), Page::new(facts))
}

/// What the templates may use.
#[derive(Serialize)]
struct Page<'a> {
    run: &'a str,
    sub: Vec<String>,
    score: Option<[String; 3]>,
    sentences: Vec<String>,
    alarm: Option<[String; 2]>,
    test: Option<&'a str>,
    /// Id and title of each section.
    parts: Vec<[String; 2]>,
    mistakes_title: &'static str,
    matrix: Option<Matrix>,
    pairs: Vec<[String; 4]>,
    mistakes: Vec<Gallery>,
    table: Option<Table>,
    trust_title: &'static str,
    trust: Vec<Drawn>,
    samples: Vec<Gallery>,
    sheets: Vec<Sheet<'a>>,
    training: Vec<Drawn>,
    data: Data<'a>,
    model: Model<'a>,
    facts: &'a [[String; 2]],
    filters: Option<Filters<'a>>,
    profile: Option<Vec<Times>>,
    counts: Option<Counts>,
    settings: &'a str,
    command: Option<&'a str>,
    reproduce: Option<String>,
    notes: &'a [String],
    version: &'a str,
}

#[derive(Serialize)]
struct Drawn {
    title: String,
    svg: String,
    caption: String,
}

impl From<Figure> for Drawn {
    fn from(figure: Figure) -> Self {
        Drawn { svg: figure.drawing.to_inline_svg(), title: figure.drawing.title, caption: figure.caption }
    }
}

#[derive(Serialize)]
struct Sheet<'a> {
    name: &'a str,
    picture: &'a str,
}

#[derive(Serialize)]
struct Data<'a> {
    name: &'a str,
    source: &'a str,
    splits: Vec<[String; 2]>,
}

#[derive(Serialize)]
struct Model<'a> {
    name: &'a str,
    input: &'a str,
    parameters: String,
    layers: &'a [[String; 3]],
}

#[derive(Serialize)]
struct Filters<'a> {
    picture: &'a str,
    width: usize,
    caption: String,
}

/// Bars with their names: name, value in words, length from 0 to 1.
#[derive(Serialize)]
struct Times {
    title: &'static str,
    note: String,
    rows: Vec<(String, String, f64)>,
}

/// Examples of each class by split.
#[derive(Serialize)]
struct Counts {
    names: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
}

impl<'a> Page<'a> {
    fn new(facts: &'a Facts) -> Self {
        let groups = chosen(facts).into_iter().map(|group| gallery(facts, group));
        let (samples, mistakes): (Vec<Gallery>, Vec<Gallery>) = groups.partition(|group| group.id == "samples");
        let (matrix, table) = (matrix(facts), table(facts));
        let trust: Vec<Drawn> = figures::of_answers(facts).into_iter().map(Drawn::from).collect();
        let training: Vec<Drawn> = figures::of_training(facts).into_iter().map(Drawn::from).collect();
        let mut page = Page {
            run: &facts.run,
            sub: sub(facts),
            score: facts.assessment.as_ref().map(headline),
            sentences: told(facts),
            alarm: facts.assessment.as_ref().and_then(alarm).map(|lines| lines.map(|line| capitalised(&line))),
            test: facts.test.as_deref(),
            parts: Vec::new(),
            mistakes_title: mistakes_title(facts),
            pairs: if matrix.is_some() { pairs(facts) } else { Vec::new() },
            matrix,
            mistakes,
            table,
            trust_title: trust_title(facts),
            trust,
            samples,
            sheets: facts.sheets.iter().map(|SheetFacts { name, picture }| Sheet { name, picture }).collect(),
            training,
            data: data(facts),
            model: model(facts),
            facts: &facts.training,
            filters: filters(facts),
            profile: facts.profile.as_ref().map(profile),
            counts: counts(facts),
            settings: facts.settings.trim_end(),
            command: facts.command.as_deref(),
            reproduce: (!facts.reproduce.is_empty()).then(|| facts.reproduce.join("\n")),
            notes: &facts.notes,
            version: &facts.version,
        };
        page.parts = page.sections();
        page
    }

    /// The sections that there are, in their order.
    fn sections(&self) -> Vec<[String; 2]> {
        let all = [
            (self.matrix.is_some() || !self.mistakes.is_empty(), "mistakes", self.mistakes_title),
            (self.table.is_some(), "classes", self.table.as_ref().map_or("", |table| table.title)),
            (!self.trust.is_empty(), "trust", self.trust_title),
            (!self.samples.is_empty(), "samples", "Sample predictions"),
            (!self.sheets.is_empty(), "sheets", "Generated images"),
            (!self.training.is_empty(), "training", "Training"),
            (true, "run", "The run"),
        ];
        all.into_iter().filter(|(there, ..)| *there).map(|(_, id, title)| [id.into(), title.into()]).collect()
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Lines below the name: what, of which data, when.
fn sub(facts: &Facts) -> Vec<String> {
    let fact = |name: &str| facts.training.iter().find(|fact| fact[0] == name).map(|fact| fact[1].as_str());
    let names = match facts.names.len() {
        0 => None,
        1 => Some(facts.names[0].clone()),
        count => Some(format!("{count} {}", kinds(facts))),
    };
    let what = [Some(facts.data.name.clone()), names, Some(facts.model.name.clone())];
    let first = what.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let when = [fact("Began").map(String::from), fact("Took").map(|took| format!("took {took}"))];
    let when = when.into_iter().flatten().collect::<Vec<_>>().join(", ");
    [first, when, fact("Device").map(String::from).unwrap_or_default()]
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect()
}

/// What the model's outputs are, in the plural.
fn kinds(facts: &Facts) -> &'static str {
    match &facts.measures {
        Some(Measures::Labels(_)) => "labels",
        Some(Measures::Values(_)) => "numbers",
        _ => "classes",
    }
}

fn told(facts: &Facts) -> Vec<String> {
    match &facts.assessment {
        Some(assessment) => sentences(assessment, &facts.what),
        None if !facts.sheets.is_empty() => {
            let epochs = match facts.history.epochs().len() {
                1 => "One epoch".into(),
                count => format!("{count} epochs"),
            };
            vec![format!("{epochs} of a generator; no measure says which is the best: look at its images.")]
        }
        None if facts.history.epochs().is_empty() => vec!["This run has not finished an epoch.".into()],
        None => vec!["This run has no verdict: it has not finished, or its answers were not kept.".into()],
    }
}

fn mistakes_title(facts: &Facts) -> &'static str {
    match &facts.measures {
        Some(Measures::Errors(_)) => "Images by error",
        Some(Measures::Values(_)) => "Where it is furthest off",
        _ => "What it gets wrong",
    }
}

fn trust_title(facts: &Facts) -> &'static str {
    match &facts.measures {
        Some(Measures::Errors(_)) => "Telling anomalies from normal images",
        Some(Measures::Values(_)) => "Predicted and true",
        _ => "How far to trust it",
    }
}

fn data(facts: &Facts) -> Data<'_> {
    let split = |split: &super::facts::SplitFacts| {
        [capitalised(&split.name), format!("{} {}", thousands(split.examples), facts.what)]
    };
    Data { name: &facts.data.name, source: &facts.data.source, splits: facts.data.splits.iter().map(split).collect() }
}

fn model(facts: &Facts) -> Model<'_> {
    let model = &facts.model;
    Model { name: &model.name, input: &model.input, parameters: thousands(model.parameters), layers: &model.layers }
}

fn filters(facts: &Facts) -> Option<Filters<'_>> {
    let filters = facts.filters.as_ref()?;
    let [count, height, width] = filters.size;
    let caption = format!(
        "{count} filters of {height} × {width} pixels of the layer “{}”. Grey is zero; each filter is drawn at its own full contrast.",
        filters.layer
    );
    Some(Filters { picture: &filters.picture, width: filters.width, caption })
}

/// Rows of bars that are shown; the others are one row.
const ROWS: usize = 12;

fn profile(profile: &ProfileFacts) -> Vec<Times> {
    let milliseconds = |seconds: f64| format!("{:.2} ms", seconds * 1e3);
    let times = |title, all: &[(String, f64)]| {
        let total: f64 = all.iter().map(|(_, time)| time).sum();
        let rows = shortened(all.iter().map(|(name, time)| (name.clone(), *time)).collect());
        let most = rows.iter().map(|(_, time)| *time).fold(f64::MIN_POSITIVE, f64::max);
        let row = |(name, time): (String, f64)| {
            (
                name,
                format!("{} · {:.1} %", milliseconds(time), 100.0 * time / total.max(f64::MIN_POSITIVE)),
                time / most,
            )
        };
        let note = format!("Median of {} training steps; {} on the device in all.", profile.steps, milliseconds(total));
        Times { title, note, rows: rows.into_iter().map(row).collect() }
    };
    let bytes: u64 = profile.memory.iter().map(|(_, bytes)| bytes).sum();
    let rows = shortened(profile.memory.iter().map(|(name, bytes)| (name.clone(), *bytes as f64)).collect());
    let most = rows.iter().map(|(_, bytes)| *bytes).fold(1.0, f64::max);
    let memory = Times {
        title: "Memory by buffer",
        note: format!("{} on the device, allocated once.", mib(bytes)),
        rows: rows.into_iter().map(|(name, bytes)| (name, mib(bytes as u64), bytes / most)).collect(),
    };
    let all = [times("Time by kernel", &profile.kernels), times("Time by layer", &profile.layers), memory];
    all.into_iter().filter(|times| !times.rows.is_empty()).collect()
}

/// The first rows, and the sum of the others.
fn shortened(mut rows: Vec<(String, f64)>) -> Vec<(String, f64)> {
    if rows.len() > ROWS {
        let rest = rows.split_off(ROWS - 1);
        rows.push((format!("{} others", rest.len()), rest.iter().map(|(_, value)| value).sum()));
    }
    rows
}

fn counts(facts: &Facts) -> Option<Counts> {
    let splits: Vec<_> = facts.data.splits.iter().filter(|split| split.classes.len() == facts.names.len()).collect();
    if splits.is_empty() || facts.names.is_empty() {
        return None;
    }
    let row = |(i, name): (usize, &String)| {
        (name.clone(), splits.iter().map(|split| thousands(split.classes[i])).collect::<Vec<String>>())
    };
    Some(Counts {
        names: splits.iter().map(|split| split.name.clone()).collect(),
        rows: facts.names.iter().enumerate().map(row).collect(),
    })
}
