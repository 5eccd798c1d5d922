//! `runs`: the table, the best one, and comparisons.

use serde_json::Value;

use crate::support::Place;

const LINE: &str = "train fashion-small --model linear --limit 640 --val-split 0.2 --split-seed 0 --batch 64";

fn states(place: &Place, flags: &str) -> Vec<(String, String)> {
    let json = place.run(&format!("runs --json {flags}")).exits(0).json();
    let word = |value: &Value| value.as_str().expect("a text").to_string();
    json["runs"].as_array().expect("runs").iter().map(|run| (word(&run["run"]), word(&run["state"]))).collect()
}

#[test]
fn runs_are_listed_with_what_became_of_them() {
    let Some(place) = Place::with_adapter() else { return };
    assert!(place.run("runs").exits(2).err.contains("not a folder of runs"));
    place.run(&format!("{LINE} --epochs 3 --out runs/good")).exits(0);
    place.run(&format!("{LINE} --epochs 3 --lr 0.000001 --out runs/deep/bad")).exits(0);
    place.run(&format!("{LINE} --epochs 3 --out runs/broken")).exits(0);
    let whole = place.read("runs/broken/last.safetensors");
    place.write("runs/broken/last.safetensors", &whole[..whole.len() - 1]);
    std::fs::create_dir_all(place.path("runs/nothing")).expect("a folder");
    // stopped, and running: somebody holds its log
    place.run(&format!("{LINE} --epochs 3 --out runs/stopped")).exits(0);
    let log = place.text("runs/stopped/events.jsonl");
    let before: Vec<&str> = log.lines().take_while(|line| !line.contains("\"event\":\"test\"")).collect();
    place.write("runs/stopped/events.jsonl", before.join("\n"));
    place.run(&format!("{LINE} --epochs 3 --out runs/on")).exits(0);
    let held = std::fs::File::open(place.path("runs/on/events.jsonl")).expect("a log");
    held.try_lock().expect("nobody has it");
    let expected = [
        ("good", "finished"),
        ("deep/bad", "finished"),
        ("broken", "damaged"),
        ("stopped", "stopped"),
        ("on", "running"),
    ];
    let wanted: Vec<(String, String)> = expected.map(|(run, state)| (format!("runs/{run}"), state.into())).into();
    assert_eq!(states(&place, ""), wanted, "the newest is the last");
    drop(held);
    let on = states(&place, "--filter run=runs/on");
    assert_eq!(on, [("runs/on".into(), "finished".into())], "nobody trains it any more");

    let table = place.run("runs --filter state=finished --filter learning_rate=0.000001").exits(0).out;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 2, "{table}");
    for part in ["deep/bad", "fashion-small", "linear", "accuracy 0.", "3/3", "finished"] {
        assert!(lines[1].contains(part), "{part}: {table}");
    }
    let sorted: Vec<String> = states(&place, "--sort best").into_iter().map(|(run, _)| run).collect();
    assert_eq!(sorted[0], "runs/deep/bad", "the best is the last: {sorted:?}");
    assert!(place.run("runs --sort beste").exits(2).err.contains("did you mean `best`?"));
    assert!(place.run("runs --filter beste=1").exits(2).err.contains("did you mean `best`?"));
    assert!(place.run("runs --filter state=lost").exits(2).err.contains("passes the filter"));

    let best = place.run("runs best --filter state=finished").exits(0);
    let line = best.out.trim();
    assert!(["runs/good", "runs/on"].contains(&line), "{best}");
    let json = place.run("runs best --by loss --json --filter state=finished").exits(0).json();
    let epochs: Vec<Value> = place.events("runs/good").into_iter().filter(|event| event["best"] == true).collect();
    let value = &epochs.last().expect("an epoch")["validation"]["loss"];
    assert_eq!((&json["by"]["measure"], &json["by"]["value"]), (&"loss".into(), value));
    assert!(place.run("runs best --by nothing").exits(2).err.contains("try: --by loss"));
}

