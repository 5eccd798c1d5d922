//! How far `verify` is: a bar for people, nothing in files.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::seconds;
use crate::verify::Progress;

/// Steps of the bar.
const STEPS: u64 = 1000;
/// Share of the work after which the time left is guessed.
const KNOWN: f64 = 0.05;

/// Shows how far a check is, while it runs.
pub struct VerifyProgress {
    bar: Option<ProgressBar>,
}

impl VerifyProgress {
    /// On a terminal unless `quiet`; nothing is shown anywhere else.
    pub fn new(quiet: bool) -> Self {
        let bar = (!quiet && std::io::stdout().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{elapsed:>4} [{bar:30}] {msg}").expect("the template is valid");
            let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stdout());
            bar.set_style(style.progress_chars("=>."));
            bar
        });
        VerifyProgress { bar }
    }

    /// Shows what begins now.
    pub fn show(&mut self, now: &Progress) {
        let Some(bar) = &self.bar else { return };
        bar.set_position((now.share * STEPS as f64) as u64);
        bar.set_message(message(now, bar.elapsed().as_secs_f64()));
    }

    /// Takes the bar off the screen.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `12 of 134: conv2d in f32 - ETA 40 s`.
fn message(now: &Progress, elapsed: f64) -> String {
    let Progress { op, way, row, rows, share } = now;
    let left = (*share > KNOWN).then(|| format!(" - ETA {}", seconds(elapsed * (1.0 - share) / share)));
    format!("{row} of {rows}: {op} in {way}{}", left.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_guessed_once_something_is_done() {
        let at = |share| message(&Progress { op: "relu", way: "f16", row: 3, rows: 9, share }, 10.0);
        assert_eq!(at(0.0), "3 of 9: relu in f16");
        assert_eq!(at(0.25), "3 of 9: relu in f16 - ETA 30.0 s");
    }
}
