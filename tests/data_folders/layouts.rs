//! What folders mean: classes, splits, neither, or both, which is asked; and what of them is no data.

use std::fs;

use lepton_gpu::data::{FolderLayout, HoldOut, ImageOptions, LoadOptions, load_with, pictures_in};

use crate::pictures::{Photos, balance, small};

fn arranged(layout: FolderLayout) -> LoadOptions {
    LoadOptions { images: ImageOptions { layout: Some(layout), ..ImageOptions::default() }, ..small() }
}

fn knowing(classes: &[&str]) -> LoadOptions {
    LoadOptions { classes: Some(classes.iter().map(|name| (*name).to_string()).collect()), ..small() }
}

#[track_caller]
fn classes(photos: &Photos, options: &LoadOptions) -> Vec<String> {
    photos.load(options).unwrap_or_else(|error| panic!("{error}")).classes().to_vec()
}

/// A run as `train` leaves it.
fn run(photos: &Photos, name: &str) {
    photos.write(&format!("{name}/config.toml"), "");
    photos.write(&format!("{name}/model.toml"), "");
    photos.png(&format!("{name}/curve.png"), [1, 2, 3]);
    photos.png(&format!("{name}/samples/epoch-1.png"), [1, 2, 3]);
}

#[test]
fn runs_among_the_pictures_are_no_pictures() {
    let photos = Photos::of(&["cat", "dog"], 3);
    let before = photos.loaded();
    for name in ["runs/first", "runs/older/second", "cat/run", "mine"] {
        run(&photos, name);
    }
    photos.write("runs/rates/lr-find.json", "{}");
    photos.png("runs/rates/lr-find.png", [9; 3]);
    photos.write("swept/sweep.json", "{}");
    photos.png("swept/best.png", [9; 3]);
    let data = photos.loaded();
    assert_eq!((data.classes(), data.train()), (before.classes(), before.train()));
    assert_eq!(data.notes(), ["left out: runs of lepton-gpu: cat/run, mine, runs/first, runs/older/second and 2 more"]);
    // beside splits, too
    let photos = Photos::of(&["train/cat", "train/dog", "test/cat", "test/dog"], 2);
    run(&photos, "runs/first");
    assert_eq!(photos.loaded().classes(), ["cat", "dog"]);
    let nothing = Photos::new();
    run(&nothing, "runs/first");
    nothing.fails(&small(), &["0 images and no folder for each class"]);
}

/// What `explain` and `predict --sort-into` write has a mark.
#[test]
fn what_the_program_wrote_among_the_pictures_is_no_data() {
    let photos = Photos::of(&["cat", "dog"], 3);
    let before = photos.loaded();
    for name in ["explained", "cat/explained", "sorted"] {
        photos.write(&format!("{name}/.lepton-gpu"), "Written by lepton-gpu.");
    }
    photos.png("explained/000.grad-cam.png", [1, 2, 3]);
    photos.png("cat/explained/000.grad-cam.png", [1, 2, 3]);
    photos.png("sorted/cat/000.png", [1, 2, 3]);
    let data = photos.loaded();
    assert_eq!((data.classes(), data.train()), (before.classes(), before.train()));
    let note = "left out: what lepton-gpu wrote (remove the file .lepton-gpu in it if it is data): cat/explained, explained, sorted";
    assert_eq!(data.notes(), [note]);
    let found = pictures_in(&photos.root()).unwrap();
    assert_eq!(found.len(), 6, "nor are they answered: {found:?}");
    // asked for by its name it is data, and without the mark among others, too
    photos.png("sorted/dog/000.png", [3, 2, 1]);
    let sorted = load_with(photos.path("sorted").to_str(), &small(), &photos.places(), &|_, _| {}).unwrap();
    assert_eq!(sorted.classes(), ["cat", "dog"]);
    fs::remove_file(photos.path("sorted/.lepton-gpu")).unwrap();
    photos.fails(&small(), &["is it a copy of the data, or a class?"]);
    assert_eq!(classes(&photos, &arranged(FolderLayout::Classes)), ["cat", "dog", "sorted"]);
}

