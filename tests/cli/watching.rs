//! `train --dashboard`, and `watch`.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::support::{Place, Ran, finish, start, wait_for, wait_until};

const TINY: &str = "--model linear --limit 300 --batch 32 --no-report";
/// What brings a screen, and what takes it away.
const SCREEN: [&str; 2] = ["\x1b[?1049h", "\x1b[?1049l"];

/// Waits until `lines` lines with `what` are in the log of `run`.
#[track_caller]
fn wait_for_lines(place: &Place, child: &mut Child, what: &str, lines: usize) {
    wait_for(child, &format!("{lines} lines with `{what}`"), || place.logged("run", what) >= lines);
}

#[test]
fn a_run_is_told_line_by_line_until_it_ends() {
    let Some(place) = Place::with_adapter() else { return };
    let refused = place.run("watch run").exits(2);
    assert!(refused.err.contains("no run in run"), "{refused}");
    let mut command = place.lepton();
    command.args(format!("train {TINY} --epochs 1000000 --out run").split_whitespace());
    let mut child = start(command);
    wait_for_lines(&place, &mut child, "\"event\":\"epoch\"", 2);
    let mut command = place.lepton();
    command.args(["watch", "run"]);
    let watching = start(command);
    let told = place.logged("run", "\"event\":\"epoch\"");
    wait_for_lines(&place, &mut child, "\"event\":\"epoch\"", told + 20);
    child.kill().expect("the program can be killed");
    child.wait().expect("it ends");
    let ran = finish(watching).exits(0);
    let started = ran.out.lines().next().expect("a line");
    assert!(started.contains("  started: ") && started.contains("--epochs 1000000 --out run"), "{ran}");
    let epochs = place.logged("run", "\"event\":\"epoch\"");
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

/// The program in a terminal of 80 columns, whose output is read as it comes.
#[cfg(unix)]
struct Terminal {
    child: Child,
    written: Arc<Mutex<Vec<u8>>>,
    reader: std::thread::JoinHandle<()>,
    /// The number of the program's process.
    process: PathBuf,
}

#[cfg(unix)]
impl Terminal {
    /// Where `script` makes one.
    fn new(place: &Place, line: &str) -> Option<Self> {
        let is_there = Command::new("script").args(["-qec", "true", "/dev/null"]).stdin(Stdio::null()).output();
        if !is_there.is_ok_and(|ran| ran.status.success()) {
            eprintln!("skipped: no `script` of util-linux");
            return None;
        }
        let (program, process) = (env!("CARGO_BIN_EXE_lepton-gpu"), place.path("process"));
        let line = format!("stty rows 24 cols 80; echo $$ > process; exec '{program}' {line}");
        let mut command = Command::new("script");
        place.own(&mut command);
        command.args(["-qec", &line, "/dev/null"]).stdin(Stdio::piped());
        command.env("TERM", "xterm-256color").env("SHELL", "/bin/sh");
        let mut child = start(command);
        let (mut out, written) = (child.stdout.take().expect("it is piped"), Arc::new(Mutex::new(Vec::new())));
        let own = written.clone();
        let reader = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut piece) {
                own.lock().expect("nobody panics here").extend_from_slice(&piece[..count]);
            }
        });
        Some(Terminal { child, written, reader, process })
    }

    /// Waits until this is so of all that was written.
    #[track_caller]
    fn wait(&mut self, what: &str, is_so: impl Fn(&str) -> bool) {
        let written = self.written.clone();
        let text = || String::from_utf8_lossy(&written.lock().expect("nobody panics here")).into_owned();
        wait_for(&mut self.child, what, || is_so(&text()));
    }

    /// Waits until so many screens have come and gone.
    #[track_caller]
    fn wait_for_screens(&mut self, come: usize, gone: usize) {
        let both = |text: &str| SCREEN.map(|sign| text.matches(sign).count()) == [come, gone];
        self.wait(&format!("{come} screens, of which {gone} are gone"), both);
    }

    /// Waits until the screen that is there shows this, or no longer does.
    #[track_caller]
    fn wait_for_picture(&mut self, what: &str, shows: bool) {
        self.wait(&format!("`{what}` on the screen: {shows}"), |text| {
            let (_, on) = text.rsplit_once(SCREEN[0]).unwrap_or_default();
            pictures(on).last().is_some_and(|last| last.contains(what) == shows)
        });
    }

    fn press(&mut self, keys: &str) {
        let input = self.child.stdin.as_mut().expect("it is piped");
        input.write_all(keys.as_bytes()).and_then(|()| input.flush()).expect("keys can be sent");
    }

    /// The number of the program's process, once the shell has become it.
    fn process(&self) -> String {
        std::fs::read_to_string(&self.process).expect("the program has begun").trim().into()
    }

    /// What it did in the end.
    #[track_caller]
    fn finish(self) -> Ran {
        let ran = finish(self.child);
        self.reader.join().expect("it was read");
        let out = String::from_utf8(std::mem::take(&mut self.written.lock().expect("nobody panics here")));
        Ran { out: out.expect("the program writes UTF-8"), ..ran }
    }
}

