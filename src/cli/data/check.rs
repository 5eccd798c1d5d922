//! `lepton-gpu data check`

use std::path::Path;

use comfy_table::{CellAlignment, Table, presets};

use super::super::args::{LayoutOptions, flags};
use super::super::hint::tries;
use super::super::{CliError, Exit, pictures};
use super::checked::document;
use super::suspects;
use crate::data::doctor::{ClassCount, MOST_LOOKS, Problem, Report, check as check_data};
use crate::data::names::visible;
use crate::data::{Damaged, FEW, ImageOptions, LoadOptions, Places, TableOptions, UNEQUAL, advised_weights};
use crate::defaults::{Aim, LARGEST_SIDE};
use crate::hint::Hints;
use crate::plan::thousands;
use crate::report::{Document, say, shell_word};

/// How it is told.
#[derive(Clone, Copy, Debug)]
pub enum Show {
    /// As text, with every copy and missing file or the first few.
    Text {
        /// Whether all are named.
        all: bool,
    },
    /// As a document.
    Json,
}

/// Lines of a kind that are shown where not all of them are asked for.
const SHOWN: usize = 8;

/// Prints what is in a data set and what is wrong with it. What would spoil training or its figures makes the exit code 1.
/// `run` is a run with the adapter to ask it on.
pub fn check(
    spec: &str,
    (table, layout): (&TableOptions, &LayoutOptions),
    show: Show,
    run: Option<(&Path, Option<&str>)>,
) -> Result<Exit, CliError> {
    let images = ImageOptions { layout: layout.layout, ..ImageOptions::default() };
    let options = LoadOptions { table: table.clone(), images, ..LoadOptions::default() };
    let report = pictures::with_bar(|on_pictures| Ok(check_data(spec, &options, &Places::from_env(), on_pictures)?))?;
    let doubted = run.map(|(run, adapter)| suspects::find(spec, (table, layout), run, adapter)).transpose()?;
    let outcome = if report.is_sick() { Exit::GoalNotMet } else { Exit::Done };
    let shown = match show {
        Show::Json => {
            say!("{:#}", Document::of(document(spec, (table, layout), &report, doubted.as_ref())).value());
            return Ok(outcome);
        }
        Show::Text { all: true } => usize::MAX,
        Show::Text { all: false } => SHOWN,
    };
    overview(spec, &report);
    balance(&report);
    copies(&report, shown);
    doubted.iter().for_each(|doubted| doubted.say(shown));
    report.notes.iter().for_each(|note| say!("note     {note}"));
    unread(&report, shown);
    let Advice { stops, next } = advice(spec, (table, layout), &report);
    stops.iter().for_each(|stops| say!("stops    train: {stops}"));
    next.iter().for_each(|next| say!("next     {next}"));
    Ok(outcome)
}

fn count(count: usize) -> String {
    thousands(count as u64)
}

/// `1 class`, `2 classes`.
fn several(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

fn overview(spec: &str, report: &Report) {
    let classes = report.classes.len();
    let learned = match report.aim {
        Aim::Labels => several(classes, "label", "labels"),
        Aim::Numbers => several(classes, "number to predict", "numbers to predict"),
        _ => several(classes, "class", "classes"),
    };
    say!("{spec}: {} {}, {learned}", count(report.images), report.what);
    if report.aim != Aim::Numbers {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["class", "training", "validation", "test"]);
        for class in &report.classes {
            let counts = class.counts.map(count);
            table.add_row([&visible(&class.name), &counts[0], &counts[1], &counts[2]]);
        }
        (1..4).for_each(|i| table.column_mut(i).expect("four columns").set_cell_alignment(CellAlignment::Right));
        say!("{table}");
    }
    if !report.sizes.is_empty() {
        let sizes: Vec<String> =
            report.sizes.iter().take(5).map(|((w, h), n)| format!("{w}x{h} ({})", count(*n))).collect();
        let more = report.sizes.len().saturating_sub(5);
        let more = if more > 0 { format!(" and {more} other sizes") } else { String::new() };
        say!("sizes    {}{more} (width x height)", sizes.join(", "));
    }
    if let Some(side) = report.side().filter(|&side| side as usize >= FAR_ABOVE * LARGEST_SIDE) {
        say!(
            "sizes    the shorter side is {side} pixels in the middle, but models see at most {LARGEST_SIDE} unless --size says \
             more: small details are lost, and decoding takes most of the first start"
        );
    }
}

/// Pictures are far above a model's size from so many times its side.
const FAR_ABOVE: usize = 4;

fn balance(report: &Report) {
    if report.aim == Aim::Numbers {
        return;
    }
    if let Some((_, _, ratio)) = overall(report)
        && let Some((most, fewest)) = report.extremes()
    {
        let advice = match advised_weights(ratio, report.what == "images") {
            Some(weights) => format!("train weights the classes (--class-weights {weights})"),
            None => "look at macro F1 beside accuracy".into(),
        };
        say!(
            "balance  imbalanced {ratio:.0}:1: `{}` has {} training {}, `{}` has {}; {advice}",
            visible(&most.name),
            count(most.counts[0]),
            report.what,
            visible(&fewest.name),
            count(fewest.counts[0])
        );
    }
    for names in report.alike_names() {
        let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", visible(name))).collect();
        let how = "differ only in case, spaces, dashes, how a number is written, or signs that nobody sees";
        say!("names    {} {how}: one class?", quoted.join(" and "));
    }
    let tiny: Vec<String> =
        tiny(report).map(|class| format!("`{}` ({})", visible(&class.name), class.counts[0])).collect();
    if !tiny.is_empty() {
        let (first, more) = (tiny.iter().take(SHOWN).cloned().collect::<Vec<_>>(), tiny.len().saturating_sub(SHOWN));
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        say!("tiny     fewer than {FEW} training {}: {}{more}", report.what, first.join(", "));
    }
}

