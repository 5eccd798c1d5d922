//! What was found, as lines and JSON.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::super::args::ErrorsArgs;
use super::super::started::{below, place};
use super::{Conflict, Looked};
use crate::metrics::Suspect;
use crate::plan::thousands;
use crate::report::shell_word;
use crate::report::{Document, percent, say, seconds};

/// Labels that are named where not all of them are asked for.
const SHOWN: usize = 10;
/// Examples of a conflict that are named.
const NAMED: usize = 4;
/// Where fewer answers are the label, many doubts may be mistakes of the network.
const GOOD: f64 = 0.85;

impl Looked<'_> {
    /// Share of answers that are the label.
    fn agreement(&self) -> f64 {
        let labels = self.judged.iter().map(|&i| self.all.labels()[i] as usize);
        let agree =
            self.answers.iter().zip(labels).filter(|(answer, label)| answer.best().is_some_and(|b| b.class == *label));
        agree.count() as f64 / self.answers.len().max(1) as f64
    }

    /// Pairs of a label and the class that its suspects are taken for, those with most suspects first.
    fn pairs(&self) -> Vec<(usize, usize, usize)> {
        let mut counts = BTreeMap::<_, usize>::new();
        self.found.suspects.iter().for_each(|one| *counts.entry((one.given, one.likely)).or_default() += 1);
        let mut pairs: Vec<_> = counts.into_iter().map(|((given, class), count)| (given, class, count)).collect();
        pairs.sort_by_key(|&(given, class, count)| (std::cmp::Reverse(count), given, class));
        pairs
    }
}

/// A share without digits behind the point.
fn whole_percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// So many more of something.
fn more(count: usize, what: &str) -> String {
    format!("{} more {what}{}", thousands(count as u64), if count == 1 { "" } else { "s" })
}

/// What trains as the run was trained, into a folder of its own; of other data, these.
fn again(looked: &Looked, args: &ErrorsArgs) -> String {
    if let Some(data) = &args.data {
        return shell_word(data);
    }
    let run = if looked.run.is_file() { looked.run.parent().unwrap_or(looked.run) } else { looked.run };
    let run = run.display().to_string();
    format!("--recipe {} --out {}", shell_word(&run), shell_word(&format!("{}-fixed", run.trim_end_matches('/'))))
}

/// What is in conflict, in lines.
fn tell_conflicts(looked: &Looked, shown: usize) {
    let (groups, examples) = (looked.conflicts.len(), thousands(looked.in_conflict() as u64));
    let what = match looked.all.input().shape() {
        _ if looked.data.texts().is_some() => "texts have the same words".to_string(),
        [height, width, _] => format!("images are identical at {width}x{height}"),
    };
    let in_groups = if groups == 1 { String::new() } else { format!(", in {} groups,", thousands(groups as u64)) };
    say!("conflict {examples} {what}{in_groups} and have different labels: some of these are wrong");
    for conflict in looked.conflicts.iter().take(shown) {
        let named = |&i: &usize| format!("{} (`{}`)", looked.called(i), looked.class(looked.label(i)));
        let mut line = conflict.members.iter().take(NAMED).map(named).collect::<Vec<_>>().join(" = ");
        if conflict.members.len() > NAMED {
            line += &format!(" = {} more", conflict.members.len() - NAMED);
        }
        say!("         {line}");
    }
    if groups > shown {
        say!("         and {} (--all names them)", more(groups - shown, "group"));
    }
}

