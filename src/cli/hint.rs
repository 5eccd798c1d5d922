//! Ways out of errors in the words of the command line: a key of the configuration becomes its flag.

use std::fmt::Display;

use crate::hint::{Hint, Hints};

/// An error for a terminal: what went wrong, and in a second line what to try, if anything is known to help.
pub fn message(error: &(impl Display + Hints)) -> String {
    let hints = error.hints();
    if hints.is_empty() {
        return error.to_string();
    }
    format!("{error}\n  try: {}", tries(&hints))
}

/// Ways out in one line: `--batch 32, or another --adapter`.
pub fn tries(hints: &[Hint]) -> String {
    let words: Vec<String> = hints.iter().map(words).collect();
    words.join(", or ")
}

fn words(hint: &Hint) -> String {
    match hint {
        Hint::Set { key, value } => set(key, value),
        Hint::Change { key } => format!("another {}", flag(key)),
        Hint::Unset { key } => format!("without {}", flag(key)),
        Hint::Smaller { key } => format!("a smaller {}", flag(key)),
        Hint::Larger { key } => format!("a larger {}", flag(key)),
        Hint::SmallerBatch { accumulate: true } => {
            format!("a smaller {} with {}, which learns the same", flag("batch"), flag("update.accumulate"))
        }
        Hint::SmallerBatch { accumulate: false } => format!("a smaller {}", flag("batch")),
        Hint::Command { words } => format!("lepton-gpu {}", words.join(" ")),
        Hint::Advice(text) => text.to_string(),
    }
}

fn set(key: &str, value: &str) -> String {
    match (key, value) {
        ("fuse", "false") => flag(key),
        (_, "true") => flag(key),
        (_, "false") => format!("without {}", flag(key)),
        _ => format!("{} {value}", flag(key)),
    }
}

/// The flag of a key: of a path such as `optimizer.momentum` it is the last part that names it, unless it is listed.
pub fn flag(key: &str) -> String {
    let name = match key {
        "learning_rate" => "lr",
        "validation" => "val-split",
        "fuse" => "no-fuse",
        "loss.name" => "loss",
        "optimizer.name" => "optimizer",
        "schedule.name" => "schedule",
        "optimizer.epsilon" => "eps",
        "loss.gamma" => "focal-gamma",
        "loss.alpha" => "focal-alpha",
        "loss.delta" | "loss.beta" => "huber-delta",
        "loss.pos_weight" => "class-weights",
        "update.parameters" => "freeze",
        _ => key.rsplit('.').next().unwrap_or(key),
    };
    format!("--{}", name.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            (Hint::SmallerBatch { accumulate: true }, "a smaller --batch with --accumulate, which learns the same"),
            (Hint::SmallerBatch { accumulate: false }, "a smaller --batch"),
            (Hint::command(["data", "fetch", "mnist"]), "lepton-gpu data fetch mnist"),
            (Hint::advice("free some disk space"), "free some disk space"),
        ] {
            assert_eq!(tries(&[hint]), words);
        }
        let two = [Hint::set("precision", "f32"), Hint::Change { key: "adapter" }];
        assert_eq!(tries(&two), "--precision f32, or another --adapter");
    }
}