/// The classes with the most and the fewest training examples, and how many times as many, if they are unequal.
pub fn overall(report: &Report) -> Option<(&str, &str, f64)> {
    let (most, fewest) = report.extremes().filter(|_| report.aim != Aim::Numbers)?;
    let ratio = most.counts[0] as f64 / fewest.counts[0] as f64;
    (ratio >= UNEQUAL).then_some((&most.name, &fewest.name, ratio))
}

/// Classes that are too small to learn.
pub fn tiny(report: &Report) -> impl Iterator<Item = &ClassCount> {
    report.classes.iter().filter(|class| report.aim != Aim::Numbers && class.counts[0] < FEW)
}

fn copies(report: &Report, shown: usize) {
    let sections = [
        (Problem::Leak, "leak", "in more than one split, so the figures are too good"),
        (Problem::Labels, "labels", "with different labels"),
        (Problem::Copies, "copies", "of one split and label"),
    ];
    for (problem, heading, what) in sections {
        let found: Vec<_> = report.found(problem).collect();
        let exact = found.iter().filter(|finding| finding.is_exact).count();
        if found.is_empty() {
            continue;
        }
        let near = found.len() - exact;
        let kinds = [(exact, "the same"), (near, "nearly the same")];
        let kinds: Vec<String> = kinds
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, how)| format!("{} {how}", several(*n, "group", "groups")))
            .collect();
        say!("{heading:<8} {} {what}: {}", report.what, kinds.join(", "));
        found.iter().take(shown).for_each(|finding| say!("         {finding}"));
        more(found.len(), shown);
    }
    if report.images > MOST_LOOKS && report.sizes.len() > 1 {
        say!("note     of more than {} images only equal ones are compared, not similar ones", count(MOST_LOOKS));
    }
}

pub fn more(found: usize, shown: usize) {
    if found > shown {
        say!("         and {} more (--all names them)", count(found - shown));
    }
}

fn unread(report: &Report, shown: usize) {
    let total = report.images + report.damaged.len() + report.missing.len();
    let list = |heading: &str, what: &str, all: &[Damaged], shown: usize| {
        if all.is_empty() {
            return;
        }
        say!(
            "{heading:<8} {what}: {} of {} {} (train --skip-damaged skips them)",
            count(all.len()),
            count(total),
            report.what
        );
        all.iter().take(shown).for_each(|one| say!("         {}: {}", one.place, one.reason));
        more(all.len(), shown);
    };
    list("missing", "no such file", &report.missing, shown.min(if shown == SHOWN { 3 } else { shown }));
    for folder in report.elsewhere.iter().take(2) {
        let folder = folder.display().to_string();
        say!("         they are in {folder}: --images {}", shell_word(&folder));
    }
    list("damaged", "cannot be read", &report.damaged, usize::MAX);
}

/// What to do.
pub struct Advice {
    /// Why training would stop before its first step.
    pub stops: Option<String>,
    /// The command to run next, or another way out.
    pub next: Option<String>,
}

/// What stops training, and what to do next.
pub fn advice(spec: &str, (table, layout): (&TableOptions, &LayoutOptions), report: &Report) -> Advice {
    let command = |name: &str, table: &TableOptions, more: &[String]| {
        let flags: Vec<String> = flags(table).into_iter().chain(flags(layout)).collect();
        let words = [spec.to_string()].into_iter().chain(flags).chain(more.iter().cloned());
        let words: Vec<String> = words.map(|word| shell_word(&word)).collect();
        Some(format!("lepton-gpu {name} {}", words.join(" ")))
    };
    if let Some(folder) = report.elsewhere.first().filter(|_| report.images == 0) {
        // where images are is said once
        let table = TableOptions { images: Some(folder.display().to_string()), ..table.clone() };
        return Advice { stops: None, next: command("data check", &table, &[]) };
    }
    if let Some(refusal) = &report.refusal {
        let next = tries(&refusal.hints());
        return Advice { stops: Some(refusal.to_string()), next: (!next.is_empty()).then_some(next) };
    }
    let trained: usize = report.classes.iter().map(|class| class.counts[0]).sum();
    let next = if report.images == 0 || trained == 0 && report.aim != Aim::Numbers {
        None
    } else if is_worth_dividing(report) && report.can_be_divided() {
        command("data split", table, &["--out".into(), "split.csv".into()])
    } else {
        let is_whole = report.damaged.is_empty() && report.missing.is_empty();
        let skipping = ["--skip-damaged".to_string()];
        command("train", table, if is_whole { &[] } else { &skipping })
    };
    Advice { stops: None, next }
}

/// Whether a new split mends something: copies are in several, or may come to be as long as there are none.
fn is_worth_dividing(report: &Report) -> bool {
    let has_splits = report.classes.iter().any(|class| class.counts[1] + class.counts[2] > 0);
    report.found(Problem::Leak).next().is_some() || !has_splits && report.found(Problem::Copies).next().is_some()
}
