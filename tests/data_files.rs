//! Data files: the small set that is built in, and everything that can be wrong with a file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use lepton_gpu::data::{DataError, Dataset, Places, Split, known, load, load_from};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

#[path = "data_files/malformed.rs"]
mod malformed;

const IMAGES: &str = "train-images-idx3-ubyte";
const LABELS: &str = "train-labels-idx1-ubyte";

/// An IDX file of bytes.
fn idx(dims: &[u32], elements: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    bytes.extend(dims.iter().flat_map(|dim| dim.to_be_bytes()));
    bytes.extend(elements);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Three images of 2 by 3 pixels, 0..18.
fn good_images() -> Vec<u8> {
    idx(&[3, 2, 3], &(0..18).collect::<Vec<u8>>())
}

fn good_labels() -> Vec<u8> {
    idx(&[3], &[1, 0, 2])
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn load_folder(folder: &Path) -> Result<Dataset, DataError> {
    load_from(folder.to_str(), &Places::default())
}

/// Loads a folder of these files, which must fail with all of `needles` in a message of one screen with a way out.
#[track_caller]
fn fails(files: &[(&str, &[u8])], needles: &[&str]) -> DataError {
    let folder = folder(files);
    let error = load_folder(folder.path()).expect_err("these files must not load");
    says(&error, needles);
    error
}

#[track_caller]
fn says(error: &DataError, needles: &[&str]) {
    let message = lepton_gpu::cli::hint::message(error);
    println!("{message}\n");
    for needle in needles.iter().chain(&["\n  try: "]) {
        assert!(message.contains(needle), "no {needle:?} in:\n{message}");
    }
    assert!(message.lines().count() <= 12, "more than a screen:\n{message}");
}

fn balance(split: &Split, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for &label in split.labels() {
        counts[label as usize] += 1;
    }
    counts
}

#[test]
fn small_set_is_whole_balanced_and_as_described() {
    let data = load(None).unwrap();
    let described = known::find("fashion-small").unwrap();
    assert_eq!(data.name(), "fashion-small");
    assert_eq!(data.input().shape(), [28, 28, 1]);
    assert_eq!(data.classes()[9], "Ankle boot");
    let (train, test) = (data.train().unwrap(), data.test().unwrap());
    assert_eq!((train.len(), test.len()), (10_000, 2_000));
    assert_eq!((described.train_count, described.test_count), (10_000, 2_000));
    assert_eq!(balance(train, 10), [1_000; 10]);
    assert_eq!(balance(test, 10), [200; 10]);
    assert_eq!(train.bytes().unwrap().len(), 10_000 * 784);
    let (mean, std) = train.mean_std().unwrap().unwrap()[0];
    assert!((mean - described.mean[0]).abs() < 1e-12, "{mean}");
    assert!((std - described.std[0]).abs() < 1e-12, "{std}");
    // The first labels of Fashion-MNIST, as published.
    assert_eq!(&train.labels()[..10], [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]);
    assert_eq!(&test.labels()[..10], [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]);
}

#[test]
fn small_set_in_the_repository_is_the_one_built_in() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("datasets/fashion-small");
    let from_folder = load_folder(&path).unwrap();
    let built_in = load_from(Some("fashion-small"), &Places::default()).unwrap();
    assert_eq!(from_folder.train(), built_in.train());
    assert_eq!(from_folder.test(), built_in.test());
    assert_eq!(from_folder.classes(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let mut total = 0;
    for file in &known::find("fashion-small").unwrap().files {
        let packed = fs::read(path.join(&file.name)).unwrap();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut content).unwrap();
        let sha256: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((content.len() as u64, sha256), (file.bytes, file.sha256.clone()), "{}", file.name);
        assert_eq!(packed.len() as u64, file.download_bytes, "{}", file.name);
        total += packed.len();
    }
    assert!(total < 6_000_000, "{total} bytes in the binary");
}

#[test]
fn descriptions_are_consistent() {
    for known in known::all() {
        assert_eq!(known.mean.len(), known.channels, "{}", known.name);
        assert_eq!(known.std.len(), known.channels, "{}", known.name);
        let bytes: u64 = known.files.iter().map(|file| file.bytes).sum();
        let images = (known.train_count + known.test_count) as u64;
        let per_image = (known.height * known.width * known.channels + 1) as u64;
        match known.format.as_str() {
            "idx" => {
                assert_eq!(known.files.len(), 4, "{}", known.name);
                assert_eq!(bytes, images * per_image + 2 * (16 + 8), "{}", known.name);
            }
            "cifar" => {
                // one archive, whose size is that of the file
                let [file] = &known.files[..] else { panic!("{}: not one file", known.name) };
                assert!(file.archive && file.bytes == file.download_bytes, "{}", known.name);
                assert!(bytes < images * per_image, "{}", known.name);
            }
            other => panic!("{}: no format `{other}`", known.name),
        }
        for file in &known.files {
            let hexadecimal = file.sha256.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
            assert!(file.sha256.len() == 64 && hexadecimal, "{} {}", known.name, file.name);
        }
    }
}

#[test]
fn plain_gzipped_and_dotted_names_give_the_same() {
    let (images, labels) = (good_images(), good_labels());
    let variants: [[(&str, Vec<u8>); 2]; 5] = [
        [(IMAGES, images.clone()), (LABELS, labels.clone())],
        [("train-images-idx3-ubyte.gz", gzip(&images)), ("train-labels-idx1-ubyte.gz", gzip(&labels))],
        [("train-images.idx3-ubyte", images.clone()), ("train-labels.idx1-ubyte", labels.clone())],
        // Content decides, not the name.
        [("train-images-idx3-ubyte.gz", images.clone()), (LABELS, gzip(&labels))],
        // A gzip file may have several members (RFC 1952, 2.2).
        [(IMAGES, [gzip(&images[..9]), gzip(&images[9..])].concat()), (LABELS, labels.clone())],
    ];
    for [(images_name, images), (labels_name, labels)] in &variants {
        let folder = folder(&[(images_name, images), (labels_name, labels)]);
        let data = load_folder(folder.path()).unwrap_or_else(|error| panic!("{images_name}: {error}"));
        let train = data.train().unwrap();
        assert_eq!((train.len(), train.input().shape()), (3, [2, 3, 1]));
        assert_eq!(train.bytes().unwrap(), (0..18).collect::<Vec<u8>>());
        assert_eq!(train.labels(), [1, 0, 2]);
        assert_eq!(data.classes(), ["0", "1", "2"]);
        assert!(data.test().is_none());
    }
}

#[test]
fn images_with_channels_and_a_test_split_alone() {
    let images = idx(&[2, 1, 3, 2], &(0..12).collect::<Vec<u8>>());
    let folder = folder(&[("t10k-images-idx4-ubyte", &images), ("t10k-labels-idx1-ubyte", &idx(&[2], &[4, 0]))]);
    let data = load_folder(folder.path()).unwrap();
    assert!(data.train().is_none());
    assert_eq!(data.input().shape(), [1, 3, 2]);
    assert_eq!(data.classes().len(), 5);
    let mut test = data.into_splits().test.unwrap();
    assert_eq!(*test.example(1).unwrap(), [6, 7, 8, 9, 10, 11]);
    // Channels are the last axis: the means of 0 2 4 .. 10 and of 1 3 5 .. 11.
    let means: Vec<f64> = test.mean_std().unwrap().unwrap().iter().map(|(mean, _)| mean * 255.0).collect();
    assert!((means[0] - 5.0).abs() < 1e-12 && (means[1] - 6.0).abs() < 1e-12, "{means:?}");
    test.truncate(1);
    assert_eq!((test.len(), test.labels().len(), test.bytes().unwrap().len()), (1, 1, 6));
    test.truncate(5);
    assert_eq!(test.len(), 1);
}

#[test]
fn labels_that_leave_a_class_out_are_told() {
    let noted = |labels: &[u8]| {
        let (images, labels) = (good_images(), idx(&[3], labels));
        let folder = folder(&[(IMAGES, &images), (LABELS, &labels)]);
        let data = load_folder(folder.path()).unwrap();
        (data.classes().len(), data.notes().to_vec())
    };
    let told = |what: &str, last: u8| {
        vec![format!(
            "no image has {what}, though labels go up to {last}: the model gets an output for it all the same"
        )]
    };
    assert_eq!(noted(&[1, 2, 3]), (4, told("class 0", 3)), "they count from 1");
    assert_eq!(noted(&[0, 2, 4]), (5, told("classes 1, 3", 4)));
    assert_eq!(noted(&[1, 0, 2]), (3, Vec::new()));
}

#[test]
fn missing_files() {
    fails(&[(IMAGES, &good_images())], &["train-labels-idx1-ubyte: missing", IMAGES, "1 of 2"]);
    fails(&[(LABELS, &good_labels())], &["train-images-idx3-ubyte: missing", LABELS]);
    fails(&[("notes.txt", b"hello")], &["no IDX files", "1 entries"]);
    fails(&[], &["no IDX files", "0 entries"]);
}

#[test]
fn paths_that_are_no_data() {
    let folder = folder(&[("file", b"x")]);
    let load = |spec: &Path| load_from(spec.to_str(), &Places::default()).unwrap_err();
    says(&load(&folder.path().join("file")), &["file: not a folder"]);
    says(&load(&folder.path().join("nothing")), &["nothing", "neither a folder nor", "mnist, ", "fashion-small"]);
    fs::create_dir(folder.path().join(IMAGES)).unwrap();
    fs::write(folder.path().join(LABELS), good_labels()).unwrap();
    let error = load(folder.path());
    says(&error, &[IMAGES, "cannot read: is a directory"]);
    assert!(matches!(error, DataError::Io { .. }));
}

#[test]
fn known_names_are_looked_up_in_order_and_listed_when_absent() {
    let root = folder(&[]);
    let [first, second] = ["first", "second"].map(|name| root.path().join(name));
    let places = Places { lepton_data: Some(first.clone()), cache: Some(second.clone()), pictures: None };
    let error = load_from(Some("mnist"), &places).unwrap_err();
    let looked = [first.join("mnist"), second.join("mnist")];
    let looked = looked.map(|path| path.display().to_string());
    says(&error, &[&looked[0], &looked[1], "lepton-gpu data fetch mnist"]);
    let images = |value: u8| idx(&[1, 28, 28], &[value; 784]);
    for (place, value) in [(&second, 2), (&first, 1)] {
        let folder = place.join("mnist");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(IMAGES), images(value)).unwrap();
        fs::write(folder.join(LABELS), idx(&[1], &[9])).unwrap();
        let data = load_from(Some("mnist"), &places).unwrap();
        assert_eq!(data.train().unwrap().bytes().unwrap()[0], value);
        assert_eq!(data.classes().len(), 10);
        assert_eq!(data.source(), folder.display().to_string());
    }
    // A known data set has a known shape and known classes.
    fs::write(first.join("mnist").join(LABELS), idx(&[1], &[10])).unwrap();
    says(&load_from(Some("mnist"), &places).unwrap_err(), &["byte 8: label 10 of image 0", "10 classes are 0..=9"]);
    fs::write(first.join("mnist").join(IMAGES), idx(&[1, 27, 28], &[0; 756])).unwrap();
    let error = load_from(Some("mnist"), &places).unwrap_err();
    says(&error, &["byte 8", "[27, 28, 1]", "[28, 28, 1]", "description"]);
}

#[test]
fn debian_package_is_named_in_the_way_out() {
    let mut known = known::find("fashion-mnist").unwrap().clone();
    assert_eq!(known.system_package.as_deref(), Some("dataset-fashion-mnist"));
    known.system_folder = Some("/elsewhere".to_string());
    assert_eq!(Places::default().candidates(&known), [PathBuf::from("/elsewhere")]);
}

#[test]
fn published_mnist_if_it_is_here() {
    let places = Places::from_env();
    let here = places.lepton_data.as_ref().is_some_and(|folder| folder.join("mnist").is_dir());
    if !here {
        println!("skipped: no data");
        return;
    }
    let data = load_from(Some("mnist"), &places).unwrap();
    let described = known::find("mnist").unwrap();
    let (train, test) = (data.train().unwrap(), data.test().unwrap());
    assert_eq!((train.len(), test.len()), (described.train_count, described.test_count));
    assert_eq!(balance(train, 10), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    assert_eq!(balance(test, 10), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    let (mean, std) = train.mean_std().unwrap().unwrap()[0];
    assert!((mean - described.mean[0]).abs() < 1e-12 && (std - described.std[0]).abs() < 1e-12);
}