#[test]
fn folders_of_systems_and_thumbnails_are_no_classes() {
    let photos = Photos::of(&["cat", "dog"], 3);
    let before = photos.loaded();
    photos.png("@eaDir/cat/000.png@SynoEAStream", [1; 3]);
    photos.png("cat/@eaDir/000.png/SYNOPHOTO_THUMB_M.jpg", [1; 3]);
    photos.png("dog/.thumbnails/000.png", [1; 3]);
    photos.png("$RECYCLE.BIN/S-1-5/$R1.png", [1; 3]);
    photos.png("#recycle/old.png", [1; 3]);
    photos.png("dog/Thumbs/000.png", [1; 3]);
    // those of other systems and programs
    for name in ["@__thumb", "_thumb", "__thumbs"] {
        photos.png(&format!("cat/{name}/000.png"), [1; 3]);
    }
    for name in
        ["_MACOSX", ".Trash-1000", ".ipynb_checkpoints", ".picasaoriginals", ".stversions", ".AppleDouble", ".@__thumb"]
    {
        photos.png(&format!("{name}/cat/000.png"), [1; 3]);
    }
    for name in ["~snapshot", "FOUND.000", "@Recently-Snapshot", "Recycle Bin", "TheVolumeSettingsFolder"] {
        photos.png(&format!("{name}/cat/000.png"), [1; 3]);
    }
    for empty in ["System Volume Information", "lost+found", "@tmp", "__pycache__", "Thumbs", "@Recycle"] {
        fs::create_dir(photos.path(empty)).unwrap();
    }
    let data = photos.loaded();
    assert_eq!((data.classes(), data.train()), (before.classes(), before.train()));
    assert_eq!(
        data.notes(),
        [
            "left out: folders of the system: #recycle, $RECYCLE.BIN, @Recently-Snapshot, @Recycle and 8 more",
            "left out: thumbnails (rename the folder if it is a class): @eaDir, Thumbs, cat/@__thumb, cat/@eaDir and 3 more"
        ]
    );
}

#[test]
fn a_split_beside_classes_is_asked_for() {
    let trains = Photos::of(&["bus", "train/steam", "train/diesel"], 2);
    trains.fails(
        &small(),
        &[
            "`train` could be a split or a class: as classes there are bus, train; as splits, diesel, steam of `train`",
            "--layout classes, or --layout splits",
        ],
    );
    assert_eq!(classes(&trains, &arranged(FolderLayout::Classes)), ["bus", "train"]);
    assert_eq!(classes(&trains, &arranged(FolderLayout::Splits)), ["diesel", "steam"]);
    // a trained model knows
    assert_eq!(trains.load(&knowing(&["bus", "train"])).unwrap().train().unwrap().len(), 6);
    assert_eq!(trains.load(&knowing(&["diesel", "steam"])).unwrap().train().unwrap().len(), 4);
    let lab = Photos::of(&["blank", "test/a", "test/b"], 2);
    lab.fails(&small(), &["`test` could be a split or a class: as classes there are blank, test;"]);
    // splits of the same classes are splits, and so is one alone
    let clear = Photos::of(&["train/a", "train/b", "test/a", "test/b", "extra"], 2);
    assert_eq!(classes(&clear, &small()), ["a", "b"]);
    assert_eq!(classes(&clear, &arranged(FolderLayout::Classes)), ["extra", "test", "train"]);
    assert_eq!(classes(&Photos::of(&["train/a", "train/b"], 2), &small()), ["a", "b"]);
    // nothing in common with training
    Photos::of(&["train/a", "train/b", "test/x", "other"], 2).fails(&small(), &["`test` and `train` could be"]);
    // a class of its own pictures is one, whatever it is called
    assert_eq!(classes(&Photos::of(&["train", "car"], 2), &small()), ["car", "train"]);
    assert_eq!(classes(&Photos::of(&["train", "train/old", "car"], 2), &small()), ["car", "train"]);
}

#[test]
fn splits_that_end_alike_are_splits_and_splits_inside_classes_are_asked_for() {
    let intel = Photos::of(&["seg_train/seg_train/a", "seg_train/seg_train/b"], 3);
    for name in ["seg_test/seg_test/a/x.png", "seg_test/seg_test/b/x.png", "seg_pred/seg_pred/x.png"] {
        intel.png(name, [1, 2, 3]);
    }
    let data = intel.loaded();
    assert_eq!((data.classes().join(" "), data.test().unwrap().len()), ("a b".into(), 2));
    assert_eq!(data.notes(), ["ignored next to train, val and test: seg_pred"]);
    let nested = Photos::of(&["A/train/a", "A/train/b", "B/train/a", "B/train/b"], 2);
    nested.fails(&small(), &["`A` and `B` each hold the folders train; which of them are the classes?"]);
    for flat in [["train2017", "val2017"], ["train", "test1"]] {
        Photos::of(&flat, 2).fails(&small(), &["hold images and no folder for each class"]);
    }
    // classes that are called so are classes
    assert_eq!(classes(&Photos::of(&["bullet_train", "steam_train"], 2), &small()), ["bullet_train", "steam_train"]);
}

