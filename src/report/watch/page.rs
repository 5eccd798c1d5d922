//! A run that is under way as a page, and the part of it that changes.

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use super::super::chart::{Lines, SIZE, confusion, figure, lines};
use super::super::page::render_live;
use super::super::{percent, seconds, to_continue};
use super::screen::thinned;
use super::watched::{Stage, Watched};
use crate::metrics::Criterion;
use crate::plan::{mib, thousands};

/// Of what happened, so many lines are shown.
const NOTES: usize = 200;
const PART: &str = include_str!("watched.html.j2");

/// Whether a process trains the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// There is no log yet.
    Absent,
    /// One does.
    There,
    /// None does any more, or nobody can tell.
    Gone,
}

/// What a page shows of a run.
pub struct View<'a> {
    /// The run's name.
    pub run: &'a str,
    /// Its folder, as it was typed.
    pub folder: &'a str,
    /// What it told.
    pub watched: &'a Watched,
    /// Whether a process trains it.
    pub writer: Writer,
    /// Path of its report, once there is one.
    pub report: Option<String>,
}

impl View<'_> {
    /// Whether nothing will happen any more.
    pub fn is_over(&self) -> bool {
        self.watched.stage == Stage::Finished && self.writer != Writer::There
    }

    /// The part of the page that changes.
    ///
    /// # Panics
    /// If the template uses what it is not given.
    pub fn part(&self) -> String {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_template("watched.html.j2", PART).expect("the template is part of the program");
        let template = environment.get_template("watched.html.j2").expect("it was just added");
        template.render(Value::from(Serde(Page::new(self)))).expect("the template uses what it is given")
    }

    /// The whole page, which asks its own server alone.
    pub fn page(&self) -> String {
        let templates = [("page.html.j2", include_str!("page.html.j2")), ("watched.html.j2", PART)];
        let css = [include_str!("../run/page.css"), include_str!("page.css")].concat();
        render_live(&templates, &css, include_str!("script.js"), Page::new(self))
    }
}

#[derive(Serialize)]
struct Page<'a> {
    run: &'a str,
    sub: Vec<String>,
    state: State,
    score: Option<[String; 3]>,
    progress: Option<Bar>,
    report: Option<&'a str>,
    facts: Vec<[String; 2]>,
    /// Titles and drawings.
    figures: Vec<[String; 2]>,
    confusion: Option<[String; 2]>,
    notes: Vec<[String; 2]>,
}

#[derive(Serialize)]
struct State {
    word: &'static str,
    tone: &'static str,
    note: String,
}

#[derive(Serialize)]
struct Bar {
    name: &'static str,
    percent: u32,
}

impl<'a> Page<'a> {
    fn new(view: &'a View) -> Self {
        let watched = view.watched;
        let [model, data, device] = watched.heading();
        let joined = [model, data].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" on ");
        let history = &watched.history;
        let charts: [Option<Lines>; 4] = [history.losses(), history.measures(), history.rates(), history.speeds()];
        let drawn = charts.into_iter().flatten().map(|chart| {
            let drawing = lines(&thinned(chart), SIZE);
            [drawing.title.clone(), drawing.to_inline_svg()]
        });
        Page {
            run: view.run,
            sub: [joined, device].into_iter().filter(|text| !text.is_empty()).collect(),
            state: state(view),
            score: score(view),
            progress: bar(view),
            report: view.report.as_deref().filter(|_| view.is_over()),
            facts: facts(view),
            figures: drawn.collect(),
            confusion: matrix(watched),
            notes: watched.messages.iter().rev().take(NOTES).map(|one| [one.clock(), one.text.clone()]).collect(),
        }
    }
}

fn state(view: &View) -> State {
    let (stage, left) = (view.watched.stage, view.watched.left());
    match view.writer {
        Writer::Absent => State { word: "waiting", tone: "", note: "there is no run in this folder yet".into() },
        Writer::There => {
            let note = left.map_or(String::new(), |left| format!("about {} left", seconds(left)));
            State { word: stage.word(), tone: "", note }
        }
        Writer::Gone if stage == Stage::Finished => State { word: "finished", tone: "good", note: String::new() },
        Writer::Gone => {
            let note = format!("no process is training it; {}", to_continue(view.folder));
            State { word: "stopped", tone: "bad", note }
        }
    }
}

