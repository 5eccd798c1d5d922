//! How far a benchmark is: a bar for people, a line for each part in files.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::bench::Progress;

/// Steps of the bar.
const STEPS: u64 = 100;

/// Shows how far a benchmark is, while it runs.
pub struct BenchProgress {
    bar: Option<ProgressBar>,
    part: &'static str,
}

impl Default for BenchProgress {
    fn default() -> Self {
        Self::new()
    }
}

impl BenchProgress {
    /// Nothing is shown yet.
    pub fn new() -> Self {
        let bar = std::io::stdout().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{elapsed:>4} [{bar:30}] {msg}").expect("the template is valid");
            let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stdout());
            bar.set_style(style.progress_chars("=>."));
            bar
        });
        BenchProgress { bar, part: "" }
    }

    /// Shows what is measured now.
    pub fn show(&mut self, now: &Progress) {
        match &self.bar {
            Some(bar) => {
                bar.set_position((now.done * STEPS as f64) as u64);
                bar.set_message(format!("{}: {}", now.part, now.what));
            }
            None if self.part != now.part => say!("measuring {}", now.part),
            None => {}
        }
        self.part = now.part;
    }

    /// Takes the bar off the screen.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
