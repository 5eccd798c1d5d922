//! Ways out of errors in the words of the command line: a key of the configuration becomes its flag.

use std::fmt::Display;

use super::args::OPTIONS;
use crate::config::FIELDS;
use crate::hint::{Hint, Hints};
use crate::losses::LOSSES;
use crate::report::shell_word;

/// An error for a terminal: what went wrong, the name that was probably meant, and what to try, as far as they are known.
pub fn message(error: &(impl Display + Hints)) -> String {
    written(error, &error.hints())
}

/// The same without the advice to give flags that this command does not have.
pub fn message_of(error: &(impl Display + Hints), command: &clap::Command) -> String {
    let has = |key: &str| command.get_arguments().any(|arg| arg.get_long() == Some(&flag(key)[2..]));
    let mut hints = error.hints();
    hints.retain(|hint| match hint {
        Hint::Set { key, .. } | Hint::Change { key } | Hint::Unset { key } => has(key),
        Hint::Smaller { key } | Hint::Larger { key } => has(key),
        Hint::SmallerBatch { .. } => has("batch"),
        Hint::OneOf { .. } | Hint::Command { .. } | Hint::Advice(_) => true,
    });
    written(error, &hints)
}

fn written(error: &impl Display, hints: &[Hint]) -> String {
    let meant = hints.iter().filter_map(meant).map(|name| format!("\n  did you mean `{name}`?"));
    let mut message = error.to_string() + &meant.collect::<String>();
    let others: Vec<Hint> = hints.iter().filter(|hint| !is_said(hint)).cloned().collect();
    let tries = tries(&others);
    if !tries.is_empty() {
        message += &format!("\n  try: {tries}");
    }
    message
}

/// Ways out in one line: `--batch 32, or another --adapter`.
pub fn tries(hints: &[Hint]) -> String {
    hints.iter().map(words).collect::<Vec<_>>().join(", or ")
}

/// Whether the name that was meant says all: it is one of so many that a line has no room for them.
fn is_said(hint: &Hint) -> bool {
    let is_long = matches!(hint, Hint::OneOf { names, listed_by: [], .. } if names.len() > FEW);
    is_long && meant(hint).is_some()
}

/// The name that was probably meant, if the hint knows names.
fn meant(hint: &Hint) -> Option<&str> {
    match hint {
        Hint::OneOf { wanted, names, .. } => closest(wanted, names),
        _ => None,
    }
}

/// The name most like `wanted`; none if no name is like it.
pub fn closest<'a>(wanted: &str, names: &'a [String]) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let likeness = |name: &&String| strsim::jaro(&wanted, &name.to_lowercase());
    let best = names.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(&best) > ALIKE).then_some(best)
}

/// The least likeness of two names one of which may be meant by the other; clap's is the same.
const ALIKE: f64 = 0.7;

/// How many names fit in a line.
const FEW: usize = 12;

fn words(hint: &Hint) -> String {
    match hint {
        Hint::Set { key, value } => set(key, value),
        Hint::Change { key } => format!("another {}", flag(key)),
        Hint::Unset { key } => format!("without {}", flag(key)),
        Hint::Smaller { key } => format!("a smaller {}", flag(key)),
        Hint::Larger { key } => format!("a larger {}", flag(key)),
        Hint::OneOf { listed_by: [], names, .. } => match names.get(FEW..).map(<[String]>::len) {
            Some(more @ 1..) => format!("one of {} and {more} more", names[..FEW].join(", ")),
            _ => format!("one of {}", names.join(", ")),
        },
        Hint::OneOf { listed_by, .. } => format!("a name that `lepton-gpu {}` lists", listed_by.join(" ")),
        Hint::SmallerBatch { accumulate } => {
            let smaller = format!("a smaller {}", flag("batch"));
            if *accumulate { format!("{smaller} with {}", flag("update.accumulate")) } else { smaller }
        }
        Hint::Command { words } => {
            format!("lepton-gpu {}", words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" "))
        }
        Hint::Advice(text) => text.to_string(),
    }
}

fn set(key: &str, value: &str) -> String {
    match (key, value) {
        ("fuse", "false") => flag(key),
        (_, "true") => flag(key),
        ("loss" | "optimizer" | "schedule", name) => format!("{} {}", flag(key), name.replace('_', "-")),
        (_, "false") => format!("without {}", flag(key)),
        _ => format!("{} {}", flag(key), shell_word(value)),
    }
}

