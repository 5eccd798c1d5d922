//! The known data sets: `datasets/*.toml`, read at compile time.

use std::sync::OnceLock;

use serde::Deserialize;

/// `(name, description)`: one line for each known data set.
const DESCRIPTIONS: [(&str, &str); 5] = [
    (SMALL, include_str!("../../datasets/fashion-small.toml")),
    ("fashion-mnist", include_str!("../../datasets/fashion-mnist.toml")),
    ("mnist", include_str!("../../datasets/mnist.toml")),
    ("cifar10", include_str!("../../datasets/cifar10.toml")),
    ("cifar100", include_str!("../../datasets/cifar100.toml")),
];

/// The data set that is built into the program.
pub const SMALL: &str = "fashion-small";

#[cfg(feature = "samples")]
/// Content of the small data set, gzipped IDX, by file name.
const SMALL_FILES: [(&str, &[u8]); 4] = [
    ("train-images-idx3-ubyte.gz", include_bytes!("../../datasets/fashion-small/train-images-idx3-ubyte.gz")),
    ("train-labels-idx1-ubyte.gz", include_bytes!("../../datasets/fashion-small/train-labels-idx1-ubyte.gz")),
    ("t10k-images-idx3-ubyte.gz", include_bytes!("../../datasets/fashion-small/t10k-images-idx3-ubyte.gz")),
    ("t10k-labels-idx1-ubyte.gz", include_bytes!("../../datasets/fashion-small/t10k-labels-idx1-ubyte.gz")),
];

/// What is known about a data set before it is read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Name on the command line.
    #[serde(skip)]
    pub name: String,
    /// One line for people.
    pub title: String,
    /// Where it is described.
    pub homepage: String,
    /// Licence of the data.
    pub license: String,
    /// What the files are: the name of a format.
    #[serde(default = "idx")]
    pub format: String,
    /// Addresses that hold `<mirror>/<file>`, tried in this order; none for a data set that is built in.
    pub mirrors: Vec<String>,
    /// Folder where a system package puts the files.
    pub system_folder: Option<String>,
    /// Name of that (Debian) package.
    pub system_package: Option<String>,
    /// Image height in pixels.
    pub height: usize,
    /// Image width in pixels.
    pub width: usize,
    /// Values per pixel: 1 for grey, 3 for colour.
    pub channels: usize,
    /// Images for training.
    pub train_count: usize,
    /// Images for testing.
    pub test_count: usize,
    /// Mean of the training pixels scaled to 0..1, `[c]`.
    pub mean: Vec<f64>,
    /// Standard deviation (of the population) of the same pixels, `[c]`.
    pub std: Vec<f64>,
    /// Class names; label `i` is `classes[i]`.
    pub classes: Vec<String>,
    /// Its files, with their sizes and hashes.
    pub files: Vec<KnownFile>,
}

/// One file of a known data set.
///
/// `bytes` and `sha256` are of the content after unpacking: mirrors and packages compress the same content again, with
/// other gzip headers. Those of an archive are of the file as it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFile {
    /// File name, the same here and at every mirror.
    pub name: String,
    /// Whether it is an archive, which is kept and checked packed.
    #[serde(default)]
    pub archive: bool,
    /// Size of the published, compressed file; a mirror's may differ a little.
    pub download_bytes: u64,
    /// Size of the unpacked content.
    pub bytes: u64,
    /// Whether `bytes` is only a bound, where no exact size is published.
    #[serde(default)]
    pub at_most: bool,
    /// SHA-256 of the unpacked content, in lower-case hexadecimal; its first digits, where no more are published.
    pub sha256: String,
}

fn idx() -> String {
    "idx".into()
}

impl Known {
    /// Image shape, `[h, w, c]`.
    pub fn image_shape(&self) -> [usize; 3] {
        [self.height, self.width, self.channels]
    }
}

/// Every known data set, the one that is built in first.
pub fn all() -> &'static [Known] {
    static ALL: OnceLock<Vec<Known>> = OnceLock::new();
    ALL.get_or_init(|| DESCRIPTIONS.iter().map(|(name, text)| describe(name, text)).collect())
}

/// Names of all known data sets.
pub fn names() -> Vec<String> {
    all().iter().map(|known| known.name.clone()).collect()
}

/// The known data set of this name.
pub fn find(name: &str) -> Option<&'static Known> {
    all().iter().find(|known| known.name == name)
}

#[cfg(feature = "samples")]
/// The (gzipped) content of one file of the data set that is built in.
pub(super) fn built_in(file: &str) -> Option<&'static [u8]> {
    SMALL_FILES.iter().find(|(name, _)| *name == file).map(|(_, bytes)| *bytes)
}

/// A description that does not parse is our own mistake, so it panics; a test reads them all.
fn describe(name: &str, text: &str) -> Known {
    let mut known: Known = toml::from_str(text).unwrap_or_else(|error| panic!("datasets/{name}.toml: {error}"));
    known.name = name.to_string();
    known
}
