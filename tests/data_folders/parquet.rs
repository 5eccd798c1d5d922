//! Parquet files of images, as dataset hubs have them.

use std::fs::File;
use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use image::ImageFormat;
use lepton_gpu::data::{LoadOptions, TableOptions, check, picture};

use crate::pictures::{Photos, balance, encode, plain, small};
use crate::shards::{fails, label_of, load};

const HUB: &str = "message m { optional group image { optional binary bytes; optional binary path (UTF8); } \
                   optional int64 label; }";
const FEATURES: &str = r#"{"info": {"features": {"image": {"_type": "Image"},
                           "label": {"names": ["zebra", "ant", "bee"], "_type": "ClassLabel"}}}}"#;

fn png(value: u8) -> Vec<u8> {
    encode(&plain(8, 8, [value, 1, 2]), ImageFormat::Png)
}

/// A file of pictures with the numbers `first..first + count` as their colours and labels, in row groups of `rows` and with pages of a
/// few pictures.
fn write(
    photos: &Photos,
    name: &str,
    numbers: std::ops::Range<u8>,
    rows: usize,
    said: &str,
    label: impl Fn(u8) -> i64,
) {
    photos.write(name, "");
    let features = KeyValue::new("huggingface".to_string(), said.to_string());
    let properties = WriterProperties::builder()
        .set_key_value_metadata(Some(vec![features]))
        .set_compression(Compression::SNAPPY)
        .set_data_page_row_count_limit(3)
        .set_write_batch_size(1)
        .build();
    let schema = Arc::new(parse_message_type(HUB).unwrap());
    let mut writer =
        SerializedFileWriter::new(File::create(photos.path(name)).unwrap(), schema, Arc::new(properties)).unwrap();
    for numbers in numbers.collect::<Vec<u8>>().chunks(rows) {
        let mut group = writer.next_row_group().unwrap();
        let pictures: Vec<ByteArray> = numbers.iter().map(|&i| png(i).into()).collect();
        let paths: Vec<ByteArray> = numbers.iter().map(|i| format!("{i}.png").into_bytes().into()).collect();
        let labels: Vec<i64> = numbers.iter().map(|&i| label(i)).collect();
        for (values, levels) in [(pictures, 2), (paths, 2)] {
            let mut column = group.next_column().unwrap().unwrap();
            let levels = vec![levels; values.len()];
            column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
            column.close().unwrap();
        }
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&labels, Some(&vec![1; labels.len()]), None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
}

#[test]
fn files_of_a_hub_have_splits_and_names_of_classes() {
    let photos = Photos::new();
    write(&photos, "data/train-00000-of-00002.parquet", 0..20, 7, FEATURES, |i| i64::from(i) % 3);
    write(&photos, "data/train-00001-of-00002.parquet", 20..30, 50, FEATURES, |i| i64::from(i) % 3);
    write(&photos, "data/test-00000-of-00001.parquet", 30..36, 4, FEATURES, |i| i64::from(i) % 3);
    let data = photos.loaded();
    assert_eq!(data.classes(), ["zebra", "ant", "bee"], "in the order of their numbers");
    assert_eq!(balance(data.train().unwrap(), 3), [10, 10, 10]);
    assert_eq!(data.test().unwrap().len(), 6);
    for value in 0..30 {
        assert_eq!(label_of(&data, value), ["zebra", "ant", "bee"][value as usize % 3], "row {value}");
    }
    // one file, and a pattern
    let path = photos.path("data/train-00001-of-00002.parquet");
    assert_eq!(load(&photos, &path, &small()).train().unwrap().len(), 10);
    let pattern = photos.path("data/train-{00000..00001}-of-00002.parquet");
    assert_eq!(load(&photos, &pattern, &small()).train().unwrap().len(), 30);
    let report = check(photos.root().to_str().unwrap(), &small(), &photos.places(), &|_, _| {}).unwrap();
    assert_eq!((report.images, report.damaged.len(), report.is_listed), (36, 0, false));
    // without names of classes numbers are classes
    write(&photos, "plain.parquet", 0..20, 7, "{}", |i| i64::from(i) % 4);
    assert_eq!(load(&photos, &photos.path("plain.parquet"), &small()).classes(), ["0", "1", "2", "3"]);
}

#[test]
fn rows_have_names_as_files() {
    let photos = Photos::new();
    write(&photos, "train-0-of-1.parquet", 0..5, 3, FEATURES, i64::from);
    let places = lepton_gpu::data::pictures_of(&photos.root()).unwrap();
    assert_eq!(picture::file_name(&places[4], &png(4)), ["train-0-of-1-row-4", ".png"]);
    assert_eq!(picture::file_name(&places[4], b"P6\n1 1\n255\nabc"), ["train-0-of-1-row-4", ".pnm"]);
    assert_eq!(
        picture::file_name(&photos.path("a.b/photo.2.JPG").into(), &png(4)),
        ["photo.2", ".JPG"],
        "its own name"
    );
}

#[test]
fn numbers_of_each_file_are_those_of_its_own_names() {
    let other = r#"{"info": {"features": {"image": {"_type": "Image"},
                    "label": {"names": ["bee", "zebra", "ant"], "_type": "ClassLabel"}}}}"#;
    let photos = Photos::new();
    write(&photos, "train-00000-of-00003.parquet", 0..20, 7, FEATURES, |i| i64::from(i) % 3);
    write(&photos, "train-00001-of-00003.parquet", 20..30, 50, other, |i| i64::from(i) % 3);
    let data = photos.loaded();
    assert_eq!(data.classes(), ["zebra", "ant", "bee"]);
    for value in 0..20 {
        assert_eq!(label_of(&data, value), ["zebra", "ant", "bee"][value as usize % 3], "row {value}");
    }
    for value in 20..30 {
        assert_eq!(label_of(&data, value), ["bee", "zebra", "ant"][value as usize % 3], "row {value}");
    }
    assert!(data.notes().contains(&"only 2 of the 3 shards train-*-of-00003.parquet are there".to_string()));
    write(&photos, "train-00001-of-00003.parquet", 20..30, 50, &other.replace("bee", "wasp"), |i| i64::from(i) % 3);
    photos.fails(&small(), &["train-00001-of-00003.parquet: its classes are not those of", "`wasp`, but there zebra"]);
}

