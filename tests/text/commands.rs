//! The commands on texts.

use super::support::{Place, Ran, finish, start};
use super::write;

fn ran(place: &Place, arguments: &[&str]) -> Ran {
    let mut command = place.lepton();
    command.args(arguments);
    finish(start(command))
}

#[test]
fn train_eval_predict_and_show() {
    if super::common::gpu().is_none() {
        return;
    }
    let place = Place::new();
    write(&place.path("films.txt"), 200);
    let train = ["train", "films.txt", "--out", "run", "--epochs", "4", "--lr", "0.01", "--val-split", "0.1"];
    let trained = ran(&place, &train).exits(0);
    let data = trained.line("data");
    assert!(data.contains("200 training and 0 test texts") && data.contains("UTF-8"), "{data}");
    let words = std::fs::read_to_string(place.path("run/vocabulary.txt")).unwrap();
    assert!(words.starts_with("<pad>\n<unknown>\n"), "{words}");
    let model = std::fs::read_to_string(place.path("run/model.toml")).unwrap();
    assert!(model.contains("units = 2") && !model.contains("auto"), "{model}");
    let eval = ran(&place, &["eval", "run", "--json"]).exits(0).json();
    assert!(eval["accuracy"].as_f64().unwrap() > 0.9, "{eval}");
    let answers = ran(&place, &["predict", "run", "it was lovely", "an awful plot", "--json"]).exits(0).json();
    assert_eq!(answers[0]["top"][0]["class"], "good", "{answers}");
    assert_eq!(answers[1]["top"][0]["class"], "bad", "{answers}");
    std::fs::write(place.path("new.txt"), "dull dull\n\ngreat great\n").unwrap();
    let lines = ran(&place, &["predict", "run", "--lines", "new.txt"]).exits(0);
    let path = ran(&place, &["predict", "run", "new.txt"]).exits(2);
    assert!(path.err.contains("new.txt is a file, not a text") && path.err.contains("--lines new.txt"), "{path}");
    assert!(lines.line("dull dull: ").contains("bad") && lines.line("great great: ").contains("good"), "{lines}");
    let unknown = ran(&place, &["predict", "run", "never seen"]).exits(0);
    assert!(unknown.line("never seen: ").contains("2 of 2 words unknown"), "{unknown}");
    words_are_explained(&place);
    let shown = ran(&place, &["show", "films.txt", "--index", "1"]).exits(0);
    assert!(shown.line("training text 1").contains("good: "), "{shown}");
    let resumed = ran(&place, &["train", "--out", "run", "--resume", "--epochs", "5"]).exits(0);
    assert!(resumed.out.contains("resume") && resumed.out.contains("films.txt"), "{resumed}");
    for (line, says) in [
        ("predict run --grid g.png", "--grid is for images"),
        ("eval run --data fashion-small", "takes texts, but `fashion-small` contains images"),
        ("train films.txt --model linear", "takes images, but `films.txt` contains texts"),
        ("train --model text-small", "takes texts"),
        ("train --max-length 5", "are for texts"),
        ("show --index 1", "--out image.png"),
    ] {
        let refused = ran(&place, &line.split(' ').collect::<Vec<_>>()).exits(2);
        assert!(refused.err.contains(says), "{refused}\nshould say: {says}");
    }
    let inspected = ran(&place, &["inspect", "text-small"]).exits(0);
    assert!(inspected.out.contains("64 tokens (auto)"), "{inspected}");
}

/// The one word that gives a class away speaks for it, and against the other one.
fn words_are_explained(place: &Place) {
    let texts = ["explain", "run", "the lovely film was unheard", "an awful plot"];
    let rows = ran(place, &[&texts[..], &["--json", "--class", "good"]].concat()).exits(0).json();
    for (row, [number, at], sign) in [(&rows[0], [0, 1], 1.0), (&rows[1], [1, 1], -1.0)] {
        let words = row["words"].as_array().expect("a list");
        let fall = |word: usize| sign * words[word]["fall"].as_f64().expect("a number");
        let most = (0..words.len()).max_by(|&a, &b| fall(a).total_cmp(&fall(b))).unwrap();
        assert!(most == at && fall(at) > 0.0, "text {number}: {row}");
    }
    assert_eq!(rows[0]["schema"], 1, "{rows}");
    let last = &rows[0]["words"][4];
    assert_eq!((&last["known"], &last["fall"]), (&false.into(), &0.0.into()), "a word that the model does not know");
    let told = ran(place, &texts).exits(0);
    assert!(told.line("  for it: ").starts_with("  for it: lovely +"), "{told}");
    assert!(
        told.out.contains("  1 of 5 words is unknown to the model and counts for nothing")
            && !told.out.contains('\x1b'),
        "{told}"
    );
    assert!(place.path("explained/text-2.occlusion.png").is_file());
    for (flags, says) in [
        (["--method", "grad-cam"], "--method grad-cam is for images"),
        (["--class", "fine"], "the model knows no class `fine`"),
        (["--layer", "conv"], "--layer is for images"),
        (["--feature-maps", "conv"], "--feature-maps is for images"),
    ] {
        let refused = ran(place, &[&texts[..], &flags].concat()).exits(2);
        assert!(refused.err.contains(says), "{refused}");
    }
    let refused = ran(place, &["explain", "run", "--maximise", "good"]).exits(2);
    assert!(refused.err.contains("--maximise is for images, but this model takes texts"), "{refused}");
}

/// Texts of two classes, one after the other, of which one word tells the class.
fn two_files(place: &Place) {
    for (class, word) in [("bad", "dull"), ("good", "fine")] {
        let lines: Vec<String> = (0..60).map(|i| format!("a {word} film number {i}")).collect();
        place.write(&format!("reviews/{class}.txt"), lines.join("\n"));
    }
}

#[test]
fn what_was_held_out_is_evaluated_and_a_limit_takes_texts_of_all_classes() {
    let Some(place) = Place::with_adapter() else { return };
    two_files(&place);
    let line = "train reviews --val-split 0.25 --batch 8 --epochs 2 --seed 3";
    for (limit, held_out) in [("", 30), ("--limit 40", 10)] {
        let run = if limit.is_empty() { "whole" } else { "part" };
        place.run(&format!("{line} {limit} --out {run}")).exits(0);
        let events = place.events(run);
        let last = &events.iter().rfind(|event| event["event"] == "epoch").expect("an epoch")["validation"];
        let eval = place.run(&format!("eval {run}/last.safetensors --json")).exits(0).json();
        assert_eq!((eval["split"].as_str(), eval["images"].as_u64()), (Some("validation"), Some(held_out)), "{run}");
        let close = |key: &str| (eval[key].as_f64().unwrap() - last[key].as_f64().unwrap()).abs() < 1e-5;
        assert!(close("loss") && close("accuracy"), "{run}: {eval}\n{last}");
        let counts = eval["measures"]["classes"].as_array().expect("classes");
        assert_eq!(counts.len(), 2, "{run}: {eval}");
        // with one class alone the other has no texts
        let matrix = eval["measures"]["confusion"].as_array().expect("a matrix");
        let of_class =
            |row: &serde_json::Value| row.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>();
        assert!(matrix.iter().all(|row| of_class(row) > 0), "{run}: {matrix:?}");
    }
    // other data are looked at whole
    let other = place.run("eval whole --data reviews --json").exits(0).json();
    assert_eq!((other["split"].as_str(), other["images"].as_u64()), (Some("training"), Some(120)));
}
