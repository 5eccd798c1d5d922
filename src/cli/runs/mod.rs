//! `lepton-gpu runs`: a table of runs, the best of them, and what differs between some.

mod compare;
mod found;
mod noise;

use std::cmp::Ordering;
use std::path::Path;

use comfy_table::{CellAlignment, Table, presets};

use super::args::{BestArgs, ListArgs, RunsArgs, RunsCommand};
use super::{CliError, Exit};
use crate::config::FIELDS;
use crate::report::{Document, aside, say, seconds};
use found::Measured;
pub use found::{Found, State};

/// Keys of `--sort` and `--filter` besides settings.
const KEYS: [&str; 11] = ["date", "run", "data", "model", "task", "best", "test", "epochs", "time", "device", "state"];
/// Measures of which less is better.
const LESS_IS_BETTER: [&str; 5] = ["loss", "mae", "rmse", "ece", "normal_error"];

pub fn run(args: &RunsArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    match &args.command {
        None => list(&args.list),
        Some(RunsCommand::Best(args)) => best(args),
        Some(RunsCommand::Compare(args)) => compare::run(args, adapter),
    }
}

fn list(args: &ListArgs) -> Result<Exit, CliError> {
    let mut runs = filtered(&args.folder, &args.filter)?;
    check_key("--sort", &args.sort)?;
    runs.sort_by(|a, b| order(a, b, &args.sort).then(a.since().total_cmp(&b.since())).then(a.run.cmp(&b.run)));
    if args.json {
        say!("{:#}", Document::of(serde_json::json!({ "runs": runs })).value());
        return Ok(Exit::Done);
    }
    let mut table = table(&["run", "date (UTC)", "data", "model", "best", "test", "epochs", "time", "device", "state"]);
    for found in &runs {
        table.add_row(row(found, &args.folder));
    }
    say!("{table}");
    Ok(Exit::Done)
}

/// A table in the style of all others.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    for (column, name) in header.iter().enumerate() {
        if ["epochs", "time"].contains(name) {
            table.column_mut(column).expect("a column of the header").set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn row(found: &Found, listed: &Path) -> Vec<String> {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let epochs = match found.of_epochs {
        Some(all) => format!("{}/{all}", found.epochs),
        None => found.epochs.to_string(),
    };
    vec![
        found.name(listed),
        found.began(),
        found.data.clone(),
        found.model.clone(),
        in_words(&found.best),
        in_words(&found.test),
        epochs,
        seconds(found.seconds),
        or_none(&found.device),
        found.state.word().into(),
    ]
}

/// `accuracy 0.9012`.
pub fn in_words(measured: &Option<Measured>) -> String {
    measured.as_ref().map_or("-".into(), |own| format!("{} {:.4}", found::name_of(&own.measure), own.value))
}

/// The runs below a folder that pass every filter.
fn filtered(folder: &Path, filters: &[String]) -> Result<Vec<Found>, CliError> {
    let mut wanted = Vec::new();
    for filter in filters {
        let (key, value) = filter.split_once('=').ok_or_else(|| {
            CliError::Usage(format!("invalid --filter {filter}: expected KEY=VALUE\n  try: --filter state=finished"))
        })?;
        check_key("--filter", key)?;
        wanted.push((key, value));
    }
    if !folder.is_dir() {
        let folder = folder.display();
        return Err(CliError::Usage(format!("{folder} is not a folder of runs\n  try: lepton-gpu runs FOLDER")));
    }
    let mut runs = found::below(folder)?;
    let all = runs.len();
    runs.retain(|found| wanted.iter().all(|(key, value)| found.value(key).is_some_and(|own| is_like(&own, value))));
    match (runs.len(), all) {
        (0, 0) => {
            Err(CliError::Usage(format!("there are no runs in {}\n  try: lepton-gpu runs FOLDER", folder.display())))
        }
        (0, _) => Err(CliError::Usage(format!(
            "none of the {all} runs in {} passes the filter\n  try: another --filter",
            folder.display()
        ))),
        _ => Ok(runs),
    }
}

/// Whether a run's value is what was asked for: numbers are equal, texts hold it.
fn is_like(own: &str, wanted: &str) -> bool {
    match (own.parse::<f64>(), wanted.parse::<f64>()) {
        (Ok(own), Ok(wanted)) => own == wanted,
        _ => own.to_lowercase().contains(&wanted.to_lowercase()),
    }
}

fn check_key(flag: &'static str, key: &str) -> Result<(), CliError> {
    let settings = || FIELDS.iter().map(|setting| setting.field.key);
    // tables have keys of their own below them
    if KEYS.contains(&key) || settings().any(|own| own == key || key.starts_with(&format!("{own}."))) {
        return Ok(());
    }
    Err(CliError::unknown(
        if flag == "--sort" { "key of --sort" } else { "key of --filter" },
        key,
        KEYS.into_iter().chain(settings()),
        &[],
    ))
}

/// Which of two runs comes first: the worse one, the smaller number, or the earlier text.
fn order(a: &Found, b: &Found, key: &str) -> Ordering {
    let measured = |found: &Found| match key {
        "best" => found.best.clone(),
        "test" => found.test.clone(),
        _ => None,
    };
    if ["best", "test"].contains(&key) {
        return match (measured(a), measured(b)) {
            (Some(a), Some(b)) if a.measure == b.measure => {
                goodness(&a.measure, a.value).total_cmp(&goodness(&b.measure, b.value))
            }
            (a, b) => a.map(|own| own.measure).cmp(&b.map(|own| own.measure)),
        };
    }
    by_value(&a.value(key), &b.value(key))
}

/// Numbers by size, before texts in their order, so that all of them have one order.
fn by_value(a: &Option<String>, b: &Option<String>) -> Ordering {
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (x, y) => y.is_some().cmp(&x.is_some()).then_with(|| a.cmp(b)),
    }
}