#[test]
fn splits_are_told_by_name_and_may_be_untidy() {
    let photos = Photos::of(&["training_set/training_set/cat", "training_set/training_set/dog"], 3);
    photos.png("test_set/test_set/cat/x.png", [1; 3]);
    let data = photos.load(&LoadOptions { hold_out: HoldOut::Auto, ..small() }).unwrap();
    assert_eq!(data.classes(), ["cat", "dog"]);
    assert_eq!(balance(data.test().unwrap(), 2), [1, 0]);
    // a stray picture does not make a class of a split
    let photos = Photos::of(&["train/cat", "train/dog", "test/cat"], 2);
    photos.png("train/stray.png", [1; 3]);
    let data = photos.loaded();
    assert_eq!(
        (data.classes().len(), data.notes()),
        (2, &["ignored: images outside the class folders (1)".into()][..])
    );
    // test pictures without classes are for `predict`
    let photos = Photos::of(&["train/cat", "train/dog", "test"], 2);
    let data = photos.loaded();
    assert_eq!(data.classes(), ["cat", "dog"]);
    assert!(data.test().is_none());
    assert!(data.notes()[0].starts_with("ignored: `test`, whose images are in no class folders"), "{:?}", data.notes());
    // training pictures without classes are not
    Photos::of(&["test/cat", "test/dog", "train"], 2).fails(&small(), &["`test` could be a split or a class"]);
}

#[test]
fn folders_without_classes_say_where_those_may_be() {
    let root = |photos: &Photos| photos.root().display().to_string();
    let kaggle = Photos::of(&["train_images", "test_images"], 3);
    kaggle.fails(&small(), &["`test_images` and `train_images` hold images and no folder for each class", "/cats/…"]);
    kaggle.write("train.csv", "id,label\n0,a\n");
    kaggle.write("sample_submission.csv", "id,label\n0,a\n");
    let hint = format!("try: lepton-gpu train {0}/train.csv --images {0}/train_images, or", root(&kaggle));
    kaggle.fails(&small(), &["hold images and no folder for each class", &hint]);
    assert_eq!(classes(&kaggle, &arranged(FolderLayout::Classes)), ["test_images", "train_images"]);
    let only = Photos::of(&["images"], 3);
    only.write("labels.csv", "image,label\n0,a\n");
    only.fails(&small(), &["`images` holds images", "/labels.csv --images "]);
    Photos::of(&["train", "test"], 2).fails(&small(), &["`test` and `train` hold images"]);

    // one level too far out, and too far in
    let outer = Photos::of(&["flowers/rose", "flowers/tulip", "flowers/lily"], 2);
    outer.fails(&small(), &["1 class (`flowers`)", &format!("try: lepton-gpu train {}/flowers", root(&outer))]);
    let at = |name: &str| {
        let places = outer.places();
        lepton_gpu::data::load_with(outer.path(name).to_str(), &small(), &places, &|_, _| {}).unwrap_err()
    };
    let hint = format!("try: lepton-gpu train {}/flowers", root(&outer));
    crate::says(&at("flowers/rose"), &["rose: 2 images and no folder for each class", &hint]);
    let splits = Photos::of(&["train/a", "train/b", "val/a", "val/b"], 2);
    let inside = lepton_gpu::data::load_with(splits.path("train/a").to_str(), &small(), &splits.places(), &|_, _| {});
    crate::says(&inside.unwrap_err(), &[&format!("try: lepton-gpu train {}", root(&splits))]);

    // the same folders in each: who knows
    let folds = Photos::of(&["fold1/cat", "fold1/dog", "fold2/cat", "fold2/dog"], 2);
    folds.fails(&small(), &["`fold1` and `fold2` each hold the folders cat, dog", "/fold1", "--layout classes"]);
    assert_eq!(classes(&folds, &arranged(FolderLayout::Classes)), ["fold1", "fold2"]);
}

