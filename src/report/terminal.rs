//! Training on the terminal: a progress bar for people, plain lines for files, metrics in Keras' order.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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

fn metrics(prefix: &str, metrics: &Metrics) -> String {
    if let Some(losses) = metrics.adversarial {
        return format!("d_loss: {:.4} - g_loss: {:.4}", losses.d_loss, losses.g_loss);
    }
    let more = &metrics.more;
    // the area is on this line where nothing else says how well images are told apart
    let auc = if more.normal_error.is_some() { more.auc } else { None };
    let named = [("accuracy", metrics.accuracy), ("top5", more.top5), ("mae", more.mae), ("auc", auc)];
    let mut line = format!("{prefix}loss: {:.4}", metrics.loss);
    for (name, value) in named.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        line += &format!(" - {prefix}{name}: {value:.4}");
    }
    line
}

/// Prints a run's events.
pub struct Terminal {
    bar: Option<ProgressBar>,
    epochs: u32,
    /// `images` or `texts`.
    what: &'static str,
    /// Time and images of recent submissions, for a rate that follows the machine.
    recent: VecDeque<(f64, usize)>,
    last_line: Instant,
}

impl Terminal {
    /// For a run of `epochs` epochs on `images` or `texts`.
    pub fn new(epochs: u32, what: &'static str) -> Self {
        Terminal { bar: None, epochs, what, recent: VecDeque::new(), last_line: Instant::now() }
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
            let style = ProgressStyle::with_template("{pos:>6}/{len} [{bar:20}] {msg}").expect("the template is valid");
            let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stdout());
            bar.set_style(style.progress_chars("=>."));
            bar
        })
    }

    /// Shows an event.
    pub fn show(&mut self, event: &Event) {
        match event {
            Event::FirstStep { seconds: time } => say!("first step finished after {}", seconds(*time)),
            Event::Progress { epoch, step, steps, images, images_left, seconds: time, so_far, .. } => {
                let rate = self.rate(*time, *images);
                self.progress(*epoch, *step, *steps, rate, *images_left as f64 / rate, so_far);
            }
            Event::Epoch { epoch, steps, seconds: time, train, validation, .. } => {
                self.finish_bar();
                let mut line = format!("{steps}/{steps} - {} - {}", seconds(*time), metrics("", train));
                if let Some(validation) = validation {
                    line += &format!(" - {}", metrics("val_", validation));
                }
                say!("Epoch {epoch}/{}  {line}", self.epochs);
            }
            Event::Test { images, metrics: m, .. } => {
                say!("Test loss: {:.4}", m.loss);
                if let Some(accuracy) = m.accuracy {
                    say!("Test accuracy: {accuracy:.4} ({} of {images} {})", percent(accuracy), self.what);
                }
                super::measures::print_summary("Test ", &m.more);
            }
        }
    }

    fn progress(&mut self, epoch: u32, step: usize, steps: usize, rate: f64, left: f64, so_far: &Metrics) {
        let text = format!("{rate:.0} {}/s - ETA {} - {}", self.what, seconds(left), metrics("", so_far));
        if std::io::stdout().is_terminal() {
            let bar = self.bar(steps);
            bar.set_position(step as u64);
            bar.set_message(text);
        } else if self.last_line.elapsed() > Duration::from_secs(10) {
            say!("Epoch {epoch}/{}  {step}/{steps} - {text}", self.epochs);
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
