//! `train`, `eval` and `--resume`: what is printed, what is written, and that a stop changes nothing.

use crate::support::{Place, idx, number};

const SMALL: &str = "train --model linear --limit 640 --epochs 2";

#[track_caller]
pub fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("`{part}` is missing, or not in its place, in\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

fn names(place: &Place, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(place.path(folder)).expect("the run folder is there");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn train_prints_everything_in_order_and_writes_a_run() {
    let Some(place) = Place::with_adapter() else { return };
    let ran = place.run(&format!("{SMALL} --batch 64 --val-split 0.1 --out run")).exits(0);
    assert!(ran.err.is_empty(), "{ran}");
    let opening = ["found ", "\nadapter ", "\nlength ", "\nrate ", "\ndata ", "\nmodel ", "\nmemory ", "\nbest by "];
    in_order(&ran.out, &opening);
    let opening = ["\nbest by ", "\nrun ", "\nfirst step "];
    in_order(&ran.out, &opening);
    in_order(&ran.out, &["first step ", "Epoch 1/2", "Epoch 2/2", "\ncurve ", "Test loss: ", "Test accuracy: "]);
    in_order(&ran.out, &["\nresult ", "\nweakest ", "\nconfused ", "\ntook ", "\nrun ", "\nreport ", "\nnext "]);
    in_order(ran.line("data "), &["576 training, 64 validation and 2,000 test images"]);
    in_order(ran.line("model "), &["linear", "7,850 parameters", "9 steps"]);
    for epoch in 1..=2 {
        let line = ran.line(&format!("Epoch {epoch}/2"));
        in_order(line, &["  loss ", " acc ", "  val loss ", " acc "]);
        assert!(line.len() <= 80, "{line}");
    }
    let losses = [1, 2].map(|epoch| number(ran.line(&format!("Epoch {epoch}/2")), " loss "));
    assert!(losses[1] < losses[0], "it learns: {losses:?}");

    let mut files =
        vec!["best.safetensors", "config.toml", "curve.png", "events.jsonl", "last.safetensors", "model.toml"];
    files.extend(["plots", "predictions.csv", "report.html"]);
    assert_eq!(names(&place, "run"), files);
    let config: toml::Table = place.text("run/config.toml").parse().expect("config.toml is TOML");
    assert_eq!(config["epochs"].as_integer(), Some(2));
    assert_eq!(config["limit"].as_integer(), Some(640));
    assert_eq!(config["batch"].as_integer(), Some(64), "defaults are written out");
    let summary = place.run("inspect run/model.toml").exits(0).out;
    assert!(summary.contains("7,850"), "the model that was saved can be used again\n{summary}");

    let events = place.events("run");
    check_start(&events, "start", "train --model linear --limit 640 --epochs 2 --batch 64 --val-split 0.1 --out run");
    let count = |kind: &str| events.iter().filter(|event| event["event"] == kind).count();
    assert_eq!([count("first_step"), count("epoch"), count("test")], [1, 2, 1], "{events:?}");
    assert!(count("progress") >= 2, "{events:?}");
    let [.., test, verdict] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(test["images"], 2000);
    let accuracy = number(ran.line("Test accuracy"), "accuracy: ");
    assert!((test["accuracy"].as_f64().expect("a number") - accuracy).abs() < 1e-4, "{test}");
    assert_eq!((&verdict["event"], &verdict["of"]), (&"verdict".into(), &"classes".into()));
    assert_eq!((&verdict["images"], &verdict["epochs"]), (&64.into(), &2.into()), "{verdict}");
    let marked: Vec<bool> = [1, 2].map(|epoch| ran.line(&format!("Epoch {epoch}/2")).ends_with(" *")).into();
    let best = verdict["best"]["epoch"].as_u64().expect("a number") as usize;
    assert_eq!(marked.iter().rposition(|&marked| marked), Some(best - 1), "{ran}");
    in_order(&ran.out, &["\nresult ", &format!("epoch {best} of 2, best by accuracy; on 64 validation images")]);
    assert!(ran.line("Test loss").contains(&format!("(epoch {best} of 2, best by accuracy)")), "{ran}");
}

/// Checks the line with which a log opens, or goes on, and that every line says when it was written.
#[track_caller]
fn check_start(events: &[serde_json::Value], kind: &str, command: &str) {
    let times: Vec<&str> = events.iter().map(|event| event["time"].as_str().expect("a time")).collect();
    assert!(times.is_sorted() && times.iter().all(|time| time.len() >= 20 && time.ends_with('Z')), "{times:?}");
    assert!(times[0] > "2026-01-01T00:00:00Z", "it is the time of day: {}", times[0]);
    let start = events.iter().rfind(|event| event["event"] == kind).expect("a run says what it is");
    assert_eq!((&start["schema"], &start["version"]), (&1.into(), &env!("CARGO_PKG_VERSION").into()));
    let typed = start["command"].as_str().expect("a command");
    assert!(typed.ends_with(command) && typed.contains("lepton-gpu"), "{typed}");
    assert!(["name", "driver"].iter().all(|key| !start["device"][key].as_str().expect("a text").is_empty()), "{start}");
    assert_eq!((&start["model"]["name"], &start["model"]["parameters"]), (&"linear".into(), &7850.into()));
    assert_eq!((&start["data"]["name"], &start["task"]), (&"fashion-small".into(), &"classify".into()));
    assert_eq!(start["data"]["classes"].as_array().map(Vec::len), Some(10));
    let counts = serde_json::json!({ "training": 576, "validation": 64, "test": 2000 });
    assert_eq!(start["data"]["counts"], counts, "{start}");
    assert_eq!((&start["split"]["part"], &start["split"]["count"]), (&"training".into(), &64.into()));
    let held_out: std::collections::BTreeSet<u64> =
        start["split"]["indices"].as_array().expect("numbers").iter().filter_map(serde_json::Value::as_u64).collect();
    assert!(held_out.len() == 64 && held_out.iter().all(|&i| i < 640), "{held_out:?}");
    assert_eq!(start["settings"]["limit"], 640, "{start}");
    assert_eq!(start["settings"]["epochs"], 2, "{start}");
    assert_eq!(start["settings"]["seed"], serde_json::Value::Null, "a default is no setting of the run's: {start}");
}

#[test]
fn a_log_says_which_examples_validate_and_where_the_run_goes_on() {
    let Some(place) = Place::with_adapter() else { return };
    let line = format!("{SMALL} --batch 64 --val-split 0.1");
    place.run(&format!("{line} --steps 9 --out a")).exits(0);
    let before = place.text("a/events.jsonl");
    place.run("train --resume --out a").exits(0);
    assert!(place.text("a/events.jsonl").starts_with(&before), "a log is only added to");
    let events = place.events("a");
    check_start(&events, "start", "--steps 9 --out a");
    check_start(&events, "resume", "train --resume --out a");
    let resumed = events.iter().find(|event| event["event"] == "resume").expect("a line");
    assert_eq!(resumed["step"], 9);
    assert_eq!(resumed["split"], events[0]["split"], "a run keeps its split");
    for (flags, same) in [("--seed 1", false), ("--seed 1 --split-seed 0 --lr 0.1", true)] {
        place.run(&format!("{line} --steps 1 {flags} --out b")).exits(0);
        let other = place.events("b")[0]["split"].clone();
        assert_eq!(other == events[0]["split"], same, "{flags}");
        std::fs::remove_dir_all(place.path("b")).expect("a run can be removed");
    }
}

/// The records of a TensorBoard file, by their lengths; checksums are tested where they are made.
fn records(bytes: &[u8]) -> Vec<String> {
    let (mut rest, mut found) = (bytes, Vec::new());
    while !rest.is_empty() {
        let length = u64::from_le_bytes(rest[..8].try_into().expect("a length")) as usize;
        found.push(String::from_utf8_lossy(&rest[12..12 + length]).into_owned());
        rest = &rest[12 + length + 4..];
    }
    found
}

#[test]
fn logs_for_other_programs_go_on_with_the_run() {
    let Some(place) = Place::with_adapter() else { return };
    let line = "train fashion-small --model linear --limit 256 --batch 32 --val-split 0.25 --augment standard --seed 1";
    place.run(&format!("{line} --epochs 4 --log csv,tensorboard --out whole")).exits(0);
    place.run(&format!("{line} --epochs 4 --log csv --log tensorboard --steps 9 --out run")).exits(2);
    place.run(&format!("{line} --epochs 4 --log csv,tensorboard --steps 9 --out run")).exits(0);
    place.run("train --resume --out run").exits(0);
    let columns = |text: &str, names: &[&str]| -> Vec<Vec<String>> {
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        let at = |name: &&str| {
            rows[0].iter().position(|own| own == name).unwrap_or_else(|| panic!("{name} in {:?}", rows[0]))
        };
        names.iter().map(|name| rows.iter().map(|row| row[at(name)].to_string()).collect()).collect()
    };
    let steady = ["epoch", "global_step", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy", "best"];
    let [whole, parts] = ["whole", "run"].map(|run| columns(&place.text(&format!("{run}/metrics.csv")), &steady));
    assert_eq!(whole, parts, "a stop changes no row");
    assert_eq!(whole[0], ["epoch", "1", "2", "3", "4"]);
    assert_eq!(whole[1], ["global_step", "6", "12", "18", "24"]);
    let epochs: Vec<_> = place.events("run").into_iter().filter(|event| event["event"] == "epoch").collect();
    for (row, event) in epochs.iter().enumerate() {
        assert_eq!(whole[3][row + 1], event["loss"].to_string());
        assert_eq!(whole[5][row + 1], event["validation"]["loss"].to_string());
    }
    let mut files = names(&place, "run/tensorboard");
    files.retain(|name| name.starts_with("events.out.tfevents."));
    assert_eq!(files.len(), 2, "a run that goes on writes a further file");
    let all: Vec<String> =
        files.iter().flat_map(|name| records(&place.read(&format!("run/tensorboard/{name}")))).collect();
    let tags =
        ["loss/steps", "loss/training", "loss/validation", "accuracy/validation", "accuracy/test", "learning_rate"];
    for tag in tags.iter().chain(&["weights/dense.weight", "gradients/dense.weight", "augmented", "predictions"]) {
        assert!(all.iter().any(|record| record.contains(tag)), "{tag}");
    }
    let bad = place.run(&format!("{line} --log wandb --out other")).exits(2);
    in_order(&bad.err, &["wandb", "csv, tensorboard"]);

    let Some(python) = std::env::var_os("LEPTON_TENSORBOARD") else {
        println!("partly skipped: LEPTON_TENSORBOARD does not name a Python with TensorBoard");
        return;
    };
    let script = "import sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'images': 0, 'histograms': 0})
events.Reload()
for s in events.Scalars('loss/validation'): print(s.step, repr(s.value))
h = events.Histograms('weights/dense.weight')[-1]
print('histogram', h.step, int(h.histogram_value.num), len(h.histogram_value.bucket))
i = events.Images('predictions')[-1]
print('image', i.width > 100, i.encoded_image_string[:4])
print('gradients', len(events.Histograms('gradients/dense.weight')))
";
    let ran = std::process::Command::new(python).args(["-c", script]).arg(place.path("run/tensorboard")).output();
    let ran = ran.expect("Python runs");
    let out = String::from_utf8_lossy(&ran.stdout);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 7, "{out}{}", String::from_utf8_lossy(&ran.stderr));
    for (line, event) in lines.iter().zip(&epochs) {
        let (step, value) = line.split_once(' ').expect("a step and a value");
        assert_eq!(step, event["global_step"].to_string());
        let wanted = event["validation"]["loss"].as_f64().expect("a number") as f32;
        assert_eq!(value.parse::<f64>().expect("a number") as f32, wanted);
    }
    assert_eq!(lines[4..], ["histogram 24 7840 64", "image True b'\\x89PNG'", "gradients 4"]);
}

#[test]
fn a_run_tells_people_programs_or_nobody() {
    let Some(place) = Place::with_adapter() else { return };
    let plain = place.run(&format!("{SMALL} --batch 64 --out a")).exits(0);
    let epochs = plain.out.lines().filter(|line| line.contains("poch ") && line.contains("/2")).count();
    assert_eq!(epochs, 2, "without a terminal an epoch is a line\n{plain}");
    assert!(!plain.out.contains('\x1b'), "and has no colours\n{plain}");
    let quiet = place.run(&format!("{SMALL} --batch 64 --quiet --out b")).exits(0);
    assert!(quiet.out.is_empty() && quiet.err.is_empty(), "{quiet}");
    assert!(place.read("a/last.safetensors") == place.read("b/last.safetensors"), "it trains all the same");
    let told = place.run(&format!("{SMALL} --batch 64 --json-progress --out c")).exits(0);
    assert_eq!(told.out, place.text("c/events.jsonl"), "the same lines");
    let both = place.run(&format!("{SMALL} --quiet --json-progress --out d")).exits(2);
    assert!(both.err.contains("--json-progress"), "{both}");
    let failed = place.run("train --quiet --model nothing --out e").exits(2);
    assert!(failed.err.contains("error: "), "errors are told: {failed}");
}

#[test]
fn what_happens_before_the_first_step_is_logged_too() {
    let Some(place) = Place::with_adapter() else { return };
    place.run("train --model lenet5 --limit 64 --epochs 1 --out whole").exits(0);
    let pixels: Vec<u8> = (0..48 * 28 * 28).map(|i| (i * i % 251) as u8).collect();
    place.write("digits/train-images-idx3-ubyte", idx(&[48, 28, 28], &pixels));
    place.write("digits/train-labels-idx1-ubyte", idx(&[48], &(0..48).map(|i| i % 10).collect::<Vec<u8>>()));
    place.run("train digits --init whole --epochs 1 --val-split 0.25 --out run").exits(0);
    let events = place.events("run");
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(kinds[0], "start", "{kinds:?}");
    let at = |kind: &str| kinds.iter().position(|&other| other == kind);
    assert!(at("features") > Some(0) && at("head") > at("features") && at("first_step") > at("head"), "{kinds:?}");
    let head = events.iter().rfind(|event| event["event"] == "head").expect("a head is trained");
    assert!(head["step"] == head["steps"] && head["validation"]["loss"].is_number(), "{head}");
    assert!(events.iter().map(|event| event["time"].as_str()).is_sorted(), "{events:?}");
}

#[test]
fn without_validation_only_the_training_numbers_are_printed() {
    let Some(place) = Place::with_adapter() else { return };
    let ran = place.run("train fashion-small --model linear --limit 64 --epochs 1 --out run").exits(0);
    let line = ran.line("Epoch 1/1");
    in_order(line, &[" loss ", " acc "]);
    assert!(!line.contains("val"), "{line}");
    in_order(ran.line("best by "), &["training loss", "no images are held out"]);
    in_order(&ran.out, &["\nresult ", "epoch 1 of 1, best by training loss; on 2,000 test images"]);
}

#[test]
fn eval_gives_what_training_ended_with() {
    let Some(place) = Place::with_adapter() else { return };
    // a rate at which the last epoch is not the best one
    let line = format!(
        "{SMALL} --val-split test --batch 32 --optimizer sgd --schedule constant --lr 0.5 --epochs 4 --out run"
    );
    let ran = place.run(&line.replace("--epochs 2", "")).exits(0);
    let [loss, accuracy] = ["Test loss: ", "Test accuracy: "].map(|name| number(ran.line(name), name));
    let best = place.events("run").pop().expect("an event")["best"]["epoch"].as_u64().expect("a number");
    assert!(best < 4, "the test needs a best epoch before the last one\n{ran}");
    let epoch = ran.line(&format!("Epoch {best}/4"));
    assert_eq!(number(epoch, "val loss "), loss, "{ran}");
    assert_ne!(number(ran.line("Epoch 4/4"), "val loss "), loss, "{ran}");

    let text = place.run("eval run").exits(0);
    in_order(
        &text.out,
        &["adapter ", "weights ", "checkpoint ", "best.safetensors", "2000 test images", "normalize ", "loss: "],
    );
    in_order(text.line("normalize "), &["none: pixels go from 0 to 1 (the run's)"]);
    let other = place.run("eval run --normalize 0.5:0.25").exits(0);
    in_order(other.line("normalize "), &["mean 0.5000, std 0.2500 (as typed)"]);
    assert_ne!(other.line("loss: "), text.line("loss: "), "other pixels have other answers");
    assert_eq!(place.run("eval run --normalize 0:1").exits(0).line("loss: "), text.line("loss: "));
    for (how, says) in [("imagenet", "3 channels, but model `linear` reads images of 1"), ("dataset", "trained on")] {
        let refused = place.run(&format!("eval run --normalize {how}")).exits(2);
        in_order(&refused.err, &[says, "try: "]);
    }
    in_order(text.line("weights "), &[&format!("epoch {best} of 4, the best by accuracy")]);
    let line = text.line("loss: ");
    assert_eq!([number(line, "loss: "), number(line, "accuracy: ")], [loss, accuracy], "{text}");

    let json = place.run("eval run --json").exits(0).json();
    let events = place.events("run");
    let exact = events.iter().find(|event| event["event"] == "test").expect("a test");
    assert_eq!((&json["loss"], &json["accuracy"]), (&exact["loss"], &exact["accuracy"]));
    assert_eq!((&json["split"], &json["images"]), (&"test".into(), &2000.into()));
    assert_eq!(json["weights"]["best"], exact["best"]);
    let last = place.run("eval run/last.safetensors").exits(0);
    in_order(last.line("weights "), &["epoch 4 of 4, the last one"]);
    in_order(&place.run("predict run --grid grid.png").exits(0).out, &["weights ", &format!("epoch {best} of 4")]);
}

#[test]
fn a_finished_run_tells_its_verdict_again() {
    let Some(place) = Place::with_adapter() else { return };
    let ran = place.run(&format!("{SMALL} --val-split 0.1 --schedule one-cycle --out run")).exits(0);
    let logged = place.events("run").len();
    let again = place.run("train --resume --out run").exits(0);
    for heading in ["result ", "weakest ", "confused ", "next "] {
        assert_eq!(again.line(heading), ran.line(heading), "{again}");
    }
    assert_eq!(place.events("run").len(), logged, "nothing new is logged");
    // the run is killed before it says anything
    let log = place.path("run/events.jsonl");
    let text = std::fs::read_to_string(&log).expect("a log");
    let short: Vec<&str> =
        text.lines().filter(|line| !line.contains("verdict") && !line.contains("\"test\"")).collect();
    std::fs::write(&log, short.join("\n") + "\n").expect("a log");
    place.run("train --resume --out run").exits(0);
    let kinds: Vec<String> = place.events("run").iter().map(|event| event["event"].to_string()).collect();
    assert_eq!(kinds[kinds.len() - 2..], ["\"test\"", "\"verdict\""]);
    let more = place.run("train --resume --epochs 4 --out run").exits(0);
    in_order(more.line("rate "), &["until now", "one_cycle spans 4 epochs instead of 2"]);
}

#[test]
fn a_run_in_pieces_is_the_whole_run_byte_for_byte() {
    let Some(place) = Place::with_adapter() else { return };
    let line = "train --model seed-functional --limit 300 --batch 32 --val-split 0.1 --epochs 3 --seed 7";
    place.run(&format!("{line} --out whole")).exits(0);
    // 9 steps an epoch: stops at the start, within the first epoch, at the end of the second
    for (pieces, first) in [("a", "--steps 0"), ("b", "--steps 5")] {
        place.run(&format!("{line} {first} --out {pieces}")).exits(0);
        place.run(&format!("train --resume --steps 18 --out {pieces}")).exits(0);
        let last = place.run(&format!("train --resume --out {pieces}")).exits(0);
        in_order(&last.out, &["resume ", "step 18", "epoch 3 of 3", "Epoch 3/3", "Test loss: "]);
        for file in ["last", "best"] {
            let [whole, parts] = ["whole", pieces].map(|run| place.read(&format!("{run}/{file}.safetensors")));
            assert!(whole == parts, "{file}.safetensors of `{pieces}` differs from that of `whole`");
        }
        let epochs: Vec<u64> =
            place.events(pieces).iter().filter(|e| e["event"] == "epoch").filter_map(|e| e["epoch"].as_u64()).collect();
        assert_eq!(epochs, [1, 2, 3], "the log goes on where it was");
    }
    place.run(&format!("{line} --seed 8 --out other").replace("--seed 7 ", "")).exits(0);
    assert!(place.read("whole/last.safetensors") != place.read("other/last.safetensors"), "the seed matters");
}

#[test]
fn more_epochs_may_be_asked_for_when_resuming() {
    let Some(place) = Place::with_adapter() else { return };
    place.run("train --model linear --limit 128 --epochs 3 --schedule constant --out whole").exits(0);
    place.run("train --model linear --limit 128 --epochs 1 --schedule constant --out parts").exits(0);
    let more = place.run("train --resume --epochs 3 --out parts").exits(0);
    in_order(&more.out, &["Epoch 2/3", "Epoch 3/3"]);
    assert!(!more.out.contains("Epoch 1/3"), "{more}");
    assert!(place.read("whole/last.safetensors") == place.read("parts/last.safetensors"));
    assert_eq!(place.text("whole/config.toml"), place.text("parts/config.toml"));
}

#[test]
fn no_steps_write_the_initial_state() {
    let Some(place) = Place::with_adapter() else { return };
    let line = "train --model linear --limit 128 --steps 0 --out";
    let ran = place.run(&format!("{line} a")).exits(0);
    assert!(!ran.out.contains("first step") && !ran.out.contains("Test"), "{ran}");
    assert_eq!(place.events("a").len(), 1, "it says what it is, and nothing happened");
    place.run(&format!("{line} b")).exits(0);
    assert!(place.read("a/last.safetensors") == place.read("b/last.safetensors"), "the start depends on the seed only");
    let accuracy = place.run("eval a --json").exits(0).json()["accuracy"].as_f64().expect("a number");
    assert!((0.0..0.4).contains(&accuracy), "ten classes by chance: {accuracy}");
}

#[test]
fn runs_are_numbered_and_never_overwritten() {
    let Some(place) = Place::with_adapter() else { return };
    let line = "train --model linear --limit 64 --epochs 1";
    for number in 1..=2 {
        let folder = format!("runs/linear-{number}");
        assert!(place.run(line).exits(0).line("run ").ends_with(&folder));
        assert!(place.path(&folder).join("last.safetensors").is_file());
    }
    let before = place.snapshot();
    let refused = place.run(&format!("{line} --out runs/linear-1")).exits(2);
    assert!(refused.err.starts_with("error: ") && refused.err.contains("--resume"), "{refused}");
    assert!(place.snapshot() == before, "nothing is touched");
}
