//! What happened in a run, as a line each.

use serde::Serialize;
use serde_json::Value;

use super::watched::short_measure;
use crate::platform::Duration;
use crate::platform::calendar;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// When, in seconds since 1970 began; none where the log does not say.
    pub time: Option<f64>,
    /// What.
    pub text: String,
}

impl Message {
    /// When it happened, of the day, by UTC: `09:14:03`.
    pub fn clock(&self) -> String {
        let time = self.time.filter(|time| (0.0..1e11).contains(time));
        let text = time.map(|time| calendar::rfc3339(Duration::from_secs_f64(time)));
        text.and_then(|text| Some(text.get(11..19)?.to_string())).unwrap_or_default()
    }
}

/// Means of an event: `loss 0.1234 acc 0.9123`.
pub fn measured_text(value: &Value) -> String {
    let of = |key: &str| Some(format!("{} {:.4}", short_measure(key), value[key].as_f64()?));
    ["loss", "accuracy", "macro_f1", "auc", "mae", "r2"].iter().filter_map(|key| of(key)).collect::<Vec<_>>().join(" ")
}

/// An epoch: what was learned, what validated, and whether it is the best one.
pub fn epoch_text(epoch: u32, value: &Value, measure: Option<&str>) -> String {
    let some = |value: &Value, keys: &[&str]| {
        let of = |key: &&str| Some(format!("{} {:.4}", short_measure(key), value[*key].as_f64()?));
        keys.iter().filter_map(of).collect::<Vec<_>>().join(" ")
    };
    let mut keys = vec!["loss", "accuracy"];
    keys.extend(measure.filter(|key| !keys.contains(key)));
    let mut line = format!("epoch {epoch}: {}", some(value, &["loss", "accuracy", "g_loss"]));
    if value["validation"].is_object() {
        line += &format!("  val {}", some(&value["validation"], &keys));
    }
    line + if value["best"] == true { " *" } else { "" }
}
