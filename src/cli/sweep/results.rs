//! What a sweep found: a table, `sweep.csv`, pictures, JSON.

use serde_json::{Value, json};

use super::super::runs::{State, in_words, table};
use super::super::{CliError, Exit};
use super::outcome::Outcome;
use super::picture;
use super::turns::Turns;
use super::way_on;
use crate::checkpoint::write_atomically;
use crate::metrics::Criterion;
use crate::report::run::save;
use crate::report::{Document, say, seconds};

/// A row a run.
const TABLE: &str = "sweep.csv";
/// The pictures' name, without its ending.
const PICTURE: &str = "sweep";

/// `accuracy 0.8412 [0.8103–0.8690] (epoch 4)`, with the interval of 95 %, which is not of the same width on both sides
pub fn value_of(outcome: &Outcome, by: Criterion) -> String {
    let Some(value) = outcome.value else { return "no epoch has been validated".into() };
    let epoch = outcome.epoch.map_or(String::new(), |epoch| format!(" (epoch {epoch})"));
    format!("{} {value:.4}{}{epoch}", by.name(), within(outcome))
}

/// ` [0.8103–0.8690]`; nothing where no interval is known.
fn within(outcome: &Outcome) -> String {
    outcome.interval.map_or(String::new(), |within| format!(" [{:.4}–{:.4}]", within.low, within.high))
}

/// What became of a run: of one that stopped in a sweep that is over, that it was cut.
fn state(turns: &Turns, number: usize, is_over: bool) -> &'static str {
    match (&turns.plan.runs[number].failed, turns.found(number).map(|found| found.state)) {
        (Some(_), _) => "failed",
        (None, None) => "not begun",
        (None, Some(State::Stopped)) if is_over => "cut",
        (None, Some(state)) => state.word(),
    }
}

impl Turns {
    /// Writes the table and the pictures, and says what was found.
    pub fn tell(&self, json: bool, exit: Exit) -> Result<(), CliError> {
        let all: Vec<usize> = (0..self.plan.runs.len()).collect();
        let ranked = self.ranked(&all, None);
        let is_over = exit != Exit::Interrupted;
        self.write_table(&ranked, is_over)?;
        let drawing = self.measure().and_then(|by| picture::draw(&self.dimensions, &self.plan, &ranked, by));
        if let Some(drawing) = &drawing {
            save(&self.folder, PICTURE, drawing)?;
        }
        if json {
            say!("{:#}", Document::of(self.json(&ranked, is_over)).value());
            return Ok(());
        }
        self.print(&ranked, is_over);
        let folder = self.folder.display();
        let picture = drawing.map_or(String::new(), |_| format!(", {PICTURE}.png, {PICTURE}.svg"));
        say!("files    {folder}: {TABLE}{picture}, and the runs");
        match (exit, self.best()) {
            (Exit::Interrupted, _) => say!("stopped; to continue: {}", way_on(&self.folder)),
            (_, None) => say!("FAILED   no run has a result; see above for what went wrong"),
            (_, Some(best)) => self.tell_best(&best),
        }
        Ok(())
    }

    /// The best run, and what its value is worth.
    fn tell_best(&self, best: &Outcome) {
        let (Some(by), Some(found)) = (self.measure(), self.found(best.number)) else { return };
        let words = super::in_words(&self.dimensions, &self.plan.runs[best.number].values);
        let run = self.folder_of(best.number);
        say!("best     {}: {words}: {}", run.display(), value_of(best, by));
        let of = self.plan.runs.len();
        let validates_on_test =
            self.plan.common.get("validation").is_some_and(|all| all.iter().any(|text| text == "test"));
        match &found.test {
            _ if validates_on_test => {
                say!(
                    "         the best of {of} was chosen on the test images: its result is optimistic, and no images are left to test it"
                )
            }
            Some(_) => {
                say!("test     {} on images that were not used to choose it", in_words(&found.test));
                say!(
                    "         the best of {of} was chosen by its validation result, which is therefore optimistic; the test result is not"
                );
            }
            None => {
                say!(
                    "         the best of {of} was chosen by its validation result, which is therefore optimistic; test it once, on other data:"
                );
                say!("         lepton-gpu eval {} OTHER-DATA", run.display());
            }
        }
    }

