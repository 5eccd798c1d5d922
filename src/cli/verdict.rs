//! How `train` ends: the test images and a verdict, both with the weights of the best epoch.

use std::io;
use std::path::Path;
use std::time::Instant;

use super::CliError;
use super::tasks::TaskView;
use crate::checkpoint::Checkpoint;
use crate::report::{EventLog, Log, Terminal, say, shell_word, verdict_end, verdict_lines};
use crate::train::{Event, Trainer};

/// Gives a run that goes on the weights of its best epoch, if that was not its last one. Without them the weights of the moment
/// are tested.
pub fn recall(trainer: &mut Trainer, out: &Path) {
    let path = out.join("best.safetensors");
    if trainer.best().is_some() || trainer.state().best.is_none() || !path.is_file() {
        return;
    }
    let kept = Checkpoint::read(&path).map_err(CliError::from).and_then(|best| Ok(trainer.keep_best(&best)?));
    if let Err(error) = kept {
        say!("note     the best epoch so far is lost: {error}");
    }
}

/// A command to try with a run: the last line, below what was written of it.
pub fn say_next(trainer: &Trainer, view: &dyn TaskView, out: &Path) {
    let example = view.example(trainer.model().input_kind());
    say!("next     lepton-gpu {}", example.replace("RUN", &shell_word(&out.display().to_string())));
}

/// What a run that had ended told last. A run of a sweep that turns out to be the best is told anew, with the test images: its verdict
/// until then is taken back.
///
/// # Errors
/// The system's.
pub fn told_last<'a>(logged: &'a Log, log: &mut EventLog, path: &Path, wins: bool) -> io::Result<Option<&'a str>> {
    let mut told = logged.entries.iter().rev().take_while(|entry| entry.event != "epoch");
    if wins && !told.any(|entry| entry.event == "test") {
        log.take_back(path, "verdict")?;
        return Ok(None);
    }
    Ok(logged.last_event())
}

/// Where a run ends.
pub struct Ending<'a> {
    /// Its folder.
    pub out: &'a Path,
    /// What the command line shows of its task.
    pub view: &'a dyn TaskView,
    /// When the command began.
    pub begun: Instant,
    /// Whether the test images are evaluated; of the runs of a sweep only those of the best are.
    pub tests: bool,
    /// What was logged last, where the run had ended before.
    pub logged: Option<&'a str>,
}

impl Ending<'_> {
    /// Evaluates the test images unless that was logged, and says what the run is worth; `write` logs it.
    pub fn tell(
        &self,
        trainer: &mut Trainer,
        terminal: &mut Terminal,
        write: &mut dyn FnMut(&Trainer, &Event) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        if self.tests
            && !matches!(self.logged, Some("test" | "verdict"))
            && let Some(event) = trainer.test()?
        {
            terminal.show(&event);
            write(trainer, &event)?;
        }
        let assessment = trainer.assess()?;
        let seconds = self.begun.elapsed().as_secs_f64();
        let kind = trainer.model().input_kind();
        match &assessment {
            Some(assessment) => verdict_lines(assessment, kind.plural()).iter().for_each(|line| say!("{line}")),
            None => self.view.verdict(trainer, self.out).iter().for_each(|line| say!("{line}")),
        }
        verdict_end(seconds, &self.out.display().to_string()).iter().for_each(|line| say!("{line}"));
        if self.logged != Some("verdict") {
            write(trainer, &Event::Verdict { seconds, assessment })?;
        }
        Ok(())
    }
}
