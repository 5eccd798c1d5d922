//! What is fuzzed: a function for each parser, which takes the bytes of a file. Whatever they are, it must return: no panic, no abort, and
//! never more memory than a bound. `tests/fuzz.rs` runs the same functions without a fuzzer.

use std::cell::OnceCell;
use std::path::Path;

use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::{Recipe, RunConfig};
use lepton_gpu::data::picture::{self, Place};
use lepton_gpu::data::{self, ImageOptions, LoadOptions, Places, Vocabulary};
use lepton_gpu::model::ModelSpec;
use lepton_gpu::onnx;
use lepton_gpu::plan::summary;
use lepton_gpu::report::{EventLog, History, Log};
use lepton_gpu::weights::Weights;
use lepton_gpu::weights::foreign::{ForeignFile, translate};

/// A parser under test.
pub struct Target {
    /// Its name, that of its corpus and of its program.
    pub name: &'static str,
    /// Parses a file's bytes.
    pub run: fn(&[u8]),
    /// Bytes that may be allocated at a time, whatever the input.
    pub most_bytes: usize,
}

/// The bound of all but pictures.
const MOST: usize = 256 << 20;
/// The limit on a decoded picture is 1 GiB, and it is converted once.
const MOST_PICTURE: usize = 3 << 30;
/// Bytes beside those for each byte of input: what gzip and deflate make of one, twice.
pub const MOST_OF_A_BYTE: usize = 2 * 1032 + 64;

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run, most_bytes: MOST }
}

/// Every parser of what people and other programs write.
pub const TARGETS: &[Target] = &[
    target("idx", |bytes| load("train-images-idx3-ubyte", bytes, Some("train-labels-idx1-ubyte"))),
    target("cifar", |bytes| load("test_batch.bin", bytes, None)),
    target("cifar_archive", |bytes| load_file("cifar.tar", bytes)),
    target("table", |bytes| load_file("table.csv", bytes)),
    target("text", |bytes| load_file("texts.tsv", bytes)),
    target("lines", |bytes| load_file("texts.txt", bytes)),
    target("tar", |bytes| load_file("shard.tar", bytes)),
    target("parquet", |bytes| load_file("shard.parquet", bytes)),
    Target { name: "picture", run: decode, most_bytes: MOST_PICTURE },
    Target { name: "jpeg", run: jpeg, most_bytes: MOST_PICTURE },
    target("checkpoint", checkpoint),
    target("weights", weights),
    target("onnx", |bytes| drop(onnx::import(bytes, &onnx::Reading::default()))),
    target("model", |bytes| {
        with_text(bytes, |text| drop(ModelSpec::parse(text, "model.toml").map(|model| summary(&model))))
    }),
    target("recipe", |bytes| with_text(bytes, |text| drop(Recipe::parse(text, "recipe.toml")))),
    target("config", |bytes| {
        with_text(bytes, |text| drop(toml::from_str::<RunConfig>(text).map(|config| config.check().is_ok())));
    }),
    target("tiles", |bytes| with_file("tiles.toml", bytes, |path| drop(lepton_gpu::gpu::TileTable::read(path)))),
    target("bench", |bytes| with_file("bench.json", bytes, |path| drop(lepton_gpu::report::bench::read(path)))),
    target("events", events),
    target("vocabulary", |bytes| {
        with_text(bytes, |text| drop(serde_json::from_str::<Vocabulary>(text).map(|words| words.encode("a word", 4))));
    }),
];

thread_local! {
    static FOLDER: OnceCell<tempfile::TempDir> = const { OnceCell::new() };
}

/// A folder of this thread's own.
fn with_folder(run: impl FnOnce(&Path)) {
    FOLDER.with(|folder| run(folder.get_or_init(|| tempfile::tempdir().expect("a temporary folder")).path()));
}

/// A file of these bytes.
fn with_file(name: &str, bytes: &[u8], run: impl FnOnce(&Path)) {
    with_folder(|folder| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("a temporary file");
        run(&path);
    });
}

fn with_text(bytes: &[u8], run: impl FnOnce(&str)) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        run(text);
    }
}

fn options() -> LoadOptions {
    let images = ImageOptions { skip_damaged: true, ..ImageOptions::default() };
    LoadOptions { shape: [4, 4, 3], images, ..LoadOptions::default() }
}

/// Loads what is at a path, as strictly as by default and as leniently as can be asked for.
fn load_path(path: &Path) {
    let path = path.to_str().expect("temporary folders have plain names");
    drop(data::load_with(Some(path), &options(), &Places::default(), &|_, _| {}));
    let strict = LoadOptions { images: ImageOptions::default(), unlabelled: true, ..options() };
    drop(data::load_with(Some(path), &strict, &Places::default(), &|_, _| {}));
}

/// Loads a file.
fn load_file(name: &str, bytes: &[u8]) {
    with_file(name, bytes, load_path);
}

/// Loads the folder of a file, or of two of which the first has as many bytes as the input's first two say.
fn load(name: &str, bytes: &[u8], other: Option<&str>) {
    with_folder(|folder| {
        let folder = folder.join("folder");
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let (first, second) = match (other, bytes) {
            (Some(_), [low, high, rest @ ..]) => {
                rest.split_at(rest.len().min(usize::from(u16::from_le_bytes([*low, *high]))))
            }
            _ => (bytes, &[][..]),
        };
        std::fs::write(folder.join(name), first).expect("a temporary file");
        if let Some(other) = other {
            std::fs::write(folder.join(other), second).expect("a temporary file");
        }
        load_path(&folder);
    });
}

fn decode(bytes: &[u8]) {
    with_file("picture", bytes, |path| {
        if let Ok((picture, _)) = picture::decode_deep(&Place::from(path), None) {
            picture::scale(&picture, [4, 4, 3], data::Fit::Crop);
        }
    });
}

/// Whatever the bytes are, they begin as a JPEG.
fn jpeg(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    let start = [0xff, 0xd8, 0xff];
    let length = bytes.len().min(start.len());
    bytes[..length].copy_from_slice(&start[..length]);
    decode(&bytes);
}

fn checkpoint(bytes: &[u8]) {
    if let Ok(checkpoint) = Checkpoint::from_bytes(bytes) {
        drop(checkpoint.meta.model().map(|model| summary(&model)));
        drop(checkpoint.to_bytes());
    }
}

fn weights(bytes: &[u8]) {
    drop(Weights::from_bytes(bytes, "weights.safetensors"));
    if let Ok(file) = ForeignFile::parse(bytes, "weights.safetensors") {
        drop(translate(&file, None, &[]));
    }
}

/// The log of a run that was killed, and goes on.
fn events(bytes: &[u8]) {
    let log = Log::parse(bytes);
    drop(log.last_event().map(String::from));
    drop(History::of(&log).draw("run"));
    with_file("events.jsonl", bytes, |path| drop(EventLog::open(path).and_then(|log| log.continued(path))));
}
