//! What `train` decides by itself, says before anything is decoded, and keeps.

use crate::support::{Place, number};

/// A folder of grey or coloured pictures of 20x16 pixels: so many of each class, whose shade tells it.
fn photos(place: &Place, counts: &[usize]) {
    for (class, &count) in counts.iter().enumerate() {
        for i in 0..count {
            let shade = ((10 + 80 * class + 7 * (i % 30)) % 256) as u8;
            let picture = image::RgbImage::from_fn(20, 16, |x, y| image::Rgb([shade, (x * 7) as u8, (y * 9) as u8]));
            let path = place.path(&format!("photos/class {class}/{i:03}.png"));
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            picture.save(path).expect("a picture can be written");
        }
    }
}

#[test]
fn a_folder_is_decided_on_before_it_is_decoded() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place, &[40, 6]);
    // a picture whose header is whole, and nothing else
    let broken = place.path("photos/class 0/000.png");
    let bytes = place.read("photos/class 0/000.png");
    std::fs::write(&broken, &bytes[..60]).expect("it can be written");
    let ran = place.run("train photos --out run").exits(2);
    assert!(ran.line("found ").contains("46 images in 2 classes of 6 to 40, about 20x16"), "{ran}");
    assert!(ran.line("start ").contains("photo-lite0 at 224x224x3, with its weights from ImageNet"), "{ran}");
    assert!(ran.line("length ").contains("300 epochs of 1 step of 64"), "{ran}");
    assert!(ran.line("rate ").contains("one-cycle up to 0.002 with adamw"), "{ran}");
    assert!(ran.line("loss ").contains("7 times"), "{ran}");
    assert!(ran.line("check ").contains("20 % of each class"), "{ran}");
    assert!(ran.err.contains("000.png") && !place.path("run").exists(), "{ran}");
}

#[test]
fn a_decided_run_is_repeated_by_its_configuration() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place, &[20, 20, 3]);
    let line = "train photos --model linear --size 8 --augment none --epochs 2";
    place.run(&format!("{line} --out first")).exits(0);
    place.run("train --recipe first --out second").exits(0);
    place.run("train --recipe second/config.toml --out third").exits(0);
    for run in ["second", "third"] {
        for file in ["last.safetensors", "best.safetensors", "config.toml", "model.toml"] {
            assert!(place.read(&format!("first/{file}")) == place.read(&format!("{run}/{file}")), "{run}/{file}");
        }
    }
    let config: toml::Table = place.text("first/config.toml").parse().expect("config.toml is TOML");
    assert_eq!(config["schedule"]["name"].as_str(), Some("one_cycle"));
    assert_eq!(config["normalize"]["from"].as_str(), Some("dataset"));
    assert_eq!(config["validation"]["fraction"].as_float(), Some(0.2));
    assert_eq!(config["loss"]["class_weights"].as_array().map(Vec::len), Some(3));
}

#[test]
fn numbers_are_scaled_and_answered_in_their_units() {
    let Some(place) = Place::with_adapter() else { return };
    photos(&place, &[60]);
    let rows = (0..60).map(|i| format!("photos/class 0/{i:03}.png,{}\n", 5000 + 100 * (i % 30)));
    place.write("shades.csv", format!("image,shade\n{}", rows.collect::<String>()));
    let line = "train shades.csv --model linear --size 4x4x3 --epochs 60 --lr 0.02";
    place.run(&format!("{line} --out run")).exits(0);
    let config: toml::Table = place.text("run/config.toml").parse().expect("config.toml is TOML");
    let of = |key: &str| config["targets"][key][0].as_float().expect("a number");
    assert!((of("mean") - 6450.0).abs() < 200.0 && (of("std") - 866.0).abs() < 100.0, "{config}");
    let measured = place.run("eval run --json").exits(0).json();
    let r2 = measured["measures"]["r2"].as_f64();
    assert!(r2.is_some_and(|r2| r2 > 0.9), "{measured}");
    let answer = place.run_args(&["predict", "run", "photos/class 0/010.png"]).exits(0);
    assert!((number(&answer.out, "010.png: ") - 6000.0).abs() < 400.0, "{answer}");
    let given = place.run(&format!("{line} --targets given --out given")).exits(0);
    assert!(!place.text("given/config.toml").contains("[targets]"), "{given}");
    assert!(place.run("train --model linear --targets standardized --out no").exits(2).err.contains("numbers"));
}

#[test]
fn epochs_fit_into_a_time() {
    let Some(place) = Place::with_adapter() else { return };
    // so much time that a slow machine has it for as many as anybody needs; what fits into less is tested with made-up times
    let ran = place.run("train --model linear --limit 64 --batch 64 --no-report --time 1h --out run").exits(0);
    assert!(ran.line("length ").contains("as fit into 1h"), "{ran}");
    assert!(ran.line("time ").starts_with("time     500 epochs of about "), "{ran}");
    let config: toml::Table = place.text("run/config.toml").parse().expect("config.toml is TOML");
    assert_eq!(config["epochs"].as_integer(), Some(500), "{ran}");
    assert!(ran.out.contains("Epoch 500/500"), "{ran}");
    assert!(place.run("train --time 1ms --out other").exits(2).err.contains("invalid --time 1ms"));
    assert!(place.run("train --time 5m --epochs 3 --out other").exits(2).err.contains("--epochs"));
}

#[test]
fn patience_ends_a_run_and_a_resumed_one_goes_on() {
    let Some(place) = Place::with_adapter() else { return };
    let line = "train --model linear --limit 64 --val-split 0.2 --epochs 40 --lr 0 --patience 3";
    let ran = place.run(&format!("{line} --out run")).exits(0);
    assert!(ran.line("stopped ").contains("after epoch 4: the last 3 were not better"), "{ran}");
    let more = place.run("train --resume --out run --patience 5").exits(0);
    assert!(more.line("stopped ").contains("after epoch 6: the last 5 were not better"), "{more}");
    let events = place.events("run");
    assert_eq!(events.iter().filter(|event| event["event"] == "epoch").count(), 6);
}

#[test]
fn a_rate_is_found_and_kept() {
    let Some(place) = Place::with_adapter() else { return };
    let ran = place.run("train --model linear --lr auto --epochs 1 --limit 2000 --out run").exits(0);
    let lines: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("rate ")).collect();
    assert!(lines.len() == 2 && lines[0].contains("found by a test"), "{ran}");
    let rate = number(lines[1], "rate ");
    let config: toml::Table = place.text("run/config.toml").parse().expect("config.toml is TOML");
    let kept = config["learning_rate"].as_float().expect("a number");
    assert!((kept - rate).abs() < 1e-6, "{ran}");
    assert!((1e-5..1.0).contains(&kept), "{ran}");
}
