//! What a run told of its epochs: the curves of `curve.png`, of a report, and of whoever follows a run.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::Log;
use super::chart::{Drawing, Ink, Lines, SIZE, Scale, Series, lines};
use crate::metrics::Criterion;
use crate::train::Event;

/// Points of the losses within an epoch that are kept; of more, every second one is dropped.
const MOST: usize = 2000;

/// What an epoch measured, by the key that events have it under: `loss`, `accuracy`, `macro_f1`.
pub type Point = BTreeMap<String, f64>;

/// An epoch that has ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpochTold {
    /// Means over the training images, while they were learned.
    pub train: Point,
    /// Means over the images that validate; empty where none do.
    pub validation: Point,
    /// Learning rate of its last step.
    pub learning_rate: Option<f64>,
    /// Images learned a second; none where that was not told.
    pub images_per_second: Option<f64>,
    /// Whether it was the best one so far.
    pub best: bool,
}

/// What a run has told so far, as far as it is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Those that are done.
    epochs: Vec<EpochTold>,
    /// Images seen and the sum of their losses in the epoch that is running, with its number.
    so_far: (u32, u64, f64),
    /// Images of the steps that were told of this epoch, and their seconds.
    speed: (u64, f64),
    /// The mean loss between two events, at its place in epochs, until two epochs are done.
    within: Vec<(f64, f64)>,
}

/// Numbers of an event that say where it is, and measure nothing.
const PLACE: [&str; 5] = ["epoch", "global_step", "steps", "seconds", "learning_rate"];

/// What an event measured.
fn point(event: &Value) -> Point {
    let numbers = event.as_object().into_iter().flatten().filter(|(key, _)| !PLACE.contains(&key.as_str()));
    numbers.filter_map(|(key, value)| Some((key.clone(), value.as_f64()?))).collect()
}

impl History {
    /// The history of a run whose `events.jsonl` is there.
    ///
    /// # Errors
    /// The system's.
    pub fn read(log: &Path) -> std::io::Result<Self> {
        Ok(Self::of(&Log::read(log)?))
    }

    /// The history that a log tells.
    pub fn of(log: &Log) -> Self {
        let mut history = History::default();
        log.entries.iter().for_each(|entry| history.take_line(&entry.value));
        history
    }

    /// What an event measured.
    pub fn means(event: &Value) -> Point {
        point(event)
    }

    /// Takes in a line of the log.
    pub fn take_line(&mut self, event: &Value) {
        let number = |key: &str| event[key].as_u64().unwrap_or(0);
        let epoch = number("epoch") as u32;
        match event["event"].as_str() {
            Some("progress") => {
                let place = [number("step"), number("steps")].map(|steps| steps as usize);
                self.speed.0 += number("images");
                self.speed.1 += event["seconds"].as_f64().unwrap_or(0.0);
                if let Some(loss) = event["loss"].as_f64() {
                    self.within_epoch(epoch, place, number("seen"), loss);
                }
            }
            Some("epoch") => {
                let (images, seconds) = std::mem::take(&mut self.speed);
                self.epoch(
                    epoch,
                    EpochTold {
                        train: point(event),
                        validation: point(&event["validation"]),
                        learning_rate: event["learning_rate"].as_f64(),
                        images_per_second: (images > 0 && seconds > 0.0).then(|| images as f64 / seconds),
                        best: event["best"].as_bool().unwrap_or(false),
                    },
                );
            }
            _ => {}
        }
    }

    /// Takes in an event.
    pub fn take(&mut self, event: &Event) {
        if matches!(event, Event::Progress { .. } | Event::Epoch { .. }) {
            // by the digits that the log has
            let line = serde_json::to_string(event).expect("an event is plain data");
            self.take_line(&serde_json::from_str(&line).expect("it was just written"));
        }
    }

    /// `seen` images of this epoch were seen, and `mean` is the loss of all of them. A run that went on from an older
    /// checkpoint has seen fewer than were told before: its first point is the mean from the start of the epoch.
    fn within_epoch(&mut self, epoch: u32, [step, steps]: [usize; 2], seen: u64, mean: f64) {
        let goes_on = self.so_far.0 == epoch && self.so_far.1 < seen;
        let (_, before, sum) = if goes_on { self.so_far } else { (epoch, 0, 0.0) };
        let all = mean * seen as f64;
        self.so_far = (epoch, seen, all);
        if self.epochs.len() > 1 || seen == before {
            return;
        }
        let place = f64::from(epoch) - 1.0 + step as f64 / steps.max(1) as f64;
        // a run that went on from an older checkpoint goes there a second time
        self.within.retain(|&(before, _)| before < place);
        self.within.push((place, (all - sum) / (seen - before) as f64));
        if self.within.len() > MOST {
            let mut number = 0;
            self.within.retain(|_| {
                number += 1;
                number % 2 == 0
            });
        }
    }

