//! `lepton-gpu watch`: a run that another process trains, from its log.

use std::path::Path;
use std::time::Duration;

use super::args::WatchArgs;
use super::{CliError, Exit};
use crate::report::watch::{Follower, Stage, Watched};
use crate::report::{is_written, say};

/// The log of a run, in its folder.
const LOG: &str = "events.jsonl";
/// How often the log is looked at.
const OFTEN: Duration = Duration::from_millis(200);

pub fn run(args: &WatchArgs) -> Result<Exit, CliError> {
    if args.run.is_file() {
        let path = args.run.display();
        return Err(CliError::Usage(format!("{path} is a file; a run is a folder\n  try: lepton-gpu watch RUN")));
    }
    lines(&args.run)
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
            say!("{}", format!("{}  {}", message.clock(), message.text).trim());
        }
        match (news.more, is_over) {
            (true, _) => {}
            (false, true) => break,
            (false, false) => std::thread::sleep(OFTEN),
        }
    }
    if watched.stage != Stage::Finished {
        say!("no process is training it; to continue: lepton-gpu train --out {} --resume", run.display());
    }
    Ok(Exit::Done)
}