/// The flag of a key; an option of a member of a table may come without the table's name, or with another member's key.
pub fn flag(key: &str) -> String {
    let rows = || FIELDS.iter().chain(OPTIONS);
    let exact = rows().find(|row| row.field.key == key || row.field.key.strip_suffix(".name") == Some(key));
    let last = key.rsplit('.').next().unwrap_or(key);
    let own = || rows().find(|row| row.field.key.rsplit('.').next() == Some(last)).and_then(|row| row.field.flag);
    let of_loss = || LOSSES.iter().find_map(|loss| loss.option(last)?.flag);
    match exact.and_then(|row| row.field.flag).or_else(own).or_else(of_loss) {
        Some(flag) => format!("--{flag}"),
        None => format!("--{}", last.replace('_', "-")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OptionError;

    #[test]
    fn hints_are_worded_as_flags() {
        for (hint, words) in [
            (Hint::set("validation", 0.1), "--val-split 0.1"),
            (Hint::set("optimizer.momentum", 0.9), "--momentum 0.9"),
            (Hint::set("fuse", false), "--no-fuse"),
            (Hint::set("resume", true), "--resume"),
            (Hint::Change { key: "adapter" }, "another --adapter"),
            (Hint::Unset { key: "class_weights" }, "without --class-weights"),
            (Hint::Smaller { key: "learning_rate" }, "a smaller --lr"),
            (Hint::Larger { key: "limit" }, "a larger --limit"),
            (Hint::SmallerBatch { accumulate: true }, "a smaller --batch with --accumulate"),
            (Hint::SmallerBatch { accumulate: false }, "a smaller --batch"),
            (Hint::command(["data", "fetch", "mnist"]), "lepton-gpu data fetch mnist"),
            #[cfg(unix)]
            (Hint::command(["train", "my photos/it's"]), r"lepton-gpu train 'my photos/it'\''s'"),
            #[cfg(unix)]
            (Hint::set("table.label_separator", "|"), "--label-separator '|'"),
            (Hint::advice("free some disk space"), "free some disk space"),
        ] {
            assert_eq!(tries(&[hint]), words);
        }
        let few = Hint::one_of("trousers", ["Trouser", "Shirt"]);
        assert_eq!((meant(&few), tries(std::slice::from_ref(&few))), (Some("Trouser"), "one of Trouser, Shirt".into()));
        let listed = Hint::one_listed("seed-mnits", ["linear", "seed-cifar", "seed-mnist"], &["models"]);
        assert_eq!(
            (meant(&listed), &tries(std::slice::from_ref(&listed))[..]),
            (Some("seed-mnist"), "a name that `lepton-gpu models` lists")
        );
        assert_eq!(meant(&Hint::one_of("xyz", ["linear", "lenet5"])), None);
        let many = Hint::one_of("x", (0..14).map(|i| i.to_string()));
        assert_eq!(tries(&[many]), "one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more");
        let two = [Hint::set("precision", "f32"), Hint::Change { key: "adapter" }];
        assert_eq!(tries(&two), "--precision f32, or another --adapter");
    }

    #[test]
    fn flags_that_a_command_does_not_have_are_not_advised() {
        let error = OptionError::Needs { key: "nesterov", needs: "momentum", value: "0".into(), better: "0.9" };
        assert!(message(&error).ends_with("\n  try: --momentum 0.9"));
        let [with, without] =
            ["momentum", "size"].map(|flag| clap::Command::new("x").arg(clap::Arg::new(flag).long(flag)));
        assert_eq!(message_of(&error, &with), message(&error));
        assert_eq!(message_of(&error, &without), error.to_string());
    }

    #[test]
    fn every_key_has_its_own_flag() {
        for row in FIELDS.iter().chain(OPTIONS).filter(|row| row.field.flag.is_some()) {
            assert_eq!(flag(row.field.key)[2..], *row.field.flag.unwrap());
        }
        for (key, name) in
            [("optimizer", "--optimizer"), ("epsilon", "--eps"), ("beta", "--huber-delta"), ("ema", "--ema")]
        {
            assert_eq!(flag(key), name);
        }
    }
}