    fn epoch(&mut self, epoch: u32, told: EpochTold) {
        self.epochs.truncate((epoch as usize).saturating_sub(1));
        self.epochs.push(told);
        if self.epochs.len() > 1 {
            self.within.clear();
        }
    }

    /// The epochs that have ended, in their order.
    pub fn epochs(&self) -> &[EpochTold] {
        &self.epochs
    }

    fn series(&self, name: &str, ink: Ink, value: impl Fn(&EpochTold) -> Option<f64>) -> Option<Series> {
        let places = (1..).map(f64::from).zip(&self.epochs);
        let points: Vec<[f64; 2]> =
            places.filter_map(|(x, told)| Some([x, value(told).filter(|y| y.is_finite())?])).collect();
        (!points.is_empty()).then(|| Series::new(name, points, ink))
    }

    /// The losses over epochs; over steps as long as fewer than two epochs are done.
    pub fn losses(&self) -> Option<Lines> {
        let of = |key: &'static str| move |told: &EpochTold| told.train.get(key).copied();
        let two = self.epochs.iter().any(|told| told.train.contains_key("g_loss"));
        let name = if two { "discriminator" } else { "training" };
        let mut all: Vec<Series> = [
            self.series(name, Ink::A, of("loss")),
            self.series("validation", Ink::B, |told| told.validation.get("loss").copied()),
            self.series("generator", Ink::B, of("g_loss")),
        ]
        .into_iter()
        .flatten()
        .collect();
        if self.epochs.len() < 2 && !self.within.is_empty() {
            let steps = self.within.iter().map(|&(x, y)| [x, y]).collect();
            all.insert(0, Series { is_guide: !self.epochs.is_empty(), ..Series::new("steps", steps, Ink::E) });
        }
        (!all.is_empty()).then(|| over_epochs("Loss", Scale::Linear, "loss", all))
    }

    /// What else was measured over epochs.
    pub fn measures(&self) -> Option<Lines> {
        let train = self.series("training accuracy", Ink::A, |told| told.train.get("accuracy").copied());
        let inks = [Ink::B, Ink::C, Ink::D, Ink::E];
        let mut shares = true;
        let validated =
            Criterion::all().filter(|&one| one != Criterion::Loss).zip(inks).filter_map(|(measure, ink)| {
                let value = |told: &EpochTold| told.validation.get(measure.column()).copied();
                let series = self.series(&format!("validation {}", measure.name()), ink, value)?;
                shares &= measure.is_share();
                Some(series)
            });
        let all: Vec<Series> = train.into_iter().chain(validated).collect();
        let scale = if shares { Scale::Share } else { Scale::Linear };
        // where there is one curve, no legend says what it is
        let name = if let [only] = &all[..] { only.name.clone() } else { String::new() };
        (!all.is_empty()).then(|| over_epochs("Measures", scale, &name, all))
    }

    /// The learning rate over epochs.
    pub fn rates(&self) -> Option<Lines> {
        let rate = self.series("learning rate", Ink::A, |told| told.learning_rate)?;
        let mut chart = over_epochs("Learning rate", Scale::Linear, "at the end of the epoch", vec![rate]);
        let mut values = chart.series[0].points.iter().map(|point| point[1]);
        // what stays where it is has one label
        chart.y.alone = values.next().filter(|first| values.all(|value| value == *first));
        Some(chart)
    }

    /// Images learned a second over epochs.
    pub fn speeds(&self) -> Option<Lines> {
        let speed = self.series("images a second", Ink::A, |told| told.images_per_second)?;
        let mut chart = over_epochs("Speed", Scale::Linear, "images a second", vec![speed]);
        chart.y.range[0] = 0.0;
        Some(chart)
    }

    /// Losses and measures beside each other, under the name of the run; none as long as nothing was learned.
    pub fn draw(&self, run: &str) -> Option<Drawing> {
        let parts: Vec<Drawing> =
            [self.losses(), self.measures()].into_iter().flatten().map(|chart| lines(&chart, SIZE)).collect();
        (!parts.is_empty()).then(|| Drawing::beside(run, &parts))
    }
}

