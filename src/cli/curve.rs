//! `curve.png` in a run folder, kept up to date while the run goes on.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::CliError;
use crate::checkpoint::write_atomically;
use crate::report::History;
use crate::train::{Event, TrainError};

/// Drawing takes at most one part in so many of the time.
const SHARE: u32 = 20;

/// The picture of a run's losses and accuracies.
pub struct RunCurve {
    path: PathBuf,
    title: String,
    history: History,
    /// When it was drawn, and how long that took.
    drawn: Option<(Instant, Duration)>,
    /// Whether something happened since.
    stale: bool,
}

impl RunCurve {
    /// Of the run in folder `out`; one that goes on from its log `from`.
    pub fn open(out: &Path, from: Option<&Path>) -> Result<Self, CliError> {
        let history = match from.filter(|log| log.is_file()) {
            Some(log) => History::read(log).map_err(CliError::file(log))?,
            None => History::default(),
        };
        let title =
            std::path::absolute(out).ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        let title = title.unwrap_or_default();
        Ok(RunCurve { path: out.join("curve.png"), title, history, drawn: None, stale: false })
    }

    /// Takes in an event; at the end of an epoch the picture is drawn, unless epochs are so short that drawing would slow
    /// them down.
    pub fn take(&mut self, event: &Event) -> Result<(), TrainError> {
        self.history.take(event);
        self.stale |= matches!(event, Event::Epoch { .. } | Event::Progress { .. });
        let rested = self.drawn.is_none_or(|(when, took)| when.elapsed() > SHARE * took);
        if matches!(event, Event::Epoch { .. }) && rested {
            self.draw()?;
        }
        Ok(())
    }

    /// Draws what is not drawn yet. Returns the picture's path if there is one.
    pub fn finish(&mut self) -> Result<Option<&Path>, TrainError> {
        if self.stale {
            self.draw()?;
        }
        Ok(self.path.is_file().then_some(&self.path))
    }

    fn draw(&mut self) -> Result<(), TrainError> {
        let begun = Instant::now();
        if let Some(drawing) = self.history.draw(&self.title) {
            let mut bytes = Cursor::new(Vec::new());
            drawing
                .to_picture()
                .write_to(&mut bytes, image::ImageFormat::Png)
                .expect("a picture is encoded into memory");
            write_atomically(&self.path, bytes.get_ref())?;
        }
        self.stale = false;
        self.drawn = Some((Instant::now(), begun.elapsed()));
        Ok(())
    }
}
