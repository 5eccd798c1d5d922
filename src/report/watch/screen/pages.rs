//! Pages of text: what happened, and what the run is.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use serde_json::Value;

use super::Shown;
use super::style::{Palette, columns, pad};
use crate::plan::{mib, thousands};
use crate::report::seconds;

/// Columns of the names of facts.
const NAME: usize = 10;

/// Draws lines, the last ones where not all fit, `scroll` further up. Returns the greatest `scroll` that shows something new.
pub fn newest(frame: &mut Frame, area: Rect, lines: Vec<Line<'static>>, scroll: usize) -> usize {
    let most = lines.len().saturating_sub(area.height.into());
    let first = most - scroll.min(most);
    let shown: Vec<Line> = lines.into_iter().skip(first).take(area.height.into()).collect();
    frame.render_widget(Text::from(shown), area);
    most
}

/// Draws lines from the first, or from `scroll`, on. Returns the greatest `scroll` that shows something new.
pub fn from_top(frame: &mut Frame, area: Rect, lines: Vec<Line<'static>>, scroll: usize) -> usize {
    let most = lines.len().saturating_sub(area.height.into());
    newest(frame, area, lines, most - scroll.min(most))
}

/// What happened: what the program said before, and what the log tells, with its time. Of a long log its end, as many lines as `most`.
pub fn log(shown: &Shown, width: usize, most: usize, palette: Palette) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let messages = &shown.watched.messages;
    let from = messages.len().saturating_sub(most);
    if from == 0 {
        lines.extend(shown.said.iter().flat_map(|text| wrapped("", text, width, palette)));
    }
    for message in &messages[from..] {
        lines.extend(wrapped(&message.clock(), &message.text, width, palette));
    }
    lines.extend(shown.warnings.iter().flat_map(|text| wrapped("", text, width, palette)));
    lines
}

/// A text with what stands before it, in lines that are no wider than `width`; further ones are indented.
fn wrapped(before: &str, text: &str, width: usize, palette: Palette) -> Vec<Line<'static>> {
    let indent = if before.is_empty() { 0 } else { columns(before) + 2 };
    let room = width.saturating_sub(indent).max(1);
    let mut rows: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut row = String::new();
        for word in line.split(' ') {
            let mut word = word.to_string();
            let free = room.saturating_sub(columns(&row) + usize::from(!row.is_empty()));
            if columns(&word) > free && !row.is_empty() {
                rows.push(std::mem::take(&mut row));
            }
            // a path may be longer than a line
            while columns(&word) > room {
                let kept = word.chars().count().min(room);
                let rest = word.chars().skip(kept).collect();
                rows.push(word.chars().take(kept).collect());
                if kept == 0 {
                    break;
                }
                word = rest;
            }
            if !row.is_empty() {
                row.push(' ');
            }
            row += &word;
        }
        rows.push(row);
    }
    let place = |(i, row): (usize, String)| {
        let first = if i == 0 { before } else { "" };
        Line::from(vec![Span::styled(pad(first, indent), palette.soft()), Span::raw(row)])
    };
    rows.into_iter().enumerate().map(place).collect()
}