fn load_bytes(photos: &Photos, bytes: &[u8]) -> lepton_gpu::data::Dataset {
    photos.write("a.parquet", bytes);
    load(photos, &photos.path("a.parquet"), &small())
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let photos = Photos::new();
    let path = photos.path("a.parquet");
    write(&photos, "a.parquet", 0..12, 5, FEATURES, i64::from);
    fails(&photos, &path, &small(), &["a.parquet: row 3: label 3", "names 3 classes (0 to 2)"]);
    let with = |image: Option<&str>, label: Option<&str>| {
        let (image_column, label_column) = (image.map(String::from), label.map(String::from));
        LoadOptions { table: TableOptions { image_column, label_column, ..TableOptions::default() }, ..small() }
    };
    fails(&photos, &path, &with(Some("picture"), None), &["no column `picture`; found image, label"]);
    fails(&photos, &path, &with(Some("label"), None), &["`label` holds no bytes"]);
    fails(&photos, &path, &with(None, Some("fine")), &["no column `fine`; found image, label"]);
    // rows without labels
    write(&photos, "a.parquet", 0..12, 5, FEATURES, |i| if i == 4 { -1 } else { i64::from(i) % 3 });
    fails(&photos, &path, &small(), &["1 of 12 images", "a.parquet: row 4: no label"]);
    // cut, and bytes that were overwritten
    let whole = std::fs::read(&path).unwrap();
    photos.write("a.parquet", &whole[..whole.len() / 2]);
    fails(&photos, &path, &small(), &["a.parquet: damaged"]);
    let mut bytes = whole.clone();
    bytes[40..400].fill(0xee);
    photos.write("a.parquet", &bytes);
    fails(&photos, &path, &small(), &["images cannot be read", "a.parquet: row 0: damaged"]);
    // a length beyond its page, on which the crate that reads it panics
    let mut bytes = std::fs::read("fuzz/corpus/parquet/plain").unwrap();
    let at = bytes.windows(4).position(|window| window == b"\x89PNG").unwrap();
    assert_eq!(load_bytes(&photos, &bytes).train().unwrap().len(), 6);
    bytes[at - 4..at].copy_from_slice(&u32::MAX.to_le_bytes());
    photos.write("a.parquet", &bytes);
    fails(&photos, &path, &small(), &["a.parquet: row 0: damaged in its Parquet file"]);
    // several data sets
    std::fs::remove_file(&path).unwrap();
    write(&photos, "plain/train.parquet", 0..12, 5, FEATURES, |i| i64::from(i) % 3);
    assert_eq!(photos.loaded().train().unwrap().len(), 12);
    write(&photos, "other/train.parquet", 0..12, 5, FEATURES, |i| i64::from(i) % 3);
    photos.fails(&small(), &["each of its folders is a data set: other, plain", "train"]);
}

