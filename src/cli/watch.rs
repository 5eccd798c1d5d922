//! `lepton-gpu watch`: a run that another process trains, from its log.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::args::WatchArgs;
use super::sweep::PLAN;
use super::{CliError, Exit};
use crate::platform::files;
use crate::report::watch::{self, Follower, LOG, Stage, Watched};
use crate::report::{is_written, say, shell_word, to_continue};

/// How often the log is looked at.
const OFTEN: Duration = Duration::from_millis(200);

pub fn run(args: &WatchArgs) -> Result<Exit, CliError> {
    if args.run.is_file() {
        let path = args.run.display();
        return Err(CliError::Usage(format!("{path} is a file; a run is a folder\n  try: lepton-gpu watch RUN")));
    }
    refuse_sweep(&args.run)?;
    if args.web {
        super::web::serve(&args.run, LOG, args.port)?;
        return Ok(Exit::Done);
    }
    if !watch::is_possible() {
        return lines(&args.run);
    }
    // the terminal is given back first, whatever asks for the end
    let asked = Arc::new(AtomicBool::new(false));
    let handle = asked.clone();
    let _ = ctrlc::set_handler(move || handle.store(true, Ordering::Relaxed));
    let seen =
        watch::visit(&args.run, || asked.load(Ordering::Relaxed)).map_err(CliError::file(&args.run.join(LOG)))?;
    let run = args.run.display();
    match seen.watched.messages.last() {
        None => say!("{run}: no run yet"),
        Some(message) => {
            let state = if seen.is_running { "it is running" } else { "no process is training it" };
            let state = if seen.watched.stage == Stage::Finished { "it has finished" } else { state };
            say!("{run}: {state}; last: {}", message.text);
        }
    }
    Ok(if seen.is_interrupted { Exit::Interrupted } else { Exit::Done })
}

/// A sweep has runs, and is none.
fn refuse_sweep(folder: &Path) -> Result<(), CliError> {
    if !folder.join(PLAN).is_file() || folder.join(LOG).exists() {
        return Ok(());
    }
    let mut runs: Vec<_> = files::entries(folder).into_iter().filter(|run| run.join(LOG).is_file()).collect();
    runs.sort();
    // the one that is being trained, or else the last
    let one = runs.iter().rfind(|run| is_written(&run.join(LOG)) == Some(true)).or(runs.last());
    let one = one.cloned().unwrap_or_else(|| folder.join("01"));
    Err(CliError::Usage(format!(
        "{} is a sweep, and watch shows a run\n  try: lepton-gpu watch {}",
        folder.display(),
        shell_word(&one.display().to_string())
    )))
}

/// Where there is no terminal, what happens is printed line by line until no process writes the log any more.
fn lines(run: &Path) -> Result<Exit, CliError> {
    let log = run.join(LOG);
    if !log.exists() {
        let run = run.display();
        return Err(CliError::Usage(format!(
            "no run in {run}: it has no {LOG}\n  try: on a terminal, watch waits for it"
        )));
    }
    let (mut watched, mut follower) = (Watched::default(), Follower::new(&log));
    loop {
        // asked first: what was written before it ended is there then
        let is_over = is_written(&log) != Some(true);
        let news = follower.read().map_err(CliError::file(&log))?;
        if news.anew {
            watched = Watched::default();
        }
        let told = watched.messages.len();
        news.entries.iter().for_each(|entry| watched.take(entry));
        for message in &watched.messages[told..] {
            match message.clock() {
                clock if clock.is_empty() => say!("{}", message.text),
                clock => say!("{clock} UTC  {}", message.text),
            }
        }
        match (news.more, is_over) {
            (true, _) => {}
            (false, true) => break,
            (false, false) => std::thread::sleep(OFTEN),
        }
    }
    if watched.stage != Stage::Finished {
        say!("no process is training it; {}", to_continue(&run.display().to_string()));
    }
    Ok(Exit::Done)
}