/// What the run is, what it takes, and where its time goes.
pub fn details(shown: &Shown, width: usize, palette: Palette) -> Vec<Line<'static>> {
    let start = &shown.watched.start;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let joined =
        |parts: &[String]| parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ");
    let count =
        |value: &Value, what: &str| value.as_u64().map_or(String::new(), |n| format!("{} {what}", thousands(n)));
    let (device, model, data) = (&start["device"], &start["model"], &start["data"]);
    let counts = &data["counts"];
    let input = model["input"].as_array().map_or(String::new(), |sides| {
        let sides: Vec<String> = sides.iter().map(ToString::to_string).collect();
        format!("input {}", sides.join(" x "))
    });
    let settings = start["settings"].as_object().map_or(String::new(), |all| {
        let pairs: Vec<String> = all.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        pairs.join(", ")
    });
    let classes = data["classes"].as_array().map_or(0, Vec::len);
    let classes = if classes == 0 { String::new() } else { format!("{classes} outputs") };
    let saved = shown.watched.saved.map_or(String::new(), |step| format!("step {}", thousands(step)));
    let facts = [
        ("run", shown.run.to_string()),
        ("command", text(&start["command"])),
        ("directory", text(&start["directory"])),
        ("model", joined(&[text(&model["name"]), count(&model["parameters"], "parameters"), input])),
        ("data", joined(&[text(&data["name"]), text(&data["source"]), classes])),
        (
            shown.watched.examples(),
            joined(&[
                count(&counts["training"], "learned"),
                count(&counts["validation"], "validate"),
                count(&counts["test"], "test"),
            ]),
        ),
        ("best by", text(&start["best_by"])),
        (
            "device",
            joined(&[text(&device["name"]), text(&device["kind"]), text(&device["backend"]), text(&device["driver"])]),
        ),
        ("memory", memory(shown)),
        ("epoch", epoch_time(shown)),
        ("step", step_time(shown)),
        ("saved", saved),
        ("settings", settings),
        ("version", text(&start["version"])),
    ];
    let facts = facts.into_iter().filter(|(_, text)| !text.is_empty());
    facts.flat_map(|(name, text)| fact(name, &text, width, palette)).collect()
}

/// A fact with its name.
pub fn fact(name: &str, text: &str, width: usize, palette: Palette) -> Vec<Line<'static>> {
    wrapped(&pad(name, NAME), text, width, palette)
}

/// A sentence in lines.
pub fn sentence(text: &str, width: usize, palette: Palette) -> Vec<Line<'static>> {
    wrapped("", text, width, palette)
}

/// Memory on the device and on the host, as far as it is known.
fn memory(shown: &Shown) -> String {
    let device = shown.watched.start["device_bytes"].as_u64();
    let device = device.map_or("unknown on the device".into(), |bytes| format!("{} on the device", mib(bytes)));
    let host = match (shown.host_bytes, shown.is_own) {
        (Some(bytes), _) => format!("{} of the program", mib(bytes)),
        (None, true) => "that of the program is not told by this system".into(),
        (None, false) => "host memory of the training process unknown".into(),
    };
    format!("{device}, {host}")
}

/// Where the time of the last epoch went.
fn epoch_time(shown: &Shown) -> String {
    let Some([steps, all]) = shown.watched.epoch_seconds else { return String::new() };
    let rest = if shown.watched.start["split"].is_object() { "validation, saving" } else { "saving" };
    let share = |part: f64| format!("{:.0} %", 100.0 * part / all.max(1e-9));
    format!("{}: steps {}, {rest} and the rest {}", seconds(all), share(steps), share(all - steps))
}

/// Where the time of a step goes, as far as it was measured.
fn step_time(shown: &Shown) -> String {
    let step = shown.watched.pace.step_seconds();
    let whole = step.map_or(String::new(), |time| format!("{} from start to finish", seconds_short(time)));
    let split = match &shown.split {
        None => "run train --profile to see where a step's time goes".into(),
        Some((parts, all)) => {
            let parts: Vec<String> =
                parts.iter().map(|(name, share)| format!("{name} {:.0} %", 100.0 * share)).collect();
            let other = step.filter(|step| step > all).map_or(String::new(), |step| {
                format!("; the rest of a step, {}, is waiting and the host's", seconds_short(step - all))
            });
            format!("{} on the device when profiled: {}{other}", seconds_short(*all), parts.join(", "))
        }
    };
    if whole.is_empty() { split } else { format!("{whole}; {split}") }
}

/// `12.3 ms`, `1.2 s`.
pub fn seconds_short(time: f64) -> String {
    if time < 0.1 { format!("{:.1} ms", time * 1e3) } else { seconds(time) }
}
