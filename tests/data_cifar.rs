//! CIFAR-10 and CIFAR-100, binary version: unpacked and in archives, and everything that can be wrong with them.

mod pictures;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use lepton_gpu::data::{DataError, Dataset, ImageOptions, LoadOptions, Places, known, load_with};
use tempfile::TempDir;

use pictures::says;

type Files = Vec<(String, Vec<u8>)>;

/// A record with these labels; value `i` of plane `p` is a function of `seed`, `p` and `i`.
fn record(labels: &[u8], seed: u8) -> Vec<u8> {
    let plane = |p: u8| (0..1024u32).map(move |i| seed.wrapping_mul(31) ^ p.wrapping_mul(85) ^ (i * 7 % 251) as u8);
    labels.iter().copied().chain((0..3).flat_map(plane)).collect()
}

/// Five batches of two records, and a test batch of three.
fn cifar10() -> Files {
    let mut files: Files = (1..=5u8)
        .map(|k| (format!("data_batch_{k}.bin"), [record(&[k], k), record(&[k + 4], k + 50)].concat()))
        .collect();
    let test: Vec<u8> = (0..3).flat_map(|i| record(&[9 - i], 100 + i)).collect();
    files.push(("test_batch.bin".into(), test));
    files
}

fn cifar100() -> Files {
    let train = [record(&[19, 99], 1), record(&[0, 7], 2)].concat();
    vec![("train.bin".into(), train), ("test.bin".into(), record(&[4, 50], 3))]
}

fn unpacked(files: &Files) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).unwrap());
    folder
}

fn tar(files: &Files) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, format!("cifar-10-batches-bin/{name}"), &bytes[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn load(path: &Path, coarse: bool) -> Result<Dataset, DataError> {
    let options = LoadOptions { images: ImageOptions { coarse, ..ImageOptions::default() }, ..LoadOptions::default() };
    load_with(path.to_str(), &options, &Places::default(), &|_, _| {})
}

#[track_caller]
fn fails(files: &Files, needles: &[&str]) {
    says(&load(unpacked(files).path(), false).expect_err("these files must not load"), needles);
}

#[test]
fn planes_become_pixels() {
    let folder = unpacked(&cifar10());
    let data = load(folder.path(), false).unwrap();
    let (train, test) = (data.train().unwrap(), data.test().unwrap());
    assert_eq!(data.input().shape(), [32, 32, 3]);
    assert_eq!(train.labels(), [1, 5, 2, 6, 3, 7, 4, 8, 5, 9]);
    assert_eq!(test.labels(), [9, 8, 7]);
    assert_eq!(data.classes(), known::find("cifar10").unwrap().classes, "the usual names where no file has them");
    for (index, seed) in [(0, 1), (1, 51), (9, 55)] {
        let planes = &record(&[0], seed)[1..];
        let image = train.example(index).unwrap();
        for (row, column, channel) in [(0, 0, 0), (0, 0, 2), (3, 17, 1), (31, 31, 2)] {
            let at = row * 32 + column;
            assert_eq!(image[at * 3 + channel], planes[channel * 1024 + at], "{index} {row} {column} {channel}");
        }
    }
}

#[test]
fn archives_are_read_as_they_are() {
    let mut files = cifar10();
    files.push(("batches.meta.txt".into(), b"a\nb\r\nc\nd\ne\nf\ng\nh\ni\nj\n\n".to_vec()));
    files.push(("readme.html".into(), b"<html>".to_vec()));
    let wanted = load(unpacked(&files).path(), false).unwrap();
    assert_eq!(wanted.classes(), ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]);
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("x.tar", tar(&files)), ("y.tar.gz", gzip(&tar(&files))), ("z.TGZ", gzip(&tar(&files)))] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let data = load(&path, false).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((data.splits(), data.classes()), (wanted.splits(), wanted.classes()));
        assert_eq!(data.name(), name);
    }
    // a folder that holds the published archive, or the unpacked folder, is the data set
    let holder = tempfile::tempdir().unwrap();
    fs::write(holder.path().join("cifar-10-binary.tar.gz"), gzip(&tar(&files))).unwrap();
    assert_eq!(load(holder.path(), false).unwrap().train(), wanted.train());
    let holder = tempfile::tempdir().unwrap();
    fs::rename(unpacked(&files).keep(), holder.path().join("cifar-10-batches-bin")).unwrap();
    assert_eq!(load(holder.path(), false).unwrap().train(), wanted.train());
}

#[test]
fn cifar100_has_fine_and_coarse_labels() {
    let folder = unpacked(&cifar100());
    let fine = load(folder.path(), false).unwrap();
    assert_eq!(fine.train().unwrap().labels(), [99, 7]);
    assert_eq!((fine.classes().len(), fine.classes()[99].as_str()), (100, "worm"));
    let coarse = load(folder.path(), true).unwrap();
    assert_eq!(coarse.train().unwrap().labels(), [19, 0]);
    assert_eq!((coarse.classes().len(), coarse.classes()[19].as_str()), (20, "vehicles_2"));
    assert_eq!(coarse.test().unwrap().labels(), [4]);
    assert_eq!(fine.train().unwrap().bytes().unwrap(), coarse.train().unwrap().bytes().unwrap());
    let names: String = (0..20).map(|i| format!("coarse {i}\n")).collect();
    fs::write(folder.path().join("coarse_label_names.txt"), names).unwrap();
    assert_eq!(load(folder.path(), true).unwrap().classes()[3], "coarse 3");
}

