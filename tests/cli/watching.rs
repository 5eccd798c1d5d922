//! `train --dashboard`, and `watch`.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Place, finish, lepton, start};

const TINY: &str = "--model linear --limit 300 --batch 32 --no-report";
/// What brings a screen, and what takes it away.
const SCREEN: [&str; 2] = ["\x1b[?1049h", "\x1b[?1049l"];

/// Waits until `lines` lines with `what` are in the log of `run`.
#[track_caller]
fn wait_for(place: &Place, child: &mut Child, what: &str, lines: usize) {
    let log = place.path("run/events.jsonl");
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        if text.lines().filter(|line| line.contains(what)).count() >= lines {
            return;
        }
        assert!(child.try_wait().expect("the program can be waited for").is_none(), "it ended by itself");
        assert!(begun.elapsed() < Duration::from_secs(50), "no {lines} lines with `{what}` in the log");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_run_is_told_line_by_line_until_it_ends() {
    let Some(place) = Place::with_adapter() else { return };
    let refused = place.run("watch run").exits(2);
    assert!(refused.err.contains("no run in run"), "{refused}");
    let mut command = lepton(place.folder());
    command.args(format!("train {TINY} --epochs 1000000 --out run").split_whitespace());
    let mut child = start(command);
    wait_for(&place, &mut child, "\"event\":\"epoch\"", 2);
    let mut command = lepton(place.folder());
    command.args(["watch", "run"]);
    let watching = start(command);
    let told = place.text("run/events.jsonl").lines().filter(|line| line.contains("\"event\":\"epoch\"")).count();
    wait_for(&place, &mut child, "\"event\":\"epoch\"", told + 20);
    child.kill().expect("the program can be killed");
    child.wait().expect("it ends");
    let ran = finish(watching).exits(0);
    let started = ran.out.lines().next().expect("a line");
    assert!(started.contains("  started: ") && started.contains("--epochs 1000000 --out run"), "{ran}");
    let epochs = place.text("run/events.jsonl").lines().filter(|line| line.contains("\"event\":\"epoch\"")).count();
    let lines: Vec<&str> = ran.out.lines().filter(|line| line.contains("  epoch ")).collect();
    assert_eq!(lines.len(), epochs, "each epoch once: {ran}");
    assert!(lines[epochs - 1].contains(&format!("epoch {epochs}: loss ")), "{ran}");
    let last = ran.out.lines().last().expect("a line");
    assert_eq!(last, "no process is training it; to continue: lepton-gpu train --out run --resume");

    place.run(&format!("train --out run --resume --epochs {}", epochs + 1)).exits(0);
    let ran = place.run("watch run").exits(0);
    assert!(ran.out.contains("resumed at step ") && ran.out.contains("test: loss "), "{ran}");
    assert!(ran.out.lines().last().expect("a line").contains("  finished after "), "{ran}");
    assert!(place.run("watch run/events.jsonl").exits(2).err.contains("is a file"));
}

#[test]
fn a_dashboard_needs_a_terminal_and_no_other_output() {
    let place = Place::new();
    let refused = place.run("train --dashboard --out run").exits(2);
    assert!(refused.err.contains("--dashboard needs a terminal") && refused.err.contains("watch RUN"), "{refused}");
    for other in ["--quiet", "--json-progress", "--lr-find"] {
        let refused = place.run(&format!("train --dashboard {other}")).exits(2);
        assert!(refused.err.contains("cannot be used with") && refused.err.contains(other), "{refused}");
    }
    assert!(place.snapshot().is_empty());
}

/// The program in a terminal of 80 columns, where `script` makes one.
#[cfg(unix)]
fn in_terminal(place: &Place, line: &str) -> Option<Child> {
    let is_there = Command::new("script").args(["-qec", "true", "/dev/null"]).stdin(Stdio::null()).output();
    if !is_there.is_ok_and(|ran| ran.status.success()) {
        eprintln!("skipped: no `script` of util-linux");
        return None;
    }
    let program = env!("CARGO_BIN_EXE_lepton-gpu");
    let line = format!("stty rows 24 cols 80; exec '{program}' {line}");
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(place.folder()).stdin(Stdio::piped());
    command.env("TERM", "xterm-256color").env("SHELL", "/bin/sh").env_remove("NO_COLOR");
    Some(start(command))
}

#[cfg(unix)]
fn press(child: &mut Child, keys: &str) {
    use std::io::Write;
    let input = child.stdin.as_mut().expect("it is piped");
    input.write_all(keys.as_bytes()).and_then(|()| input.flush()).expect("keys can be sent");
}

/// What was written before, on, and after the screen.
#[cfg(unix)]
#[track_caller]
fn parts(out: &str) -> [&str; 3] {
    let (before, rest) = out.split_once(SCREEN[0]).unwrap_or_else(|| panic!("no screen in {out}"));
    let (on, after) = rest.rsplit_once(SCREEN[1]).unwrap_or_else(|| panic!("the screen stayed: {out}"));
    [before, on, after]
}

/// What a terminal of 24 rows and 80 columns showed, each time that something was drawn.
#[cfg(unix)]
fn pictures(on: &str) -> Vec<String> {
    let (mut rows, mut at, mut pictures) = (vec![vec![' '; 80]; 24], [0, 0], Vec::new());
    let mut letters = on.chars();
    while let Some(letter) = letters.next() {
        if letter != '\x1b' {
            let [row, column] = at;
            if letter >= ' ' && row < 24 && column < 80 {
                rows[row][column] = letter;
            }
            at[1] += usize::from(letter >= ' ');
            continue;
        }
        let mut sequence = String::new();
        for letter in letters.by_ref().skip(1) {
            sequence.push(letter);
            if letter.is_ascii_alphabetic() {
                break;
            }
        }
        let numbers = sequence[..sequence.len().saturating_sub(1)].split(';').map(|own| own.parse().unwrap_or(1));
        match sequence.chars().last() {
            Some('H') => {
                at = numbers.collect::<Vec<usize>>().try_into().map_or([0, 0], |at: [usize; 2]| at.map(|n| n - 1))
            }
            Some('J') => rows.iter_mut().for_each(|row| row.fill(' ')),
            // the cursor is hidden when all is drawn
            Some('l') => pictures.push(rows.iter().map(|row| row.iter().collect::<String>() + "\n").collect()),
            _ => {}
        }
    }
    pictures
}

#[cfg(unix)]
#[test]
fn a_dashboard_leaves_everything_that_is_printed_otherwise() {
    let Some(place) = Place::with_adapter() else { return };
    let Some(child) = in_terminal(&place, &format!("train {TINY} --epochs 4 --dashboard --out run")) else { return };
    let ran = finish(child).exits(0);
    let [before, on, after] = parts(&ran.out);
    assert!(before.contains("model    linear"), "{ran}");
    assert!(pictures(on).iter().any(|all| all.contains("linear on fashion-small")), "{ran}");
    for line in ["Epoch 1/4", "Epoch 4/4", "Test accuracy: 0.", "lepton-gpu "] {
        assert!(after.contains(line) && !before.contains(line), "`{line}`: {ran}");
    }
    assert!(after.contains("\x1b[?25h"), "the cursor is back: {ran}");
}

#[cfg(unix)]
#[test]
fn keys_of_a_dashboard_save_and_stop_the_run() {
    let Some(place) = Place::with_adapter() else { return };
    let line = "train --model seed-mnist --limit 10000 --batch 8 --val-split 0.1 --save-every off --epochs 1000 --dashboard --out run";
    let Some(mut child) = in_terminal(&place, line) else { return };
    wait_for(&place, &mut child, "\"event\":\"progress\"", 2);
    press(&mut child, "s");
    wait_for(&place, &mut child, "\"event\":\"checkpoint\"", 1);
    // to the line and back; whoever says no goes on
    press(&mut child, "q");
    std::thread::sleep(Duration::from_millis(500));
    press(&mut child, "d");
    std::thread::sleep(Duration::from_millis(500));
    press(&mut child, "xn");
    let before = place.text("run/events.jsonl").lines().count();
    wait_for(&place, &mut child, "\"event\":\"progress\"", before + 5);
    press(&mut child, "xy");
    let ran = finish(child).exits(130);
    assert_eq!(ran.out.matches(SCREEN[0]).count(), 2, "{ran}");
    let [_, on, after] = parts(&ran.out);
    assert!(pictures(on).iter().any(|all| all.contains("Stop after this step, save, and end?")), "{ran}");
    assert!(after.contains("to continue: lepton-gpu train --out run --resume"), "{ran}");
    let step = after.split("stopped at step ").nth(1).and_then(|rest| rest.split(';').next()).expect("a step");
    let resumed =
        place.run(&format!("train --out run --resume --steps {}", step.parse::<u64>().expect("a number") + 1));
    assert!(resumed.exits(0).line("resume ").contains(&format!("at step {step},")));
}

/// The number of the program that runs in this place with a command that ends so.
#[cfg(unix)]
fn process(place: &Place, end: &str) -> Option<String> {
    let command = format!("^{}.*{end}$", env!("CARGO_BIN_EXE_lepton-gpu"));
    let found = Command::new("pgrep").args(["-f", "--", &command]).output();
    let found = String::from_utf8(found.expect("pgrep runs").stdout).expect("numbers");
    let here = place.folder().canonicalize().expect("a folder");
    let is_here = |pid: &&str| std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == here);
    found.split_whitespace().find(is_here).map(String::from)
}