#[test]
fn comparing_runs_says_whether_the_difference_is_chance() {
    let Some(place) = Place::with_adapter() else { return };
    place.run(&format!("{LINE} --epochs 3 --out a")).exits(0);
    place.run(&format!("{LINE} --epochs 3 --lr 0.000001 --out b")).exits(0);
    place.run(&format!("{LINE} --epochs 3 --out same")).exits(0);
    let json = place.run("runs compare a b same --json --plot curves.svg").exits(0).json();
    let settings: Vec<&String> = json["settings"].as_object().expect("settings").keys().collect();
    assert_eq!(settings, ["learning_rate"], "only what differs");
    assert!(json["settings"]["learning_rate"].is_array(), "{}", json["settings"]);
    let [first, same] = [&json["noise"][0], &json["noise"][1]];
    let accuracy = |run: &str| {
        let json = place.run(&format!("eval {run} --json")).exits(0).json();
        json["accuracy"].as_f64().expect("a number") * 2000.0
    };
    let [a, b] = ["a", "b"].map(accuracy);
    assert_eq!((first["test"].as_str(), first["examples"].as_u64()), (Some("mcnemar"), Some(2000)));
    let number = |value: &Value| value.as_f64().expect("a number");
    assert_eq!((number(&first["right"]), number(&first["other_right"])), (a.round(), b.round()));
    let apart = number(&first["first_alone"]) - number(&first["second_alone"]);
    assert_eq!(apart, (a - b).round(), "those that differ make the difference");
    assert!(number(&first["p"]) < 1e-6, "{first}");
    assert_eq!((number(&same["first_alone"]), number(&same["second_alone"]), number(&same["p"])), (0.0, 0.0, 1.0));
    let svg = place.text("curves.svg");
    assert!(svg.contains("<svg") && svg.contains("a, b and same"), "{svg}");

    let text = place.run("runs compare a b --plot curves.png").exits(0).out;
    for part in ["learning_rate", "McNemar's exact test, p < 0.0001", "more than chance", "curves: curves.png"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(place.read("curves.png").starts_with(b"\x89PNG"));
    let quick = place.run("runs compare a same --no-eval").exits(0).out;
    assert!(quick.contains("the settings are the same") && !quick.contains("chance"), "{quick}");

    // other examples were held out, and there are no test images
    let pixels: Vec<u8> = (0..96_u64 * 28 * 28).map(|i| (i * i % 251) as u8).collect();
    place.write("digits/train-images-idx3-ubyte", crate::support::idx(&[96, 28, 28], &pixels));
    let labels: Vec<u8> = (0..96).map(|i| i % 10).collect();
    place.write("digits/train-labels-idx1-ubyte", crate::support::idx(&[96], &labels));
    for seed in 0..2 {
        place
            .run(&format!("train digits --model linear --epochs 1 --val-split 0.25 --seed {seed} --out c{seed}"))
            .exits(0);
    }
    let text = place.run("runs compare c0 c1").exits(0).out;
    assert!(text.contains("no paired test is possible") && text.contains("24 validation examples"), "{text}");
    assert!(text.contains("right of 24, within "), "{text}");
    // the setting of epochs is what runs were to have, not what they did
    for (run, epochs) in [("e2", 2), ("e3", 3)] {
        place.run(&format!("train --model linear --limit 128 --epochs {epochs} --steps 0 --out {run}")).exits(0);
    }
    let json = place.run("runs compare e2 e3 --no-eval --json").exits(0).json();
    assert_eq!(json["settings"]["epochs"], serde_json::json!(["2", "3"]), "{json}");
    let json = place.run("runs . --json").exits(0).out;
    assert!(json.contains("\"seconds\": 0.0") && !json.contains("-0.0"), "no epoch takes no time: {json}");
    assert!(place.run("runs compare a nowhere").exits(2).err.contains("nowhere is not a run"));
    assert!(place.run("runs compare a b --no-eval --plot x.pdf").exits(2).err.contains("expected a .png or .svg"));
}
