//! A tar file of a folder of pictures is learned as the folder is, or says why not.

use std::collections::BTreeMap;
use std::path::Path;

use lepton_gpu::data::{Dataset, FolderLayout, ImageOptions, LoadOptions, Split, load_with};
use tar::{Builder, Header};

use crate::pictures::{Photos, says, small};

/// A folder packed as `tar -C FOLDER .` does, with `top` before each name.
fn packed(folder: &Path, top: &str) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    builder.append_dir_all(top, folder).unwrap();
    builder.into_inner().unwrap()
}

fn loaded(photos: &Photos, path: &Path, options: &LoadOptions) -> Result<Dataset, lepton_gpu::data::DataError> {
    load_with(path.to_str(), options, &photos.places(), &|_, _| {})
}

/// Pictures of each class, by split: what is learned.
fn learned(data: &Dataset) -> BTreeMap<(&'static str, String), Vec<Vec<u8>>> {
    let mut all: BTreeMap<_, Vec<Vec<u8>>> = BTreeMap::new();
    let mut take = |name: &'static str, split: Option<&Split>| {
        for (i, &label) in split.map(Split::labels).unwrap_or_default().iter().enumerate() {
            let class = data.classes()[label as usize].clone();
            all.entry((name, class)).or_default().push(split.unwrap().example(i).unwrap().to_vec());
        }
    };
    take("train", data.train());
    take("val", data.validation());
    take("test", data.test());
    all.values_mut().for_each(|pictures| pictures.sort());
    all
}

/// The folder's path, and those of its archives: with a top folder, without, and with more of them.
fn archives(photos: &Photos) -> Vec<std::path::PathBuf> {
    let tars =
        ["./", "photos", "download/photos"].map(|top| (format!("../{}.tar", top.len()), packed(&photos.root(), top)));
    tars.into_iter()
        .map(|(name, bytes)| {
            photos.write(&name, bytes);
            photos.path(&name)
        })
        .collect()
}

#[track_caller]
fn are_learned_alike(photos: &Photos, options: &LoadOptions) {
    let folder = loaded(photos, &photos.root(), options).unwrap_or_else(|error| panic!("{error}"));
    for archive in archives(photos) {
        let data = loaded(photos, &archive, options).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(data.classes(), folder.classes(), "{}", archive.display());
        assert!(learned(&data) == learned(&folder), "{}: other pictures", archive.display());
    }
}

#[test]
fn a_tar_file_of_a_folder_is_learned_as_the_folder() {
    let trees: [&[&str]; 9] = [
        &["cat", "dog"],
        // folders in a class are of that class
        &["cat/young", "cat/old", "dog/young", "dog"],
        &["train/cat", "train/dog", "val/cat", "val/dog", "test/cat", "extra"],
        &["train_set/cat", "train_set/dog", "test_set/cat"],
        &["seg_train/seg_train/a", "seg_train/seg_train/b", "seg_test/seg_test/a", "seg_pred/seg_pred"],
        &["train/cat/images", "train/dog/images", "valid/cat/images"],
        &["train", "car"],
        &["train/cat", "train/dog", "test"],
        &["cat", "dog", "@eaDir/cat", "__MACOSX/cat", ".Trash-1000/files", "cafe\u{301}", "caf\u{e9}"],
    ];
    for folders in trees {
        let photos = Photos::of(folders, 2);
        // what lies beside pictures: macOS' and Windows' own, notes, photos named with dots, a run
        photos.write(&format!("{}/._000.png", folders[0]), "Mac OS X");
        photos.write(".DS_Store", "Mac");
        photos.write("Thumbs.db", "Windows");
        photos.png("stray.png", [9, 9, 9]);
        photos.png(&format!("{}/photo.2024.01.png", folders[0]), [8, 9, 9]);
        photos.png(&format!("{}/photo.2024.02.png", folders[0]), [7, 9, 9]);
        photos.write(&format!("{}/000.txt", folders[0]), "where it was taken");
        photos.write(&format!("{}/000.json", folders[0]), "{\"label\": \"other\"}");
        photos.write("runs/first/last.safetensors", "");
        photos.png("runs/first/curve.png", [6, 9, 9]);
        are_learned_alike(&photos, &small());
    }
    let layout =
        |layout| LoadOptions { images: ImageOptions { layout: Some(layout), ..ImageOptions::default() }, ..small() };
    let photos = Photos::of(&["bus", "train/steam", "train/diesel"], 2);
    are_learned_alike(&photos, &layout(FolderLayout::Classes));
    are_learned_alike(&photos, &layout(FolderLayout::Splits));
}

#[test]
fn what_is_asked_of_a_folder_is_asked_of_its_tar_file() {
    for (folders, needles) in [
        (&["bus", "train/steam", "train/diesel"][..], &["`train` could be a split or a class", "--layout splits"][..]),
        (&["amazon/images/a", "amazon/images/b", "dslr/images/a", "dslr/images/b"], &["each hold the folders a, b"]),
        (&["images", "masks"], &["are some of them masks", "--layout classes"]),
        (&["yes", "no", "set/yes", "set/no"], &["is it a copy of the data"]),
    ] {
        let photos = Photos::of(folders, 3);
        for archive in archives(&photos) {
            let error = loaded(&photos, &archive, &small()).expect_err("this must not load");
            says(&error, &[needles, &["tar xf"]].concat());
        }
    }
    let photos = Photos::of(&["cat", "dog"], 2);
    std::fs::create_dir(photos.path("bird")).unwrap();
    for archive in archives(&photos) {
        says(&loaded(&photos, &archive, &small()).expect_err("this must not load"), &["bird: no images of this class"]);
    }
}

/// Two names that are not UTF-8 are two classes, as on a disk.
#[test]
fn names_of_members_that_are_not_unicode_stay_apart() {
    let photos = Photos::of(&["x"], 2);
    let mut builder = Builder::new(Vec::new());
    for (i, name) in [&b"caf\xe9/0.png"[..], b"caf\xe8/0.png", b"caf\xe8/1.png"].into_iter().enumerate() {
        let bytes = std::fs::read(photos.path(&format!("x/00{}.png", i % 2))).unwrap();
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_cksum();
        builder.append(&header, &bytes[..]).unwrap();
    }
    photos.write("../a.tar", builder.into_inner().unwrap());
    let data = loaded(&photos, &photos.path("../a.tar"), &small()).unwrap();
    assert_eq!(data.classes(), ["caf\\xe8", "caf\\xe9"]);
}

/// Splits are called as folders are, where the labels come from elsewhere.
#[test]
fn folders_of_samples_with_labels_are_splits() {
    let photos = Photos::new();
    for (split, count) in [("train_set", 4), ("test_images", 2)] {
        for i in 0..count {
            photos.png(&format!("{split}/{i}.png"), [i, count, 9]);
            photos.write(&format!("{split}/{i}.cls"), (i % 2).to_string());
        }
    }
    for archive in archives(&photos) {
        let data = loaded(&photos, &archive, &small()).unwrap();
        assert_eq!((data.train().unwrap().len(), data.test().unwrap().len()), (4, 2), "{}", archive.display());
    }
}
