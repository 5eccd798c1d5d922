//! Folders of pictures by class: what is taken in, what is left out, what is refused, and how it is split and kept.

#[path = "data_folders/archives.rs"]
mod archives;
#[path = "data_folders/cache.rs"]
mod cache;
#[path = "data_folders/commands.rs"]
mod commands;
mod common;
#[path = "data_folders/damaged.rs"]
mod damaged;
#[path = "data_folders/doctor.rs"]
mod doctor;
#[path = "data_folders/formats.rs"]
mod formats;
#[path = "data_folders/layouts.rs"]
mod layouts;
#[path = "data_folders/parquet.rs"]
mod parquet;
mod pictures;
#[path = "data_folders/shards.rs"]
mod shards;
#[path = "data_folders/streamed.rs"]
mod streamed;
#[path = "common/surroundings.rs"]
mod surroundings;

use lepton_gpu::config::{RunConfig, Validation};
use lepton_gpu::data::{HoldOut, ImageOptions, LoadOptions, Places, Split, check};

use lepton_gpu::train::held_out_images;
use pictures::{Photos, balance, plain, says, small};

fn skipping() -> LoadOptions {
    LoadOptions { images: ImageOptions { skip_damaged: true, ..ImageOptions::default() }, ..small() }
}

fn held(share: HoldOut, seed: u64) -> LoadOptions {
    LoadOptions { hold_out: share, seed, ..small() }
}

#[test]
fn folders_are_classes_and_names_may_be_any() {
    let photos = Photos::of(&["two words", "Äpfel — 林檎", "apple"], 2);
    photos.png("apple/deeper/and deeper/Ünicode №1.png", [1, 2, 3]);
    photos.png("apple/no-extension", [1, 2, 4]);
    let data = photos.loaded();
    assert_eq!(data.classes(), ["apple", "two words", "Äpfel — 林檎"], "sorted");
    let train = data.train().unwrap();
    assert_eq!(balance(train, 3), [4, 2, 2]);
    assert_eq!(train.input().shape(), [8, 8, 3]);
    assert!(data.test().is_none() && data.validation().is_none() && data.notes().is_empty(), "{:?}", data.notes());
    assert_eq!(data.name(), "photos");
    assert!(train.labels() != [0, 0, 0, 0, 1, 1, 2, 2], "the first images are not all of one class");
}

#[test]
fn what_is_no_picture_is_counted_and_left_out() {
    let photos = Photos::of(&["a", "b"], 2);
    for name in ["a/Thumbs.db", "a/notes.txt", "b/more.TXT", "readme.md", "a/desktop.ini"] {
        photos.write(name, "text");
    }
    for name in [".git/x.png", "a/.DS_Store", "a/._0.png", "a/.hidden/x.png", "__MACOSX/a/x.png"] {
        photos.write(name, "text");
    }
    photos.png("loose.png", [0; 3]);
    let data = photos.loaded();
    assert_eq!(balance(data.train().unwrap(), 2), [2, 2]);
    let note =
        "ignored: .db files (1), .ini files (1), .md files (1), .txt files (2), images outside the class folders (1)";
    assert_eq!(data.notes(), [note]);
}

#[test]
fn damaged_pictures_are_all_named() {
    let photos = Photos::of(&["a", "b"], 3);
    photos.write("a/empty.jpg", "");
    photos.write("a/page.jpg", "<html>not found</html>");
    photos.write("b/phone.HEIC", "\0\0\0\x18ftypheic");
    let jpeg = pictures::encode(&plain(64, 64, [200, 100, 50]), image::ImageFormat::Jpeg);
    photos.write("b/cut.jpg", &jpeg[..jpeg.len() / 2]);
    let png = pictures::encode(&pictures::two_colours(64, 64).into(), image::ImageFormat::Png);
    photos.write("b/cut.png", &png[..png.len() / 2]);
    photos.fails(
        &small(),
        &[
            "photos: 5 of 11 images cannot be read",
            "a/empty.jpg: empty",
            "a/page.jpg: a web page (HTML), not an image",
            "b/phone.HEIC: a HEIC photo, which is not supported; save it as JPEG or PNG",
            "b/cut.jpg:",
            &format!("cut after {} bytes", jpeg.len() / 2),
            "b/cut.png:",
            "--skip-damaged",
        ],
    );
    let data = photos.load(&skipping()).unwrap();
    assert_eq!(balance(data.train().unwrap(), 2), [3, 3]);
    assert_eq!(data.notes(), ["skipped unreadable images: 5 of 11"]);
    let report =
        check(photos.root().to_str().unwrap(), &LoadOptions::default(), &Places::default(), &|_, _| {}).unwrap();
    assert_eq!((report.images, report.damaged.len()), (6, 5));
    assert_eq!(report.classes[1].counts, [3, 0, 0]);
    assert_eq!(report.sizes, [((8, 8), 6)]);

    for i in 0..20 {
        photos.write(&format!("a/more{i:02}.jpg"), "x");
    }
    photos.fails(&small(), &["25 of 31 images", "a/more00.jpg", "and 17 more", "data check"]);
}

