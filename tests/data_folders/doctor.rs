//! `data check` as a doctor, and `data split`: copies by content and by look, leaks, two labels, and a table that keeps copies together.

use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use lepton_gpu::data::doctor::{Finding, Problem, Shares, split};
use lepton_gpu::data::{LoadOptions, Places, check, load_with};

use super::commands::{run, warm_and_cold};
use super::pictures::{Photos, encode, small};

/// A picture with some texture, of its own for each number.
fn scene(seed: u32) -> DynamicImage {
    let value = |x: u32, y: u32, k: u32| {
        let wave = |a: u32, b: u32| ((x * (a + seed * 3 % 7) + y * (b + seed * 5 % 11)) as f32 / 97.0).sin();
        (128.0 + 60.0 * wave(3 + k, 2 + seed) + 60.0 * wave(1, 5 + k)) as u8
    };
    RgbImage::from_fn(96, 64, |x, y| Rgb([value(x, y, 0), value(x, y, 1), value(x, y, 2)])).into()
}

/// Twelve different pictures of two classes in two splits, and what is added to them.
fn scenes(added: impl Fn(&Photos)) -> Photos {
    let photos = Photos::new();
    for i in 0..12 {
        let (class, part) = (["cat", "dog"][i as usize % 2], if i < 8 { "train" } else { "test" });
        photos.write(&format!("{part}/{class}/{i}.png"), encode(&scene(i), ImageFormat::Png));
    }
    added(&photos);
    photos
}

fn findings(photos: &Photos) -> Vec<Finding> {
    let root = photos.root();
    check(root.to_str().unwrap(), &LoadOptions::default(), &Places::default(), &|_, _| {}).unwrap().findings
}

#[test]
fn copies_leaks_and_two_labels_are_found_by_content_and_by_look() {
    assert_eq!(findings(&scenes(|_| {})), []);
    let small = |i| scene(i).resize_exact(48, 32, FilterType::Triangle);
    for (name, bytes, problem, is_exact, text) in [
        (
            "train/cat/x.png",
            encode(&scene(0), ImageFormat::Png),
            Problem::Copies,
            true,
            "train/cat/0.png = train/cat/x.png",
        ),
        // the same pixels in a file of another format
        (
            "train/cat/x.bmp",
            encode(&scene(0), ImageFormat::Bmp),
            Problem::Copies,
            true,
            "train/cat/0.png = train/cat/x.bmp",
        ),
        (
            "train/cat/x.jpg",
            encode(&small(0), ImageFormat::Jpeg),
            Problem::Copies,
            false,
            "train/cat/0.png ≈ train/cat/x.jpg",
        ),
        (
            "test/cat/x.png",
            encode(&scene(0), ImageFormat::Png),
            Problem::Leak,
            true,
            "test/cat/x.png (test) = train/cat/0.png (training)",
        ),
        (
            "test/cat/x.jpg",
            encode(&small(0), ImageFormat::Jpeg),
            Problem::Leak,
            false,
            "test/cat/x.jpg (test) ≈ train/cat/0.png (training)",
        ),
        (
            "train/dog/x.png",
            encode(&scene(0), ImageFormat::Png),
            Problem::Labels,
            true,
            "train/cat/0.png (`cat`) = train/dog/x.png (`dog`)",
        ),
    ] {
        let found = findings(&scenes(|photos| photos.write(name, &bytes)));
        let [finding] = &found[..] else { panic!("{name}: {found:?}") };
        assert_eq!((finding.problem, finding.is_exact), (problem, is_exact), "{name}");
        let mut sides: Vec<&str> = text.split([' ']).filter(|word| word.contains('/')).collect();
        sides.sort_unstable();
        let mut shown = finding.to_string();
        let mut own: Vec<String> = shown.split(' ').filter(|word| word.contains('/')).map(String::from).collect();
        own.sort_unstable();
        assert_eq!(own, sides, "{shown}");
        shown.retain(|c| c == '=' || c == '≈');
        assert_eq!(shown, if is_exact { "=" } else { "≈" });
    }
}

