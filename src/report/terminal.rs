//! Training on the terminal: a progress bar for people, plain lines for files, metrics in Keras' order.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::metrics::{Best, Criterion};
use crate::plan::thousands;
use crate::train::{Event, Metrics};

/// `12.3 s`, `340 ms`, `2 min 5 s`.
pub fn seconds(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 90.0 {
        format!("{seconds:.1} s")
    } else {
        let whole = seconds.round() as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    }
}

/// `97.75 %`.
pub fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// Seconds in at most seven letters, for a column: `8.2 s`, `125 s`, `21 min`.
fn short(seconds: f64) -> String {
    match seconds {
        ..9.95 => format!("{seconds:.1} s"),
        ..999.5 => format!("{seconds:.0} s"),
        _ => format!("{:.0} min", seconds / 60.0),
    }
}

/// Means while training images were learned.
fn learned(metrics: &Metrics) -> String {
    match metrics.adversarial {
        Some(losses) => format!("d_loss {:.4} g_loss {:.4}", losses.d_loss, losses.g_loss),
        None => format!("loss {:.4}", metrics.loss),
    }
}

/// What an epoch came to, in a line that fits 80 columns.
fn epoch_line(train: &Metrics, validation: Option<&Metrics>, by: Option<Criterion>, best: bool) -> String {
    let measured = validation.unwrap_or(train);
    let more = &measured.more;
    // the measure that chooses the epoch, where no other one on the line is it
    let chosen = by.filter(|by| ![Criterion::Accuracy, Criterion::Loss].contains(by));
    let named = [
        ("acc", measured.accuracy),
        ("F1", more.macro_f1.filter(|_| chosen == Some(Criterion::MacroF1))),
        ("mae", more.mae),
        // the area is on this line where nothing else says how well images are told apart
        ("AUC", more.auc.filter(|_| more.normal_error.is_some() || chosen == Some(Criterion::Auc))),
        ("R2", more.r2.filter(|_| chosen == Some(Criterion::R2))),
    ];
    let mut line = learned(train);
    if let (Some(validation), None) = (validation, measured.adversarial) {
        // in training it is of augmented images, and gives way to what counts
        if let (Some(accuracy), None) = (train.accuracy, chosen) {
            line += &format!(" acc {accuracy:.4}");
        }
        line += &format!("  val loss {:.4}", validation.loss);
    }
    for (name, value) in named.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        line += &format!(" {name} {value:.4}");
    }
    line + if best { " *" } else { "" }
}

/// Prints a run's events.
pub struct Terminal {
    bar: Option<ProgressBar>,
    epochs: u32,
    /// `images` or `texts`.
    what: &'static str,
    /// What the best epoch is chosen by.
    by: Option<Criterion>,
    /// Time and images of recent submissions, for a rate that follows the machine.
    recent: VecDeque<(f64, usize)>,
    last_line: Instant,
}

impl Terminal {
    /// For a run of `epochs` epochs on `images` or `texts`, whose best one is chosen by a criterion.
    pub fn new(epochs: u32, what: &'static str, by: Option<Criterion>) -> Self {
        Terminal { bar: None, epochs, what, by, recent: VecDeque::new(), last_line: Instant::now() }
    }

    fn rate(&mut self, seconds: f64, images: usize) -> f64 {
        self.recent.push_back((seconds, images));
        while self.recent.len() > 1 && self.recent.iter().map(|r| r.0).sum::<f64>() > 3.0 {
            self.recent.pop_front();
        }
        let (time, count) = self.recent.iter().fold((0.0, 0), |(t, n), r| (t + r.0, n + r.1));
        count as f64 / time.max(1e-9)
    }

