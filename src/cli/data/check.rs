//! `lepton-gpu data check`

use std::collections::BTreeMap;
use std::path::Path;

use comfy_table::{CellAlignment, Table, presets};

use super::super::args::{LayoutOptions, flags};
use super::super::{CliError, Exit, pictures};
use super::suspects;
use crate::data::doctor::{MOST_LOOKS, Problem, Report, check as check_data};
use crate::data::{Damaged, FEW, ImageOptions, LoadOptions, Places, TableOptions, UNEQUAL, advised_weights};
use crate::defaults::{Aim, LARGEST_SIDE};
use crate::plan::thousands;
use crate::report::say;
use crate::report::shell_word;

/// Lines of a kind that are shown where not all of them are asked for.
const SHOWN: usize = 8;

/// Prints what is in a data set and what is wrong with it. What would spoil training or its figures makes the exit code 1.
/// `run` is a run with the adapter to ask it on.
pub fn check(
    spec: &str,
    (table, layout): (&TableOptions, &LayoutOptions),
    all: bool,
    run: Option<(&Path, Option<&str>)>,
) -> Result<Exit, CliError> {
    let images = ImageOptions { layout: layout.layout, ..ImageOptions::default() };
    let options = LoadOptions { table: table.clone(), images, ..LoadOptions::default() };
    let report = pictures::with_bar(|on_pictures| Ok(check_data(spec, &options, &Places::from_env(), on_pictures)?))?;
    let shown = if all { usize::MAX } else { SHOWN };
    overview(spec, &report);
    balance(&report);
    copies(&report, shown);
    if let Some((run, adapter)) = run {
        suspects::print(spec, (table, layout), run, adapter, shown)?;
    }
    report.notes.iter().for_each(|note| say!("note     {note}"));
    unread(&report, shown);
    next(spec, (table, layout), &report);
    Ok(if report.is_sick() { Exit::GoalNotMet } else { Exit::Done })
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
            table.add_row([&class.name, &counts[0], &counts[1], &counts[2]]);
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
    if let Some((most, fewest)) =
        report.extremes().filter(|(most, fewest)| most.counts[0] as f64 >= UNEQUAL * fewest.counts[0] as f64)
    {
        let ratio = most.counts[0] as f64 / fewest.counts[0] as f64;
        let advice = match advised_weights(ratio, report.what == "images") {
            Some(weights) => format!("train weights the classes (--class-weights {weights})"),
            None => "look at macro F1 beside accuracy".into(),
        };
        say!(
            "balance  imbalanced {ratio:.0}:1: `{}` has {} training {}, `{}` has {}; {advice}",
            most.name,
            count(most.counts[0]),
            report.what,
            fewest.name,
            count(fewest.counts[0])
        );
    }
    let mut plain: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for class in &report.classes {
        let squeezed: Vec<String> = class.name.to_lowercase().split([' ', '_', '-']).map(String::from).collect();
        plain.entry(squeezed.concat()).or_default().push(&class.name);
    }
    for names in plain.values().filter(|names| names.len() > 1) {
        let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        say!("names    {} differ only in case, spaces or dashes: one class?", quoted.join(" and "));
    }
    let of = |wanted: &dyn Fn(usize) -> bool| {
        let found = report.classes.iter().filter(|class| wanted(class.counts[0]));
        found.map(|class| format!("`{}` ({})", class.name, class.counts[0])).collect::<Vec<_>>()
    };
    let tiny = of(&|count| count < FEW);
    if !tiny.is_empty() {
        let (first, more) = (tiny.iter().take(SHOWN).cloned().collect::<Vec<_>>(), tiny.len().saturating_sub(SHOWN));
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        say!("tiny     fewer than {FEW} training {}: {}{more}", report.what, first.join(", "));
    }
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
        say!("         the first one is in {folder}: --images {}", shell_word(&folder));
    }
    list("damaged", "cannot be read", &report.damaged, usize::MAX);
}

/// The command to run next.
fn next(spec: &str, (table, layout): (&TableOptions, &LayoutOptions), report: &Report) {
    let mut words = vec!["lepton-gpu".to_string(), String::new(), shell_word(spec)];
    words.extend(flags(table).iter().chain(&flags(layout)).map(|word| shell_word(word)));
    let one = report.aim == Aim::Classes && report.classes.len() < 2;
    let trained: usize = report.classes.iter().map(|class| class.counts[0]).sum();
    if let Some(folder) = report.elsewhere.first().filter(|_| report.images == 0) {
        words[1] = "data check".into();
        words.extend(["--images".into(), shell_word(&folder.display().to_string())]);
    } else if one {
        say!("next     images of another class: with one class there is nothing to tell apart");
        return;
    } else if report.images == 0 || trained == 0 && report.aim != Aim::Numbers {
        return;
    } else if report.findings.iter().any(|finding| finding.problem != Problem::Labels) && can_be_divided(report) {
        words[1] = "data split".into();
        words.extend(["--out".into(), "split.csv".into()]);
    } else {
        words[1] = "train".into();
        if !report.damaged.is_empty() || !report.missing.is_empty() {
            words.push("--skip-damaged".into());
        }
    }
    say!("next     {}", words.join(" "));
}

/// Whether `data split` can keep copies together: each example is a file or a text.
fn can_be_divided(report: &Report) -> bool {
    report.what == "texts" || report.is_listed
}
