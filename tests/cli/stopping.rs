//! Runs that are stopped by Ctrl-C, or killed.

use std::process::Child;
use std::time::Duration;

use crate::support::{Place, finish, start, wait_for};

/// Starts a run that would take an hour.
fn long_run(place: &Place, rest: &str) -> Child {
    let mut command = place.lepton();
    command.args(format!("train --epochs 1000000 --out run {rest}").split_whitespace());
    start(command)
}

/// Waits until `lines` more lines with `what` are in the log of `run`.
#[track_caller]
fn wait_for_more(place: &Place, child: &mut Child, what: &str, lines: usize) {
    let before = place.logged("run", what);
    wait_for(child, &format!("{lines} more lines with `{what}`"), || place.logged("run", what) >= before + lines);
}

const TINY: &str = "--model linear --limit 300 --batch 32";

#[cfg(unix)]
#[test]
fn ctrl_c_saves_says_how_to_go_on_and_exits_with_130() {
    let Some(place) = Place::with_adapter() else { return };
    let mut child = long_run(&place, TINY);
    wait_for_more(&place, &mut child, "\"event\":\"progress\"", 5);
    let sent = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(sent.expect("sh runs").success());
    let ran = finish(child).exits(130);
    assert!(ran.err.contains("Ctrl-C"), "{ran}");
    let advice = ran.line("stopped at step ");
    assert!(advice.ends_with("lepton-gpu train --out run --resume"), "{advice}");
    let step: u64 = advice.split([' ', ';']).nth(3).and_then(|word| word.parse().ok()).expect("a step");

    let run = place.run(&format!("train --out run --resume --steps {}", step + 7)).exits(0);
    assert!(run.line("resume ").contains(&format!("at step {step},")), "{run}");
    place.run(&format!("train {TINY} --epochs 1000000 --out whole --steps {}", step + 7)).exits(0);
    let [whole, parts] = ["whole", "run"].map(|name| place.read(&format!("{name}/last.safetensors")));
    assert!(whole == parts, "Ctrl-C at step {step} changed the run");
}

#[test]
fn a_kill_at_any_moment_leaves_a_checkpoint_that_goes_on() {
    let Some(place) = Place::with_adapter() else { return };
    let mut child = long_run(&place, TINY);
    // the best checkpoint of an epoch is there when the next one has ended
    for (round, epochs) in [2, 1, 5, 3].into_iter().enumerate() {
        wait_for_more(&place, &mut child, "\"event\":\"epoch\"", epochs);
        child.kill().expect("the program can be killed");
        child.wait().expect("it ends");
        for file in ["last", "best"] {
            let json = place.run(&format!("eval run/{file}.safetensors --json")).exits(0).json();
            assert!(json["loss"].as_f64().expect("a number").is_finite(), "round {round}: {json}");
        }
        child = long_run(&place, "--resume");
    }
    wait_for_more(&place, &mut child, "\"event\":\"epoch\"", 1);
    child.kill().expect("the program can be killed");
    child.wait().expect("it ends");
}

#[test]
fn a_run_that_was_killed_before_its_test_is_tested_later() {
    let Some(place) = Place::with_adapter() else { return };
    place.run(&format!("train {TINY} --epochs 2 --out run")).exits(0);
    let log = place.path("run/events.jsonl");
    let whole = std::fs::read_to_string(&log).unwrap();
    // a verdict has the time that the run took, and every line when it was written
    let timeless = |text: &str| {
        let lines = text.lines().map(|line| line.split(",\"time\":").next().unwrap_or_default());
        let (verdicts, others): (Vec<&str>, Vec<_>) = lines.partition(|line| line.contains("\"event\":\"verdict\""));
        (verdicts.len(), others.join("\n"))
    };
    let tested = whole.find("{\"event\":\"test\"").expect("it was tested");
    std::fs::write(&log, &whole[..tested]).unwrap();
    for time in ["first", "second"] {
        let ran = place.run("train --out run --resume").exits(0);
        assert!(ran.out.contains("has finished its 2 epochs"), "{ran}");
        let now = std::fs::read_to_string(&log).unwrap();
        assert_eq!(timeless(&now), timeless(&whole), "the {time} time");
    }
}

