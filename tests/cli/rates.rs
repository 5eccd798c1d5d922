//! Learning rates and batches that the program finds or changes by itself.

use crate::support::{Place, number};

#[test]
fn lr_find_draws_a_curve_and_suggests_a_rate_at_which_it_learns() {
    let Some(place) = Place::with_adapter() else { return };
    let ran = place.run("train --lr-find --model linear --out found").exits(0);
    let line = ran.line("suggest");
    let rate = number(line, "--lr ");
    assert!((1e-4..1.0).contains(&rate), "{line}");
    let picture = image::open(place.path("found/lr-find.png")).expect("a picture");
    assert_eq!((picture.width(), picture.height()), (1440, 956));
    let test: serde_json::Value = serde_json::from_str(&place.text("found/lr-find.json")).expect("JSON");
    let points = test["points"].as_array().expect("points");
    assert!(points.len() > 50, "{} points", points.len());
    assert!(!place.path("found/last.safetensors").exists(), "it trains nothing");
    let learned = place.run(&format!("train --model linear --epochs 1 --lr {rate} --out run")).exits(0);
    assert!(number(learned.line("Test accuracy"), "accuracy: ") > 0.7, "{learned}");
    place.run("train --lr-find --lr 0.1").exits(2);
}

#[test]
fn a_schedule_changes_the_rate_and_is_kept_with_the_run() {
    let Some(place) = Place::with_adapter() else { return };
    let args =
        "train --model linear --limit 640 --batch 64 --epochs 4 --lr 0.01 --schedule step:every=2,gamma=0.1 --warmup 1";
    place.run(&format!("{args} --out run")).exits(0);
    let rates: Vec<f64> = place.events("run").iter().filter_map(|event| event["learning_rate"].as_f64()).collect();
    // ten steps an epoch: the last of the first one still warms up
    let want = [0.01 * (0.01 + 0.99 * 0.9), 0.01, 0.001, 0.001];
    assert_eq!(rates.len(), want.len());
    assert!(rates.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-8), "{rates:?}");
    let config: toml::Table = place.text("run/config.toml").parse().expect("config.toml is TOML");
    assert_eq!(config["schedule"]["every"].as_integer(), Some(2));
    assert!(place.run("train --out run --resume --schedule cosine").exits(2).err.contains("--schedule"));
    for (typed, part) in [
        ("--schedule cosin", "unknown schedule `cosin`"),
        ("--schedule step", "needs `every`"),
        ("--warmup -1", "invalid --warmup -1: expected a finite number of 0 or more"),
    ] {
        let ran = place.run(&format!("train {typed} --out other")).exits(2);
        assert!(ran.err.contains(part), "{ran}");
    }
}

#[test]
fn the_automatic_batch_is_a_power_of_two_that_trains() {
    let Some(place) = Place::with_adapter() else { return };
    let ran = place.run("train --model linear --limit 700 --epochs 1 --batch auto --out run").exits(0);
    assert!(ran.line("batch ").contains("512: the next power of two exceeds"), "{ran}");
    let config: toml::Table = place.text("run/config.toml").parse().expect("config.toml is TOML");
    assert_eq!(config["batch"].as_integer(), Some(512));
    for wrong in ["0", "65537", "many"] {
        assert!(place.run(&format!("train --batch {wrong}")).exits(2).err.contains("from 1 to 65536, or `auto`"));
    }
}
