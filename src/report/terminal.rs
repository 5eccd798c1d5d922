//! Training on the terminal: a progress bar for people, plain lines for files, metrics in Keras' order.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::live_line::{LiveLine, Tone};
use super::pace::Pace;
use super::write_painted;
use crate::metrics::{Best, Criterion};
use crate::plan::thousands;
use crate::train::{Event, Metrics};

/// `12.3 s`, `340 ms`, `2 min 5 s`, `3 h 20 min`.
pub fn seconds(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 90.0 {
        format!("{seconds:.1} s")
    } else if seconds < 5400.0 {
        let whole = seconds.round() as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    } else {
        let minutes = (seconds / 60.0).round() as u64;
        format!("{} h {} min", minutes / 60, minutes % 60)
    }
}

/// `97.75 %`.
pub fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// Where there is no terminal an epoch is a line; one that takes longer than this says that it is still going on.
const SILENCE: Duration = Duration::from_secs(600);
/// Columns of a line where no terminal says how many there are.
const LINE: usize = 80;

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

/// What an epoch came to, in a line that fits 80 columns; the measure that it is judged by in the tone's colour.
fn epoch_line(
    train: &Metrics,
    validation: Option<&Metrics>,
    by: Option<Criterion>,
    (best, tone): (bool, Tone),
) -> String {
    let measured = validation.unwrap_or(train);
    let more = &measured.more;
    // the measure that chooses the epoch, where no other one on the line is it
    let chosen = by.filter(|by| ![Criterion::Accuracy, Criterion::Loss].contains(by));
    let named = [
        ("acc", Criterion::Accuracy, measured.accuracy),
        ("F1", Criterion::MacroF1, more.macro_f1.filter(|_| chosen == Some(Criterion::MacroF1))),
        ("mae", Criterion::Loss, more.mae),
        // the area is on this line where nothing else says how well images are told apart
        ("AUC", Criterion::Auc, more.auc.filter(|_| more.normal_error.is_some() || chosen == Some(Criterion::Auc))),
        ("R2", Criterion::R2, more.r2.filter(|_| chosen == Some(Criterion::R2))),
    ];
    let painted = |criterion: Criterion, text: String| if by == Some(criterion) { tone.paint(&text) } else { text };
    let mut line = match (measured.adversarial, validation) {
        (None, None) => painted(Criterion::Loss, learned(train)),
        _ => learned(train),
    };
    if let (Some(validation), None) = (validation, measured.adversarial) {
        // in training it is of augmented images, and gives way to what counts
        if let (Some(accuracy), None) = (train.accuracy, chosen) {
            line += &format!(" acc {accuracy:.4}");
        }
        line += &format!("  val {}", painted(Criterion::Loss, format!("loss {:.4}", validation.loss)));
    }
    for (name, criterion, value) in named.into_iter().filter_map(|(name, by, value)| Some((name, by, value?))) {
        let text = format!("{name} {value:.4}");
        line += &format!(" {}", if name == "mae" { text } else { painted(criterion, text) });
    }
    line + if best { " *" } else { "" }
}

/// The same in 40 columns: only the measure that the epoch is judged by.
fn short_epoch_line(judged: Option<&str>, train: &Metrics, (best, tone): (bool, Tone)) -> String {
    let text = judged.map_or_else(|| learned(train), String::from);
    tone.paint(&text) + if best { " *" } else { "" }
}

/// Prints a run's events.
pub struct Terminal {
    bar: Option<ProgressBar>,
    epochs: u32,
    /// `images` or `texts`.
    what: &'static str,
    /// What the best epoch is chosen by.
    by: Option<Criterion>,
    pace: Pace,
    last_line: Instant,
    /// Whether the line about what is under way is drawn over and over, and whether in colours.
    draws: bool,
    colours: bool,
    /// The best value so far of the measure that judges epochs, with its epoch.
    best: Option<(f64, u32)>,
    /// How the last epoch compares with it.
    tone: Tone,
}

impl Terminal {
    /// For a run of `epochs` epochs on `images` or `texts`, whose best one is chosen by a criterion.
    pub fn new(epochs: u32, what: &'static str, by: Option<Criterion>) -> Self {
        let draws = std::io::stdout().is_terminal() && !super::is_quiet();
        Terminal {
            bar: None,
            epochs,
            what,
            by,
            pace: Pace::default(),
            last_line: Instant::now(),
            draws,
            colours: draws && super::has_colours(),
            best: None,
            tone: Tone::Plain,
        }
    }