#[cfg(target_os = "linux")]
#[test]
fn few_files_are_open_however_many_there_are() {
    let photos = Photos::new();
    let most = 2 * std::thread::available_parallelism().unwrap().get();
    let count = most + 8;
    (0..count).for_each(|i| write(&photos, &format!("{i}.parquet"), 0..6, 6, FEATURES, |i| i64::from(i % 3)));
    let data = photos.load(&LoadOptions { memory: Some(1), ..small() }).unwrap();
    let train = data.train().unwrap();
    for i in 0..train.len() {
        if train.name(i).unwrap().ends_with("row 1") {
            train.example(i).unwrap();
        }
    }
    let root = photos.root().canonicalize().unwrap();
    let open = std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|fd| std::fs::read_link(fd.unwrap().path()).ok());
    let open = open.filter(|path| path.starts_with(&root)).count();
    assert!((1..=most).contains(&open), "{open} of {count} files are open");
}

/// Levels are written as runs: a few bytes say that millions of rows have nothing in them.
#[test]
fn a_small_file_does_not_say_how_many_rows_there_is_memory_for() {
    const ROWS: usize = 4_000_000;
    let photos = Photos::new();
    photos.write("a.parquet", "");
    let schema = "message m { optional binary image; optional int64 label; }";
    let file = File::create(photos.path("a.parquet")).unwrap();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&[], Some(&vec![0; ROWS]), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[], Some(&vec![0; ROWS]), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let path = photos.path("a.parquet");
    let bytes = std::fs::metadata(&path).unwrap().len();
    assert!(bytes < 32 << 10, "{bytes} bytes");
    for unlabelled in [false, true] {
        let said = format!("a.parquet: damaged: 4000000 rows of images in {bytes} bytes");
        fails(&photos, &path, &LoadOptions { unlabelled, ..small() }, &[&said]);
    }
}

#[test]
fn lists_are_several_labels_and_an_empty_one_is_none_of_them() {
    let photos = Photos::new();
    let path = photos.path("a.parquet");
    // [0, 2], [], [1], nothing
    write_lists(&photos, "optional", 4, &[3, 3, 1, 3, 0]);
    fails(&photos, &path, &small(), &["1 of 4 images", "a.parquet: row 3: no label"]);
    let images = lepton_gpu::data::ImageOptions { skip_damaged: true, ..Default::default() };
    let data = load(&photos, &path, &LoadOptions { images, ..small() });
    assert_eq!(data.classes(), ["zebra", "ant", "bee"]);
    let wanted = [(0, vec![1.0, 0.0, 1.0]), (1, vec![0.0; 3]), (2, vec![0.0, 1.0, 0.0])];
    assert_eq!(rows_of(&data), wanted);
    // a list that must be there may be empty
    write_lists(&photos, "required", 3, &[2, 2, 0, 2]);
    assert_eq!(rows_of(&load(&photos, &path, &small())), wanted);
}

/// The red value of each picture, and what is to be learned about it.
fn rows_of(data: &lepton_gpu::data::Dataset) -> Vec<(u8, Vec<f32>)> {
    let split = data.train().unwrap();
    let values = split.values().unwrap();
    let row = |i: usize| (split.example(i).unwrap()[0], values.data[3 * i..3 * i + 3].to_vec());
    let mut rows: Vec<_> = (0..split.len()).map(row).collect();
    rows.sort_by_key(|row| row.0);
    rows
}

/// Pictures with lists of labels: 0 and 2, none, 1, and whatever else these levels say.
fn write_lists(photos: &Photos, list: &str, count: u8, levels: &[i16]) {
    photos.write("a.parquet", "");
    let schema = format!(
        "message m {{ required binary image; \
         {list} group label (LIST) {{ repeated group list {{ optional int64 element; }} }} }}"
    );
    let said =
        r#"{"info": {"features": {"label": {"feature": {"names": ["zebra", "ant", "bee"], "_type": "ClassLabel"}}}}}"#;
    let features = KeyValue::new("huggingface".to_string(), said.to_string());
    let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![features])).build();
    let file = File::create(photos.path("a.parquet")).unwrap();
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let pictures: Vec<ByteArray> = (0..count).map(|i| png(i).into()).collect();
    column.typed::<ByteArrayType>().write_batch(&pictures, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let repeated = &[0, 1, 0, 0, 0][..levels.len()];
    column.typed::<Int64Type>().write_batch(&[0, 2, 1], Some(levels), Some(repeated)).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}
