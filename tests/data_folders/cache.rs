//! Decoded images are kept: a hit is fast and right, a miss and damage are noticed, and what is kept stays bounded.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use lepton_gpu::data::{LoadOptions, Looked, load_with, survey};

use crate::pictures::{BLUE, Photos, RED, bytes_of, encode, pixel, plain, small};
use crate::skipping;

fn photos() -> Photos {
    let photos = Photos::new();
    photos.png("a/x.png", RED);
    photos.png("b/y.png", BLUE);
    photos
}

/// Replaces a picture by nonsense of its size that still promises a PNG.
fn spoil(path: &Path) {
    let mut bytes = vec![b'\x89'; bytes_of(path).len()];
    bytes[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
    fs::write(path, bytes).unwrap();
}

#[test]
fn the_second_start_reads_what_was_kept() {
    let photos = photos();
    let first = photos.loaded();
    assert_eq!(photos.kept().len(), 1);
    let listed = || survey(photos.root().to_str(), &small(), &photos.places()).unwrap().1;
    let [Looked::Listed(again), Looked::Listed(bare)] = [listed(), listed()] else { panic!("pictures are listed") };
    fs::remove_file(photos.path("a/x.png")).unwrap();
    let again = again.load(&small(), &photos.places(), &|_, _| {}).unwrap();
    assert_eq!(again, first, "the picture was not decoded again");
    let bare = bare.load(&small(), &Default::default(), &|_, _| {});
    assert!(bare.unwrap_err().to_string().contains("a/x.png"), "without a cache, it is decoded");
}

#[test]
fn what_changes_is_decoded_again() {
    let photos = photos();
    let first = photos.loaded();
    photos.png("a/x.png", [1, 2, 3]);
    set_time(&photos.path("a/x.png"), std::time::SystemTime::now() + Duration::from_secs(5));
    assert_eq!(pixel(&photos.loaded(), "a", 0, 0), [1, 2, 3], "another time");
    photos.png("a/z.png", [9; 3]);
    assert_eq!(photos.loaded().train().unwrap().len(), 3, "another file");
    fs::rename(photos.path("a/z.png"), photos.path("b/z.png")).unwrap();
    assert_ne!(photos.loaded().train().unwrap().labels(), first.train().unwrap().labels(), "another class");
    let larger = LoadOptions { shape: [9, 9, 3], ..small() };
    assert_eq!(photos.load(&larger).unwrap().input().shape(), [9, 9, 3], "another size");
}

fn set_time(path: &Path, time: std::time::SystemTime) {
    File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

/// Archives give all files one time, and uncompressed pictures of one size have as many bytes.
#[cfg(unix)]
#[test]
fn pictures_of_one_size_and_time_that_change_places_are_decoded_again() {
    let photos = Photos::new();
    let time = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let write = |name: &str, colour| {
        photos.write(name, encode(&plain(8, 8, colour), image::ImageFormat::Bmp));
        set_time(&photos.path(name), time);
    };
    write("a/x.bmp", RED);
    write("b/y.bmp", BLUE);
    assert_eq!(pixel(&photos.loaded(), "a", 0, 0), RED);
    // clocks of file systems tick every few milliseconds
    let tick = || std::thread::sleep(Duration::from_millis(30));
    tick();
    let [x, y, aside] = ["a/x.bmp", "b/y.bmp", "aside"].map(|name| photos.path(name));
    for (from, to) in [(&x, &aside), (&y, &x), (&aside, &y)] {
        fs::rename(from, to).unwrap();
    }
    let changed = photos.loaded();
    assert_eq!((pixel(&changed, "a", 0, 0), pixel(&changed, "b", 0, 0)), (BLUE.to_vec(), RED.to_vec()), "swapped");
    tick();
    write("a/x.bmp", [1, 2, 3]);
    assert_eq!(pixel(&photos.loaded(), "a", 0, 0), [1, 2, 3], "written over, with the time of the old one");
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
