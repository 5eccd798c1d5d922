//! `lepton-gpu data`

use std::io::IsTerminal;

use comfy_table::{CellAlignment, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

use super::args::{DataArgs, DataCommand};
use super::{CliError, Exit, pictures};
use crate::data::{self, FetchOptions, LoadOptions, Places, Progress, TableOptions, fetch, known};
use crate::plan::thousands;
use crate::report::say;

pub fn run(args: &DataArgs) -> Result<Exit, CliError> {
    match &args.command {
        DataCommand::List => list(),
        DataCommand::Check { data, table } => return check(data, table.options()?),
        DataCommand::Fetch { name, into } => {
            let options = FetchOptions { into: into.clone(), ..FetchOptions::default() };
            let mut bars = Bars::default();
            let folder = fetch(name, &options, &mut |progress| bars.show(&progress))?;
            bars.finish();
            say!("{name} is in {}", folder.display());
        }
    }
    Ok(Exit::Done)
}

fn list() {
    for known in known::all() {
        let [h, w, c] = known.image_shape();
        let counts = format!("{} + {}", thousands(known.train_count as u64), thousands(known.test_count as u64));
        say!(
            "{:<14} {counts} images, {h}x{w}x{c}, {} classes: {} ({})",
            known.name,
            known.classes.len(),
            known.title,
            known.license
        );
    }
}

/// Prints what is in a data set. Unreadable images make the exit code 1.
fn check(spec: &str, table: TableOptions) -> Result<Exit, CliError> {
    let options = LoadOptions { table, ..LoadOptions::default() };
    let report = pictures::with_bar(|on_pictures| Ok(data::check(spec, &options, &Places::from_env(), on_pictures)?))?;
    let count = |count: usize| thousands(count as u64);
    say!("{spec}: {} images, {} classes", count(report.images), report.classes.len());
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["class", "training", "validation", "test"]);
    for class in &report.classes {
        let counts = class.counts.map(count);
        table.add_row([&class.name, &counts[0], &counts[1], &counts[2]]);
    }
    (1..4).for_each(|i| table.column_mut(i).expect("four columns").set_cell_alignment(CellAlignment::Right));
    say!("{table}");
    let sizes: Vec<String> =
        report.sizes.iter().take(5).map(|((w, h), n)| format!("{w}x{h} ({})", count(*n))).collect();
    let more = report.sizes.len().saturating_sub(5);
    let more = if more > 0 { format!(" and {more} other sizes") } else { String::new() };
    say!("sizes    {}{more} (width x height)", sizes.join(", "));
    if let Some((most, fewest)) = report
        .extremes()
        .filter(|(most, fewest)| most.counts[0] as f64 >= data::UNEQUAL * fewest.counts[0].max(1) as f64)
    {
        say!(
            "balance  imbalanced: `{}` has {} training images, `{}` has {}; consider train --class-weights balanced",
            most.name,
            count(most.counts[0]),
            fewest.name,
            count(fewest.counts[0])
        );
    }
    report.notes.iter().for_each(|note| say!("note     {note}"));
    report.damaged.iter().for_each(|damaged| say!("damaged  {}: {}", damaged.path.display(), damaged.reason));
    if report.damaged.is_empty() {
        return Ok(Exit::Done);
    }
    say!(
        "cannot be read: {} of {} images (train --skip-damaged skips them)",
        count(report.damaged.len()),
        count(report.damaged.len() + report.images)
    );
    Ok(Exit::GoalNotMet)
}

/// One bar a file on a terminal, one line a file elsewhere.
#[derive(Default)]
pub struct Bars {
    file: String,
    bar: Option<ProgressBar>,
}

impl Bars {
    pub fn show(&mut self, progress: &Progress) {
        if progress.file != self.file {
            self.finish();
            self.file.clone_from(&progress.file);
            if std::io::stdout().is_terminal() {
                let style =
                    ProgressStyle::with_template("{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} ETA {eta}")
                        .expect("the template is valid");
                let bar = ProgressBar::new(progress.total_bytes).with_style(style.progress_chars("=>."));
                self.bar = Some(bar.with_message(self.file.clone()));
            } else {
                say!("{} ({} bytes)", progress.file, thousands(progress.total_bytes));
            }
        }
        if let Some(bar) = &self.bar {
            bar.set_position(progress.done_bytes);
        }
    }

    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
    }
}
