//! The facts of a run, from the files in its folder.

use std::path::Path;

use serde_json::Value;

use super::ReportError;
use super::facts::{DataFacts, Facts, ModelFacts, ProfileFacts, SplitFacts};
use super::filters::first_filters;
use super::predictions::{Names, PREDICTIONS, Predictions};
use super::sheets::sheets;
use crate::checkpoint::{Checkpoint, Meta, locate};
use crate::data::known;
use crate::metrics::{Assessment, Examined, Measures, Metrics};
use crate::model::ModelSpec;
use crate::plan::{layer_table, thousands};
use crate::platform::files;
use crate::report::history::History;
use crate::report::{Log, percent, seconds};

/// What a report is made of.
pub struct Sources<'a> {
    /// The run folder.
    pub run: &'a Path,
    /// Other answers than those that the run keeps, on other data of this name and source.
    pub other: Option<(Predictions, [String; 2])>,
    /// Counts by split and class, where they are known.
    pub splits: Vec<SplitFacts>,
}

/// Gathers what the files of a run say; pictures of examples are added by `looks`.
///
/// # Errors
/// [`ReportError`] if there is no checkpoint, or a file that is there cannot be read.
pub fn gather(sources: Sources) -> Result<Facts, ReportError> {
    let Sources { run, other, splits } = sources;
    let checkpoint = Checkpoint::read(&locate(run)?)?;
    let (meta, model) = (&checkpoint.meta, checkpoint.meta.model()?);
    let log = Told::read(&run.join("events.jsonl"))?;
    let config = &meta.config;
    let names = Names { outputs: &meta.classes, normal: &config.normal };
    let kept = run.join(PREDICTIONS);
    let (answers, elsewhere) = match other {
        Some((answers, data)) => (Some(answers), Some(data)),
        None if kept.is_file() => (Some(Predictions::read(&kept, names)?), None),
        None => (None, None),
    };
    let measures = answers.as_ref().map(|answers| answers.answers.measures(true));
    let begun = log.first("start");
    Ok(Facts {
        run: name_of(run),
        what: model.input_kind().plural().into(),
        names: meta.classes.clone(),
        normal: config.normal.clone(),
        threshold: meta.state.threshold,
        assessment: assess(meta, &log, answers.as_ref(), measures.as_ref()),
        test: if elsewhere.is_none() { tested(&log, answers.as_ref()) } else { None },
        measures,
        answers,
        data: data_facts(meta, &log, elsewhere, splits),
        model: model_facts(&model),
        training: training(&log, begun),
        settings: config.to_toml(),
        command: begun.and_then(|start| start["command"].as_str()).map(String::from),
        reproduce: Vec::new(),
        notes: Vec::new(),
        filters: first_filters(&checkpoint),
        profile: profile(&run.join("profile.json"))?,
        sheets: sheets(&run.join("samples")),
        looks: Default::default(),
        version: env!("CARGO_PKG_VERSION").into(),
        history: log.history,
    })
}

/// What a run's log says, with its epochs.
struct Told {
    history: History,
    log: Log,
}

impl Told {
    /// A run without a log has told nothing.
    fn read(path: &Path) -> Result<Self, ReportError> {
        let log = if path.is_file() { Log::read(path).map_err(ReportError::file(path))? } else { Log::default() };
        Ok(Told { history: History::of(&log), log })
    }

    fn first(&self, event: &str) -> Option<&Value> {
        self.log.first(event).map(|entry| &entry.value)
    }

    fn last(&self, event: &str) -> Option<&Value> {
        self.log.entries.iter().rfind(|entry| entry.event == event).map(|entry| &entry.value)
    }

    /// Seconds of all of the run's processes; those of its epochs alone where some process was stopped before its verdict.
    fn seconds(&self) -> Option<f64> {
        let of =
            |events: &[&str]| self.log.entries.iter().filter(|entry| events.contains(&entry.event.as_str())).count();
        let counted = if of(&["verdict"]) >= of(&["start", "resume"]) { "verdict" } else { "epoch" };
        let told = self.log.entries.iter().filter(|entry| entry.event == counted);
        let seconds: Vec<f64> = told.filter_map(|entry| entry.number("seconds")).collect();
        (!seconds.is_empty()).then(|| seconds.iter().sum())
    }
}

/// The last part of a folder's path.
pub fn name_of(run: &Path) -> String {
    let whole = std::path::absolute(run).ok();
    let name = whole.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "run".into())
}

/// The verdict, from the answers and what the checkpoint says of its weights.
fn assess(meta: &Meta, log: &Told, answers: Option<&Predictions>, measures: Option<&Measures>) -> Option<Assessment> {
    let (answers, measures) = (answers?, measures?);
    let epochs = log.history.epochs();
    let told = log.last("verdict").map(|verdict| &verdict["loss"]).and_then(Value::as_f64);
    let metrics = Metrics { loss: told.unwrap_or(f64::NAN), ..Metrics::default() };
    let validated = epochs.iter().any(|epoch| !epoch.validation.is_empty());
    let finished = (epochs.len() as u32).max(meta.state.epoch);
    let on = (answers.of, answers.answers.len());
    let best = meta.state.best.filter(|_| meta.state.is_best());
    Some(Assessment::new(best, finished, on, validated, &metrics, Some(measures), &meta.classes))
}