    fn print(&self, ranked: &[Outcome], is_over: bool) {
        let names = self.dimensions.iter().map(|one| one.name());
        let measure = self.measure().map_or("value", |by| by.name());
        let rest = [measure, "95 %", "epoch", "epochs", "time", "state"];
        let header: Vec<&str> = std::iter::once("run").chain(names).chain(rest).collect();
        let mut table = table(&header);
        for one in ranked {
            let run = &self.plan.runs[one.number];
            let number = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.4}"));
            let rest = [
                number(one.value),
                one.interval.map_or("-".into(), |_| within(one).trim_matches([' ', '[', ']']).to_string()),
                one.epoch.map_or("-".into(), |epoch| epoch.to_string()),
                one.epochs.to_string(),
                seconds(one.seconds),
                state(self, one.number, is_over).into(),
            ];
            table.add_row(std::iter::once(run.run.clone()).chain(run.values.clone()).chain(rest).collect::<Vec<_>>());
        }
        let failed = || self.plan.runs.iter().filter(|run| run.failed.is_some());
        for run in failed() {
            let rest = ["-", "-", "-", "-", "-", "failed"].map(String::from);
            table.add_row(std::iter::once(run.run.clone()).chain(run.values.clone()).chain(rest).collect::<Vec<_>>());
        }
        say!("\n{table}\n");
        for run in failed() {
            let words = super::in_words(&self.dimensions, &run.values);
            say!("failed   {} {words}: {}", run.run, run.failed.as_deref().unwrap_or_default());
        }
    }

    /// The rows in the order of the plan.
    fn write_table(&self, ranked: &[Outcome], is_over: bool) -> Result<(), CliError> {
        let keys = self.dimensions.iter().map(|one| one.setting.field.key.to_string());
        let measure = self.measure().map_or("value".into(), |by| by.column().into());
        let rest =
            [measure, "low".into(), "high".into(), "epoch".into(), "epochs".into(), "seconds".into(), "failed".into()];
        let header: Vec<String> = ["run".into(), "state".into()].into_iter().chain(keys).chain(rest).collect();
        let mut rows = csv::Writer::from_writer(Vec::new());
        let written = "rows of one length are written into memory";
        rows.write_record(&header).expect(written);
        for (number, run) in self.plan.runs.iter().enumerate() {
            let one = ranked.iter().find(|one| one.number == number);
            let of = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
            let interval = one.and_then(|one| one.interval);
            let rest = [
                of(one.and_then(|one| one.value)),
                of(interval.map(|within| within.low)),
                of(interval.map(|within| within.high)),
                one.and_then(|one| one.epoch).map_or(String::new(), |epoch| epoch.to_string()),
                one.map_or("0".into(), |one| one.epochs.to_string()),
                one.map_or(String::new(), |one| format!("{:.3}", one.seconds)),
                run.failed.clone().unwrap_or_default(),
            ];
            let first = [run.run.clone(), state(self, number, is_over).into()];
            rows.write_record(first.into_iter().chain(run.values.clone()).chain(rest)).expect(written);
        }
        Ok(write_atomically(&self.folder.join(TABLE), &rows.into_inner().expect(written))?)
    }

    fn json(&self, ranked: &[Outcome], is_over: bool) -> Value {
        let run = |one: &Outcome| self.json_of(one.number, Some(one), is_over);
        let others = (0..self.plan.runs.len()).filter(|number| ranked.iter().all(|one| one.number != *number));
        let others = others.map(|number| self.json_of(number, None, is_over));
        let best = self.best();
        let test = best.as_ref().and_then(|best| self.found(best.number)?.test.clone());
        json!({
            "sweep": self.folder,
            "strategy": self.plan.strategy,
            "finished": is_over,
            "measure": self.measure().map(Criterion::column),
            "runs": ranked.iter().map(run).chain(others).collect::<Vec<_>>(),
            "best": best.map(|best| self.folder_of(best.number)),
            "test": test,
        })
    }

    fn json_of(&self, number: usize, outcome: Option<&Outcome>, is_over: bool) -> Value {
        let run = &self.plan.runs[number];
        let keys = self.dimensions.iter().map(|one| one.setting.field.key.to_string());
        let values: serde_json::Map<String, Value> = keys.zip(run.values.iter().map(|text| json!(text))).collect();
        json!({
            "run": self.folder_of(number),
            "state": state(self, number, is_over),
            "values": values,
            "value": outcome.and_then(|one| one.value),
            "interval": outcome.and_then(|one| one.interval),
            "loss": outcome.and_then(|one| one.loss),
            "epoch": outcome.and_then(|one| one.epoch),
            "epochs": outcome.map_or(0, |one| one.epochs),
            "seconds": outcome.map(|one| one.seconds),
            "failed": run.failed,
        })
    }
}
