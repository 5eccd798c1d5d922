//! Thresholds that are typed or found and kept, and the table of wrong answers.

use serde_json::Value;

use crate::support::Place;

const TRAIN: &str = "train fashion-small --model linear --limit 1000 --val-split 0.3 --epochs 3 --out run";

/// Precision and recall of class `Shirt`, and the accuracy, as `eval` gives them.
fn shirts(place: &Place, flags: &str) -> [f64; 3] {
    let json = place.run(&format!("eval run --json {flags}")).exits(0).json();
    let at = json["names"].as_array().expect("names").iter().position(|name| name == "Shirt").expect("a class");
    let of = &json["measures"]["classes"][at];
    [&of["precision"], &of["recall"], &json["accuracy"]].map(|number| number.as_f64().expect("a number"))
}

#[test]
fn a_threshold_decides_and_a_found_one_is_kept_with_the_run() {
    let Some(place) = Place::with_adapter() else { return };
    place.run(TRAIN).exits(0);
    let plain = shirts(&place, "");
    let always = shirts(&place, "--threshold Shirt=0");
    assert_eq!(always[1], 1.0, "every shirt is found where everything is one");
    assert_eq!(always[0], always[2], "then only shirts are right");
    assert_eq!(shirts(&place, "--threshold Shirt=1")[1], 0.0, "none is where none is sure");

    let ran = place.run("eval run --recall 0.95 --of Shirt").exits(0);
    let found = ran.line("found ");
    assert!(found.contains("Shirt from 0.") && found.contains("300 held-out examples"), "{ran}");
    assert!(ran.out.contains(" found, recall ") && ran.out.contains("(95 %: "), "{ran}");
    let kept: Value = serde_json::from_str(&place.text("run/thresholds.json")).expect("it is JSON");
    let row = &kept["thresholds"][0];
    let [right, positives] = ["right", "positives"].map(|key| row[key].as_f64().expect("a number"));
    assert!(right / positives >= 0.95 && (right - 1.0) / positives < 0.95, "no more answers than are needed: {row}");
    assert!(ran.line("threshold ").contains("on held-out examples"), "{ran}");
    let with = shirts(&place, "");
    assert!(with[1] > plain[1] && with[0] < plain[0], "{plain:?} {with:?}");
    assert_eq!(shirts(&place, "--threshold none"), plain);
    let least = row["threshold"].as_f64().expect("a number");
    assert_eq!(shirts(&place, &format!("--threshold Shirt={least}")), with, "typed, it is the same one");
    let grid = place.run("predict run --grid grid.png").exits(0);
    assert!(grid.line("threshold ").contains("Shirt from "), "{grid}");
    assert!(!place.run("predict run --grid grid.png --threshold none").exits(0).out.contains("threshold"));

    // another class is added, the same one replaced
    place.run("eval run --precision 0.5 --of Bag").exits(0);
    place.run("eval run --recall 0.5 --of Shirt").exits(0);
    let kept: Value = serde_json::from_str(&place.text("run/thresholds.json")).expect("it is JSON");
    let classes: Vec<&Value> = kept["thresholds"].as_array().expect("rows").iter().map(|row| &row["class"]).collect();
    assert_eq!(classes, ["Bag", "Shirt"]);

    // other weights have other thresholds
    let other = place.run("eval run/last.safetensors").exits(0);
    let best = place.run("eval run").exits(0);
    assert!(best.out.contains("threshold "), "{best}");
    if other.line("weights ") != best.line("weights ") {
        assert!(other.line("note ").contains("is not used") && !other.out.contains("threshold "), "{other}");
    }
    place.run("train --resume --epochs 6 --out run").exits(0);
    let later = place.run("eval run").exits(0);
    assert!(later.line("note ").contains("run/thresholds.json is not used"), "{later}");

    for (flags, says) in [
        ("--threshold Shirtt=0.3", "did you mean `Shirt`?"),
        ("--threshold Shirt=1.5", "a probability is from 0 to 1"),
        ("--threshold Shirt", "expected CLASS=PROBABILITY"),
        ("--threshold Shirt=x", "expected a number"),
        ("--recall 0.9", "--of"),
        ("--of Shirt", "--recall 0.95 --of Shirt"),
        ("--recall 2 --of Shirt", "above 0 and at most 1"),
        ("--recall 0.9 --of Shirt --tta mirror", "a threshold is kept for answers without these"),
        ("--recall 0.999 --precision 0.999 --of Shirt", "is the highest precision with a recall of at least 99.90 %"),
    ] {
        let ran = place.run(&format!("eval run {flags}")).exits(2);
        assert!(ran.err.contains(says), "{flags}: {ran}");
    }
    place.write("run/thresholds.json", "{");
    let ran = place.run("eval run").exits(2);
    assert!(ran.err.contains("run/thresholds.json is damaged") && ran.err.contains("try: "), "{ran}");
}

#[test]
fn wrong_answers_are_listed_with_the_most_confident_first() {
    let Some(place) = Place::with_adapter() else { return };
    place.run(TRAIN).exits(0);
    let json = place.run("eval run --json --wrong wrong.csv --wrong-sheet wrong.png").exits(0).json();
    let text = place.text("wrong.csv");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("file,truth,answer,probability,margin"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let wrong = (2000.0 * (1.0 - json["accuracy"].as_f64().expect("a number"))).round() as usize;
    assert_eq!(rows.len(), wrong);
    let number = |row: &[&str], at: usize| row[at].parse::<f64>().expect("a number");
    assert!(
        rows.iter().all(|row| row[1] != row[2] && number(row, 4) > 0.0 && number(row, 4) <= number(row, 3)),
        "{text}"
    );
    assert!(rows.is_sorted_by(|a, b| number(a, 3) >= number(b, 3)), "{text}");
    let numbers: std::collections::BTreeSet<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(numbers.len(), wrong, "each example once");
    // the matrix counts the same mistakes
    let names = json["names"].as_array().expect("names");
    let at = |name: &str| names.iter().position(|own| own == name).expect("a class");
    let matrix = &json["measures"]["confusion"];
    let [truth, answer] = [at(rows[0][1]), at(rows[0][2])];
    let same = rows.iter().filter(|row| row[1] == rows[0][1] && row[2] == rows[0][2]).count();
    assert_eq!(matrix[truth][answer].as_u64(), Some(same as u64), "{matrix}");
    assert!(place.read("wrong.png").starts_with(b"\x89PNG"));
}
