//! What `data check` found, as a document.

use serde_json::{Value, json};

use super::check::{advice, overall, tiny};
use super::suspects::Doubted;
use crate::cli::args::LayoutOptions;
use crate::data::doctor::{Problem, Report};
use crate::data::{Damaged, TableOptions};
use crate::defaults::Aim;

/// Splits by their numbers in a report.
const SPLITS: [&str; 3] = ["training", "validation", "test"];

/// Everything that the text tells, and all of it where the text names the first few.
pub fn document(
    spec: &str,
    (table, layout): (&TableOptions, &LayoutOptions),
    report: &Report,
    doubted: Option<&Doubted>,
) -> Value {
    let classes = report.classes.iter().map(|class| {
        let [training, validation, test] = class.counts;
        json!({ "name": class.name, "training": training, "validation": validation, "test": test })
    });
    let sizes = report
        .sizes
        .iter()
        .map(|((width, height), images)| json!({ "width": width, "height": height, "images": images }));
    let unread = |all: &[Damaged]| -> Vec<Value> {
        all.iter().map(|one| json!({ "image": one.place.to_string(), "reason": one.reason })).collect()
    };
    let findings = report.findings.iter().map(|finding| {
        let members = finding
            .members
            .iter()
            .map(|member| json!({ "image": member.name, "label": member.label, "split": SPLITS[member.part] }));
        let problem = match finding.problem {
            Problem::Leak => "leak",
            Problem::Labels => "labels",
            Problem::Copies => "copies",
        };
        json!({ "problem": problem, "exact": finding.is_exact, "members": members.collect::<Vec<_>>() })
    });
    let imbalance =
        overall(report).map(|(most, fewest, ratio)| json!({ "most": most, "fewest": fewest, "ratio": ratio }));
    let advice = advice(spec, (table, layout), report);
    let learned = match report.aim {
        Aim::Labels => "labels",
        Aim::Numbers => "numbers",
        _ => "classes",
    };
    json!({
        "data": spec,
        "examples": report.what,
        "count": report.images,
        "learned": learned,
        "classes": classes.collect::<Vec<_>>(),
        "sizes": sizes.collect::<Vec<_>>(),
        "imbalance": imbalance,
        "tiny": tiny(report).map(|class| class.name.as_str()).collect::<Vec<_>>(),
        "alike_names": report.alike_names(),
        "findings": findings.collect::<Vec<_>>(),
        "suspects": doubted.map(Doubted::rows),
        "damaged": unread(&report.damaged),
        "missing": unread(&report.missing),
        "elsewhere": report.elsewhere,
        "notes": report.notes,
        "sick": report.is_sick(),
        "stops": advice.stops,
        "next": advice.next,
    })
}
