//! A run as its folder tells it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::super::CliError;
use crate::config::RunConfig;
use crate::data::known;
use crate::metrics::Criterion;
use crate::platform::{calendar, files};
use crate::report::{Log, is_written};

/// How far below a folder runs are looked for.
const DEPTH: usize = 6;

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It told its verdict.
    Finished,
    /// It can be resumed.
    Stopped,
    /// A process is training it.
    Running,
    /// It cannot be used: its checkpoint or its configuration is not whole.
    Damaged,
}

impl State {
    /// In a table.
    pub fn word(self) -> &'static str {
        match self {
            State::Finished => "finished",
            State::Stopped => "stopped",
            State::Running => "running",
            State::Damaged => "damaged",
        }
    }
}

/// A measure with its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// As epochs have it in the log: `accuracy`, `macro_f1`, `loss`.
    pub measure: String,
    /// Its value.
    pub value: f64,
    /// The epoch that it is of; none of the test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
}

/// A run as its folder tells it.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Its folder.
    pub run: PathBuf,
    /// When it began, UTC by RFC 3339; none where its log does not say.
    pub date: Option<String>,
    /// Name of the data set.
    pub data: String,
    /// Name of the model.
    pub model: String,
    /// What it is for.
    pub task: Option<String>,
    /// The measure that its best epoch was chosen by, there.
    pub best: Option<Measured>,
    /// What the test images gave: the same measure, or else the accuracy or the loss.
    pub test: Option<Measured>,
    /// Epochs done.
    pub epochs: u64,
    /// Epochs that it was to have.
    pub of_epochs: Option<u32>,
    /// Seconds that its epochs took.
    pub seconds: f64,
    /// Name of the adapter.
    pub device: Option<String>,
    /// What became of it.
    pub state: State,
    /// Every setting, by key.
    pub settings: BTreeMap<String, toml::Value>,
    /// What the images that validate gave in its best epoch.
    #[serde(skip)]
    pub validation: Value,
    /// What it told.
    #[serde(skip)]
    pub log: Log,
}

/// Whether a folder holds a run.
fn is_run(folder: &Path) -> bool {
    ["config.toml", "last.safetensors"].iter().all(|name| folder.join(name).is_file())
        || ["config.toml", "events.jsonl"].iter().all(|name| folder.join(name).is_file())
        || ["last.safetensors", "events.jsonl"].iter().all(|name| folder.join(name).is_file())
}