/// Whether a process is there, and not only its exit code, for which nobody has asked yet.
#[cfg(unix)]
fn is_alive(process: &str) -> bool {
    let there = Command::new("sh").args(["-c", &format!("kill -0 {process}")]).stderr(Stdio::null()).status();
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().and_then(|rest| rest.trim_start().chars().next());
    there.expect("sh runs").success() && state != Some('Z')
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

/// The output of a run with a dashboard that drew what it is about before the run was over, and how many epochs that took.
#[cfg(unix)]
fn shown(place: &Place) -> Option<(Ran, usize)> {
    for epochs in [4, 40, 400, 4000] {
        let run = format!("run{epochs}");
        let terminal = Terminal::new(place, &format!("train {TINY} --epochs {epochs} --dashboard --out {run}"))?;
        let ran = terminal.finish().exits(0);
        if pictures(parts(&ran.out)[1]).iter().any(|all| all.contains("linear on fashion-small")) {
            return Some((ran, epochs));
        }
    }
    panic!("nothing was drawn in 4,000 epochs")
}

#[cfg(unix)]
#[test]
fn a_dashboard_leaves_everything_that_is_printed_otherwise() {
    let Some(place) = Place::with_adapter() else { return };
    let Some((ran, epochs)) = shown(&place) else { return };
    let [before, _, after] = parts(&ran.out);
    assert!(before.contains("model    linear"), "{ran}");
    let epochs = [format!("Epoch 1/{epochs}"), format!("Epoch {epochs}/{epochs}")];
    for line in epochs.iter().map(String::as_str).chain(["Test accuracy: 0.", "lepton-gpu "]) {
        assert!(after.contains(line) && !before.contains(line), "`{line}`: {ran}");
    }
    assert!(after.contains("\x1b[?25h"), "the cursor is back: {ran}");
    assert!(after.contains("\x1b[32m") && !after.contains('\u{fffd}'), "its colours are whole: {ran}");
}

#[cfg(unix)]
#[test]
fn an_epoch_is_in_colours_on_a_terminal() {
    let Some(place) = Place::with_adapter() else { return };
    // the line about what is under way has a best value, and so a colour, from the second epoch on
    let line = format!("train {TINY} --val-split 0.2 --epochs 1 --out run");
    let Some(terminal) = Terminal::new(&place, &line) else { return };
    let ran = terminal.finish().exits(0);
    assert!(ran.out.contains("Epoch 1/1  ") && ran.out.contains("\x1b[32m"), "{ran}");
    assert!(!ran.out.contains('\u{fffd}'), "{ran}");
}

#[cfg(unix)]
#[test]
fn keys_of_a_dashboard_save_and_stop_the_run() {
    let Some(place) = Place::with_adapter() else { return };
    let line = "train --model seed-mnist --limit 10000 --batch 8 --val-split 0.1 --save-every off --epochs 1000 --dashboard --out run";
    let Some(mut terminal) = Terminal::new(&place, line) else { return };
    terminal.wait_for_screens(1, 0);
    terminal.wait_for_picture("seed-mnist", true);
    terminal.press("s");
    wait_for_lines(&place, &mut terminal.child, "\"event\":\"checkpoint\"", 1);
    // to the line and back; whoever says no goes on
    terminal.press("q");
    terminal.wait_for_screens(1, 1);
    terminal.press("d");
    terminal.wait_for_screens(2, 1);
    let question = "Stop after this step, save, and end?";
    terminal.press("x");
    terminal.wait_for_picture(question, true);
    terminal.press("n");
    terminal.wait_for_picture(question, false);
    let before = place.logged("run", "\"event\":\"progress\"");
    wait_for_lines(&place, &mut terminal.child, "\"event\":\"progress\"", before + 5);
    terminal.press("x");
    terminal.wait_for_picture(question, true);
    terminal.press("y");
    let ran = terminal.finish().exits(130);
    assert_eq!(ran.out.matches(SCREEN[0]).count(), 2, "{ran}");
    let [_, _, after] = parts(&ran.out);
    assert!(after.contains("to continue: lepton-gpu train --out run --resume"), "{ran}");
    let step = after.split("stopped at step ").nth(1).and_then(|rest| rest.split(';').next()).expect("a step");
    let resumed =
        place.run(&format!("train --out run --resume --steps {}", step.parse::<u64>().expect("a number") + 1));
    assert!(resumed.exits(0).line("resume ").contains(&format!("at step {step},")));
}

#[cfg(unix)]
#[test]
fn a_terminal_that_is_closed_ends_what_looks_at_it() {
    let Some(place) = Place::with_adapter() else { return };
    for line in ["train TINY --epochs 1000000 --dashboard --out run", "watch run"] {
        let Some(mut terminal) = Terminal::new(&place, &line.replace("TINY", TINY)) else { return };
        terminal.wait_for_screens(1, 0);
        terminal.wait_for_picture("linear on fashion-small", true);
        terminal.child.kill().expect("the terminal can be closed");
        terminal.child.wait().expect("it ends");
        let process = terminal.process();
        wait_until(&format!("`{line}` ends without its terminal"), || !is_alive(&process));
        assert!(place.path("run/last.safetensors").is_file(), "the run was saved");
    }
}

#[cfg(unix)]
#[test]
fn signals_and_errors_leave_the_terminal_as_it_was() {
    let Some(place) = Place::with_adapter() else { return };
    for signal in ["INT", "TERM", "HUP", "key"] {
        let line = format!("train {TINY} --epochs 1000000 --dashboard --out run");
        let Some(mut terminal) = Terminal::new(&place, &line) else { return };
        terminal.wait_for_screens(1, 0);
        wait_for_lines(&place, &mut terminal.child, "\"event\":\"progress\"", 5);
        if signal == "key" {
            terminal.press("\x03");
        } else {
            let kill = format!("kill -{signal} {}", terminal.process());
            assert!(Command::new("sh").args(["-c", &kill]).status().expect("sh runs").success());
        }
        let ran = terminal.finish().exits(130);
        let [_, _, after] = parts(&ran.out);
        assert!(after.contains("finishing the step") && after.contains("stopped at step"), "{signal}: {ran}");
        std::fs::remove_dir_all(place.path("run")).expect("the run can be removed");
    }
    // a rate at which nothing can be learned
    let line =
        "train --model seed-mnist --limit 300 --no-report --optimizer sgd --lr 1e30 --epochs 9 --dashboard --out run";
    let Some(terminal) = Terminal::new(&place, line) else { return };
    let ran = terminal.finish().exits(2);
    let [_, _, after] = parts(&ran.out);
    assert!(after.contains("error: "), "{ran}");
}

#[cfg(unix)]
#[test]
fn watch_shows_a_screen_and_leaves_the_run_alone() {
    let Some(place) = Place::with_adapter() else { return };
    let Some(mut terminal) = Terminal::new(&place, "watch run") else { return };
    terminal.wait_for_picture("no run in run yet", true);
    place.run(&format!("train {TINY} --val-split 0.2 --epochs 3 --out run")).exits(0);
    terminal.wait_for_picture("finished", true);
    terminal.wait_for_picture("linear on fashion-small", true);
    let whole = place.text("run/events.jsonl");
    // the keys of a run of one's own do nothing
    terminal.press("sxy2");
    terminal.wait_for_picture("Confusion, epoch 3", true);
    terminal.press("34");
    terminal.wait_for_picture("Confusion, epoch 3", false);
    terminal.press("q");
    let ran = terminal.finish().exits(0);
    let [_, _, after] = parts(&ran.out);
    assert!(after.contains("run: it has finished; last: finished after"), "{ran}");
    assert_eq!(place.text("run/events.jsonl"), whole);
}
