//! How many images are answered, on standard error.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::plan::thousands;
use crate::report::aside;

/// Of fewer images nobody needs to be told.
const MANY: usize = 64;
/// Time between two lines where there is no terminal.
const PAUSE: Duration = Duration::from_secs(10);

/// Counts images.
pub struct Progress {
    total: usize,
    done: usize,
    begun: Instant,
    told: Instant,
    /// On a terminal that shows no answers.
    bar: Option<ProgressBar>,
}

impl Progress {
    pub fn of(total: usize) -> Self {
        let shows = total > MANY && std::io::stderr().is_terminal() && !std::io::stdout().is_terminal();
        let bar = shows.then(|| {
            let style = ProgressStyle::with_template("images [{bar:30}] {pos}/{len} {per_sec} ETA {eta}");
            ProgressBar::new(total as u64).with_style(style.expect("the template is valid").progress_chars("=>."))
        });
        Progress { total, done: 0, begun: Instant::now(), told: Instant::now(), bar }
    }

    pub fn advance(&mut self, images: usize) {
        self.done += images;
        match &self.bar {
            Some(bar) => bar.set_position(self.done as u64),
            None if self.told.elapsed() > PAUSE => {
                aside!("{} of {} images", thousands(self.done as u64), thousands(self.total as u64));
                self.told = Instant::now();
            }
            None => {}
        }
    }

    /// Says how long it took to answer so many.
    pub fn finish(&self, answered: usize) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.total > MANY {
            let seconds = self.begun.elapsed().as_secs_f64();
            let rate = answered as f64 / seconds.max(1e-9);
            aside!("{} images in {seconds:.1} s, {rate:.0} a second", thousands(answered as u64));
        }
    }
}