/// The runs in a folder and below it; the folder itself if it is one.
pub fn below(folder: &Path) -> Result<Vec<Found>, CliError> {
    let mut runs = Vec::new();
    let mut folders = vec![(folder.to_path_buf(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        if is_run(&folder) {
            runs.push(Found::of(&folder));
            continue;
        }
        let entries = std::fs::read_dir(&folder).map_err(CliError::file(&folder));
        // of a folder that may not be read below the one that was named, nothing is known
        let entries = if depth == 0 { Some(entries?) } else { entries.ok() };
        let inner = entries.into_iter().flatten().flatten().map(|entry| entry.path());
        folders.extend(
            inner.filter(|path| depth < DEPTH && path.is_dir() && !path.is_symlink()).map(|path| (path, depth + 1)),
        );
    }
    Ok(runs)
}

impl Found {
    /// The run in a folder. What cannot be read is left out, and the run is damaged.
    pub fn of(folder: &Path) -> Self {
        let log_path = folder.join("events.jsonl");
        let log = Log::read(&log_path).unwrap_or_default();
        let text = files::read(&folder.join("config.toml"))
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .unwrap_or_default();
        let config = (!text.is_empty()).then(|| toml::from_str::<RunConfig>(&text).ok()).flatten();
        let start = log.first("start").map_or(Value::Null, |entry| entry.value.clone());
        let word = |value: &Value| value.as_str().map(String::from);
        let data = config.as_ref().and_then(|config| config.data.clone()).unwrap_or_else(|| known::SMALL.into());
        let last_name =
            |path: &str| Path::new(path).file_name().map_or(path.into(), |name| name.to_string_lossy().into_owned());
        let epochs: Vec<&Value> = epochs(&log);
        let best = best(&log, &epochs);
        let validation =
            best.as_ref().and_then(|best| best.epoch).and_then(|at| epochs.iter().find(|e| e["epoch"] == at));
        let validation = validation.map_or(Value::Null, |epoch| means(epoch).clone());
        let test = log.entries.iter().rfind(|entry| entry.event == "test");
        let test = test.and_then(|entry| {
            let keys = best.as_ref().map(|best| best.measure.as_str()).into_iter().chain(["accuracy", "loss"]);
            let mut found = keys.filter_map(|key| Some((key, entry.value[key].as_f64()?)));
            found.next().map(|(key, value)| Measured { measure: key.into(), value, epoch: None })
        });
        let device = log.entries.iter().rfind(|entry| ["start", "resume"].contains(&entry.event.as_str()));
        Found {
            run: folder.into(),
            date: word(&start["time"]),
            data: word(&start["data"]["name"]).unwrap_or_else(|| last_name(&data)),
            model: word(&start["model"]["name"]).or(config.as_ref().map(|c| last_name(&c.model))).unwrap_or_default(),
            task: word(&start["task"]),
            best,
            test,
            epochs: epochs.last().and_then(|epoch| epoch["epoch"].as_u64()).unwrap_or(0),
            of_epochs: config.as_ref().map(|config| config.epochs),
            // an empty sum of f64 is -0
            seconds: epochs.iter().filter_map(|epoch| epoch["seconds"].as_f64()).fold(0.0, |sum, one| sum + one),
            device: device.and_then(|entry| word(&entry.value["device"]["name"])),
            state: state(folder, &log_path, &log, config.is_some()),
            settings: config.map_or_else(BTreeMap::new, |config| config.settings()),
            validation,
            log,
        }
    }

    /// The best of its epochs until one, with what the images that validate gave there.
    pub fn best_until(&self, until: Option<u32>) -> Option<(u64, &Value)> {
        let epochs = epochs(&self.log);
        let counted = epochs.into_iter().rev().filter_map(|epoch| Some((epoch["epoch"].as_u64()?, epoch)));
        let mut early = counted.filter(|(number, _)| until.is_none_or(|until| *number <= u64::from(until)));
        early.find(|(_, epoch)| epoch["best"] == true).map(|(number, epoch)| (number, means(epoch)))
    }

    /// The name by which a table has it: its folder, without that in which runs are listed.
    pub fn name(&self, listed: &Path) -> String {
        let name = self.run.strip_prefix(listed).unwrap_or(&self.run);
        if name.as_os_str().is_empty() { self.run.display().to_string() } else { name.display().to_string() }
    }

    /// When it began, for people: `2026-02-11 09:14`.
    pub fn began(&self) -> String {
        self.date.as_ref().map_or("-".into(), |date| date.chars().take(16).collect::<String>().replace('T', " "))
    }

    /// Seconds since 1970 when it began.
    pub fn since(&self) -> f64 {
        self.date.as_deref().and_then(calendar::parse_rfc3339).unwrap_or(0.0)
    }

    /// What a key of `--sort` or `--filter` stands for.
    pub fn value(&self, key: &str) -> Option<String> {
        let of = |measured: &Option<Measured>| measured.as_ref().map(|own| own.value.to_string());
        Some(match key {
            "date" => self.date.clone().unwrap_or_default(),
            "run" => self.run.display().to_string(),
            "data" => self.data.clone(),
            "model" => self.model.clone(),
            "task" => self.task.clone().unwrap_or_default(),
            "best" => of(&self.best).unwrap_or_default(),
            "test" => of(&self.test).unwrap_or_default(),
            "epochs" => self.epochs.to_string(),
            "time" => self.seconds.to_string(),
            "device" => self.device.clone().unwrap_or_default(),
            "state" => self.state.word().into(),
            key => self.setting(key)?,
        })
    }

    /// A setting of its `config.toml`, such as the epochs that it was to have.
    pub fn setting(&self, key: &str) -> Option<String> {
        Some(match self.settings.get(key)? {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }
}

/// The epochs that a log tells; one that was learned twice counts once.
fn epochs(log: &Log) -> Vec<&Value> {
    let mut epochs: Vec<&Value> = Vec::new();
    for entry in log.entries.iter().filter(|entry| entry.event == "epoch") {
        let number = entry.value["epoch"].as_u64();
        epochs.retain(|other| other["epoch"].as_u64() < number);
        epochs.push(&entry.value);
    }
    epochs
}

/// The means of an epoch that count: of the images that validate, else of those that were learned.
fn means(epoch: &Value) -> &Value {
    if epoch["validation"].is_object() { &epoch["validation"] } else { epoch }
}

/// The best epoch with the measure that it was chosen by.
fn best(log: &Log, epochs: &[&Value]) -> Option<Measured> {
    let told = log.entries.iter().rev().map(|entry| &entry.value["best"]).find(|best| best.is_object());
    let started = log.first("start").map(|entry| &entry.value["best_by"]);
    let measure = told.map(|best| &best["by"]).or(started).and_then(Value::as_str).map(|key| key.replace('-', "_"));
    let epoch = epochs.iter().rev().find(|epoch| epoch["best"] == true)?;
    let found = |key: &str| Some((String::from(key), means(epoch)[key].as_f64()?));
    let keys = measure.as_deref().into_iter().chain(["accuracy", "loss"]);
    let (measure, value) = keys.filter_map(found).next()?;
    Some(Measured { measure, value, epoch: epoch["epoch"].as_u64() })
}

/// A measure in words, `macro F1`, by its key in the log.
pub fn name_of(measure: &str) -> String {
    let criterion = Criterion::of_column(measure);
    criterion.map_or_else(|| measure.replace('_', " "), |criterion| criterion.name().into())
}

fn state(folder: &Path, log_path: &Path, log: &Log, is_configured: bool) -> State {
    match () {
        () if is_written(log_path) == Some(true) => State::Running,
        () if !is_configured || !is_whole(&folder.join("last.safetensors")) => State::Damaged,
        () if log.last_event() == Some("verdict") => State::Finished,
        () => State::Stopped,
    }
}

/// Whether a checkpoint's header is whole and its tensors are there. What they hold is not read.
fn is_whole(path: &Path) -> bool {
    use std::io::Read;
    let read = || -> Option<bool> {
        let mut file = files::open(path).ok()?;
        let bytes = file.metadata().ok()?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length).ok()?;
        let length = u64::from_le_bytes(length);
        if length > bytes.checked_sub(8)? {
            return None;
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).ok()?;
        let header: safetensors::tensor::Metadata = serde_json::from_slice(&header).ok()?;
        Some((length + 8).checked_add(header.data_len() as u64)? == bytes)
    };
    read().unwrap_or(false)
}