/// An epoch that is longer than anybody waits, saved within.
#[test]
fn a_kill_within_a_long_epoch_costs_what_was_not_saved() {
    let Some(place) = Place::with_adapter() else { return };
    let long = "--model seed-mnist --limit 10000 --batch 1 --val-split 0.1 --save-every";
    let mut child = long_run(&place, &format!("{long} 0.05s"));
    wait_for_more(&place, &mut child, "\"event\":\"checkpoint\"", 2);
    child.kill().expect("the program can be killed");
    child.wait().expect("it ends");
    assert!(!place.text("run/events.jsonl").contains("\"event\":\"epoch\""), "the test needs a longer epoch");
    let json = place.run("eval run/last.safetensors --json").exits(0).json();
    let step = json["weights"]["step"].as_u64().expect("a step");
    assert!(step > 0 && json["weights"]["epoch"] == 0, "{json}");
    // a log that ends within a line, as a kill may leave it
    let log = place.path("run/events.jsonl");
    let whole = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, whole + "{\"event\":\"prog").unwrap();
    let run = place.run(&format!("train --out run --resume --steps {}", step + 7)).exits(0);
    assert!(run.line("resume ").contains(&format!("at step {step},")), "{run}");
    let last = place.events("run").pop().expect("an event");
    assert_ne!(last["event"], "checkpoint", "each event is a line: {last}");
    place.run(&format!("train {long} off --epochs 1000000 --out whole --steps {}", step + 7)).exits(0);
    let [whole, parts] = ["whole", "run"].map(|name| place.read(&format!("{name}/last.safetensors")));
    assert!(whole == parts, "a kill after step {step} changed the run");
}

/// A run saves first and writes its settings then: settings without a checkpoint are the user's own.
#[test]
fn a_folder_with_settings_and_no_checkpoint_is_left_alone() {
    let place = Place::new();
    place.write("settings/config.toml", "mine");
    let refused = place.run("train --model linear --limit 64 --steps 1 --out settings").exits(2);
    assert!(refused.err.contains("contains config.toml but no last.safetensors"), "{refused}");
    assert_eq!(place.text("settings/config.toml"), "mine");
}

/// From its first file on, what a kill leaves can be started or resumed.
#[test]
fn a_run_that_is_killed_while_its_folder_is_made_can_go_on() {
    let Some(place) = Place::with_adapter() else { return };
    let train = "train --model linear --limit 7000 --batch 32 --epochs 1 --out";
    place.run(&format!("{train} whole")).exits(0);
    let mut resumed = 0;
    for round in 0..6 {
        let name = format!("run{round}");
        let mut command = place.lepton();
        command.args(format!("{train} {name}").split_whitespace());
        let mut child = start(command);
        let mut has_ended = || child.try_wait().expect("the program can be waited for").is_some();
        // without a pause, to kill it as early as can be; one that has ended before was not killed, and goes on all the same
        while !place.path(&name).exists() && !has_ended() {}
        std::thread::sleep(Duration::from_micros(300 * round));
        child.kill().expect("the program can be killed");
        child.wait().expect("it ends");
        let is_saved = place.path(&format!("{name}/last.safetensors")).exists();
        resumed += usize::from(is_saved);
        if !is_saved {
            let refused = place.run(&format!("train --out {name} --resume")).exits(2);
            assert!(
                refused.err.contains("no last.safetensors") && refused.err.contains("without --resume"),
                "{refused}"
            );
        }
        let on = if is_saved { format!("train --resume --out {name}") } else { format!("{train} {name}") };
        place.run(&on).exits(0);
        let whole =
            |name: &str| place.run(&format!("eval {name}/last.safetensors --json")).exits(0).json()["loss"].clone();
        assert_eq!(whole(&name), whole("whole"), "round {round}, saved: {is_saved}");
    }
    eprintln!("{resumed} of 6 had a checkpoint");
}

/// Each of several starts at the same moment has a folder of its own.
#[test]
fn runs_that_start_together_have_a_folder_each() {
    let Some(place) = Place::with_adapter() else { return };
    let all = [(); 4].map(|()| {
        let mut command = place.lepton();
        command.args("train --model linear --limit 64 --steps 2 --no-report --quiet".split(' '));
        start(command)
    });
    all.into_iter().for_each(|one| {
        finish(one).exits(0);
    });
    for number in 1..=4 {
        let folder = format!("runs/linear-{number}");
        let starts = place.events(&folder).iter().filter(|event| event["event"] == "start").count();
        assert_eq!((starts, place.path(&folder).join("last.safetensors").is_file()), (1, true), "{folder}");
    }
    assert_eq!(std::fs::read_dir(place.path("runs")).unwrap().count(), 4);
}
