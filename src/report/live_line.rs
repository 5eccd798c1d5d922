//! One line about a run that is under way, as wide as the terminal.

use crate::plan::thousands;

/// The narrowest bar that is drawn.
const BAR: usize = 10;
/// The widest one.
const WIDEST: usize = 30;

/// Whether a value is better than those before, or worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Neither, or nobody sees colours.
    #[default]
    Plain,
    /// The best so far.
    Better,
    /// Worse than the best.
    Worse,
}

impl Tone {
    /// A text in green or yellow.
    pub fn paint(self, text: &str) -> String {
        match self {
            Tone::Plain => text.into(),
            Tone::Better => format!("\x1b[32m{text}\x1b[0m"),
            Tone::Worse => format!("\x1b[33m{text}\x1b[0m"),
        }
    }
}

/// What a line says.
#[derive(Clone, Debug, Default)]
pub struct LiveLine<'a> {
    /// Epoch, from 1, and epochs of all.
    pub epoch: [u32; 2],
    /// Steps done in this epoch, and steps of it.
    pub step: [usize; 2],
    /// Images, texts or rows a second.
    pub rate: f64,
    /// What these are.
    pub what: &'a str,
    /// Seconds left of the run.
    pub left: f64,
    /// `loss 0.1234`
    pub learned: &'a str,
    /// `acc 0.9123` and the epoch that it is of, once an epoch is done.
    pub best: Option<(String, u32)>,
    /// How the last epoch compares.
    pub tone: Tone,
}

impl LiveLine<'_> {
    /// The line in at most `width` columns, with as much as there is room for. What matters stays the longest: the epoch, how far it is,
    /// the time left of the run, and the best value so far.
    pub fn text(&self, width: usize) -> String {
        let [epoch, epochs] = self.epoch;
        let [step, steps] = self.step;
        let share = step as f64 / steps.max(1) as f64;
        let number = format!("{epoch}/{epochs}");
        let (long, done) = (format!("Epoch {number}"), format!("{:>3.0} %", share * 100.0));
        let (left, rate) =
            (format!("{} left", left(self.left)), format!("{} {}/s", thousands(self.rate.round() as u64), self.what));
        let best = |long: bool| match &self.best {
            None => (String::new(), 0),
            Some((text, epoch)) => {
                let text = match (long, text.rsplit_once(' ')) {
                    (true, _) => format!("best {text} ({epoch})"),
                    (false, Some((_, value))) => format!("best {value}"),
                    (false, None) => format!("best {text}"),
                };
                (self.tone.paint(&text), text.chars().count())
            }
        };
        let plain = |text: &str| (text.to_string(), text.chars().count());
        let learned = plain(self.learned);
        let (long, number, done, left, rate) = (plain(&long), plain(&number), plain(&done), plain(&left), plain(&rate));
        let variants = [
            vec![&long, &done, &left, &rate, &learned, &best(true)].into_iter().cloned().collect::<Vec<_>>(),
            vec![long.clone(), done.clone(), left.clone(), learned.clone(), best(true)],
            vec![long.clone(), done.clone(), left.clone(), best(true)],
            vec![long, done.clone(), left.clone(), best(false)],
            vec![number.clone(), done.clone(), left.clone(), best(false)],
            vec![number.clone(), done.clone(), left],
            vec![number, done],
        ];
        for parts in variants {
            let parts: Vec<(String, usize)> = parts.into_iter().filter(|(_, columns)| *columns > 0).collect();
            let columns = parts.iter().map(|(_, columns)| columns + 2).sum::<usize>() - 2;
            if columns > width {
                continue;
            }
            let mut words: Vec<String> = parts.into_iter().map(|(text, _)| text).collect();
            // what is free between the epoch and its share is a bar
            if let Some(free) = width.checked_sub(columns + 4).filter(|free| *free >= BAR) {
                let free = free.min(WIDEST);
                let full = (share * free as f64) as usize;
                words.insert(1, format!("[{}{}]", "=".repeat(full), ".".repeat(free - full)));
            }
            return words.join("  ");
        }
        String::new()
    }
}

/// Time left, short: `8 s`, `12 min`, `3 h 5 min`.
fn left(seconds: f64) -> String {
    match seconds {
        seconds if !seconds.is_finite() => "?".into(),
        ..99.5 => format!("{seconds:.0} s"),
        ..5970.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{} h {} min", (seconds / 3600.0) as u64, (seconds as u64 % 3600) / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str) -> usize {
        let plain = text.replace("\x1b[32m", "").replace("\x1b[33m", "").replace("\x1b[0m", "");
        assert!(!plain.contains('\x1b'), "{text:?}");
        plain.chars().count()
    }

    #[test]
    fn a_line_fits_every_terminal_and_says_what_matters() {
        let best = || Some(("macro F1 0.9123".to_string(), 97));
        let line = LiveLine {
            epoch: [98, 100],
            step: [42, 100],
            rate: 1234.4,
            what: "images",
            left: 754.0,
            learned: "loss 0.4321",
            best: best(),
            tone: Tone::Better,
        };
        for width in 0..200 {
            let text = line.text(width);
            assert!(columns(&text) <= width, "{width}: {text}");
            assert_eq!(text.is_empty(), width < 13, "{width}: {text}");
        }
        let wide = "Epoch 98/100  [============..................]   42 %  13 min left  1,234 images/s  loss 0.4321  \
                    \x1b[32mbest macro F1 0.9123 (97)\x1b[0m";
        assert_eq!(line.text(160), wide);
        assert_eq!(
            line.text(80),
            "Epoch 98/100   42 %  13 min left  loss 0.4321  \x1b[32mbest macro F1 0.9123 (97)\x1b[0m"
        );
        assert_eq!(line.text(40), "98/100   42 %  13 min left  \x1b[32mbest 0.9123\x1b[0m");
        let first = LiveLine { best: None, tone: Tone::Plain, ..line };
        assert_eq!(first.text(40), "Epoch 98/100   42 %  13 min left");
    }

    #[test]
    fn times_left_are_short() {
        for (seconds, text) in
            [(8.2, "8 s"), (99.4, "99 s"), (120.0, "2 min"), (11_100.0, "3 h 5 min"), (f64::NAN, "?")]
        {
            assert_eq!(left(seconds), text);
        }
    }
}