/// Famous sets as they unpack: a copy beside the classes, parts, masks, splits in names.
#[test]
fn folders_that_probably_are_no_classes_are_asked_for() {
    let asks = |folders: &[&str], says: &[&str]| {
        let photos = Photos::of(folders, 3);
        photos.fails(&small(), &[says, &["--layout classes"]].concat());
        assert!(classes(&photos, &arranged(FolderLayout::Classes)).len() > 1, "as it is said: {folders:?}");
        photos
    };
    let once_more = ["yes", "no", "brain_tumor_dataset/yes", "brain_tumor_dataset/no"];
    let photos =
        asks(&once_more, &["`brain_tumor_dataset` holds folders of the same names as those beside it (no, yes)"]);
    let inner = format!("try: lepton-gpu train {}/brain_tumor_dataset", photos.root().display());
    photos.fails(&small(), &[&inner]);
    assert_eq!(
        photos.load(&knowing(&["brain_tumor_dataset", "no", "yes"])).unwrap().train().unwrap().len(),
        12,
        "old runs"
    );
    asks(&["a", "b", "Plant/a", "Plant/b"], &["`Plant` holds folders of the same names as those beside it (a, b)"]);
    for parts in [["HAM10000_images_part_1", "HAM10000_images_part_2"], ["images_001/images", "images_002/images"]] {
        let photos = asks(&parts, &["numbered parts of one set, or classes?"]);
        photos.write("metadata.csv", "image_id,dx\n000,a\n");
        photos.fails(&small(), &[&format!("try: lepton-gpu train {}/metadata.csv --images", photos.root().display())]);
    }
    for masks in [["images", "masks"], ["JPEGImages", "SegmentationClass"], ["images", "annotations/trimaps"]] {
        asks(&masks, &["have the same names: are some of them masks, or are the folders classes?", "segmentation"]);
    }
    let suffixed = Photos::of(&["photos"], 4);
    (0..4).for_each(|i| suffixed.png(&format!("seg/{i:03}_mask.png"), [i, 0, 0]));
    suffixed.fails(&small(), &["are some of them masks"]);
    asks(
        &["data/train/cat", "data/train/dog", "data/test/cat", "data/test/dog", "extra"],
        &["`data` holds the folders test, train"],
    );
    asks(&["labeled/cat", "labeled/dog", "unlabeled"], &["`labeled` holds the folders cat, dog"]);
    asks(&["train_cats", "train_dogs", "val_cats", "val_dogs"], &["named after a split and a class", "train/cats/…"]);
    asks(
        &["amazon/images/mug", "amazon/images/pen", "dslr/images/mug", "dslr/images/pen"],
        &["each hold the folders mug, pen"],
    );
    let split = Photos::of(&["train80/a", "train80/b", "test20/a", "test20/b"], 2);
    split.fails(&small(), &[&format!("try: lepton-gpu train {}/train80,", split.root().display())]);
    // classes that look a little so
    for folders in
        [&["cat", "dog"][..], &["digit_1", "digit_2"], &["1", "2"], &["person1", "person2"], &["mask", "nomask"]]
    {
        assert_eq!(classes(&Photos::of(folders, 3), &small()).len(), 2, "{folders:?}");
    }
    // nor does it matter where nothing is learned of classes
    let unlabelled = LoadOptions { unlabelled: true, ..small() };
    for folders in [&["images"][..], &["images_1", "images_2"], &["train"]] {
        let data = Photos::of(folders, 3).load(&unlabelled).unwrap();
        assert_eq!(data.train().unwrap().len(), 3 * folders.len(), "{folders:?}");
    }
    Photos::of(&["images", "masks"], 3).fails(&unlabelled, &["are some of them masks"]);
}

/// A folder of folders of pictures, beside folders of other things.
#[test]
fn one_folder_that_holds_the_classes_is_proposed() {
    for beside in ["parts/parts.txt", "meta/train.txt", "Annotations/mug/1.mat"] {
        let photos = Photos::of(&["images/001.mug", "images/002.pen"], 2);
        photos.write(beside, "text");
        photos.fails(
            &small(),
            &["1 class (`images`)", &format!("try: lepton-gpu train {}/images", photos.root().display())],
        );
    }
    let flat = Photos::of(&["jpg"], 3);
    flat.write("labels.mat", "MATLAB");
    let error = flat.load(&small()).unwrap_err();
    assert!(!lepton_gpu::cli::hint::message(&error).contains("--layout"), "{error}");
}

