//! What is known of a run from the lines of its log: the model behind every screen that shows one.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::super::history::{History, Point};
use super::super::log::Entry;
use super::super::pace::Pace;
use super::super::seconds;
use super::super::text::plain;
use super::message::{Message, epoch_text, measured_text};
use crate::metrics::Criterion;
use crate::plan::thousands;

/// What a run does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It has told nothing.
    #[default]
    Silent,
    /// It compiles, and does its first step.
    Starting,
    /// A frozen body computes features.
    Features,
    /// A new head is trained on them.
    Head,
    /// It learns.
    Training,
    /// An epoch's steps are done; it is being validated, or saved.
    Validating,
    /// All epochs are done; the test is evaluated and the report written.
    Ending,
    /// It has told its verdict.
    Finished,
}

impl Stage {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Silent => "waiting",
            Stage::Starting => "starting",
            Stage::Features => "computing features",
            Stage::Head => "training the head",
            Stage::Training => "training",
            Stage::Validating => "validating",
            Stage::Ending => "testing",
            Stage::Finished => "finished",
        }
    }
}

/// Where the epoch stands that is running.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Progress {
    /// Its number, from 1.
    pub epoch: u32,
    /// Steps done, or images of a body's features.
    pub step: usize,
    /// Steps of it.
    pub steps: usize,
    /// Images seen and images to be seen.
    pub images: [usize; 2],
    /// Means over it so far.
    pub so_far: Point,
}

/// The best epoch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestTold {
    /// Its number, from 1.
    pub epoch: u32,
    /// What it is the best by, as events name it: `accuracy`, `macro_f1`.
    pub measure: String,
    /// Its value.
    pub value: f64,
}

/// The confusion matrix of an epoch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfusionTold {
    /// The epoch, from 1.
    pub epoch: u32,
    /// Validation images by class (row) and answer (column).
    pub counts: Vec<Vec<u64>>,
}

/// What a run has told. It takes in the lines of its log one by one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Watched {
    /// The line with which the run began, or went on last; see [`RunStart`](super::super::RunStart). Null where an older log has none.
    pub start: Value,
    /// Its epochs.
    #[serde(skip)]
    pub history: History,
    /// What it does.
    pub stage: Stage,
    /// The epoch that is running; none before the first step and after the last one.
    pub now: Option<Progress>,
    /// How fast it is.
    #[serde(skip)]
    pub pace: Pace,
    /// The last confusion matrix that was told.
    pub confusion: Option<ConfusionTold>,
    /// What the test images gave.
    pub test: Option<Value>,
    /// The last step that was saved.
    pub saved: Option<u64>,
    /// Seconds of steps and of all of the last epoch.
    pub epoch_seconds: Option<[f64; 2]>,
    /// When it began, and when it told something last, in seconds since 1970 began.
    pub times: Option<[f64; 2]>,
    /// What happened, in sentences.
    pub messages: Vec<Message>,
    /// Seconds of the steps of this epoch.
    #[serde(skip)]
    stepping: f64,
}

