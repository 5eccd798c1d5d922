//! `sweep`: runs that are planned, trained, ranked, cut, stopped and gone on with.

use serde_json::Value;

use crate::support::{Place, Ran, finish, start, wait_for};

const DATA: &str = "fashion-small --model linear --limit 640 --val-split 0.2 --batch 64";

/// The rows of `sweep.csv` by the names of its columns.
#[track_caller]
fn rows(place: &Place, sweep: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let text = place.text(&format!("{sweep}/sweep.csv"));
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let row = |line: &str| header.iter().map(ToString::to_string).zip(line.split(',').map(String::from)).collect();
    lines.map(row).collect()
}

fn has_event(place: &Place, run: &str, event: &str) -> bool {
    place.events(run).iter().any(|line| line["event"] == event)
}

#[test]
fn a_grid_is_trained_ranked_and_its_best_run_tested() {
    let Some(place) = Place::with_adapter() else { return };
    let line = format!("sweep {DATA} --epochs 2 --vary lr=0.000001,0.001 --vary optimizer=sgd,adam");
    let before = place.snapshot();
    let dry = place.run(&format!("{line} --dry-run")).exits(0);
    assert!(dry.line("sweep").contains("4 runs, grid over lr, optimizer"), "{dry}");
    let words = |line: &str| line.split_whitespace().map(String::from).collect::<Vec<_>>();
    assert_eq!(words(dry.line(" 03")), ["03", "0.001", "sgd"], "{dry}");
    assert_eq!(place.snapshot(), before, "nothing is written");

    let ran = place.run(&format!("{line} --out s")).exits(0);
    assert_eq!(ran.out.matches("adapter ").count(), 1, "{ran}");
    let told: Vec<&str> = ran.out.lines().filter(|line| line.contains("/4  lr=")).collect();
    assert_eq!(told.len(), 4, "{ran}");
    assert!(told[0].contains("lr=0.000001 optimizer=sgd: accuracy 0."), "{ran}");
    assert!(!told[3].contains(" left"), "{ran}");

    let rows = rows(&place, "s");
    // the interval is that of the table, whose halves differ
    let interval =
        ["low", "high"].map(|end| format!("{:.4}", rows[0][end].parse::<f64>().expect("a number"))).join("–");
    assert!(told[0].contains(&format!(" [{interval}] (epoch ")), "{interval}: {ran}");
    let values: Vec<_> =
        rows.iter().map(|row| (row["learning_rate"].as_str(), row["optimizer.name"].as_str())).collect();
    assert_eq!(values, [("0.000001", "sgd"), ("0.000001", "adam"), ("0.001", "sgd"), ("0.001", "adam")]);
    assert!(rows.iter().all(|row| row["state"] == "finished" && row["epochs"] == "2"), "{rows:?}");
    // one way to rank: `runs best` finds the same one
    let best = place.run("runs best s").exits(0).out.trim().to_string();
    assert_eq!(best, "s/04");
    assert!(ran.line("best").contains("s/04: lr=0.001 optimizer=adam: accuracy 0."), "{ran}");
    assert!(ran.line("test").contains("accuracy 0.") && ran.out.contains("therefore optimistic"), "{ran}");
    let table: Vec<&str> = ran.out.lines().skip_while(|line| !line.starts_with(" run ")).collect();
    assert!(table[1].starts_with(" 04"), "the best first: {ran}");
    for run in ["s/01", "s/02", "s/03", "s/04"] {
        assert_eq!(has_event(&place, run, "test"), run == best, "only the best is tested: {run}");
        let told =
            ["test", "verdict"].map(|name| place.events(run).iter().filter(|line| line["event"] == name).count());
        assert_eq!(told, [usize::from(run == best), 1], "each is told once: {run}");
        assert_eq!(place.events(run).last().unwrap()["event"], "verdict", "{run}");
        assert_eq!(place.path(&format!("{run}/report.html")).is_file(), run == best, "{run}");
    }
    let states = place.run("runs s --json").exits(0).json();
    let states: Vec<&Value> = states["runs"].as_array().expect("runs").iter().map(|run| &run["state"]).collect();
    assert_eq!(states, ["finished"; 4]);
    assert!(place.read("s/sweep.png").starts_with(b"\x89PNG"));
    let svg = place.text("s/sweep.svg");
    assert!([">lr<", ">optimizer<", ">best<", ">adam<"].iter().all(|part| svg.contains(part)), "{svg}");

    // a run of a sweep is the run that `train` makes of the same flags
    place.run(&format!("train {DATA} --epochs 2 --lr 0.001 --optimizer adam --out alone")).exits(0);
    for file in ["last", "best"] {
        let [own, alone] = ["s/04", "alone"].map(|run| place.read(&format!("{run}/{file}.safetensors")));
        assert!(own == alone, "{file}");
    }
    // it is over, so nothing is trained again
    let logs = |place: &Place| [1, 2, 3, 4].map(|i| place.text(&format!("s/0{i}/events.jsonl")));
    let before = logs(&place);
    let again = place.run("sweep --resume s").exits(0);
    assert_eq!(logs(&place), before);
    assert_eq!(again.line("best"), ran.line("best"));
    assert!(place.run(&format!("{line} --out s")).exits(2).err.contains("already contains a sweep"));
}