#[test]
fn the_doctor_says_what_spoils_a_run_and_the_command_to_run_next() {
    let photos = scenes(|photos| photos.write("test/dog/again.png", encode(&scene(1), ImageFormat::Png)));
    let ran = run(&photos, "data check photos");
    assert_eq!(ran.code, Some(1));
    for part in [
        "leak     images in more than one split, so the figures are too good: 1 group the same\n",
        "train/dog/1.png (training)",
        "test/dog/again.png (test)",
        "tiny     fewer than 10 training images: `cat` (4), `dog` (4)\n",
        "next     lepton-gpu data split photos --out split.csv\n",
    ] {
        assert!(ran.out.contains(part), "no `{part}` in\n{}", ran.out);
    }
    let healthy = run(&scenes(|_| {}), "data check photos");
    assert_eq!(healthy.code, Some(0));
    assert!(healthy.out.contains("next     lepton-gpu train photos\n"), "{}", healthy.out);
    let photos = scenes(|photos| photos.write("train/Cat/a.png", encode(&scene(20), ImageFormat::Png)));
    let ran = run(&photos, "data check photos");
    assert!(ran.out.contains("names    `Cat` and `cat` differ only in case"), "{}", ran.out);
    let refused = run(&photos, "train photos --label-column x");
    assert!(refused.code == Some(2) && refused.err.contains("these data are no table"), "{}", refused.err);
    // texts and numbers are called so
    let photos = Photos::new();
    photos.write("sms.tsv", "ham\thello you\nspam\tbuy now\nham\thello  you\nspam\thello you\nham\tdear friend\n");
    let ran = run(&photos, "data check photos/sms.tsv");
    assert_eq!(ran.code, Some(1));
    for part in [
        "5 texts, 2 classes\n",
        "labels   texts with different labels: 1 group the same\n",
        "sms.tsv line 1 (hello you) (`ham`)",
    ] {
        assert!(ran.out.contains(part), "no `{part}` in\n{}", ran.out);
    }
    assert!(!ran.out.contains("sizes"), "{}", ran.out);
}

#[test]
fn a_run_names_the_labels_that_it_doubts() {
    let photos = warm_and_cold();
    let trained = run(&photos, "train photos --model linear --size 8 --epochs 30 --batch 8 --lr 0.01 --out run");
    assert_eq!(trained.code, Some(0), "{}", trained.err);
    let clean = run(&photos, "data check photos --run run");
    assert!(clean.out.contains("suspect  labels that run doubts: 0 of 40"), "{}", clean.out);
    photos.png("cold/odd.png", [210, 40, 20]);
    photos.png("warm ones/odd.png", [12, 44, 220]);
    let ran = run(&photos, "data check photos --run run");
    for part in [
        "labels that run doubts: 2 of 42",
        "cold/odd.png: labelled `cold`",
        "looks like `warm ones`",
        "warm ones/odd.png: labelled",
    ] {
        assert!(ran.out.contains(part), "no `{part}` in\n{}", ran.out);
    }
}

#[test]
fn the_doctor_says_what_stops_training_and_proposes_what_runs() {
    let next = |photos: &Photos, line: &str| {
        let ran = run(photos, line);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        let stops = ran.out.lines().find(|line| line.starts_with("stops ")).unwrap_or_default().to_string();
        (stops, ran.out.lines().rfind(|line| line.starts_with("next ")).unwrap_or_default().to_string())
    };
    let deep = Photos::of(&["images/train/a", "images/train/b"], 2);
    let (stops, way) = next(&deep, "data check photos");
    assert!(stops.contains("at least 2 are needed") && way.ends_with("train photos/images"), "{stops}\n{way}");
    let unknown = Photos::of(&["train/a", "train/b", "val/a", "val/c"], 2);
    let (stops, _) = next(&unknown, "data check photos");
    assert!(stops.contains("class `c` is not one of the training folders: a, b"), "{stops}");
    let (stops, _) = next(&Photos::of(&["val/a", "val/b", "test/a", "test/b"], 2), "data check photos");
    assert!(stops.contains("class `a` has no training images"), "{stops}");
    let bad = Photos::of(&["a", "b"], 2);
    bad.write("c/bad.png", b"\x89PNG\r\n\x1a\n");
    let (stops, _) = next(&bad, "data check photos");
    assert!(stops.contains("class `c` has no training images"), "{stops}");
    let nothing = run(&bad, "data split nope --out x.csv");
    assert!(nothing.code == Some(2) && nothing.err.contains("nope"), "{}", nothing.err);
    bad.write("lost.csv", "image,label\nx/1.png,a\nx/2.png,b\n");
    let nothing = run(&bad, "data split photos/lost.csv --out x.csv");
    assert!(nothing.code == Some(2) && nothing.err.contains("2 of 2 images are missing"), "{}", nothing.err);
    // the folder that is said is above the one where they are
    let photos = Photos::new();
    (0..4).for_each(|i| photos.png(&format!("A/sub/{i}.png"), [i, 1, 2]));
    photos.write("t.csv", "image,label\n0.png,a\n1.png,b\n2.png,a\n3.png,b\n");
    let ran = run(&photos, "data check photos/t.csv --images photos/A");
    assert!(ran.out.contains("next     lepton-gpu train photos/t.csv --images photos/A\n"), "{}", ran.out);
    // copies that are together already are not divided again
    let photos = scenes(|photos| photos.write("train/dog/again.png", encode(&scene(1), ImageFormat::Png)));
    let ran = run(&photos, "data check photos");
    assert!(ran.out.contains("next     lepton-gpu train photos\n"), "{}", ran.out);
}