impl Watched {
    /// Takes in a line of the log.
    pub fn take(&mut self, entry: &Entry) {
        if let Some(time) = entry.time {
            self.times = Some([self.times.map_or(time, |[began, _]| began), time]);
        }
        let value = &entry.value;
        self.history.take_line(value);
        let number = |key: &str| entry.number(key).unwrap_or(0.0);
        match entry.event.as_str() {
            "start" => self.begin(entry, format!("started: {}", text(&value["command"]))),
            "resume" => self.begin(entry, format!("resumed at step {}", thousands(number("step") as u64))),
            "features" => {
                self.before(Stage::Features, [number("seen"), number("images")], Point::new());
                if number("seen") >= number("images") {
                    let count = thousands(number("images") as u64);
                    self.say(
                        entry,
                        format!("features of {count} {} in {}", self.examples(), seconds(number("seconds"))),
                    );
                }
            }
            "head" => {
                self.before(Stage::Head, [number("step"), number("steps")], History::means(value));
                if number("step") >= number("steps") {
                    self.say(entry, format!("head trained in {} steps: {}", number("steps"), measured_text(value)));
                }
            }
            "first_step" => {
                self.stage = Stage::Training;
                self.say(entry, format!("first step finished after {}", seconds(number("seconds"))));
            }
            "progress" => self.progress(entry),
            "checkpoint" => {
                self.saved = Some(number("global_step") as u64);
                self.say(entry, format!("saved at step {}", thousands(number("global_step") as u64)));
            }
            "note" => self.say(entry, format!("note: {}", text(&value["text"]))),
            "epoch" => self.epoch(entry),
            "test" => {
                self.stage = Stage::Ending;
                self.test = Some(value.clone());
                self.say(entry, format!("test: {}", measured_text(value)));
            }
            "verdict" => {
                (self.stage, self.now) = (Stage::Finished, None);
                self.say(entry, format!("finished after {}", seconds(number("seconds"))));
            }
            _ => {}
        }
    }

    fn say(&mut self, entry: &Entry, text: String) {
        self.messages.push(Message { time: entry.time, text });
    }

    fn begin(&mut self, entry: &Entry, text: String) {
        (self.start, self.stage, self.now, self.stepping) = (entry.value.clone(), Stage::Starting, None, 0.0);
        self.pace = Pace::default();
        self.say(entry, text);
    }

    /// Work before the first step.
    fn before(&mut self, stage: Stage, [step, steps]: [f64; 2], so_far: Point) {
        self.stage = stage;
        let (step, steps) = (step as usize, steps as usize);
        self.now = Some(Progress { epoch: 0, step, steps, images: [step, steps], so_far });
    }

    fn progress(&mut self, entry: &Entry) {
        let whole = |key: &str| entry.number(key).unwrap_or(0.0) as usize;
        let time = entry.number("seconds").unwrap_or(0.0);
        let (epoch, step, steps) = (whole("epoch") as u32, whole("step"), whole("steps"));
        let before = self.now.as_ref().filter(|now| now.epoch == epoch && now.step <= step).map_or(0, |now| now.step);
        // a run that goes on begins in the middle of an epoch
        let counted = if before == 0 && whole("seen") > whole("images") { 0 } else { step - before };
        self.pace.take(time, whole("images"), counted);
        self.stepping += time;
        self.stage = if step < steps { Stage::Training } else { Stage::Validating };
        let images = [whole("seen"), whole("seen").saturating_add(whole("images_left"))];
        self.now = Some(Progress { epoch, step, steps, images, so_far: History::means(&entry.value) });
    }

    fn epoch(&mut self, entry: &Entry) {
        let value = &entry.value;
        let number = entry.number("epoch").unwrap_or(0.0) as u32;
        if let Some(time) = entry.number("seconds") {
            self.pace.epoch(time);
            self.epoch_seconds = Some([std::mem::take(&mut self.stepping).min(time), time]);
        }
        self.saved = entry.number("global_step").map(|step| step as u64).or(self.saved);
        if let Ok(counts) = serde_json::from_value::<Vec<Vec<u64>>>(value["confusion"].clone()) {
            let is_square = counts.iter().all(|row| row.len() == counts.len());
            self.confusion = is_square.then_some(ConfusionTold { epoch: number, counts }).or(self.confusion.take());
        }
        let is_last = Some(u64::from(number)) == self.start["epochs"].as_u64();
        self.stage = if is_last { Stage::Ending } else { Stage::Training };
        // the next one begins
        self.now = self.now.take().filter(|now| !is_last && now.epoch == number).map(|now| Progress {
            epoch: number.saturating_add(1),
            step: 0,
            images: [0, now.images[1]],
            so_far: Point::new(),
            ..now
        });
        let measure = self.best_by();
        self.say(entry, epoch_text(number, value, measure.as_deref()));
    }