    /// Draws the line about what is under way, in the place of the last one.
    fn draw(&mut self, line: String) {
        if super::spoken::is_held() {
            return self.finish_bar();
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{wide_msg}").expect("the template is valid");
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
            bar.set_style(style);
            bar
        });
        bar.set_message(line);
        bar.tick();
    }

    /// What an epoch is judged by, among its means.
    fn judged(&self, train: &Metrics, validation: Option<&Metrics>) -> Option<(Criterion, f64)> {
        let by = self.by?;
        Some((by, by.value(validation.unwrap_or(train))?))
    }

    /// Takes in an epoch, and how it compares with those before.
    fn judge(&mut self, epoch: u32, judged: Option<(Criterion, f64)>, best: bool) {
        if let (Some((_, value)), true) = (judged, best) {
            self.best = Some((value, epoch));
        }
        self.tone = match (self.colours && judged.is_some(), best) {
            (false, _) => Tone::Plain,
            (true, true) => Tone::Better,
            (true, false) => Tone::Worse,
        };
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
            Event::Progress { epoch, step, steps, images, seen, images_left, seconds: time, so_far } => {
                self.pace.take(*time, *images, 0);
                let all = *seen as usize + images_left;
                self.progress([*epoch as usize, *step, *steps], [*images_left, all], so_far);
            }
            Event::Epoch { epoch, seconds, train, validation, best, .. } => {
                self.finish_bar();
                let judged = self.judged(train, validation.as_ref());
                self.judge(*epoch, judged, *best);
                self.pace.epoch(*seconds);
                let (told, tone) = (short(*seconds), (*best, self.tone));
                let line = epoch_line(train, validation.as_ref(), self.by, tone);
                let whole = format!("Epoch {epoch}/{}  {told}  {line}", self.epochs);
                let is_wide = !self.draws || columns() >= plain_columns(&whole);
                let short = || {
                    let text = judged.map(|(by, value)| format!("{} {value:.4}", short_name(by)));
                    format!("{epoch}/{}  {told}  {}", self.epochs, short_epoch_line(text.as_deref(), train, tone))
                };
                write_painted(&if is_wide { whole } else { short() });
                self.last_line = Instant::now();
            }
            Event::Test { images, metrics: m, best, .. } => {
                say!("Test loss: {:.4}{}", m.loss, of_epoch(best.as_ref(), self.epochs));
                if let Some(accuracy) = m.accuracy {
                    say!("Test accuracy: {accuracy:.4} ({} of {images} {})", percent(accuracy), self.what);
                }
                super::measures::print_summary("Test ", &m.more);
            }
            Event::Note { text } => {
                self.finish_bar();
                say!("note     {text}");
            }
            Event::Checkpoint { .. } | Event::Verdict { .. } => {}
        }
    }

    /// Shows work before the first step: `at` of `all` with a text, or the line about all of it.
    fn before(&mut self, heading: &str, [at, all]: [usize; 2], text: &str, done: Option<String>) {
        if let Some(line) = done {
            self.finish_bar();
            say!("{heading:<8} {line}");
        } else if self.draws {
            let share = 100.0 * at as f64 / all.max(1) as f64;
            self.draw(format!("{heading} {share:.0} %  {text}"));
        } else if self.last_line.elapsed() > SILENCE {
            say!("{heading:<8} {at}/{all}  {text}");
            self.last_line = Instant::now();
        }
    }

    fn progress(&mut self, [epoch, step, steps]: [usize; 3], images: [usize; 2], so_far: &Metrics) {
        let learned = learned(so_far);
        let best = self.by.zip(self.best).map(|(by, (value, of))| (format!("{} {value:.4}", short_name(by)), of));
        let line = LiveLine {
            epoch: [epoch as u32, self.epochs],
            step: [step, steps],
            rate: self.pace.rate(),
            what: self.what,
            left: self.pace.left(images, self.epochs.saturating_sub(epoch as u32)),
            learned: &learned,
            best,
            tone: self.tone,
        };
        if self.draws {
            self.draw(line.text(columns()));
        } else if self.last_line.elapsed() > SILENCE {
            say!("{}", line.text(LINE));
            self.last_line = Instant::now();
        }
    }

    /// Takes the progress bar off the screen.
    pub fn finish_bar(&mut self) {
        let Some(bar) = self.bar.take() else { return };
        if super::spoken::is_held() {
            // it must not draw on the screen that stands there, not even to clear its line
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        bar.finish_and_clear();
    }
}

/// A measure in a word.
fn short_name(by: Criterion) -> &'static str {
    match by {
        Criterion::Accuracy => "acc",
        Criterion::MacroF1 => "F1",
        other => other.name(),
    }
}

/// Columns of the terminal; what most have where that is not known.
fn columns() -> usize {
    terminal_size::terminal_size().map_or(LINE, |(width, _)| usize::from(width.0))
}

/// Columns of a text without its colours.
fn plain_columns(text: &str) -> usize {
    let mut rest = text.split('\x1b');
    let first = rest.next().map_or(0, |part| part.chars().count());
    first + rest.map(|part| part.split_once('m').map_or(0, |(_, after)| after.chars().count())).sum::<usize>()
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
    fn times_are_told_in_two_units_at_most() {
        let told = [0.34, 12.34, 125.0, 5399.0, 7201.0, 36_059.0].map(seconds);
        assert_eq!(told, ["340 ms", "12.3 s", "2 min 5 s", "89 min 59 s", "2 h 0 min", "10 h 1 min"]);
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
            let shown = epoch_line(&train, validation.as_ref(), by, (best, Tone::Plain));
            assert_eq!(shown, line);
            let whole = format!("Epoch {}  {}  {shown}", "100/100", short(1e4));
            assert!(whole.len() <= 80, "{}: {whole}", whole.len());
        }
    }

    #[test]
    fn what_judges_an_epoch_is_in_colour() {
        let train = metrics(1.0, Some(0.5), Summary::default());
        let line = |by, tone| epoch_line(&train, Some(&train), Some(by), (tone == Tone::Better, tone));
        let wanted = "loss 1.0000 acc 0.5000  val loss 1.0000 \x1b[32macc 0.5000\x1b[0m *";
        assert_eq!(line(Criterion::Accuracy, Tone::Better), wanted);
        let wanted = "loss 1.0000 acc 0.5000  val \x1b[33mloss 1.0000\x1b[0m acc 0.5000";
        assert_eq!(line(Criterion::Loss, Tone::Worse), wanted);
        assert_eq!(plain_columns(wanted), wanted.len() - 9);
        assert_eq!(plain_columns("plain"), 5);
    }

    #[test]
    fn times_are_short() {
        assert_eq!([0.04, 8.24, 9.96, 124.6, 1260.0].map(short), ["0.0 s", "8.2 s", "10 s", "125 s", "21 min"]);
    }
}
