//! Tar shards: samples, labels, splits, and what can be wrong with them.

use std::fs;
use std::path::Path;

use image::ImageFormat;
use lepton_gpu::data::{Dataset, LoadOptions, TableOptions, load_with};
use tar::{Builder, EntryType, Header};

use crate::pictures::{Photos, balance, encode, plain, says, small};

/// A tar file of these members.
pub fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        if name.starts_with('/') || name.contains("..") {
            // as no careful program writes it
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, *bytes).unwrap();
        } else {
            builder.append_data(&mut header, name, *bytes).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

/// An 8x8 PNG whose first value tells it from others.
fn png(value: u8) -> Vec<u8> {
    encode(&plain(8, 8, [value, 1, 2]), ImageFormat::Png)
}

/// Samples `first..first + count`, whose pictures have the number as their colour, with a label each.
fn samples(first: u8, count: u8, end: &str, label: impl Fn(u8) -> String) -> Vec<u8> {
    let members: Vec<(String, Vec<u8>)> = (first..first + count)
        .flat_map(|i| [(format!("{i:04}.png"), png(i)), (format!("{i:04}.{end}"), label(i).into_bytes())])
        .collect();
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    tar(&members)
}

#[track_caller]
pub fn load(photos: &Photos, path: &Path, options: &LoadOptions) -> Dataset {
    let loaded = load_with(path.to_str(), options, &photos.places(), &|_, _| {});
    loaded.unwrap_or_else(|error| panic!("{}", lepton_gpu::cli::hint::message(&error)))
}

#[track_caller]
pub fn fails(photos: &Photos, path: &Path, options: &LoadOptions, needles: &[&str]) {
    says(&load_with(path.to_str(), options, &photos.places(), &|_, _| {}).expect_err("must not load"), needles);
}

/// The label of the picture whose first value is this.
#[track_caller]
pub fn label_of(data: &Dataset, value: u8) -> String {
    let split = data.train().unwrap();
    let index = (0..split.len())
        .find(|&i| split.example(i).unwrap()[0] == value)
        .unwrap_or_else(|| panic!("no picture {value}"));
    data.classes()[split.labels()[index] as usize].clone()
}

#[test]
fn shards_are_samples_with_labels_in_splits() {
    let photos = Photos::new();
    photos.write("train-0000.tar", samples(0, 6, "cls", |i| (i % 3).to_string()));
    photos.write("train-0001.tar", samples(6, 6, "cls", |i| format!("{}\n", i % 3)));
    photos.write("val-0000.tar", samples(12, 3, "cls", |i| (i % 3).to_string()));
    let data = photos.loaded();
    assert_eq!(data.classes(), ["0", "1", "2"]);
    assert_eq!(balance(data.train().unwrap(), 3), [4, 4, 4]);
    assert_eq!(data.validation().unwrap().len(), 3);
    for value in 0..12 {
        assert_eq!(label_of(&data, value), (value % 3).to_string(), "picture {value}");
    }
    // a pattern, and one shard alone, which is data whatever it is called
    let data = load(&photos, &photos.path("train-{0000..0001}.tar"), &small());
    assert_eq!((data.train().unwrap().len(), data.validation().is_none()), (12, true));
    assert_eq!(load(&photos, &photos.path("train-*.tar"), &small()).train().unwrap().len(), 12);
    assert_eq!(load(&photos, &photos.path("val-0000.tar"), &small()).train().unwrap().len(), 3);
    let gap = photos.path("train-{0000..0003}.tar");
    fails(&photos, &gap, &small(), &["2 of 4 shards are missing", "train-0002.tar"]);
    // names beside the shards
    photos.write("classes.txt", "bus\ncar\n\ntram\n");
    let data = photos.loaded();
    assert_eq!((data.classes().join(" "), label_of(&data, 4)), ("bus car tram".into(), "car".into()));
    photos.write("classes.txt", "bus\ncar\n");
    photos.fails(&small(), &["train-0000.tar: 0002.png: label 2", "classes.txt names 2 classes (0 to 1)"]);
}

#[test]
fn labels_are_numbers_texts_json_or_folders() {
    let photos = Photos::new();
    let of = |name: &str, bytes: Vec<u8>, options: &LoadOptions| {
        photos.write(name, bytes);
        load(&photos, &photos.path(name), options)
    };
    let word = |i: u8| ["zebra", "ant"][i as usize % 2].to_string();
    for (name, data) in [
        ("txt", of("a.tar", samples(0, 12, "txt", word), &small())),
        ("json", of("b.tar", samples(0, 12, "json", |i| format!("{{\"label\": \"{}\"}}", word(i))), &small())),
        (
            "class",
            of("c.tar", samples(0, 12, "JSON", |i| format!("{{\"x\": {i}, \"class\": \"{}\"}}", word(i))), &small()),
        ),
        ("cls", of("d.tar", samples(0, 12, "cls", word), &small())),
    ] {
        assert_eq!(data.classes(), ["ant", "zebra"], "{name}");
        assert_eq!((label_of(&data, 4), label_of(&data, 5)), ("zebra".into(), "ant".into()), "{name}");
    }
    // a key that was asked for
    let two = |i: u8| format!("{{\"label\": {}, \"kind\": \"{}\"}}", i % 4, word(i));
    let table = TableOptions { label_column: Some("kind".into()), ..TableOptions::default() };
    let options = LoadOptions { table, ..small() };
    assert_eq!(of("e.tar", samples(0, 12, "json", two), &options).classes(), ["ant", "zebra"]);
    assert_eq!(of("e.tar", samples(0, 12, "json", two), &small()).classes(), ["0", "1", "2", "3"]);
    fails(&photos, &photos.path("d.tar"), &options, &["no column `kind`", "found cls"]);
    // several labels, and numbers
    let several = |i: u8| {
        if i.is_multiple_of(2) { "{\"labels\": [\"a\", \"b\"]}".into() } else { "{\"labels\": [\"b\"]}".into() }
    };
    let data = of("f.tar", samples(0, 4, "json", several), &small());
    assert_eq!(data.train().unwrap().values().unwrap().width, 2);
    let number = |i: u8| format!("{{\"label\": {}.5}}", i);
    assert_eq!(of("g.tar", samples(0, 4, "json", number), &small()).train().unwrap().values().unwrap().width, 1);
    // folders, with a name that has dots
    let bytes = [png(1), png(2), png(3), png(4)];
    let members =
        [("photos/cat/1.v1.png", &bytes[0][..]), ("photos/cat/1.v2.png", &bytes[1]), ("photos/dog/3.png", &bytes[2])];
    let data = of("h.tar", tar(&members), &small());
    assert_eq!(data.classes(), ["cat", "dog"]);
    assert_eq!((label_of(&data, 2), label_of(&data, 3)), ("cat".into(), "dog".into()));
    let members = [
        ("train/cat/1.png", &bytes[0][..]),
        ("train/dog/2.png", &bytes[1]),
        ("test/cat/3.png", &bytes[2]),
        ("x/._1.png", b"no"),
    ];
    let data = of("i.tar", tar(&members), &small());
    assert_eq!((data.train().unwrap().len(), data.test().unwrap().len()), (2, 1));
    // captions are no labels
    let caption = |i: u8| format!("a picture of the number {i}");
    photos.write("j.tar", samples(0, 12, "txt", caption));
    fails(&photos, &photos.path("j.tar"), &small(), &["no labels for its 12 images", "captions", "000123.cls"]);
    fails(&photos, &photos.path("none.tar"), &small(), &["neither a folder nor a file"]);
}

#[test]
fn what_is_wrong_in_a_shard_is_named_and_skipped_when_asked() {
    let photos = Photos::new();
    let path = photos.path("a.tar");
    let skipping =
        LoadOptions { images: lepton_gpu::data::ImageOptions { skip_damaged: true, ..Default::default() }, ..small() };
    let whole = samples(0, 6, "cls", |i| (i % 2).to_string());
    // cut within the last picture: 12 members of two blocks each, the last picture in the 21st block
    photos.write("a.tar", &whole[..20 * 512 + 512 + 20]);
    fails(&photos, &path, &small(), &["a.tar: 0005.png", "cut", "ends after 20"]);
    let data = load(&photos, &path, &skipping);
    assert_eq!(data.train().unwrap().len(), 5);
    // cut between two members
    photos.write("a.tar", &whole[..20 * 512]);
    let data = load(&photos, &path, &small());
    assert!(data.notes().iter().any(|note| note.contains("may be cut")), "{:?}", data.notes());
    // a header that was overwritten
    let mut bytes = whole.clone();
    bytes[8 * 512..8 * 512 + 100].fill(0xab);
    photos.write("a.tar", &bytes);
    fails(&photos, &path, &small(), &["1 of 3 images cannot be read", "damaged after 0001.cls"]);
    // what a picture or its label lacks
    let one = png(1);
    let members: &[(&str, &[u8])] = &[
        ("0.png", &one),
        ("0.cls", b"0"),
        ("1.png", &png(2)),
        ("1.cls", b"1"),
        ("2.png", &png(3)),
        ("3.cls", b"1"),
        ("4.png", b"no picture"),
        ("4.cls", b"1"),
        ("5.png", &one),
        ("5.jpg", &one),
        ("5.cls", b"1"),
        ("0.png", &png(9)),
        ("/6.png", b""),
        ("/6.cls", b"0"),
        ("../7.png", &png(7)),
        ("../7.cls", b"1"),
    ];
    photos.write("a.tar", tar(members));
    fails(
        &photos,
        &path,
        &small(),
        &[
            "5 of 8 images",
            "2.png: no label",
            "4.png: a text",
            "several images of its sample: png, jpg",
            "a second member",
            "/6.png: empty",
        ],
    );
    let data = load(&photos, &path, &skipping);
    assert_eq!(data.train().unwrap().len(), 3);
    assert_eq!(label_of(&data, 7), "1");
    assert!(
        data.notes().iter().any(|note| note.contains("without an image, left out: 1 (such as `3`)")),
        "{:?}",
        data.notes()
    );
    assert!(!photos.root().parent().unwrap().join("7.png").exists());
}

/// A text is no image, and two that differ leave its image without a label.
#[test]
fn texts_of_shards_that_come_twice_are_no_images() {
    let photos = Photos::new();
    let path = photos.path("a.tar");
    let first = samples(0, 4, "cls", |i| (i % 2).to_string());
    let archive = |more: &[(&str, &[u8])]| {
        let end = first.len() - 1024;
        [&first[..end], &tar(more)].concat()
    };
    // whole samples again, as of an archive that was appended to
    let (zero, one) = (png(0), png(1));
    photos.write("a.tar", archive(&[("0000.png", &zero), ("0000.cls", b"1"), ("0001.png", &one), ("0001.cls", b"1")]));
    fails(&photos, &path, &small(), &["2 of 6 images cannot be read", "0000.png: a second member of this name"]);
    // labels alone
    photos.write("a.tar", archive(&[("0000.cls", b"0"), ("0001.cls", b"0")]));
    fails(
        &photos,
        &path,
        &small(),
        &["1 of 4 images cannot be read", "0001.png: 0001.cls is there twice, and differs"],
    );
    photos.write("a.tar", archive(&[("0000.cls", b"0")]));
    assert_eq!(load(&photos, &path, &small()).train().unwrap().len(), 4, "the same label again");
}

#[test]
fn links_sparse_members_and_packed_shards_are_said() {
    let photos = Photos::new();
    let path = photos.path("a.tar");
    let mut builder = Builder::new(Vec::new());
    let mut add = |kind: EntryType, name: &str, bytes: &[u8]| {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        if kind == EntryType::GNUSparse {
            let gnu = header.as_gnu_mut().unwrap();
            let octal = format!("{:011o}", bytes.len());
            gnu.realsize[..11].copy_from_slice(octal.as_bytes());
            gnu.sparse[0].offset[..11].copy_from_slice(b"00000000000");
            gnu.sparse[0].numbytes[..11].copy_from_slice(octal.as_bytes());
        }
        if kind == EntryType::Symlink {
            builder.append_link(&mut header, name, "a/0.png").unwrap();
        } else {
            builder.append_data(&mut header, name, bytes).unwrap();
        }
    };
    let long = format!("{}/0.png", ["a-name-of-a-folder"; 12].join("/"));
    add(EntryType::Regular, "a/0.png", &png(1));
    add(EntryType::Regular, &long, &png(2));
    add(EntryType::Symlink, "b/1.png", b"");
    add(EntryType::GNUSparse, "b/2.png", &png(3));
    add(EntryType::Fifo, "b/3.png", b"");
    let bytes = builder.into_inner().unwrap();
    photos.write("a.tar", &bytes);
    fails(
        &photos,
        &path,
        &small(),
        &["3 of 5", "b/1.png: a link to a/0.png", "b/2.png: stored with holes", "neither a file"],
    );
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &bytes).unwrap();
    photos.write("b.tar.gz", packed.finish().unwrap());
    fails(&photos, &photos.path("b.tar.gz"), &small(), &["compressed", "gunzip b.tar.gz"]);
    // beside the pictures that were unpacked from it, it is no data
    photos.png("cat/0.png", [1, 2, 3]);
    photos.png("dog/0.png", [1, 2, 3]);
    assert_eq!(photos.loaded().classes(), ["cat", "dog"]);
    fs::remove_dir_all(photos.root()).unwrap();
    photos.write("c.tar", tar(&[("a.txt", b"1"), ("b.bin", b"2")]));
    photos.fails(&small(), &["no images among 2 members"]);
}
