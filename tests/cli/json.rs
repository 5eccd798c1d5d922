//! `docs/json.md` has every key that commands write, and no other.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::support::Place;

/// The keys of a section: paths in backquotes in the first column.
fn documented(heading: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with(&format!("`{heading} --json`")));
    let rows = section.unwrap_or_else(|| panic!("no section {heading}")).lines().filter(|line| line.starts_with("| `"));
    rows.flat_map(|row| {
        row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2).map(String::from).collect::<Vec<_>>()
    })
    .collect()
}

/// The paths of a document's keys; what an adapter is is told once.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(_) if path.ends_with(".values") => drop(found.insert(format!("{path}.*"))),
        _ if path == "adapter" => drop(found.insert("adapter.*".into())),
        Value::Object(object) => {
            let below = |key: &String| if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            object.iter().for_each(|(key, value)| paths(value, &below(key), found));
        }
        Value::Array(all) if all.is_empty() => drop(found.insert(format!("{path}[]"))),
        Value::Array(all) => all.iter().for_each(|value| paths(value, &format!("{path}[]"), found)),
        _ => drop(found.insert(path.into())),
    }
}

/// Checks documents of a command; `optional` are keys that only other machines, longer runs or more classes have.
#[track_caller]
fn check(heading: &str, documents: &[Value], optional: &[&str]) {
    let mut found = BTreeSet::new();
    for document in documents {
        assert_eq!(document["schema"], 1, "{heading}: {document}");
        paths(document, "", &mut found);
    }
    let documented = documented(heading);
    let undocumented: Vec<_> = found.difference(&documented).collect();
    assert!(undocumented.is_empty(), "{heading}: not in docs/json.md: {undocumented:?}");
    let missing: Vec<_> = documented.difference(&found).filter(|key| !optional.contains(&key.as_str())).collect();
    assert!(missing.is_empty(), "{heading}: in docs/json.md and nowhere else: {missing:?}");
}

fn photos(place: &Place) {
    for (class, name) in ["cat", "dog"].iter().enumerate() {
        for i in 0..8_u8 {
            let mut bytes = std::io::Cursor::new(Vec::new());
            let picture = image::RgbImage::from_pixel(8, 8, image::Rgb([i * 20, class as u8 * 200, i]));
            picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
            place.write(&format!("photos/{name}/{i}.png"), bytes.into_inner());
        }
    }
    let rows =
        |row: &dyn Fn(usize) -> String| (0..8).map(|i| format!("photos/cat/{i}.png,{}\n", row(i))).collect::<String>();
    place.write("labels.csv", "image,label\n".to_string() + &rows(&|i| ["a", "a|b", "b"][i % 3].into()));
    place.write("values.csv", "image,x,y\n".to_string() + &rows(&|i| format!("{}.5,{i}", i * 2)));
}