    /// Epochs that the run is to have; none where an older log does not say.
    pub fn epochs(&self) -> Option<u32> {
        self.start["epochs"].as_u64().map(|epochs| epochs as u32)
    }

    /// What examples are called: `images`, `texts` or `examples`.
    pub fn examples(&self) -> &str {
        self.start["examples"].as_str().unwrap_or("images")
    }

    /// Names of classes, labels or numbers.
    pub fn classes(&self) -> Vec<String> {
        let names = self.start["data"]["classes"].as_array();
        names.into_iter().flatten().map(text).collect()
    }

    /// What epochs are judged by, as events name it.
    pub fn best_by(&self) -> Option<String> {
        self.start["best_by"].as_str().map(|key| key.replace('-', "_"))
    }

    /// The best epoch so far; none where no epoch is better than another, or none is done.
    pub fn best(&self) -> Option<BestTold> {
        let epochs = self.history.epochs();
        let at = epochs.iter().rposition(|told| told.best)?;
        let (epoch, told) = (at as u32 + 1, &epochs[at]);
        let means = if told.validation.is_empty() { &told.train } else { &told.validation };
        let measure = self.best_by();
        // of an autoencoder that knows normal classes, their images are what counts
        let of = |key: &str| if key == "loss" { means.get("normal_error").or(means.get(key)) } else { means.get(key) };
        let mut keys = measure.as_deref().into_iter().chain(["accuracy", "loss"]);
        let (measure, value) = keys.find_map(|key| Some((key, *of(key)?)))?;
        Some(BestTold { epoch, measure: measure.into(), value })
    }

    /// Whether the last epoch is the best one; none where there is none.
    pub fn is_improving(&self) -> Option<bool> {
        self.best()?;
        self.history.epochs().last().map(|told| told.best)
    }

    /// Seconds left of the run; none where that cannot be known yet.
    pub fn left(&self) -> Option<f64> {
        let now = self.now.as_ref().filter(|now| now.epoch > 0)?;
        let [seen, all] = now.images;
        let left = self.pace.left([all - seen.min(all), all], self.epochs()?.saturating_sub(now.epoch));
        left.is_finite().then_some(left)
    }

    /// The command, data, model and device in a few words each; empty where an older log does not say.
    pub fn heading(&self) -> [String; 3] {
        let source = text(&self.start["data"]["name"]);
        [text(&self.start["model"]["name"]), source, text(&self.start["device"]["name"])]
    }
}

/// A measure in a word: `acc`, `F1`, `loss`.
pub fn short_measure(measure: &str) -> String {
    match Criterion::named(&measure.replace('_', "-")) {
        Some(Criterion::Accuracy) => "acc".into(),
        Some(Criterion::MacroF1) => "F1".into(),
        Some(other) => other.name().into(),
        None => measure.replace('_', " "),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().into()
}

/// The share of a step's time on the device that each of its parts takes, in their order, with the seconds of all of them, as
/// `--profile` found them; none where no profile is in the run's folder.
pub fn step_split(run: &Path) -> Option<(Vec<(String, f64)>, f64)> {
    let profile: Value = serde_json::from_slice(&crate::platform::files::read(&run.join("profile.json")).ok()?).ok()?;
    let mut parts: Vec<(String, f64)> = Vec::new();
    for launch in profile["launches"].as_array()? {
        let mut times: Vec<f64> = launch["seconds"].as_array()?.iter().filter_map(Value::as_f64).collect();
        times.sort_by(f64::total_cmp);
        let (part, median) = (&plain(launch["part"].as_str()?), times.get(times.len() / 2).copied().unwrap_or(0.0));
        match parts.iter_mut().find(|(name, _)| name == part) {
            Some((_, sum)) => *sum += median,
            None => parts.push((part.clone(), median)),
        }
    }
    let all: f64 = parts.iter().map(|(_, sum)| sum).sum();
    parts.iter_mut().for_each(|(_, sum)| *sum /= all);
    (all > 0.0).then_some((parts, all))
}

#[cfg(test)]
pub(crate) mod tests;
