//! `curve.png`: losses and accuracies of a run over its epochs.

use std::path::Path;

use image::RgbImage;
use serde_json::Value;

use super::draw::{Curve, Panel, panels};
use super::log::{Entry, Log};
use crate::train::{Event, Metrics};

/// Points of the losses within an epoch that are kept; of more, every second one is dropped.
const MOST: usize = 2000;
const LEARNED: [u8; 3] = [30, 80, 160];
const HELD_OUT: [u8; 3] = [216, 108, 24];
const STEPS: [u8; 3] = [160, 184, 216];

/// Loss and accuracy of an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    loss: f64,
    accuracy: Option<f64>,
    /// The generator's loss, where two networks are trained in turn; `loss` is the discriminator's then.
    generator: Option<f64>,
}

impl Point {
    fn of(metrics: &Metrics) -> Self {
        let generator = metrics.adversarial.map(|losses| losses.g_loss);
        Point { loss: metrics.loss, accuracy: metrics.accuracy, generator }
    }

    fn read(metrics: &Value) -> Option<Self> {
        let number = |key: &str| metrics[key].as_f64();
        Some(Point { loss: number("loss")?, accuracy: number("accuracy"), generator: number("g_loss") })
    }
}

/// An epoch while it was learned, and on the images that validate.
type Epoch = (Point, Option<Point>);

