//! How far a sweep is: a line in its place on a terminal, and how long the rest takes.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::plan::Plan;
use crate::report::{is_quiet, seconds};
use crate::train::Event;

/// Where a sweep is.
pub struct Progress {
    /// Turns that each rung has, and the epochs of one; a run to its end is a turn of one.
    rungs: Vec<(usize, f64)>,
    /// Epochs that are done.
    done: f64,
    /// Those of them that were done in this process, and how long they took.
    timed: (f64, Duration),
    bar: Option<ProgressBar>,
    line: String,
}

impl Progress {
    /// Before the first turn.
    pub fn new(plan: &Plan) -> Self {
        let last = plan.common.get("epochs").and_then(|all| all.first()?.parse::<u32>().ok());
        let mut before = 0;
        let rungs = plan.rungs.iter().map(|rung| {
            let until = rung.epochs.or(last.filter(|_| plan.rungs.len() > 1));
            let epochs = until.map_or(1, |until| until.saturating_sub(std::mem::replace(&mut before, until)));
            (rung.runs, f64::from(epochs))
        });
        Progress { rungs: rungs.collect(), done: 0.0, timed: (0.0, Duration::ZERO), bar: None, line: String::new() }
    }

    /// A turn begins.
    pub fn begin(&mut self, [place, all]: [usize; 2], words: &str) {
        if !std::io::stdout().is_terminal() || is_quiet() {
            return;
        }
        self.line = format!("run {place} of {all}  {words}");
        let style = ProgressStyle::with_template("{wide_msg}").expect("the template is valid");
        let bar = ProgressBar::new_spinner().with_style(style);
        bar.set_message(self.line.clone());
        self.bar = Some(bar);
    }

    /// Takes in what a run tells.
    pub fn take(&mut self, event: &Event) {
        let Some(bar) = &self.bar else { return };
        if let Event::Progress { epoch, step, steps, .. } = event {
            let share = 100 * step / steps.max(&1);
            bar.set_message(format!("{}  epoch {epoch}, {share} %", self.line));
        }
    }

    /// A turn of a rung that was over before.
    pub fn skip(&mut self, rung: usize) {
        self.done += self.rungs[rung].1;
    }

    /// A turn of a rung is over.
    pub fn done(&mut self, rung: usize, took: Duration) {
        self.clear();
        self.skip(rung);
        self.timed = (self.timed.0 + self.rungs[rung].1, self.timed.1 + took);
    }

    /// So many runs go on to a rung, fewer than planned where some have failed.
    pub fn cut(&mut self, rung: usize, runs: usize) {
        self.rungs[rung].0 = runs;
    }

    /// Removes the line.
    pub fn clear(&mut self) {
        self.bar.take().into_iter().for_each(|bar| bar.finish_and_clear());
    }

    /// `; about 3 min 5 s left`; nothing at the end, or within half a second of it.
    pub fn left(&self) -> String {
        let all: f64 = self.rungs.iter().map(|(runs, each)| *runs as f64 * each).sum();
        let (work, took) = self.timed;
        let left = (all - self.done) * took.as_secs_f64() / work.max(1e-9);
        if left > 0.5 { format!("; about {} left", seconds(left)) } else { String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(rungs: &[(usize, f64)]) -> Progress {
        Progress { rungs: rungs.to_vec(), done: 0.0, timed: (0.0, Duration::ZERO), bar: None, line: String::new() }
    }

    #[test]
    fn what_is_left_takes_as_long_as_what_was_timed() {
        let mut four = progress(&[(4, 1.0)]);
        let told = [60, 120, 0, 180].map(|secs| {
            four.done(0, Duration::from_secs(secs));
            four.left()
        });
        assert_eq!(told, ["; about 3 min 0 s left", "; about 3 min 0 s left", "; about 60.0 s left", ""]);
        // turns of 0.1 s are over before anybody has read how long they take
        let mut short = progress(&[(4, 1.0)]);
        short.done(0, Duration::from_millis(100));
        assert_eq!(short.left(), "");
    }

    #[test]
    fn runs_that_were_over_before_take_no_time_and_later_rungs_have_longer_turns() {
        let mut halving = progress(&[(8, 1.0), (4, 3.0)]);
        (0..8).for_each(|_| halving.skip(0));
        halving.done(1, Duration::from_secs(30));
        assert_eq!(halving.left(), "; about 1 min 30 s left", "three turns of three epochs");
        halving.cut(1, 2);
        assert_eq!(halving.left(), "; about 30.0 s left", "one turn: two runs less have come to this rung");
    }
}
