//! `lepton-gpu data`

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{DataArgs, DataCommand};
use super::{CliError, Exit};
use crate::data::{FetchOptions, Progress, fetch, known};
use crate::plan::thousands;
use crate::report::say;
use check::Show;

mod check;
mod checked;
mod split;
mod suspects;

pub fn run(args: &DataArgs) -> Result<Exit, CliError> {
    match &args.command {
        DataCommand::List => list(),
        DataCommand::Check { data, all, json, run, device, table, layout } => {
            let run = run.as_deref().map(|run| (run, device.adapter.as_deref()));
            let show = if *json { Show::Json } else { Show::Text { all: *all } };
            return check::check(data, (&table.options()?, &layout.options()?), show, run);
        }
        DataCommand::Split(args) => return split::split(args),
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