#[test]
fn missing_files_are_one_line_and_the_next_command_says_where_they_are() {
    let photos = Photos::new();
    (0..6).for_each(|i| photos.write(&format!("all images/{i}.png"), encode(&scene(i), ImageFormat::Png)));
    photos
        .write("train.csv", "id,label\n".to_string() + &(0..6).map(|i| format!("{i},{}\n", i % 2)).collect::<String>());
    let ran = run(&photos, "data check photos/train.csv");
    assert_eq!(ran.code, Some(1));
    for part in [
        "missing  no such file: 6 of 6 images",
        "and 3 more (--all names them)",
        "next     lepton-gpu data check photos/train.csv --images 'photos/all images'\n",
    ] {
        assert!(ran.out.contains(part), "no `{part}` in\n{}", ran.out);
    }
    assert_eq!(ran.out.matches("no such file").count(), 4, "{}", ran.out);
    let all = run(&photos, "data check photos/train.csv --all");
    assert_eq!(all.out.matches("line ").count(), 6, "{}", all.out);
}

#[test]
fn a_split_is_a_table_that_keeps_copies_together() {
    let photos = Photos::new();
    for i in 0..40 {
        photos
            .write(&format!("{}/{i}.png", ["cat, small", "dog"][i as usize % 2]), encode(&scene(i), ImageFormat::Png));
    }
    // ten copies of one picture
    (0..10).for_each(|i| photos.write(&format!("dog/copy{i}.bmp"), encode(&scene(1), ImageFormat::Bmp)));
    photos.write("dog/broken.png", "x");
    let ran = run(&photos, "data split photos --out photos/split.csv --val 0.2 --test 0.2 --seed 5");
    assert_eq!(ran.code, Some(0));
    assert!(ran.out.contains("copies   10 ") && ran.out.contains("left out 1 "), "{}", ran.out);
    let text = std::fs::read_to_string(photos.path("split.csv")).unwrap();
    assert!(text.starts_with("image,label,split\n\"cat, small/0.png\",\"cat, small\","), "{text}");
    let of_copies: std::collections::BTreeSet<&str> = text
        .lines()
        .filter(|line| line.contains("copy") || line.contains("dog/1.png"))
        .map(|line| line.rsplit(',').next().unwrap())
        .collect();
    assert_eq!(of_copies.len(), 1, "{text}");
    let data = load_with(photos.path("split.csv").to_str(), &small(), &photos.places(), &|_, _| {}).unwrap();
    let counts = [data.train(), data.validation(), data.test()].map(|split| split.map_or(0, |split| split.len()));
    assert_eq!(counts.iter().sum::<usize>(), 50);
    assert!(counts[1] >= 8 && counts[2] >= 8, "{counts:?}");
    // the same command gives the same table, and a table that is there stays
    let again = run(&photos, "data split photos --out photos/split.csv");
    assert!(again.code == Some(2) && again.err.contains("exists already"), "{}", again.err);
    let shares = Shares { validation: 0.2, test: 0.2 };
    let options = LoadOptions::default();
    let table = split(&photos.root(), &options, shares, 5, &photos.root(), &|_, _| {}).unwrap();
    // the table itself lies beside the class folders, and is no picture
    assert_eq!(table.csv, text);
    let texts = Photos::new();
    texts.write("sms.tsv", (0..20).map(|i| format!("{}\thello {i}, \"you\"\n", ["a", "b"][i % 2])).collect::<String>());
    let ran = run(&texts, "data split photos/sms.tsv --out photos/split.csv");
    assert_eq!(ran.code, Some(0));
    let data = load_with(texts.path("split.csv").to_str(), &small(), &texts.places(), &|_, _| {}).unwrap();
    assert_eq!(data.train().unwrap().len() + data.validation().unwrap().len() + data.test().unwrap().len(), 20);
}

#[test]
fn a_class_that_cannot_be_in_every_split_is_told() {
    let photos = Photos::new();
    for i in 0..40 {
        let class = ["cat", "dog"][i as usize % 2];
        photos.write(&format!("{class}/{i}.png"), encode(&scene(i), ImageFormat::Png));
        photos.write(&format!("fox/{i}.bmp"), encode(&scene(100), ImageFormat::Bmp));
    }
    let ran = run(&photos, "data split photos --out photos/split.csv");
    let warning = "warning: too few different examples to have some in every split: `fox`\n";
    assert!(ran.err.contains(warning) && ran.out.contains("copies   39 "), "{}{}", ran.out, ran.err);
    let ran = run(&photos, "data split photos/split.csv --out photos/again.csv --json");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&ran.out).unwrap()["undivided"], serde_json::json!(["fox"]));
}
