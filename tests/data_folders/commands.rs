//! The whole way of a user with photos: check, train, evaluate, ask.

use crate::pictures::{BLUE, Photos, RED, encode, two_colours};
use crate::surroundings;

pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs a command line beside the photos.
pub fn run(photos: &Photos, line: &str) -> Ran {
    let output = surroundings::lepton(&photos.cache())
        .args(line.split_whitespace())
        .current_dir(photos.root().parent().unwrap())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let ran = Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    println!("{line}: {:?}\n{}{}", ran.code, ran.out, ran.err);
    ran
}

#[track_caller]
fn done(photos: &Photos, line: &str, says: &[&str]) {
    let ran = run(photos, line);
    assert_eq!(ran.code, Some(0), "{line}\n{}", ran.err);
    says.iter().for_each(|part| assert!(ran.out.contains(part), "no `{part}` in\n{}", ran.out));
}

#[track_caller]
fn refused(photos: &Photos, line: &str, says: &[&str]) {
    let ran = run(photos, line);
    assert_eq!(ran.code, Some(2), "{line}\n{}", ran.out);
    says.iter().for_each(|part| assert!(ran.err.contains(part), "no `{part}` in\n{}", ran.err));
}

/// Twenty red and twenty blue pictures.
pub fn warm_and_cold() -> Photos {
    let photos = Photos::new();
    for i in 0..20 {
        photos.png(&format!("warm ones/{i}.png"), [RED[0] - i, RED[1] + i, RED[2]]);
        photos.png(&format!("cold/{i}.png"), [BLUE[0], BLUE[1] + i, BLUE[2] - i]);
    }
    photos
}

#[test]
fn the_layout_of_folders_can_be_said() {
    let photos = Photos::of(&["bus", "train/steam", "train/diesel"], 3);
    let way = "--layout classes, or --layout splits";
    refused(&photos, "data check photos", &["could be a split or a class", way]);
    refused(&photos, "data split photos --out a.csv", &["could be a split or a class", way]);
    done(&photos, "data check photos --layout classes", &["9 images, 2 classes", "train photos --layout classes"]);
    done(&photos, "data split photos --out a.csv --layout splits", &["a.csv: "]);
    let table = std::fs::read_to_string(photos.path("../a.csv")).unwrap();
    assert!(table.contains("steam") && !table.contains("bus"), "{table}");
    // before the data are looked at
    refused(&photos, "train nowhere --max-memory much", &["invalid --max-memory much"]);
}

#[test]
fn check_tells_and_fails_where_something_is_damaged() {
    let photos = warm_and_cold();
    let ran = run(&photos, "data check photos");
    assert_eq!(ran.code, Some(0));
    assert!(ran.out.starts_with("photos: 40 images, 2 classes\n"), "{}", ran.out);
    photos.write("cold/x.jpg", "");
    let ran = run(&photos, "data check photos");
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("x.jpg: empty") && ran.out.contains("cannot be read: 1 of 41 images"), "{}", ran.out);
    assert!(ran.out.contains("next     lepton-gpu train photos --skip-damaged\n"), "{}", ran.out);
}

#[test]
fn mistakes_are_refused() {
    let photos = warm_and_cold();
    for size in ["0", "many", "8x", "8x8x3x1", "5000", "8x8x9"] {
        refused(
            &photos,
            &format!("train photos --size {size}"),
            &[&format!("invalid --size {size}"), "try: --size 64"],
        );
    }
    for range in ["abc", "5..1", "4095"] {
        let line = format!("train photos --range {range}");
        refused(&photos, &line, &["--range: invalid range", "such as 0..4095"]);
    }
    refused(&photos, "train photos --range -1..x", &["invalid range \"-1..x\""]);
    refused(&photos, "train photos --fit round", &["'round'", "crop, stretch, pad"]);
    refused(&photos, "predict photos/cold/1.png photos/cold/1.png", &["1.png is a PNG image, not a checkpoint"]);
    photos.write("cold/x.jpg", "");
    refused(&photos, "train photos", &["1 of 41 images", "x.jpg: empty", "--skip-damaged"]);
}

#[test]
fn photos_are_trained_evaluated_and_answered() {
    let photos = warm_and_cold();
    if run(&photos, "devices").code != Some(0) {
        assert!(std::env::var_os("LEPTON_REQUIRE_GPU").is_none(), "LEPTON_REQUIRE_GPU is set, and there is no adapter");
        eprintln!("skipped: no adapter");
        return;
    }
    let train = "train photos --model photo-small --size 16 --epochs 4 --batch 8 --out run";
    done(
        &photos,
        train,
        &[
            "32 training, 8 validation and 0 test images, 16x16x3, 2 classes",
            "photo-small",
            "val loss ",
            " acc 1.0000",
            "result   accuracy 100.0 %, macro F1 1.000",
        ],
    );
    let text = std::fs::read_to_string(photos.root().parent().unwrap().join("run/model.toml")).unwrap();
    assert!(text.contains("units = 2") && text.contains("[16, 16, 3]"), "{text}");
    done(&photos, "eval run", &["8 validation images of photos", "accuracy: 1.0000"]);
    std::fs::create_dir(photos.path("../new")).unwrap();
    photos.write("../new/cold/x.webp", encode(&two_colours(30, 20).into(), image::ImageFormat::WebP));
    photos.write("../new/cold/y.jpg", encode(&crate::pictures::plain(50, 20, BLUE), image::ImageFormat::Jpeg));
    done(&photos, "eval run --data new", &["2 training images of new"]);
    done(
        &photos,
        "predict run new/cold/y.jpg photos/cold/3.png",
        &["new/cold/y.jpg: cold ", "photos/cold/3.png: cold "],
    );
    done(&photos, "predict run --grid grid.png", &["grid.png: 8 of 8 right"]);
    done(&photos, "show photos --index 2 --out x.png", &["training image 2 · "]);
    // a resumed run finds the same images, split the same way
    done(&photos, "train --out run --resume --epochs 5", &["Epoch 5/5"]);
    refused(&photos, "train --out run --resume --fit pad", &["--fit would change it"]);
    refused(&photos, "train new --out run --resume --epochs 6", &["the data changed since the run began"]);
    // it may stand elsewhere
    let folder = photos.root().parent().unwrap().to_path_buf();
    std::fs::rename(folder.join("photos"), folder.join("moved")).unwrap();
    refused(&photos, "train --out run --resume --epochs 6", &["photos"]);
    done(&photos, "train moved --out run --resume --epochs 6", &["Epoch 6/6"]);
    done(&photos, "eval run", &["8 validation images of moved"]);
    std::fs::rename(folder.join("moved"), folder.join("photos")).unwrap();
    refused(&photos, "train photos --model seed-mnist --size 28x28x2 --out other", &["2 channels", "1 or 3"]);
}