/// A measure's value so that more is better.
fn goodness(measure: &str, value: f64) -> f64 {
    if LESS_IS_BETTER.contains(&measure) { -value } else { value }
}

fn best(args: &BestArgs) -> Result<Exit, CliError> {
    let runs = filtered(&args.folder, &args.filter)?;
    let judged: Vec<(&Found, Measured)> =
        runs.iter().filter_map(|found| Some((found, measured(found, args.by.as_deref())?))).collect();
    let kinds = |of: &dyn Fn(&(&Found, Measured)) -> String| {
        let mut kinds: Vec<String> = judged.iter().map(of).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    let (measures, data) = (kinds(&|(_, own)| own.measure.clone()), kinds(&|(found, _)| found.data.clone()));
    let best =
        judged.iter().max_by(|a, b| goodness(&a.1.measure, a.1.value).total_cmp(&goodness(&b.1.measure, b.1.value)));
    let Some((found, own)) = best else {
        let what = args.by.as_deref().unwrap_or("any measure");
        return Err(CliError::Usage(format!("no epoch of these {} runs has {what}\n  try: --by loss", runs.len())));
    };
    if let [_, _, ..] = measures[..] {
        let problem = format!("their best epochs were chosen by {}", measures.join(" and by "));
        return Err(CliError::Usage(format!("these runs cannot be ranked: {problem}\n  try: --by {}", measures[0])));
    }
    if let [_, _, ..] = data[..] {
        let way = crate::report::shell_word(&format!("data={}", data[0]));
        return Err(CliError::Usage(format!(
            "these runs cannot be ranked: they were trained on {}\n  try: --filter {way}",
            data.join(" and ")
        )));
    }
    if args.json {
        say!("{:#}", Document::of(serde_json::json!({ "best": found, "by": own, "of": judged.len() })).value());
        return Ok(Exit::Done);
    }
    say!("{}", found.run.display());
    let epoch = own.epoch.map_or(String::new(), |epoch| format!(", epoch {epoch}"));
    // beside the folder, which other programs read
    aside!("{}{epoch}: the best of {} runs", in_words(&Some(own.clone())), judged.len());
    Ok(Exit::Done)
}

/// A run's value of a measure in its best epoch; of its own measure where none is named.
fn measured(found: &Found, by: Option<&str>) -> Option<Measured> {
    let own = found.best.clone()?;
    match by {
        None => Some(own),
        Some(measure) => {
            let key = measure.replace('-', "_");
            Some(Measured { value: found.validation[&key].as_f64()?, measure: key, epoch: own.epoch })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_have_one_order() {
        let mut values = ["1a", "10", "b", "2", "-1"].map(|text| Some(text.to_string()));
        values.sort_by(by_value);
        assert_eq!(values.map(Option::unwrap), ["-1", "2", "10", "1a", "b"]);
    }
}