#[cfg(unix)]
#[test]
fn a_terminal_that_is_closed_ends_what_looks_at_it() {
    let Some(place) = Place::with_adapter() else { return };
    for (line, end) in [("train TINY --epochs 1000000 --dashboard --out run", "--out run"), ("watch run", "watch run")]
    {
        let Some(mut child) = in_terminal(&place, &line.replace("TINY", TINY)) else { return };
        wait_for(&place, &mut child, "\"event\":\"progress\"", 5);
        std::thread::sleep(Duration::from_millis(500));
        child.kill().expect("the terminal can be closed");
        child.wait().expect("it ends");
        let begun = Instant::now();
        while let Some(own) = process(&place, end) {
            if begun.elapsed() > Duration::from_secs(20) {
                Command::new("kill").args(["-KILL", &own]).status().expect("kill runs");
                panic!("`{line}` goes on without its terminal");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(place.path("run/last.safetensors").is_file(), "the run was saved");
    }
}

#[cfg(unix)]
#[test]
fn signals_and_errors_leave_the_terminal_as_it_was() {
    let Some(place) = Place::with_adapter() else { return };
    for signal in ["INT", "TERM", "HUP", "key"] {
        let line = format!("train {TINY} --epochs 1000000 --dashboard --out run");
        let Some(mut child) = in_terminal(&place, &line) else { return };
        wait_for(&place, &mut child, "\"event\":\"progress\"", 5);
        if signal == "key" {
            press(&mut child, "\x03");
        } else {
            let own = process(&place, "--out run").expect("the program");
            let kill = Command::new("kill").args([&format!("-{signal}"), &own]).status();
            assert!(kill.expect("kill runs").success());
        }
        let ran = finish(child).exits(130);
        let [_, _, after] = parts(&ran.out);
        assert!(after.contains("finishing the step") && after.contains("stopped at step"), "{signal}: {ran}");
        std::fs::remove_dir_all(place.path("run")).expect("the run can be removed");
    }
    // a rate at which nothing can be learned
    let line =
        "train --model seed-mnist --limit 300 --no-report --optimizer sgd --lr 1e30 --epochs 9 --dashboard --out run";
    let Some(child) = in_terminal(&place, line) else { return };
    let ran = finish(child).exits(2);
    let [_, _, after] = parts(&ran.out);
    assert!(after.contains("error: "), "{ran}");
}

#[cfg(unix)]
#[test]
fn watch_shows_a_screen_and_leaves_the_run_alone() {
    let Some(place) = Place::with_adapter() else { return };
    let Some(mut child) = in_terminal(&place, "watch run") else { return };
    let begun = Instant::now();
    place.run(&format!("train {TINY} --val-split 0.2 --epochs 3 --out run")).exits(0);
    assert!(begun.elapsed() < Duration::from_secs(50), "the test needs the screen to be there");
    std::thread::sleep(Duration::from_millis(1500));
    let whole = place.text("run/events.jsonl");
    press(&mut child, "sxy234");
    std::thread::sleep(Duration::from_millis(500));
    press(&mut child, "q");
    let ran = finish(child).exits(0);
    let [_, on, after] = parts(&ran.out);
    for text in ["no run in run yet", "linear on fashion-small", "finished", "Confusion, epoch 3"] {
        assert!(pictures(on).iter().any(|all| all.contains(text)), "`{text}`: {ran}");
    }
    assert!(after.contains("run: it has finished; last: finished after"), "{ran}");
    assert_eq!(place.text("run/events.jsonl"), whole);
}