#[test]
fn halving_stops_runs_early_and_the_best_has_the_bytes_of_a_whole_run() {
    let Some(place) = Place::with_adapter() else { return };
    let line = format!(
        "sweep {DATA} --epochs 4 --schedule cosine --strategy halving --eta 2 --vary lr=0.0000001,0.001,0.000001,0.00001 --out s"
    );
    let ran = place.run(&line).exits(0);
    let epochs: Vec<String> = rows(&place, "s").into_iter().map(|row| row["epochs"].clone()).collect();
    assert_eq!(epochs, ["1", "4", "1", "2"], "{ran}");
    let states: Vec<String> = rows(&place, "s").into_iter().map(|row| row["state"].clone()).collect();
    assert_eq!(states, ["cut", "finished", "cut", "cut"], "{ran}");
    assert!(ran.out.contains("4 runs to epoch 1 of 4"), "{ran}");
    place.run(&format!("train {DATA} --epochs 4 --schedule cosine --lr 0.001 --out alone")).exits(0);
    for file in ["last", "best"] {
        let [own, alone] = ["s/02", "alone"].map(|run| place.read(&format!("{run}/{file}.safetensors")));
        assert!(own == alone, "{file}: it went through three turns");
    }
    // a run that was cut can go on by hand
    place.run("train --out s/01 --resume").exits(0);
    assert!(place.run(&line.replace("--epochs 4", "")).exits(2).err.contains("--epochs 27"));
    assert!(place.run(&line.replace("--eta 2", "--steps 3")).exits(2).err.contains("--steps cannot"));
}

/// `sweep.csv` without the column of seconds.
fn timeless(place: &Place, sweep: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut rows = rows(place, sweep);
    rows.iter_mut().for_each(|row| drop(row.remove("seconds")));
    rows
}

/// Sends a signal to a command when a run has begun.
fn interrupt_when(place: &Place, line: &str, run: &str, signal: &str) -> Ran {
    let mut command = place.lepton();
    command.args(line.split_whitespace());
    let mut child = start(command);
    wait_for(&mut child, run, || place.logged(run, "\"event\":\"progress\"") > 0);
    let sent = std::process::Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status();
    assert!(sent.expect("sh runs").success());
    finish(child)
}

/// Stops a sweep in its second run and kills it in its third; `false` where it was over before.
fn is_stopped_and_killed(place: &Place, line: &str, name: &str) -> bool {
    let stopped = interrupt_when(place, &format!("{line} {name}"), &format!("{name}/02"), "INT");
    if stopped.code == Some(0) {
        return false;
    }
    stopped.exits(130).line(&format!("stopped; to continue: lepton-gpu sweep --resume {name}"));
    let first = place.text(&format!("{name}/01/events.jsonl"));
    let killed = interrupt_when(place, &format!("sweep --resume {name}"), &format!("{name}/03"), "KILL");
    assert!([None, Some(0)].contains(&killed.code), "{killed}");
    if name.starts_with("grid") {
        assert!(place.text(&format!("{name}/01/events.jsonl")) == first, "a finished run is not repeated");
    }
    killed.code.is_none()
}

#[cfg(unix)]
#[test]
fn a_sweep_that_was_stopped_or_killed_goes_on_to_the_same_bytes() {
    let Some(place) = Place::with_adapter() else { return };
    for (kind, epochs, more) in [("grid", 6, ""), ("halving", 4, "--strategy halving --eta 2")] {
        // the faster the machine, the more epochs a run must have to be going on when a signal arrives
        let longer = [1, 8, 64, 512].map(|times| {
            let vary = "--vary lr=0.001,0.000001,0.01 --schedule one-cycle --out";
            (format!("{kind}{times}"), format!("sweep {DATA} --epochs {} {more} {vary}", epochs * times))
        });
        let stopped = longer.iter().find(|(name, line)| is_stopped_and_killed(&place, line, name));
        let (name, line) = stopped.expect("a sweep that does not end before it is stopped");
        place.run(&format!("{line} whole-{kind}")).exits(0);
        let ran = place.run(&format!("sweep --resume {name}")).exits(0);
        assert_eq!(timeless(&place, name), timeless(&place, &format!("whole-{kind}")), "{ran}");
        for run in ["01", "02", "03"] {
            for file in ["last", "best"] {
                let [own, whole] = [name, &format!("whole-{kind}")]
                    .map(|sweep| place.read(&format!("{sweep}/{run}/{file}.safetensors")));
                assert!(own == whole, "{name} {run} {file}");
            }
        }
    }
}

