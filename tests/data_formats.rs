//! Formats of data: each is found by its content where it can be, and one path is of one format.

use std::fs;
use std::path::{Path, PathBuf};

use lepton_gpu::data::formats::{detect, named};
use lepton_gpu::data::{Detected, FORMATS, LoadOptions, Places, TableOptions, known, load, load_with};

const IDX: [&str; 2] = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"];

fn text(lines: usize, class: impl Fn(usize) -> &'static str) -> String {
    (0..lines).map(|i| format!("{}\tword{i} and more\n", class(i))).collect()
}

fn png(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::GrayImage::new(8, 8).save(path).unwrap();
}

/// A Parquet file of two rows with this picture.
fn parquet(path: &Path, png: &[u8]) {
    let schema = "message m { required binary image; required binary label (UTF8); }";
    let schema = parquet::schema::parser::parse_message_type(schema).unwrap();
    let file = fs::File::create(path).unwrap();
    let mut writer = parquet::file::writer::SerializedFileWriter::new(file, schema.into(), Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for values in [[png, png], [b"cat", b"dog"]] {
        let mut column = group.next_column().unwrap().unwrap();
        let values = values.map(|value| parquet::data_type::ByteArray::from(value.to_vec()));
        column.typed::<parquet::data_type::ByteArrayType>().write_batch(&values, None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

/// One of each format: its name, and the path that means it.
fn samples(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let at = |name: &str| folder.join(name);
    for name in ["idx", "cifar"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    for name in IDX {
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/fashion-small").join(name);
        fs::copy(built_in, at("idx").join(name)).unwrap();
    }
    fs::write(at("cifar/test_batch.bin"), vec![3; 2 * 3073]).unwrap();
    for class in ["cat", "dog"] {
        png(&at("photos").join(class).join("0.png"));
    }
    png(&at("table/0.png"));
    fs::write(at("table/pictures.tsv"), "image\tlabel\n0.png\tcat\n0.png\tdog\n").unwrap();
    fs::write(at("texts.tsv"), text(8, |i| ["good", "bad"][i % 2])).unwrap();
    let mut shard = tar::Builder::new(fs::File::create(at("shard.tar")).unwrap());
    for name in ["a/0.png", "b/0.png"] {
        shard.append_path_with_name(at("table/0.png"), name).unwrap();
    }
    shard.into_inner().unwrap();
    parquet(&at("shard.parquet"), &fs::read(at("table/0.png")).unwrap());
    vec![
        ("idx", at("idx")),
        ("cifar", at("cifar")),
        ("folder", at("photos")),
        ("table", at("table/pictures.tsv")),
        ("text", at("texts.tsv")),
        ("webdataset", at("shard.tar")),
        ("parquet", at("shard.parquet")),
    ]
}

#[test]
fn a_sample_of_each_format_is_of_that_one_alone_and_loads() {
    let folder = tempfile::tempdir().unwrap();
    let samples = samples(folder.path());
    let mut names: Vec<&str> = samples.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), FORMATS.len(), "a format without a sample");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FORMATS.len(), "two formats of one name");
    for (name, path) in &samples {
        let of = |wanted| -> Vec<&str> {
            FORMATS
                .iter()
                .filter(|format| format.detect(path, &TableOptions::default()) == wanted)
                .map(|format| format.name)
                .collect()
        };
        let (by_content, by_name) = (of(Detected::ByContent), of(Detected::ByName));
        let found = if by_content.is_empty() { by_name } else { by_content };
        assert_eq!(found, [*name], "{}", path.display());
        assert_eq!(detect(path, &TableOptions::default()).unwrap().name, *name);
        let options = LoadOptions { shape: [8, 8, 1], ..LoadOptions::default() };
        let data = load_with(path.to_str(), &options, &Places::default(), &|_, _| {}).unwrap();
        assert!(!data.classes().is_empty(), "{name}");
    }
    for known in known::all() {
        assert!(named(&known.format).is_some(), "{}: no format `{}`", known.name, known.format);
    }
}

#[test]
fn content_comes_before_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let is = |name: &str, format: &str| {
        assert_eq!(detect(&path(name), &TableOptions::default()).unwrap().name, format, "{name}")
    };
    // texts of two columns are texts, whatever a table of pictures may be called
    fs::write(path("train.tsv"), text(8, |i| ["good", "bad"][i % 2])).unwrap();
    is("train.tsv", "text");
    assert_eq!(load(path("train.tsv").to_str()).unwrap().classes(), ["bad", "good"]);
    // a table without a column of paths says what is missing
    fs::write(path("odd.csv"), "a,b\n1,2\n").unwrap();
    is("odd.csv", "table");
    // an archive is one by its content
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(3073);
    header.set_mode(0o644);
    archive.append_data(&mut header, "test_batch.bin", &[1; 3073][..]).unwrap();
    fs::write(path("download"), archive.into_inner().unwrap()).unwrap();
    is("download", "cifar");
    // notes beside class folders do not make a folder of texts
    for class in ["cat", "dog"] {
        png(&path("photos").join(class).join("0.png"));
        fs::write(path("photos").join(format!("{class}.txt")), "about it\n").unwrap();
    }
    is("photos", "folder");
    // nor does a folder of notes beside texts make one of pictures
    fs::create_dir_all(path("texts/notes")).unwrap();
    fs::write(path("texts/train.txt"), text(8, |i| ["good", "bad"][i % 2])).unwrap();
    is("texts", "text");
    assert!(detect(&path("nothing"), &TableOptions::default()).is_none());
}