    fn bar(&mut self, steps: usize) -> &ProgressBar {
        self.bar.get_or_insert_with(|| {
            let style =
                ProgressStyle::with_template("{prefix} [{wide_bar}] {pos}/{len} {msg}").expect("the template is valid");
            let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stdout());
            bar.set_style(style.progress_chars("=>."));
            bar
        })
    }

    /// Shows an event.
    pub fn show(&mut self, event: &Event) {
        match event {
            Event::Features { seen, images, seconds: time } => {
                let rate = format!("{:.0} {}/s", *seen as f64 / time.max(1e-9), self.what);
                let count = thousands(*images as u64);
                let done = (seen == images).then(|| format!("{count} {} in {}: {rate}", self.what, seconds(*time)));
                self.before("features", [*seen, *images], &rate, done);
            }
            Event::Head { step, steps, seconds: time, train, validation, .. } => {
                let accuracy = |m: &Metrics| m.accuracy.map_or(String::new(), |share| format!(" acc {share:.4}"));
                let validated = |m: &Metrics| format!("  val loss {:.4}{}", m.loss, accuracy(m));
                let measured = learned(train) + &validation.as_ref().map_or(String::new(), validated);
                let done = (step == steps).then(|| format!("{steps} steps in {}: {measured}", seconds(*time)));
                self.before("head", [*step as usize, *steps as usize], &measured, done);
            }
            Event::FirstStep { seconds: time } => say!("first step finished after {}", seconds(*time)),
            Event::Progress { epoch, step, steps, images, images_left, seconds: time, so_far, .. } => {
                let rate = self.rate(*time, *images);
                self.progress(*epoch, *step, *steps, rate, *images_left as f64 / rate, so_far);
            }
            Event::Epoch { epoch, seconds, train, validation, best, .. } => {
                self.finish_bar();
                let line = epoch_line(train, validation.as_ref(), self.by, *best);
                say!("Epoch {epoch}/{}  {}  {line}", self.epochs, short(*seconds));
            }
            Event::Test { images, metrics: m, best, .. } => {
                say!("Test loss: {:.4}{}", m.loss, of_epoch(best.as_ref(), self.epochs));
                if let Some(accuracy) = m.accuracy {
                    say!("Test accuracy: {accuracy:.4} ({} of {images} {})", percent(accuracy), self.what);
                }
                super::measures::print_summary("Test ", &m.more);
            }
            Event::Checkpoint { .. } | Event::Verdict { .. } => {}
        }
    }

    /// Shows work before the first step: `at` of `all` with a text, or the line about all of it.
    fn before(&mut self, heading: &str, [at, all]: [usize; 2], text: &str, done: Option<String>) {
        if let Some(line) = done {
            self.finish_bar();
            say!("{heading:<8} {line}");
        } else if std::io::stdout().is_terminal() {
            let bar = self.bar(all);
            bar.set_position(at as u64);
            bar.set_message(format!("{heading} {text}"));
        } else if self.last_line.elapsed() > Duration::from_secs(10) {
            say!("{heading:<8} {at}/{all} - {text}");
            self.last_line = Instant::now();
        }
    }

    fn progress(&mut self, epoch: u32, step: usize, steps: usize, rate: f64, left: f64, so_far: &Metrics) {
        let text = format!("{rate:.0} {}/s  {} left  {}", self.what, seconds(left), learned(so_far));
        let prefix = format!("Epoch {epoch}/{}", self.epochs);
        if std::io::stdout().is_terminal() {
            let bar = self.bar(steps);
            bar.set_prefix(prefix);
            bar.set_position(step as u64);
            bar.set_message(text);
        } else if self.last_line.elapsed() > Duration::from_secs(10) {
            say!("{prefix}  {step}/{steps}  {text}");
            self.last_line = Instant::now();
        }
    }

    /// Takes the progress bar off the screen.
    pub fn finish_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// Which weights were tested: ` (epoch 9 of 12, best by accuracy)`.
fn of_epoch(best: Option<&Best>, epochs: u32) -> String {
    let told = best.and_then(|best| Some((best.epoch?, best.by.name())));
    told.map_or(String::new(), |(epoch, by)| format!(" (epoch {epoch} of {epochs}, best by {by})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{AdversarialLosses, Summary};

    fn metrics(loss: f64, accuracy: Option<f64>, more: Summary) -> Metrics {
        Metrics { loss, accuracy, more, ..Metrics::default() }
    }

    #[test]
    fn an_epoch_is_a_line_of_80_columns_that_marks_the_best() {
        let more = Summary { macro_f1: Some(0.43098), ece: Some(0.1), top5: Some(0.98), ..Summary::default() };
        let train = metrics(1.23456, Some(0.5123), Summary::default());
        let classes = metrics(1.1234, Some(0.5555), more);
        let value = Summary { mae: Some(0.25), rmse: Some(0.5), r2: Some(0.9), ..Summary::default() };
        let errors = Summary { auc: Some(0.75), normal_error: Some(0.1), ..Summary::default() };
        let number = metrics(0.5, None, value);
        let image = metrics(0.5, None, errors);
        let plain = metrics(0.5, None, Summary::default());
        let losses = AdversarialLosses { d_loss: 1.3863, g_loss: 0.7 };
        let two = Metrics { adversarial: Some(losses), ..plain };
        for (train, validation, by, best, line) in [
            (
                train,
                Some(classes),
                Some(Criterion::Accuracy),
                true,
                "loss 1.2346 acc 0.5123  val loss 1.1234 acc 0.5555 *",
            ),
            (
                train,
                Some(classes),
                Some(Criterion::MacroF1),
                false,
                "loss 1.2346  val loss 1.1234 acc 0.5555 F1 0.4310",
            ),
            (train, None, Some(Criterion::Loss), true, "loss 1.2346 acc 0.5123 *"),
            (plain, Some(number), Some(Criterion::R2), true, "loss 0.5000  val loss 0.5000 mae 0.2500 R2 0.9000 *"),
            (plain, Some(image), Some(Criterion::Loss), false, "loss 0.5000  val loss 0.5000 AUC 0.7500"),
            (two, None, None, false, "d_loss 1.3863 g_loss 0.7000"),
        ] {
            let shown = epoch_line(&train, validation.as_ref(), by, best);
            assert_eq!(shown, line);
            let whole = format!("Epoch {}  {}  {shown}", "100/100", short(1e4));
            assert!(whole.len() <= 80, "{}: {whole}", whole.len());
        }
    }

    #[test]
    fn times_are_short() {
        assert_eq!([0.04, 8.24, 9.96, 124.6, 1260.0].map(short), ["0.0 s", "8.2 s", "10 s", "125 s", "21 min"]);
    }
}