#[test]
fn a_run_that_fails_is_a_row_and_the_sweep_goes_on() {
    let Some(place) = Place::with_adapter() else { return };
    let ran = place.run(&format!("sweep {DATA} --epochs 1 --optimizer sgd --vary lr=1e38,0.01 --out s")).exits(0);
    let rows = rows(&place, "s");
    assert_eq!([&rows[0]["state"], &rows[1]["state"]], ["failed", "finished"], "{ran}");
    assert!(rows[0]["failed"].contains("not finite") || rows[0]["failed"].contains("NaN"), "{rows:?}");
    assert!(ran.line("failed   01 lr=1e38: ").len() > 30, "{ran}");
    assert!(ran.line("best").contains("s/02"), "{ran}");
    let again = place.run("sweep --resume s").exits(0);
    assert_eq!(again.line("failed"), ran.line("failed"), "a failure is not repeated");
    // unless it is asked for, as the guide says
    let mut plan: Value = serde_json::from_str(&place.text("s/sweep.json")).expect("JSON");
    plan["runs"][0]["failed"] = Value::Null;
    place.write("s/sweep.json", plan.to_string());
    std::fs::remove_dir_all(place.path("s/01")).expect("a folder");
    let again = place.run("sweep --resume s").exits(0);
    assert_eq!(again.line("failed"), ran.line("failed"));
    assert!(place.path("s/01/events.jsonl").is_file(), "it was trained again: {again}");
    let ran = place.run(&format!("sweep {DATA} --epochs 1 --optimizer sgd --vary lr=1e38,2e38 --out none")).exits(1);
    assert!(ran.line("FAILED").contains("no run has a result"), "{ran}");
}

#[test]
fn mistakes_are_said_before_the_first_run() {
    let Some(place) = Place::with_adapter() else { return };
    for (more, part) in [
        ("--vary lerning-rate=1", "did you mean `learning_rate`?"),
        ("--vary out=a,b", "it is the same for all runs"),
        ("--vary batch=32,0", "0 is not a valid value"),
        ("--vary lr=0.1,1 --lr 1", "--lr is both given and varied"),
        ("--vary lr=0.1,1 --vary learning_rate=2", "is given twice"),
        ("--vary lr=0.1..1", "--runs does not say how many"),
        ("--vary lr=0.1..1 --strategy grid", "is a range"),
        ("--vary optimizer=sgd,adamm", "run 02 (optimizer=adamm): "),
        ("--vary momentum=0.1,0.9 --optimizer adam", "does not have the option `momentum`"),
        ("--vary schedule=constant,cosin", "cosin"),
        ("--vary augment=flip,flap", "run 02 (augment=flap): "),
        ("--vary lr=1 --val-split 0.2 --lr-find", "unexpected argument '--lr-find'"),
    ] {
        let ran = place.run(&format!("sweep fashion-small --limit 64 --model linear {more} --out s")).exits(2);
        assert!(ran.err.contains(part), "{more}: {ran}");
        assert!(!place.path("s").exists(), "{more}");
    }
    let ran = place.run("sweep fashion-small --limit 64 --vary model=linear,liner --out s").exits(2);
    assert!(ran.err.contains("run 02 (model=liner)") && ran.err.contains("did you mean `linear`?"), "{ran}");
    // what only the first run finds out ends the sweep, and leaves nothing
    let none = place.run("sweep fashion-small --model linear --limit 64 --recipe fashion-seed --vary lr=1,2 --out s");
    assert_eq!(none.code, Some(2), "{none}");
    let ran = place.run("sweep nowhere --vary lr=1,2 --out s").exits(2);
    assert!(ran.err.contains("nowhere") && !place.path("s").exists(), "{ran}");
    let losses =
        "sweep fashion-small --model autoencoder --limit 64 --val-split 0.5 --vary loss=mse,huber --epochs 1 --out s";
    let ran = place.run(losses).exits(2);
    assert!(ran.err.contains("compared by their loss") && !place.path("s").exists(), "{ran}");
    assert!(place.run("sweep --resume nowhere").exits(2).err.contains("is not a sweep"));
    for more in ["--eta 4", "--sweep-seed 3"] {
        let ran = place.run(&format!("sweep --resume nowhere {more}")).exits(2);
        assert!(ran.err.contains("cannot be used with"), "{more}: {ran}");
    }
    place.write("a-run/events.jsonl", "");
    let ran = place.run("sweep fashion-small --limit 64 --model linear --vary lr=1,2 --out a-run").exits(2);
    assert!(ran.err.contains("a-run already contains a run"), "{ran}");
    place.write("s/sweep.json", "{\"schema\": 1}");
    let ran = place.run("watch s").exits(2);
    assert!(ran.err.contains("s is a sweep") && ran.err.contains("try: lepton-gpu watch s/01"), "{ran}");
    assert!(place.run("sweep --resume s").exits(2).err.contains("sweep.json: missing field"));
    assert!(place.run("sweep --resume s --epochs 3").exits(2).err.contains("--epochs would change it"));
}