#[test]
fn classes_have_one_order_and_one_spelling() {
    let photos = Photos::of(&["10", "1", "2"], 2);
    assert_eq!(classes(&photos, &small()), ["1", "2", "10"]);
    // a model that was trained when the order was another one keeps it
    let data = photos.load(&knowing(&["1", "10", "2"])).unwrap();
    assert_eq!(data.classes(), ["1", "10", "2"]);
    // composed and decomposed, in one split and across splits
    let words = Photos::of(&["train/caf\u{e9}", "train/cafe\u{301}", "train/tea", "test/cafe\u{301}"], 2);
    let data = words.loaded();
    assert_eq!(data.classes(), ["caf\u{e9}", "tea"]);
    assert_eq!((balance(data.train().unwrap(), 2), balance(data.test().unwrap(), 2)), (vec![4, 2], vec![2, 0]));
    assert!(data.notes()[0].starts_with("2 folders are called `caf\u{e9}`"), "{:?}", data.notes());
    assert_eq!(words.load(&knowing(&["cafe\u{301}", "tea"])).unwrap().test().unwrap().labels(), [0, 0]);
    // two names that look alike are told apart
    let alike = Photos::of(&["train/cat", "train/dog", "test/cat\u{a0}"], 2);
    alike.fails(&small(), &["class `cat\\u{a0}` is not one of the training folders: cat, dog"]);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_stay_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let photos = Photos::of(&["tea"], 2);
    for (i, name) in [&b"caf\xe9"[..], b"caf\xe8"].into_iter().enumerate() {
        let folder = photos.root().join(OsStr::from_bytes(name));
        fs::create_dir(&folder).unwrap();
        for j in 0..=i {
            fs::copy(photos.path("tea/000.png"), folder.join(format!("{j}.png"))).unwrap();
        }
    }
    let data = photos.loaded();
    assert_eq!(data.classes(), ["caf\\xe8", "caf\\xe9", "tea"]);
    assert_eq!(balance(data.train().unwrap(), 3), [2, 1, 2]);
}

#[cfg(unix)]
#[test]
fn a_link_back_to_the_data_is_no_class() {
    let photos = Photos::of(&["a", "b"], 2);
    std::os::unix::fs::symlink(photos.root(), photos.path("self")).unwrap();
    let data = photos.loaded();
    assert_eq!(data.classes(), ["a", "b"]);
    assert_eq!(data.notes(), ["left out: links back to a folder above: self"]);
}

/// As cats and dogs came from a competition: `train/cat.0.jpg`.
#[test]
fn classes_in_the_names_of_images_are_proposed() {
    let photos = Photos::new();
    for (i, name) in ["cat.0", "cat.1", "dog.0", "dog.1"].into_iter().enumerate() {
        photos.png(&format!("train/{name}.png"), [i as u8, 2, 3]);
        photos.png(&format!("test1/{i}.png"), [i as u8, 3, 3]);
    }
    let train = photos.path("train");
    let proposed = |of: &std::path::Path| {
        let folders = ["cat", "dog"].map(|class| of.join(class).join("…").display().to_string());
        format!("try: one folder for each class, as the images' names begin: {}", folders.join(", "))
    };
    photos.fails(&small(), &["`test1` and `train` hold images and no folder for each class", &proposed(&train)]);
    let error = load_with(train.to_str(), &small(), &photos.places(), &|_, _| {}).unwrap_err();
    crate::pictures::says(&error, &["4 images and no folder for each class", &proposed(&train)]);
    // names of cameras are none
    let photos = Photos::new();
    (0..4).for_each(|i| photos.png(&format!("IMG_{i:04}.png"), [i, 2, 3]));
    photos.fails(&small(), &["4 images and no folder for each class", "try: one folder for each class: "]);
}

/// The answer of `data check` is that of training, also where nothing can be listed.
#[test]
fn images_beside_a_folder_of_annotations_are_unsorted() {
    let photos = Photos::of(&["images"], 3);
    photos.write("annotations/list.txt", "000 1");
    let says = "`images` holds images and no folder for each class";
    photos.fails(&small(), &[says]);
    let checked = lepton_gpu::data::check(photos.root().to_str().unwrap(), &small(), &photos.places(), &|_, _| {});
    crate::pictures::says(&checked.expect_err("there are no classes"), &[says]);
}