/// The test at the end of a run whose verdict is about other images.
fn tested(log: &Told, answers: Option<&Predictions>) -> Option<String> {
    let test = log.last("test").filter(|_| answers.is_none_or(|answers| answers.of != Examined::Test))?;
    let images = thousands(test["images"].as_u64()?);
    let of = |key: &str| test[key].as_f64();
    Some(match (of("accuracy"), of("loss")) {
        (Some(accuracy), _) => format!("{} right on {images} test images", percent(accuracy)),
        (None, Some(loss)) => format!("loss {loss:.4} on {images} test images"),
        (None, None) => return None,
    })
}

fn data_facts(meta: &Meta, log: &Told, elsewhere: Option<[String; 2]>, splits: Vec<SplitFacts>) -> DataFacts {
    let start = log.first("start").map(|start| &start["data"]);
    if let Some([name, source]) = elsewhere {
        return DataFacts { name, source, splits };
    }
    let text = |key: &str| start.and_then(|data| data[key].as_str()).map(String::from);
    let named = meta.config.data.clone().unwrap_or_else(|| known::SMALL.into());
    let kept = Examined::ALL.iter().map(|of| of.name()).filter_map(|name| {
        let examples = start?["counts"][name].as_u64().filter(|&count| count > 0)?;
        let each = start?["per_class"][name].as_array().into_iter().flatten();
        Some(SplitFacts { name: name.into(), examples, classes: each.filter_map(Value::as_u64).collect() })
    });
    let kept: Vec<SplitFacts> = kept.collect();
    let fingerprint = [("training", meta.data.train), ("test", meta.data.test)];
    let counted = fingerprint.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| SplitFacts {
        name: name.into(),
        examples: count as u64,
        classes: Vec::new(),
    });
    let splits = match (splits.is_empty(), kept.is_empty()) {
        (false, _) => splits,
        (true, false) => kept,
        (true, true) => counted.collect(),
    };
    let last = Path::new(&named).file_name().map_or(named.clone(), |name| name.to_string_lossy().into_owned());
    DataFacts { name: text("name").unwrap_or(last), source: text("source").unwrap_or(named), splits }
}

fn model_facts(model: &ModelSpec) -> ModelFacts {
    let layers = layer_table(model).unwrap_or_default();
    let parameters = layers.iter().map(|layer| layer.parameters).sum();
    let row = |layer: &crate::plan::LayerRow| [layer.name.clone(), layer.kind.clone(), thousands(layer.parameters)];
    let input = model.input.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
    ModelFacts { name: model.name.clone(), input, parameters, layers: layers.iter().map(row).collect() }
}

/// Device, time, date, version, as far as the log says.
fn training(log: &Told, begun: Option<&Value>) -> Vec<[String; 2]> {
    let last = log.last("resume").or(begun);
    let device = last.map(|start| &start["device"]).and_then(|device| {
        let of = |key: &str| device[key].as_str();
        Some(format!("{} ({}, {}, {})", of("name")?, of("kind")?, of("backend")?, of("driver")?))
    });
    let text = |key: &str| begun.and_then(|start| start[key].as_str()).map(String::from);
    let epochs = log.history.epochs().len();
    let speeds = log.history.epochs().iter().filter_map(|epoch| epoch.images_per_second);
    let fastest = speeds.fold(0.0, f64::max);
    let rows = [
        (
            "Began",
            text("time").map(|time| time.get(..19).map_or(time.clone(), |time| time.replacen('T', " ", 1) + " UTC")),
        ),
        ("Took", log.seconds().map(seconds)),
        ("Epochs", (epochs > 0).then(|| epochs.to_string())),
        ("Speed", (fastest > 0.0).then(|| format!("up to {} examples a second", thousands(fastest.round() as u64)))),
        ("Device", device),
        ("Program", text("version").map(|version| format!("lepton-gpu {version}"))),
    ];
    rows.into_iter().filter_map(|(name, value)| Some([name.to_string(), value?])).collect()
}

/// What `--profile` left.
fn profile(path: &Path) -> Result<Option<ProfileFacts>, ReportError> {
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = files::read(path).map_err(ReportError::file(path))?;
    let Ok(kept) = serde_json::from_slice::<Value>(&bytes) else { return Ok(None) };
    let (mut kernels, mut layers) = (Vec::new(), Vec::new());
    for launch in kept["launches"].as_array().into_iter().flatten() {
        let mut times: Vec<f64> =
            launch["seconds"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        times.sort_by(f64::total_cmp);
        let Some(&median) = times.get(times.len() / 2) else { continue };
        add(&mut kernels, launch["kernel"].as_str().unwrap_or("?"), median);
        add(&mut layers, launch["layer"].as_str().unwrap_or("?"), median);
    }
    let memory = kept["memory"].as_array().into_iter().flatten();
    let mut memory: Vec<(String, u64)> =
        memory.filter_map(|part| Some((part["buffer"].as_str()?.to_string(), part["bytes"].as_u64()?))).collect();
    memory.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    for times in [&mut kernels, &mut layers] {
        times.sort_by(|a: &(String, f64), b| b.1.total_cmp(&a.1));
    }
    Ok(Some(ProfileFacts { steps: kept["steps"].as_u64().unwrap_or(0), kernels, layers, memory }))
}

fn add(times: &mut Vec<(String, f64)>, name: &str, seconds: f64) {
    match times.iter_mut().find(|(known, _)| known == name) {
        Some((_, sum)) => *sum += seconds,
        None => times.push((name.to_string(), seconds)),
    }
}
