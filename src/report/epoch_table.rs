//! `metrics.csv`: a row an epoch.

use std::collections::BTreeSet;

use serde_json::Value;

use super::log::{Entry, Log};
use crate::platform::calendar;
use crate::train::Event;

/// The rows of a run's epochs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpochTable {
    /// Each as its line in the log.
    rows: Vec<Value>,
}

/// Columns of every table; means follow, those of validation with `val_` before their names.
const FIRST: [&str; 4] = ["epoch", "global_step", "seconds", "learning_rate"];
/// Columns behind the means.
const LAST: [&str; 2] = ["best", "time"];
/// Keys of a line that are no means.
const OTHERS: [&str; 4] = ["event", "steps", "validation", "confusion"];

impl EpochTable {
    /// The epochs that a log tells.
    pub fn of(log: &Log) -> Self {
        let mut table = EpochTable::default();
        log.entries.iter().for_each(|entry| table.take_line(entry));
        table
    }

    /// Takes in what happens now. Returns whether it is a row.
    pub fn take(&mut self, event: &Event) -> bool {
        if !matches!(event, Event::Epoch { .. }) {
            return false;
        }
        let mut value = serde_json::to_value(event).expect("an event is plain data");
        if let Event::Epoch { learning_rate, .. } = event {
            // with the digits of its own precision
            value["learning_rate"] = learning_rate.to_string().parse::<f64>().map_or(Value::Null, Value::from);
        }
        value["time"] = calendar::rfc3339(calendar::now()).into();
        self.push(value);
        true
    }

    fn take_line(&mut self, entry: &Entry) {
        if entry.event == "epoch" {
            self.push(entry.value.clone());
        }
    }

    /// An epoch that was learned twice counts once.
    fn push(&mut self, row: Value) {
        let epoch = row["epoch"].as_u64();
        self.rows.retain(|other| other["epoch"].as_u64() < epoch);
        self.rows.push(row);
    }

    /// The table with its header; a mean that an epoch lacks is empty.
    pub fn to_csv(&self) -> String {
        let keys = |value: &Value| value.as_object().map_or(Vec::new(), |map| map.keys().cloned().collect());
        let is_mean = |key: &String| !FIRST.iter().chain(&LAST).chain(&OTHERS).any(|other| other == key);
        let means = |of: &dyn Fn(&Value) -> Vec<String>| -> Vec<String> {
            let all: BTreeSet<String> = self.rows.iter().flat_map(of).filter(is_mean).collect();
            let mut all: Vec<String> = all.into_iter().collect();
            all.sort_by_key(|key| key != "loss");
            all
        };
        let (learned, validated) = (means(&keys), means(&|row| keys(&row["validation"])));
        let mut csv = csv::Writer::from_writer(Vec::new());
        let header = FIRST.map(String::from).into_iter().chain(learned.clone());
        let header = header.chain(validated.iter().map(|key| format!("val_{key}"))).chain(LAST.map(String::from));
        csv.write_record(header).expect("a table is written into memory");
        for row in &self.rows {
            let cells = FIRST.iter().map(|key| cell(&row[*key]));
            let cells = cells.chain(learned.iter().map(|key| cell(&row[key])));
            let cells = cells.chain(validated.iter().map(|key| cell(&row["validation"][key])));
            csv.write_record(cells.chain(LAST.iter().map(|key| cell(&row[*key])))).expect("as many cells as columns");
        }
        String::from_utf8(csv.into_inner().expect("a table is written into memory")).expect("it was text")
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_a_row_with_all_its_means() {
        let lines = r#"{"event":"start","epochs":3}
{"event":"epoch","epoch":1,"global_step":5,"steps":5,"seconds":1.5,"learning_rate":0.1,"loss":2.5,"accuracy":0.5,"validation":null,"best":true}
{"event":"epoch","epoch":2,"global_step":9,"steps":5,"seconds":1.5,"learning_rate":0.1,"loss":null,"validation":{"loss":1,"r2":0.5},"best":false,"time":"t"}
{"event":"epoch","epoch":2,"global_step":10,"steps":5,"seconds":1.5,"learning_rate":0.1,"loss":2,"validation":{"loss":1,"auc":0.5},"confusion":[[1]],"best":false,"time":"t"}"#;
        let table = EpochTable::of(&Log::parse(lines.as_bytes()));
        assert_eq!(
            table.to_csv(),
            "epoch,global_step,seconds,learning_rate,loss,accuracy,val_loss,val_auc,best,time\n\
             1,5,1.5,0.1,2.5,0.5,,,true,\n2,10,1.5,0.1,2,,1,0.5,false,t\n"
        );
    }
}