#[test]
fn what_commands_write_is_documented() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place);
    let small = "--steps 2 --batch 4 --size";
    for (data, run, more) in [
        ("photos", "classes", format!("--model photo-small {small} 16")),
        ("labels.csv", "labels", format!("--model linear {small} 8")),
        ("values.csv", "values", format!("--model linear {small} 8")),
        ("photos", "errors", format!("--model autoencoder --normal cat {small} 28x28x1")),
    ] {
        place.run(&format!("train {data} {more} --out {run}")).exits(0);
    }
    let runs = ["classes", "labels", "values", "errors"];
    let evals: Vec<Value> = runs.iter().map(|run| place.run(&format!("eval {run} --json")).exits(0).json()).collect();
    let found = ["threshold", "examples", "positives", "answered", "right", "class", "recall", "precision", "on"];
    let found: Vec<String> = found.iter().map(|key| format!("found.{key}")).collect();
    let rare = ["normalize.sample", "summary.top5", "thresholds[].class", "thresholds[].threshold"];
    check("eval", &evals, &rare.into_iter().chain(found.iter().map(String::as_str)).collect::<Vec<_>>());
    let mut answers = Vec::new();
    for run in runs {
        let json = place.run(&format!("predict {run} photos/cat/1.png photos/dog/1.png --json")).exits(0).json();
        let lines = place.run(&format!("predict {run} photos/cat/1.png photos/dog/1.png --jsonl")).exits(0);
        let lines: Vec<Value> = lines.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(json.as_array().unwrap(), &lines, "{run}");
        answers.extend(lines);
    }
    check("predict", &answers, &["text"]);
    let explained = ["grad-cam", "integrated-gradients"].map(|method| {
        let more = if method == "grad-cam" { "--no-trust" } else { "--steps 4" };
        let line = format!("explain classes photos/cat/1.png --method {method} {more} --json --out maps");
        place.run(&line).exits(0).json()[0].take()
    });
    let of_texts = ["text", "words[].word", "words[].known", "words[].fall", "cut"];
    check("explain", &explained, &of_texts);
    let asked = "explain classes photos/cat/1.png --feature-maps --json --out maps";
    check("explain --feature-maps", &[place.run(asked).exits(0).json()[0].take()], &[]);
    let asked = "explain classes --maximise dog --maximise conv4:0 --steps 2 --json --out maps";
    let all = place.run(asked).exits(0).json();
    check("explain --maximise", all.as_array().unwrap(), &[]);
    let features = Place::new();
    crate::errors::photos(&features);
    features.write("photos/green/copy.png", std::fs::read(features.path("photos/red/red-0.png")).unwrap());
    features.write("small.toml", crate::errors::MODEL);
    features.run("train photos --model small.toml --batch 16 --lr 0.01 --epochs 12 --out small").exits(0);
    let near = features.run("explain small photos/red/red-1.png --nearest 2 --json").exits(0).json()[0].take();
    let mut nearby = vec![near];
    let mut planes = vec![features.run("explain small --embedding --json").exits(0).json()];
    for run in ["labels", "values"] {
        let more = "--steps 1 --batch 4 --model small.toml --size 8";
        place.write("small.toml", crate::errors::MODEL);
        place.run(&format!("train {run}.csv {more} --out near-{run}")).exits(0);
        let line = format!("explain near-{run} photos/cat/1.png --nearest 2 --json");
        nearby.push(place.run(&line).exits(0).json()[0].take());
        planes.push(place.run(&format!("explain near-{run} --embedding --json")).exits(0).json());
    }
    check("explain --nearest", &nearby, &["text", "nearest[].text"]);
    check("explain --embedding", &planes, &[]);
    check("errors", &[features.run("errors small --json").exits(0).json()], &["notes[]"]);
    let coop = ["adapters[].coop.side", "adapters[].coop.subgroup", "adapters[].coop.reason", "adapters[].subgroup[]"];
    check("devices", &[place.run("devices --json").exits(0).json()], &coop);
    let sweep =
        "sweep photos --model photo-small --batch 4 --size 16 --epochs 1 --val-split 0.5 --vary lr=0.001,1e38 --out s";
    let tested = "sweep fashion-small --model linear --limit 640 --val-split 0.2 --epochs 1 --vary lr=0.001 --out t";
    let sweeps = [sweep, tested].map(|line| place.run(&format!("{line} --json")).exits(0).json());
    check("sweep", &sweeps, &["runs[].interval", "test"]);
    check("verify", &[place.run("verify --op relu --json").exits(0).json()], &[]);
}

#[test]
fn what_is_said_of_data_is_documented() {
    let place = Place::new();
    photos(&place);
    let copy = std::fs::read(place.path("photos/cat/1.png")).unwrap();
    place.write("photos/dog/copy.png", copy);
    place.write("photos/dog/bad.png", b"\x89PNG\r\n\x1a\n");
    for i in 0..3 {
        let copy = std::fs::read(place.path(&format!("photos/cat/{i}.png"))).unwrap();
        place.write(&format!("two/Cat/{i}.png"), copy.clone());
        place.write(&format!("two/cat/{i}.png"), copy);
    }
    place.write("missing.csv", "image,label\nphotos/cat/0.png,a\nelse/none.png,b\n");
    let checked = ["photos", "two", "missing.csv"].map(|data| {
        let ran = place.run(&format!("data check {data} --json")).exits(1);
        ran.json()
    });
    assert_eq!((checked[0]["sick"].clone(), checked[0]["count"].clone()), (true.into(), 17.into()));
    assert_eq!(checked[1]["alike_names"], serde_json::json!([["Cat", "cat"]]));
    assert!(checked[0]["next"].as_str().unwrap().starts_with("lepton-gpu "), "{}", checked[0]["next"]);
    let rare = [
        "suspects[]",
        "suspects[].image",
        "suspects[].label",
        "suspects[].label_probability",
        "suspects[].likely",
        "suspects[].likely_probability",
        "imbalance.most",
        "imbalance.fewest",
        "imbalance.ratio",
        "notes[]",
        "elsewhere[]",
        "tiny[]",
        "imbalance",
        "stops",
        "alike_names[]",
        "alike_names[][]",
        "damaged[]",
        "missing[]",
    ];
    check("data check", &checked, &rare);
    let split = place.run("data split two --out s.csv --json").exits(0).json();
    assert_eq!(
        split["training"].as_u64().unwrap() + split["validation"].as_u64().unwrap() + split["test"].as_u64().unwrap(),
        6
    );
    check("data split", &[split], &["undivided[]"]);
}

#[test]
fn a_benchmark_that_is_kept_is_documented() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/sample-a.json");
    let result = lepton_gpu::report::bench::read(&sample).unwrap();
    check("bench", &[lepton_gpu::report::Document::of(result).value()], &[]);
}
