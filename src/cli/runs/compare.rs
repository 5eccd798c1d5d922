//! `runs compare`: what differs between runs, what came of it, and whether that is more than chance.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::super::args::CompareArgs;
use super::super::error::save_png;
use super::super::{CliError, Exit, open};
use super::found::{Found, name_of};
use super::noise;
use super::{row, table};
use crate::checkpoint::write_atomically;
use crate::metrics::Criterion;
use crate::report::chart::{Drawing, Ink, Lines, SIZE, Scale, Series, lines};
use crate::report::{Document, History, listed, say};

/// Colours of runs.
const INKS: [Ink; 5] = [Ink::A, Ink::B, Ink::C, Ink::D, Ink::E];
/// Settings that say where something is, or follow from others.
const NO_CHOICES: [&str; 2] = ["init_sha256", "labels_sha256"];

pub fn run(args: &CompareArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    for folder in &args.runs {
        if !folder.join("config.toml").is_file() {
            let folder = folder.display();
            return Err(CliError::Usage(format!(
                "{folder} is not a run: it has no config.toml\n  try: lepton-gpu runs, which lists them"
            )));
        }
    }
    if let Some(out) = args.plot.as_ref().filter(|out| !out.extension().is_some_and(|end| end == "svg" || end == "png"))
    {
        let out = out.display();
        return Err(CliError::Usage(format!("--plot {out}: expected a .png or .svg\n  try: --plot compare.png")));
    }
    let runs: Vec<Found> = args.runs.iter().map(|folder| Found::of(folder)).collect();
    let names: Vec<String> = runs.iter().map(|found| found.name(Path::new("runs"))).collect();
    let settings = differing(&runs);
    let noise = if args.no_eval { Vec::new() } else { noise::tests(&args.runs, || Ok(open(adapter)?))? };
    if let Some(out) = &args.plot {
        draw(&runs, &names, out)?;
    }
    if args.json {
        let different: serde_json::Map<_, _> =
            settings.iter().map(|(key, values)| (key.clone(), json!(values))).collect();
        say!("{:#}", Document::of(json!({ "runs": runs, "settings": different, "noise": noise })).value());
        return Ok(Exit::Done);
    }
    print_settings(&settings, &names);
    let mut results =
        table(&["run", "date (UTC)", "data", "model", "best", "test", "epochs", "time", "device", "state"]);
    runs.iter().for_each(|found| {
        results.add_row(row(found, Path::new("runs")));
    });
    say!("\n{results}\n");
    for (number, noise) in (1..).zip(&noise) {
        noise.told(&names[0], &names[number]).iter().for_each(|line| say!("{line}"));
    }
    if let Some(out) = &args.plot {
        say!("curves: {}", out.display());
    }
    Ok(Exit::Done)
}

/// The settings in which runs differ, with the value of each; none where a run leaves it out.
fn differing(runs: &[Found]) -> Vec<(String, Vec<Option<String>>)> {
    let keys: BTreeSet<&String> = runs.iter().flat_map(|found| found.settings.keys()).collect();
    let choices = keys.into_iter().filter(|key| !NO_CHOICES.contains(&key.as_str()));
    let valued = choices.map(|key| (key.clone(), runs.iter().map(|found| found.setting(key)).collect::<Vec<_>>()));
    valued.filter(|(_, values)| values.iter().any(|value| *value != values[0])).collect()
}

fn print_settings(settings: &[(String, Vec<Option<String>>)], names: &[String]) {
    if settings.is_empty() {
        return say!("the settings are the same");
    }
    let header: Vec<&str> = std::iter::once("setting").chain(names.iter().map(String::as_str)).collect();
    let mut table = table(&header);
    for (key, values) in settings {
        let cells = values.iter().map(|value| value.clone().unwrap_or_else(|| "-".into()));
        table.add_row(std::iter::once(key.clone()).chain(cells).collect::<Vec<String>>());
    }
    say!("{table}");
}

/// Losses, and the measure of each run's best epoch, over epochs, in one picture.
fn draw(runs: &[Found], names: &[String], out: &Path) -> Result<(), CliError> {
    let histories: Vec<History> = runs.iter().map(|found| History::of(&found.log)).collect();
    let measure = runs.iter().find_map(|found| found.best.as_ref()).map_or("accuracy", |best| best.measure.as_str());
    let of = |key: &str| -> Vec<Series> {
        let all = histories.iter().zip(names).zip(INKS.iter().cycle());
        let one = all.map(|((history, name), ink)| {
            let value = |told: &crate::report::EpochTold| told.validation.get(key).copied();
            let points = (1..).map(f64::from).zip(history.epochs()).filter_map(|(x, told)| Some([x, value(told)?]));
            Series::new(name, points.collect(), *ink)
        });
        one.filter(|series| !series.points.is_empty()).collect()
    };
    let chart = |title: &str, key: &str, scale: Scale| {
        let series = of(key);
        (!series.is_empty()).then(|| lines(&Lines::around(title, ("epoch", Scale::Whole), ("", scale), series), SIZE))
    };
    let words = name_of(measure);
    let shares = Criterion::of_column(measure).is_some_and(Criterion::is_share);
    let scale = if shares { Scale::Share } else { Scale::Linear };
    let second = if measure == "loss" { None } else { chart(&format!("Validation {words}"), measure, scale) };
    let parts: Vec<Drawing> = chart("Validation loss", "loss", Scale::Linear).into_iter().chain(second).collect();
    if parts.is_empty() {
        return Err(CliError::Usage("--plot: none of the runs has validated an epoch\n  try: without --plot".into()));
    }
    let drawing = Drawing::beside(listed(names), &parts);
    if out.extension().is_some_and(|end| end == "svg") {
        Ok(write_atomically(out, drawing.to_svg().as_bytes())?)
    } else {
        save_png(&drawing.to_picture(), out)
    }
}