#[test]
fn folders_that_cannot_be_learned_from() {
    Photos::of(&["cats"], 3).fails(&small(), &["1 class (`cats`)", "at least 2", "photos/cats/"]);
    let photos = Photos::of(&["cats", "dogs"], 2);
    std::fs::create_dir(photos.path("empty one")).unwrap();
    photos.fails(&small(), &["empty one: no images of this class"]);
    photos.write("empty one/a.txt", "text");
    photos.fails(&small(), &["empty one: no images of this class"]);
    photos.write("empty one/a.jpg", "text");
    photos.fails(&small(), &["1 of 5 images", "empty one/a.jpg"]);
    photos.fails(&skipping(), &["class `empty one` has no training images"]);
    let vast = LoadOptions { shape: [30_000, 30_000, 3], ..small() };
    photos.fails(&vast, &["an image of 30000x30000x3 is 2700000000 bytes", "536870912", "--size"]);
    photos.fails(&LoadOptions { shape: [8, 8, 2], ..small() }, &["2 channels", "1 or 3"]);
    let nothing = Photos::new();
    nothing.write("a.txt", "text");
    nothing.fails(&small(), &["1 entries", "nor anything else", "one folder of images for each class"]);
}

#[test]
fn where_nothing_is_learned_of_classes_some_may_be_tested_alone() {
    let unlabelled = LoadOptions { unlabelled: true, ..small() };
    let photos = Photos::of(&["train/good", "test/good", "test/scratch"], 3);
    let data = photos.load(&unlabelled).unwrap();
    assert_eq!(data.classes(), ["good", "scratch"]);
    let of = |split: Option<&Split>| balance(split.unwrap(), 2);
    assert_eq!((of(data.train()), of(data.test())), (vec![3, 0], vec![3, 3]));
    photos.fails(&small(), &["class `scratch` is not one of the training folders"]);
    let one = Photos::of(&["good"], 3);
    assert_eq!(one.load(&unlabelled).unwrap().classes(), ["good"]);
    one.fails(&small(), &["at least 2 are needed"]);
}

#[test]
fn train_val_and_test_folders_are_splits() {
    let photos = Photos::of(&["train/cat", "train/dog", "Validation/cat", "Validation/dog", "test/dog"], 3);
    photos.png("extra/x.png", [0; 3]);
    let data = photos.load(&held(HoldOut::Auto, 0)).unwrap();
    assert_eq!(data.classes(), ["cat", "dog"]);
    let of = |split: Option<&Split>| balance(split.unwrap(), 2);
    assert_eq!((of(data.train()), of(data.validation()), of(data.test())), (vec![3, 3], vec![3, 3], vec![0, 3]));
    assert_eq!(data.notes(), ["ignored next to train, val and test: extra"]);
    assert_eq!(data.unseen().1, "test");
    photos.fails(
        &held(HoldOut::Share(0.5), 0),
        &["6 validation images", "a fraction of 0.5", "try: without --val-split"],
    );
    photos.png("test/mouse/x.png", [0; 3]);
    photos.fails(&small(), &["test/mouse: class `mouse` is not one of the training folders: cat, dog"]);

    // without val, a share of train may be held out; test stays as it is
    let photos = Photos::of(&["train/cat", "train/dog", "test/cat", "test/dog"], 4);
    assert!(photos.load(&held(HoldOut::Auto, 0)).unwrap().validation().is_none());
    let data = photos.load(&held(HoldOut::Share(0.25), 0)).unwrap();
    assert_eq!((of(data.train()), of(data.validation()), of(data.test())), (vec![3, 3], vec![1, 1], vec![4, 4]));
}