/// Says what was found.
pub fn tell(looked: &Looked, args: &ErrorsArgs, out: &Path, sheet: Option<&Path>) {
    if args.json {
        let document = Document::of(as_json(looked, out, sheet));
        say!("{}", serde_json::to_string_pretty(&document).expect("it is JSON"));
        return;
    }
    let folded = &looked.folded;
    let what = match folded.features {
        Some(features) => format!("a new last layer on {} features each", thousands(features as u64)),
        None => "the whole network anew".into(),
    };
    say!(
        "folds    {}, {what}: {} of held-out labels agree with the answer ({})",
        folded.folds,
        whole_percent(looked.agreement()),
        seconds(folded.seconds)
    );
    let shown = if args.all { usize::MAX } else { SHOWN };
    if !looked.conflicts.is_empty() {
        tell_conflicts(looked, shown);
    }
    let (found, count) = (&looked.found.suspects, looked.doubtable());
    let share = percent(found.len() as f64 / count.max(1) as f64);
    let other = if looked.conflicts.is_empty() { "" } else { "other " };
    let [doubted, of] = [found.len(), count].map(|count| thousands(count as u64));
    say!("errors   {doubted} of {of} {other}labels are doubted ({share})");
    let pairs = looked.pairs();
    for (given, class, count) in pairs.iter().take(SHOWN) {
        say!("         `{}` should be `{}`: {}", looked.class(*given), looked.class(*class), thousands(*count as u64));
    }
    if pairs.len() > SHOWN {
        say!("         and {} (--json has all)", more(pairs.len() - SHOWN, "pair"));
    }
    if !found.is_empty() {
        say!("surest");
    }
    for suspect in found.iter().take(shown) {
        let [less, more] = suspect.probabilities.map(percent);
        let (given, likely) = (looked.class(suspect.given), looked.class(suspect.likely));
        say!(
            "         {}: labelled `{given}` ({less}), looks like `{likely}` ({more})",
            looked.called(looked.example(suspect))
        );
    }
    if found.len() > shown {
        say!("         and {} more (--all names them)", thousands((found.len() - shown) as u64));
    }
    looked.notes.iter().for_each(|note| say!("note     {note}"));
    if looked.agreement() < GOOD && !found.is_empty() {
        say!(
            "note     fewer than {} of held-out labels agree with the answer, so many doubts may be the network's own mistakes",
            whole_percent(GOOD)
        );
    }
    if folded.has_seen {
        say!(
            "note     the features were learned from these labels, so labels that the network has memorised are not found (--retrain finds them)"
        );
    }
    sheet.iter().for_each(|sheet| say!("sheet    {}", sheet.display()));
    let changed = looked.data.relabelled().len();
    let with = if changed == 0 { String::new() } else { format!(", with the {changed} labels of the run's own table") };
    say!("table    {}{with}", out.display());
    if !found.is_empty() || !looked.conflicts.is_empty() {
        say!(
            "next     look at them; correct `label` where it is wrong, empty it to leave an example out, delete the rows whose label was right"
        );
        say!("         lepton-gpu train {} --labels {}", again(looked, args), shell_word(&out.display().to_string()));
    }
}

fn as_json(looked: &Looked, out: &Path, sheet: Option<&Path>) -> Value {
    let named = |example: usize| {
        let file = looked.all.name(example).map(|name| below(looked.data, name));
        let (split, number) = place(looked.data, example);
        json!({ "file": file, "split": split, "number": number, "given": looked.class(looked.label(example)) })
    };
    let suspect = |suspect: &Suspect| {
        let mut one = named(looked.example(suspect));
        let [less, more] = suspect.probabilities;
        one["label"] = looked.class(suspect.likely).into();
        one["given_probability"] = less.into();
        one["label_probability"] = more.into();
        one
    };
    let conflict = |conflict: &Conflict| {
        let examples = conflict.members.iter().map(|&example| named(example)).collect::<Vec<_>>();
        json!({ "label": conflict.class.map(|class| looked.class(class)), "examples": examples })
    };
    let pair = |&(given, class, count): &(usize, usize, usize)| json!({ "given": looked.class(given), "label": looked.class(class), "examples": count });
    json!({
        "run": looked.run.display().to_string(),
        "data": looked.data.name(),
        "examples": looked.judged.len(),
        "trained": looked.folded.trained,
        "folds": looked.folded.folds,
        "features": looked.folded.features,
        "has_seen": looked.folded.has_seen,
        "agreement": looked.agreement(),
        "seconds": looked.folded.seconds,
        "estimated": looked.found.estimated(),
        "pairs": looked.pairs().iter().map(pair).collect::<Vec<_>>(),
        "conflicts": looked.conflicts.iter().map(conflict).collect::<Vec<_>>(),
        "errors": looked.found.suspects.iter().map(suspect).collect::<Vec<_>>(),
        "table": out.display().to_string(),
        "sheet": sheet.map(|sheet| sheet.display().to_string()),
        "notes": looked.notes,
    })
}