#[test]
fn wrong_files_are_refused() {
    let with = |change: &dyn Fn(&mut Files)| {
        let mut files = cifar10();
        change(&mut files);
        files
    };
    fails(&with(&|f| f[2].1.truncate(3073 + 1000)), &["data_batch_3.bin: byte 3073: record 1 is cut: 1000 of 3073"]);
    fails(&with(&|f| f[5].1.push(0)), &["test_batch.bin: byte 9219: record 3 is cut: 1 of 3073"]);
    fails(&with(&|f| f[0].1.clear()), &["data_batch_1.bin: empty: 0 bytes, but a record has 3073"]);
    fails(
        &with(&|f| f[1].1[3073] = 10),
        &["data_batch_2.bin: byte 3073: record 1 has label 10", "10 classes are 0 to 9"],
    );
    fails(&with(&|f| drop(f.remove(2))), &["data_batch_3.bin: missing: found 4 of 5 batches"]);
    let names = b"one\ntwo\n".to_vec();
    fails(&with(&|f| f.push(("batches.meta.txt".into(), names.clone()))), &["batches.meta.txt: 2 class names, 10 are"]);
    let mut files = cifar100();
    files[0].1[3074 + 1] = 100;
    fails(&files, &["train.bin: byte 3075: record 1 has label 100", "100 classes are 0 to 99"]);
    // records of CIFAR-10 in a file of CIFAR-100
    files[0].1 = record(&[3], 1);
    fails(&files, &["train.bin: byte 0: record 0 is cut: 3073 of 3074"]);
    // a test batch alone is a data set to evaluate on
    let alone = load(unpacked(&with(&|f| drop(f.drain(..5)))).path(), false).unwrap();
    assert!(alone.train().is_none() && alone.test().is_some());
}

#[test]
fn wrong_archives_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cifar.tar.gz");
    let whole = gzip(&tar(&cifar10()));
    let fails = |bytes: &[u8], needles: &[&str]| {
        fs::write(&path, bytes).unwrap();
        says(&load(&path, false).expect_err("this archive must not load"), needles);
    };
    fails(&whole[..whole.len() / 2], &["cifar.tar.gz: the archive is damaged after ", " whole entries"]);
    let packed = tar(&cifar10());
    fails(&gzip(&packed[..packed.len() / 2]), &["the archive is damaged after 3 whole entries"]);
    let mut flipped = whole.clone();
    let at = whole.len() - 6;
    flipped[at] ^= 1;
    // the checksum at the end of the gzip stream lies behind the end of the archive
    fs::write(&path, &flipped).unwrap();
    fails(b"<html>not found</html>", &["the archive is damaged after 0 whole entries"]);
    let other = gzip(&tar(&vec![("data_batch_1".into(), b"pickle".to_vec())]));
    fails(&other, &["no CIFAR files among its 1 entries", "binary version"]);
    let mut cut = cifar10();
    cut[0].1.pop();
    fails(&gzip(&tar(&cut)), &["cifar.tar.gz/data_batch_1.bin: byte 3073: record 1 is cut: 3072 of 3073"]);
}

#[test]
fn known_names_find_the_archive() {
    let root = tempfile::tempdir().unwrap();
    let places = Places { lepton_data: Some(root.path().into()), ..Places::default() };
    let load = |name| load_with(Some(name), &LoadOptions::default(), &places, &|_, _| {});
    says(&load("cifar10").unwrap_err(), &["`cifar10` is not on this machine", "data fetch cifar10"]);
    fs::create_dir(root.path().join("cifar10")).unwrap();
    fs::write(root.path().join("cifar10/cifar-10-binary.tar.gz"), gzip(&tar(&cifar10()))).unwrap();
    let data = load("cifar10").unwrap();
    assert_eq!((data.name(), data.train().unwrap().len()), ("cifar10", 10));
    fs::create_dir(root.path().join("cifar100")).unwrap();
    fs::write(root.path().join("cifar100/cifar-100-binary.tar.gz"), gzip(&tar(&cifar100()))).unwrap();
    assert_eq!(load("cifar100").unwrap().classes().len(), 100);
}

#[test]
fn published_cifar10_if_it_is_here() {
    let path = std::env::var_os("LEPTON_DATA").map(|folder| PathBuf::from(folder).join("cifar10"));
    let Some(path) = path.filter(|path| path.join("data_batch_1.bin").exists()) else {
        println!("skipped: no data");
        return;
    };
    let data = load(&path, false).unwrap();
    let (train, described) = (data.train().unwrap(), known::find("cifar10").unwrap());
    assert_eq!((train.len(), data.test().unwrap().len()), (50_000, 10_000));
    assert_eq!(pictures::balance(train, 10), [5_000; 10]);
    for (channel, (mean, std)) in train.mean_std().unwrap().unwrap().into_iter().enumerate() {
        assert!((mean - described.mean[channel]).abs() < 1e-12, "{mean}");
        assert!((std - described.std[channel]).abs() < 1e-12, "{std}");
    }
}