/// The best value so far: its name, itself, and its epoch.
fn score(view: &View) -> Option<[String; 3]> {
    let watched = view.watched;
    let best = watched.best()?;
    let criterion = Criterion::of_column(&best.measure);
    let value = measured(&best.measure, best.value);
    let name = criterion.map_or_else(|| best.measure.replace('_', " "), |one| one.name().into());
    let note = match watched.is_improving() {
        Some(true) => format!("in epoch {}, the last one", best.epoch),
        _ => format!("in epoch {}; none after it was better", best.epoch),
    };
    Some([format!("best {name}{}", if view.is_over() { "" } else { " so far" }), value, note])
}

/// A value of a measure: shares in percent.
fn measured(measure: &str, value: f64) -> String {
    if Criterion::of_column(measure).is_some_and(Criterion::is_share) { percent(value) } else { figure(value) }
}

fn bar(view: &View) -> Option<Bar> {
    let watched = view.watched;
    if view.is_over() || view.writer == Writer::Absent {
        return None;
    }
    let within = watched.now.as_ref().map_or(0.0, |now| now.step as f64 / now.steps.max(1) as f64);
    let before_steps = matches!(watched.stage, Stage::Features | Stage::Head);
    let (name, share) = match watched.epochs().filter(|_| !before_steps) {
        Some(epochs) => {
            let done = watched.history.epochs().len() as f64;
            ("the run", (done + within) / f64::from(epochs.max(1)))
        }
        None => (watched.stage.word(), within),
    };
    Some(Bar { name, percent: (100.0 * share).clamp(0.0, 100.0) as u32 })
}

fn facts(view: &View) -> Vec<[String; 2]> {
    let watched = view.watched;
    let fact = |name: &str, text: Option<String>| Some([name.to_string(), text?]);
    let now = watched.now.as_ref();
    let done = watched.history.epochs().len();
    let epoch = now.map(|now| now.epoch as usize).filter(|epoch| *epoch > 0).unwrap_or(done);
    let of = watched.epochs().map_or(String::new(), |all| format!(" of {}", thousands(all.into())));
    let runs = view.writer == Writer::There;
    let rate = watched.pace.rate();
    let times = watched.times.map(|[began, last]| seconds((last - began).max(0.0)));
    let whole = |number: u64| thousands(number);
    let test = watched.test.as_ref().and_then(|test| {
        let keys = watched.best_by().into_iter().chain(["accuracy".into(), "loss".into()]);
        keys.filter_map(|key| Some(format!("{} {}", key.replace('_', " "), measured(&key, test[&key].as_f64()?))))
            .next()
    });
    let all = [
        fact("epoch", (epoch > 0).then(|| format!("{}{of}", thousands(epoch as u64)))),
        fact("step", now.map(|now| format!("{} of {}", whole(now.step as u64), whole(now.steps as u64)))),
        fact("loss so far", now.and_then(|now| now.so_far.get("loss").map(|loss| figure(*loss)))),
        fact(
            &format!("{} a second", watched.examples()),
            (runs && rate > 0.0 && rate.is_finite()).then(|| figure(rate.round())),
        ),
        fact("time", times),
        fact("device memory", watched.start["device_bytes"].as_u64().map(mib)),
        fact("saved at step", watched.saved.map(whole)),
        fact("test", test),
    ];
    all.into_iter().flatten().collect()
}

/// The last confusion matrix.
fn matrix(watched: &Watched) -> Option<[String; 2]> {
    let last = watched.confusion.as_ref()?;
    let names = watched.classes();
    let title = format!("Confusion after epoch {}", last.epoch);
    let drawing = (names.len() == last.counts.len()).then(|| confusion(&title, &last.counts, &names))?;
    // as large as it is drawn: names stay legible, and a wide one scrolls
    let width = format!("class=\"chart\" style=\"width:{}px\"", drawing.size[0].round());
    Some([title, drawing.to_inline_svg().replacen("class=\"chart\"", &width, 1)])
}