#[test]
fn a_class_may_be_called_train() {
    let photos = Photos::of(&["train", "car"], 2);
    assert_eq!(photos.loaded().classes(), ["car", "train"]);
}

#[test]
fn held_out_images_are_a_seeded_share_of_each_class() {
    let photos = Photos::new();
    for (class, count) in [("many", 40), ("some", 10), ("two", 2), ("one", 1)] {
        (0..count).for_each(|i| photos.png(&format!("{class}/{i}.png"), [i, count, 9]));
    }
    let data = photos.load(&held(HoldOut::Auto, 0)).unwrap();
    let [train, validation] = [data.train().unwrap(), data.validation().unwrap()];
    // many, one, some, two: a single picture is learned, of two one is
    assert_eq!(balance(validation, 4), [8, 0, 2, 1]);
    assert_eq!(balance(train, 4), [32, 1, 8, 1]);
    assert_eq!(data.notes().len(), 1);
    let says = &data.notes()[0];
    assert!(says.starts_with("holding out 11 images for validation, 0.2 of each class"), "{says}");
    let mut all: Vec<_> = (0..train.len()).map(|i| train.example(i).unwrap()).collect();
    all.extend((0..validation.len()).map(|i| validation.example(i).unwrap()));
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 53, "every picture is in one split");
    let of = |seed| photos.load(&held(HoldOut::Share(0.2), seed)).unwrap();
    assert_eq!(of(0).validation().unwrap(), validation);
    assert_ne!(of(1).validation().unwrap(), validation);
}

#[test]
fn classes_of_one_image_each_are_learned_whole() {
    let photos = Photos::of(&["a", "b", "c", "d", "e"], 1);
    for share in [HoldOut::Auto, HoldOut::Share(0.5)] {
        let data = photos.load(&held(share, 0)).unwrap();
        assert_eq!(balance(data.train().unwrap(), 5), [1; 5]);
        assert!(data.validation().is_none());
        assert_eq!(data.notes(), ["no image is held out for validation, as no class has two"]);
        // nor does a run draw some from all of them
        let config = RunConfig { validation: Validation::Fraction(0.5), ..RunConfig::default() };
        assert_eq!(held_out_images(&data, &config), 0);
    }
}

#[test]
fn a_trained_model_knows_its_classes() {
    let photos = Photos::of(&["b"], 3);
    let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_string()).collect());
    let data = photos.load(&LoadOptions { classes: names(&["a", "b", "c"]), ..small() }).unwrap();
    assert_eq!(balance(data.train().unwrap(), 3), [0, 3, 0]);
    assert_eq!(data.classes(), ["a", "b", "c"]);
    let options = LoadOptions { classes: names(&["x", "y"]), ..small() };
    photos.fails(&options, &["b: class `b` is not one of the model's classes: x, y"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_circles_end() {
    use std::os::unix::fs::symlink;
    let photos = Photos::of(&["a", "b"], 2);
    let elsewhere = Photos::of(&["x"], 3);
    symlink(elsewhere.path("x"), photos.path("c")).unwrap();
    symlink(elsewhere.path("x/000.png"), photos.path("a/link.png")).unwrap();
    symlink(photos.path("b"), photos.path("b/circle")).unwrap();
    let data = photos.loaded();
    assert_eq!(balance(data.train().unwrap(), 3), [3, 2, 3]);
    assert_eq!(data.notes(), ["ignored: circular links (1)"]);
    symlink(photos.path("gone.png"), photos.path("a/dead.png")).unwrap();
    photos.fails(&small(), &["1 of 9 images", "a/dead.png: a broken link"]);
    assert_eq!(photos.load(&skipping()).unwrap().train().unwrap().len(), 8);
}

#[test]
fn check_counts_classes_and_known_data() {
    let report = check("fashion-small", &LoadOptions::default(), &Places::default(), &|_, _| {}).unwrap();
    assert_eq!(report.images, 12_000);
    assert_eq!(report.classes[0].counts, [1_000, 0, 200]);
    assert_eq!(report.sizes, [((28, 28), 12_000)]);
    let error = check("no such folder", &LoadOptions::default(), &Places::default(), &|_, _| {}).unwrap_err();
    says(&error, &["neither a folder nor"]);
}
