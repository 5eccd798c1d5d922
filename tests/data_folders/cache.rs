//! Decoded images are kept: a hit is fast and right, a miss and damage are noticed, and what is kept stays bounded.

use std::fs::{self, File};
use std::path::Path;

use lepton_gpu::data::{LoadOptions, load_with};

use crate::pictures::{BLUE, Photos, RED, bytes_of, pixel, small};
use crate::skipping;

fn photos() -> Photos {
    let photos = Photos::new();
    photos.png("a/x.png", RED);
    photos.png("b/y.png", BLUE);
    photos
}

/// Replaces a file by nonsense that nobody can see from outside.
fn spoil(path: &Path) {
    let changed = path.metadata().unwrap().modified().unwrap();
    fs::write(path, vec![b'\x89'; bytes_of(path).len()]).unwrap();
    // the first bytes still promise a PNG
    let mut bytes = bytes_of(path);
    bytes[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
    fs::write(path, bytes).unwrap();
    File::options().append(true).open(path).unwrap().set_modified(changed).unwrap();
}

#[test]
fn the_second_start_reads_what_was_kept() {
    let photos = photos();
    let first = photos.loaded();
    assert_eq!(photos.kept().len(), 1);
    spoil(&photos.path("a/x.png"));
    assert_eq!(photos.loaded(), first, "the picture was not decoded again");
    // without a cache, it is decoded
    let bare = load_with(photos.root().to_str(), &small(), &Default::default(), &|_, _| {});
    assert!(bare.unwrap_err().to_string().contains("a/x.png"));
}

#[test]
fn what_changes_is_decoded_again() {
    let photos = photos();
    let first = photos.loaded();
    photos.png("a/x.png", [1, 2, 3]);
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    File::options().append(true).open(photos.path("a/x.png")).unwrap().set_modified(later).unwrap();
    assert_eq!(pixel(&photos.loaded(), "a", 0, 0), [1, 2, 3], "another time");
    photos.png("a/z.png", [9; 3]);
    assert_eq!(photos.loaded().train().unwrap().len(), 3, "another file");
    fs::rename(photos.path("a/z.png"), photos.path("b/z.png")).unwrap();
    assert_ne!(photos.loaded().train().unwrap().labels(), first.train().unwrap().labels(), "another class");
    let larger = LoadOptions { shape: [9, 9, 3], ..small() };
    assert_eq!(photos.load(&larger).unwrap().input().shape(), [9, 9, 3], "another size");
}

#[test]
fn damage_is_noticed_and_mended() {
    let photos = photos();
    let first = photos.loaded();
    let kept = photos.kept();
    let (path, whole) = kept.first_key_value().unwrap();
    let spots = [0, 7, 8, 12, 20, whole.len() / 2, whole.len() - 1];
    let flipped = spots.map(|at| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        bytes
    });
    let cut = [0, 5, 17, whole.len() - 1].map(|length| whole[..length].to_vec());
    for damaged in flipped.into_iter().chain(cut).chain([[whole.as_slice(), b"x"].concat()]) {
        assert_ne!(&damaged, whole);
        fs::write(path, damaged).unwrap();
        assert_eq!(photos.loaded(), first);
        assert!(&bytes_of(path) == whole, "it is written anew");
    }
}

#[test]
fn damaged_pictures_are_kept_as_such() {
    let photos = photos();
    photos.png("a/cut.png", [5; 3]);
    photos.png("a/good.png", [6; 3]);
    spoil(&photos.path("a/cut.png"));
    photos.fails(&small(), &["1 of 4 images", "a/cut.png"]);
    assert_eq!(photos.kept().len(), 1);
    // from what was kept
    photos.fails(&small(), &["1 of 4 images", "a/cut.png"]);
    let data = photos.load(&skipping()).unwrap();
    assert_eq!(data.train().unwrap().len(), 3);
    assert_eq!(photos.kept().len(), 1);
}

#[test]
fn a_folder_keeps_three_sizes_and_others_keep_theirs() {
    let photos = photos();
    let other = Photos::of(&["a", "b"], 1);
    let load = |from: &Photos, side| {
        let options = LoadOptions { shape: [side, side, 3], ..small() };
        load_with(from.root().to_str(), &options, &photos.places(), &|_, _| {}).unwrap();
    };
    load(&other, 8);
    for side in 8..14 {
        load(&photos, side);
    }
    assert_eq!(photos.kept().len(), 4, "three of this folder, one of the other");
}

#[cfg(unix)]
#[test]
fn holes_of_other_files_take_no_room() {
    let photos = photos();
    fs::create_dir_all(photos.cache()).unwrap();
    let other = photos.cache().join("0000000000000000-00.cells");
    fs::File::create(&other).unwrap().set_len(9 << 30).unwrap();
    photos.loaded();
    assert!(other.exists(), "nothing was written there yet");
}

#[test]
fn a_cache_that_cannot_be_written_only_warns() {
    let photos = photos();
    fs::write(photos.cache(), "a file where the folder should be").unwrap();
    let data = photos.loaded();
    assert_eq!(data.notes().len(), 1);
    assert!(data.notes()[0].starts_with("cannot cache the decoded images: "), "{:?}", data.notes());
    assert_eq!(data.train().unwrap().len(), 2);
}