/// What a run has told so far, as far as it is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Those that are done.
    epochs: Vec<Epoch>,
    /// Images seen and the sum of their losses in the epoch that is running, with its number.
    so_far: (u32, u64, f64),
    /// The mean loss between two events, at its place in epochs, until two epochs are done.
    within: Vec<(f64, f64)>,
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
        log.entries.iter().for_each(|entry| history.take_line(entry));
        history
    }

    fn take_line(&mut self, entry: &Entry) {
        let number = |key: &str| entry.value[key].as_u64().unwrap_or(0);
        let epoch = number("epoch") as u32;
        match (entry.event.as_str(), Point::read(&entry.value)) {
            ("progress", Some(point)) => {
                let place = [number("step"), number("steps")].map(|steps| steps as usize);
                self.within_epoch(epoch, place, number("seen"), point.loss);
            }
            ("epoch", Some(train)) => self.epoch(epoch, train, Point::read(&entry.value["validation"])),
            _ => {}
        }
    }

    /// Takes in an event.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Progress { epoch, step, steps, seen, so_far, .. } => {
                self.within_epoch(*epoch, [*step, *steps], *seen, so_far.loss);
            }
            Event::Epoch { epoch, train, validation, .. } => {
                self.epoch(*epoch, Point::of(train), validation.as_ref().map(Point::of));
            }
            Event::Features { .. }
            | Event::Head { .. }
            | Event::FirstStep { .. }
            | Event::Checkpoint { .. }
            | Event::Test { .. }
            | Event::Verdict { .. } => {}
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

    fn epoch(&mut self, epoch: u32, train: Point, validation: Option<Point>) {
        self.epochs.truncate((epoch as usize).saturating_sub(1));
        self.epochs.push((train, validation));
        if self.epochs.len() > 1 {
            self.within.clear();
        }
    }

    /// The picture, under the name of the run; none as long as nothing was learned.
    pub fn draw(&self, run: &str) -> Option<RgbImage> {
        let places = || (1..).map(f64::from).zip(&self.epochs);
        let series = |name, colour, value: &dyn Fn(&Epoch) -> Option<f64>| {
            let points: Vec<(f64, f64)> =
                places().filter_map(|(x, epoch)| Some((x, value(epoch).filter(|y| y.is_finite())?))).collect();
            Curve { name, points, colour, width: 2 }
        };
        let width = if self.epochs.is_empty() { 2 } else { 1 };
        let steps = Curve { name: "steps", points: self.within.clone(), colour: STEPS, width };
        let curves = |all: Vec<Curve<'static>>| -> Vec<Curve<'static>> {
            all.into_iter().filter(|curve| !curve.points.is_empty()).collect()
        };
        let two = self.epochs.iter().any(|(train, _)| train.generator.is_some());
        let losses = curves(vec![
            steps,
            series(if two { "discriminator" } else { "training" }, LEARNED, &|(train, _)| Some(train.loss)),
            series("validation", HELD_OUT, &|(_, validation)| validation.map(|v| v.loss)),
            series("generator", HELD_OUT, &|(train, _)| train.generator),
        ]);
        let accuracies = curves(vec![
            series("training", LEARNED, &|(train, _)| train.accuracy),
            series("validation", HELD_OUT, &|(_, validation)| validation.and_then(|v| v.accuracy)),
        ]);
        let panel = |title, curves, percent| Panel { title, axes: ["epoch", ""], curves, percent, fine: false };
        let of_run = format!("{run} · loss");
        let (loss, accuracy) = (panel(&of_run, losses, false), panel("accuracy", accuracies, true));
        let all: Vec<Panel> = [loss, accuracy].into_iter().filter(|panel| !panel.curves.is_empty()).collect();
        (!all.is_empty()).then(|| panels(&all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::AdversarialLosses;

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

    #[test]
    fn a_log_says_what_its_events_said() {
        let events = [progress(1, 5, 320, 2.0), progress(1, 10, 640, 1.5), epoch(1, 1.5), progress(2, 4, 100, 0.5)];
        assert_eq!(read(&events), told(&events));
        let within = told(&events).within;
        assert_eq!(within, [(0.5, 2.0), (1.0, 1.0), (1.4, 0.5)], "means between events, not means so far");
        assert_eq!(told(&[&events[..], &[epoch(2, 0.4)]].concat()).within, []);
    }

    #[test]
    fn two_networks_have_two_losses() {
        let losses = |g_loss| Some(AdversarialLosses { d_loss: 1.0, g_loss });
        let train = |g_loss| Metrics { loss: 1.0, adversarial: losses(g_loss), ..Metrics::default() };
        let events = [(1, 0.7), (2, 0.8)].map(|(number, g_loss)| measured(number, train(g_loss), None));
        assert_eq!(read(&events), told(&events));
        let generator: Vec<Option<f64>> = told(&events).epochs.iter().map(|(train, _)| train.generator).collect();
        assert_eq!(generator, [Some(0.7), Some(0.8)]);
    }

    #[test]
    fn what_was_learned_twice_counts_once() {
        let history = told(&[epoch(1, 3.0), epoch(2, 2.0), epoch(3, 1.0), epoch(2, 1.9), epoch(3, 0.9)]);
        let losses: Vec<f64> = history.epochs.iter().map(|(train, _)| train.loss).collect();
        assert_eq!(losses, [3.0, 1.9, 0.9]);
        // stopped after six steps, and gone on with from the second
        let within = told(&[progress(1, 2, 128, 3.0), progress(1, 6, 384, 2.0), progress(1, 4, 256, 2.5)]).within;
        assert_eq!(within, [(0.2, 3.0), (0.4, 2.5)]);
    }

    #[test]
    fn there_is_a_picture_as_soon_as_something_was_learned() {
        assert!(History::default().draw("run").is_none());
        let one = told(&[progress(1, 5, 320, 2.0)]).draw("run").unwrap();
        let more = told(&[epoch(1, 3.0), epoch(2, 2.0)]).draw("run").unwrap();
        assert!(one.dimensions() == more.dimensions() && one != more);
        // a loss that is no number is left out
        told(&[epoch(1, f64::NAN), epoch(2, 2.0)]).draw("run").unwrap();
    }

    #[test]
    fn a_long_epoch_is_thinned() {
        let mut history = History::default();
        (1..=3 * MOST).for_each(|i| history.within_epoch(1, [i, 3 * MOST], 10 * i as u64, 1.0));
        assert!(history.within.len() <= MOST && history.within.len() > MOST / 4, "{}", history.within.len());
    }
}
