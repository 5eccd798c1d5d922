//! What every refusal has in common, over a table that runs to its end.

use crate::support::{Place, Ran};

/// The most lines of a message: it fits one screen together with the command.
const LINES: usize = 12;

/// A command that cannot run.
pub struct Case {
    /// Its command line, split at spaces.
    pub line: &'static str,
    /// What the message must contain.
    pub says: &'static [&'static str],
}

/// Whether a command was refused as it should be.
///
/// # Errors
/// What is wrong with the refusal.
pub fn check(ran: &Ran, says: &[&str]) -> Result<(), String> {
    if ran.code != Some(2) {
        return Err(format!("exit code {:?} instead of 2", ran.code));
    }
    if !ran.err.starts_with("error: ") || !ran.err.ends_with('\n') {
        return Err("standard error is not `error: …` and a line end".into());
    }
    if let Some(word) =
        ["panicked", "backtrace", "src/", ".rs:", "Some(", "Err("].iter().find(|w| ran.err.contains(**w))
    {
        return Err(format!("`{word}` is the programmer's language"));
    }
    let lines = ran.err.lines().count();
    if lines > LINES {
        return Err(format!("{lines} lines, {LINES} fit a screen"));
    }
    match says.iter().find(|part| !ran.err.contains(**part)) {
        Some(missing) => Err(format!("it does not say `{missing}`")),
        None => Ok(()),
    }
}

/// Runs every case in `place`, where none of them may change a file.
///
/// # Panics
/// At the end, with everything that was wrong.
#[track_caller]
pub fn refused(place: &Place, cases: &[Case]) {
    let before = place.snapshot();
    let mut wrong = Vec::new();
    for case in cases {
        let ran = place.run(case.line);
        if let Err(problem) = check(&ran, case.says) {
            wrong.push(format!("{}: {problem}\n{ran}", case.line));
        }
        let after = place.snapshot();
        let old = before.iter().filter(|(path, bytes)| after.get(*path) != Some(bytes)).map(|(path, _)| path);
        let new = after.keys().filter(|path| !before.contains_key(*path));
        let changed: Vec<_> = old.chain(new).collect();
        assert!(changed.is_empty(), "{}: changed {changed:?}\n{ran}", case.line);
    }
    assert!(wrong.is_empty(), "{} of {} are wrong\n\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// A check that cannot fail checks nothing.
#[test]
fn refusals_that_are_none_are_noticed() {
    let ran = |code, err: &str| Ran { code: Some(code), out: String::new(), err: err.into() };
    let good = "error: a.png: 3 bytes, 4 are needed\n  try: another file\n";
    assert_eq!(check(&ran(2, good), &["3", "4"]), Ok(()));
    let long = format!("{good}{}", "more\n".repeat(11));
    for (wrong, part) in [
        (ran(0, good), "exit code"),
        (ran(101, good), "exit code"),
        (ran(2, ""), "line end"),
        (ran(2, "a.png: 3 bytes\n"), "line end"),
        (ran(2, good.trim_end()), "line end"),
        (ran(2, &long), "13 lines"),
        (ran(2, &format!("{good}thread 'main' panicked at x\n")), "programmer"),
        (ran(2, "error: a.png: 3 bytes\n"), "`4`"),
    ] {
        let problem = check(&wrong, &["3", "4"]).expect_err("it is noticed");
        assert!(problem.contains(part), "{problem}");
    }
}

#[test]
#[should_panic(expected = "exit code Some(0) instead of 2")]
fn commands_that_run_are_noticed() {
    refused(&Place::new(), &[Case { line: "inspect linear", says: &[] }]);
}

#[test]
#[should_panic(expected = "changed [")]
fn files_that_change_are_noticed() {
    let place = Place::new();
    place.write("x.png", "old");
    refused(&place, &[Case { line: "show --out x.png", says: &[] }]);
}
