//! What makes a run faster or says where its time goes: `--precision`, `--no-fuse`, `--profile`, `tune`.

use crate::support::Place;

#[test]
fn f16_trains_evaluates_and_resumes() {
    let Some(place) = Place::with_adapter() else { return };
    let devices = place.run("devices").exits(0).out;
    let ran = place.run("train --model linear --limit 640 --epochs 1 --precision f16 --out half");
    if !devices.contains("f16 yes") {
        let failed = ran.exits(2);
        assert!(failed.err.contains("shader-f16") && failed.err.contains("--precision f32"), "{failed}");
        return;
    }
    ran.exits(0);
    assert!(place.text("half/config.toml").contains("precision = \"f16\""));
    let eval = place.run("eval half --json").exits(0).json();
    assert!(eval["accuracy"].as_f64().is_some_and(|a| a > 0.3), "{eval}");
    place.run("train --out half --resume --epochs 2").exits(0);
    let refused = place.run("train --out half --resume --precision f32").exits(2);
    assert!(refused.err.contains("--precision would change it"), "{refused}");
}

#[test]
fn the_plan_says_what_was_fused() {
    let place = Place::new();
    let fused = place.run("inspect seed-mnist --plan").exits(0).out;
    assert!(fused.contains("fused: conv1.relu into conv1") && fused.contains("relu of conv1 into pool1"), "{fused}");
    let separate = place.run("inspect seed-mnist --plan --no-fuse").exits(0).out;
    assert!(separate.contains("fused: nothing") && separate.contains("relu/forward"), "{separate}");
}

#[test]
fn profile_shows_every_launch_and_keeps_it() {
    let Some(place) = Place::with_adapter() else { return };
    let ran = place.run("train --model linear --limit 640 --steps 6 --profile --out run").exits(0);
    let profile: serde_json::Value = serde_json::from_str(&place.text("run/profile.json")).expect("JSON");
    assert_eq!(profile["steps"], 6);
    let launches = profile["launches"].as_array().expect("launches");
    assert!(launches.len() >= 6);
    for launch in launches {
        let kernel = launch["kernel"].as_str().expect("a name");
        assert!(ran.out.contains(kernel), "{kernel} is missing in\n{ran}");
        let seconds = launch["seconds"].as_array().expect("times");
        assert!(seconds.len() == 6 && seconds.iter().any(|s| s.as_f64() > Some(0.0)), "{launch}");
    }
}

#[test]
fn tune_writes_a_table_that_is_used_and_changes_no_bit() {
    let Some(place) = Place::with_adapter() else { return };
    let tuned = place.run("tune --model linear --batch 16 --out table.toml").exits(0);
    assert!(tuned.out.contains("forward 16x10x784"), "{tuned}");
    let table: toml::Table = place.text("table.toml").parse().expect("a table is TOML");
    assert!(table["tile"].as_array().is_some_and(|tiles| tiles.len() >= 2), "{table}");

    let train = "train --model linear --limit 160 --batch 16 --epochs 1 --out";
    place.run_with_tiles(&format!("{train} rules"), "0").exits(0);
    // a table in which every tile differs from the rules' as far as it can
    let other = |line: &str| if line.starts_with("rule = ") { "rule = \"1x1\"".into() } else { line.to_string() };
    let forced = place.text("table.toml").lines().map(other).collect::<Vec<_>>().join("\n");
    std::fs::write(place.path("forced.toml"), forced).unwrap();
    let ran = place.run_with_tiles(&format!("{train} tuned"), "forced.toml").exits(0);
    assert!(ran.line("model ").contains(", tuned"), "{ran}");
    let bytes = |run: &str| std::fs::read(place.path(run).join("last.safetensors")).unwrap();
    assert!(bytes("rules") == bytes("tuned"), "a table of tiles changed the weights");

    std::fs::write(place.path("table.toml"), "adapter = 7").unwrap();
    let broken = place.run_with_tiles("verify --op relu", "table.toml");
    let broken = broken.exits(2);
    assert!(broken.err.contains("table.toml") && broken.err.contains("lepton-gpu tune"), "{broken}");
}