/// Curves over epochs, which are whole.
fn over_epochs(title: &str, scale: Scale, name: &str, series: Vec<Series>) -> Lines {
    Lines::around(title, ("epoch", Scale::Whole), (name, scale), series)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{AdversarialLosses, Metrics};

    fn progress(epoch: u32, step: usize, seen: u64, loss: f64) -> Event {
        let so_far = Metrics { loss, accuracy: Some(0.5), ..Metrics::default() };
        Event::Progress { epoch, step, steps: 10, images: 64, seen, images_left: 0, seconds: 0.1, so_far }
    }

    fn epoch(epoch: u32, loss: f64) -> Event {
        let metrics = |loss| Metrics { loss, accuracy: Some(0.5), ..Metrics::default() };
        measured(epoch, metrics(loss), Some(metrics(loss + 1.0)))
    }

    fn measured(epoch: u32, train: Metrics, validation: Option<Metrics>) -> Event {
        Event::Epoch {
            epoch,
            global_step: 0,
            steps: 10,
            seconds: 1.0,
            learning_rate: 0.1,
            train,
            validation,
            best: true,
            confusion: None,
        }
    }

    fn read(events: &[Event]) -> History {
        let lines: Vec<String> = events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{}\nnonsense\n{{\"event\":\"epo", lines.join("\n"))).unwrap();
        History::read(file.path()).unwrap()
    }

    fn told(events: &[Event]) -> History {
        let mut history = History::default();
        events.iter().for_each(|event| history.take(event));
        history
    }

    fn losses(history: &History) -> Vec<f64> {
        history.epochs().iter().map(|told| told.train["loss"]).collect()
    }

    #[test]
    fn a_rate_that_stays_has_one_label() {
        let history = |rates: [f64; 2]| {
            let mut history = History::default();
            for (number, rate) in (1..).zip(rates) {
                let line = serde_json::json!({ "event": "epoch", "epoch": number, "learning_rate": rate, "loss": 1.0 });
                history.take_line(&line);
            }
            history.rates().unwrap().y.ticks(5).len()
        };
        assert_eq!(history([0.01, 0.01]), 1);
        assert!(history([0.01, 0.001]) > 2);
    }

    #[test]
    fn a_log_says_what_its_events_said() {
        let events = [progress(1, 5, 320, 2.0), progress(1, 10, 640, 1.5), epoch(1, 1.5), progress(2, 4, 100, 0.5)];
        assert_eq!(read(&events), told(&events));
        let within = told(&events).within;
        assert_eq!(within, [(0.5, 2.0), (1.0, 1.0), (1.4, 0.5)], "means between events, not means so far");
        assert_eq!(told(&[&events[..], &[epoch(2, 0.4)]].concat()).within, []);
        let told = told(&events);
        let first = &told.epochs()[0];
        assert!((first.images_per_second.unwrap() - 640.0).abs() < 1e-9, "128 images in 0.2 seconds");
        assert!(first.best && (first.learning_rate.unwrap() - 0.1).abs() < 1e-6);
    }

    #[test]
    fn two_networks_have_two_losses() {
        let losses = |g_loss| Some(AdversarialLosses { d_loss: 1.0, g_loss });
        let train = |g_loss| Metrics { loss: 1.0, adversarial: losses(g_loss), ..Metrics::default() };
        let events = [(1, 0.7), (2, 0.8)].map(|(number, g_loss)| measured(number, train(g_loss), None));
        assert_eq!(read(&events), told(&events));
        let chart = told(&events).losses().unwrap();
        let drawn: Vec<(&str, f64)> = chart.series.iter().map(|s| (s.name.as_str(), s.points[1][1])).collect();
        assert_eq!(drawn, [("discriminator", 1.0), ("generator", 0.8)]);
    }

    #[test]
    fn what_was_learned_twice_counts_once() {
        let history = told(&[epoch(1, 3.0), epoch(2, 2.0), epoch(3, 1.0), epoch(2, 1.9), epoch(3, 0.9)]);
        assert_eq!(losses(&history), [3.0, 1.9, 0.9]);
        // stopped after six steps, and gone on with from the second
        let within = told(&[progress(1, 2, 128, 3.0), progress(1, 6, 384, 2.0), progress(1, 4, 256, 2.5)]).within;
        assert_eq!(within, [(0.2, 3.0), (0.4, 2.5)]);
    }

    #[test]
    fn there_is_a_picture_as_soon_as_something_was_learned() {
        assert!(History::default().draw("run").is_none());
        let one = told(&[progress(1, 5, 320, 2.0)]).draw("run").unwrap().to_picture();
        let more = told(&[epoch(1, 3.0), epoch(2, 2.0)]).draw("run").unwrap().to_picture();
        assert!(one != more && more.width() == 4 * SIZE[0] as u32, "losses and measures");
        // a loss that is no number is left out
        told(&[epoch(1, f64::NAN), epoch(2, 2.0)]).draw("run").unwrap();
    }

    #[test]
    fn one_measure_says_what_it_is() {
        let chart = |train: Metrics| told(&[measured(1, train, Some(train))]).measures().unwrap();
        let more = crate::metrics::Summary { r2: Some(0.5), ..Default::default() };
        let r2 = Metrics { loss: 1.0, more, ..Metrics::default() };
        assert_eq!(chart(r2).y.name, "validation R2");
        let accuracy = Metrics { loss: 1.0, accuracy: Some(0.5), ..Metrics::default() };
        assert_eq!(chart(accuracy).y.name, "", "of several the legend says it");
    }

    #[test]
    fn a_long_epoch_is_thinned() {
        let mut history = History::default();
        (1..=3 * MOST).for_each(|i| history.within_epoch(1, [i, 3 * MOST], 10 * i as u64, 1.0));
        assert!(history.within.len() <= MOST && history.within.len() > MOST / 4, "{}", history.within.len());
    }
}
