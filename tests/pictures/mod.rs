//! Folders of pictures made for a test.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use lepton_gpu::data::{DataError, Dataset, LoadOptions, Places, Split, load_with};
use tempfile::TempDir;

pub const RED: [u8; 3] = [220, 30, 20];
pub const BLUE: [u8; 3] = [10, 40, 230];

/// A folder of its own, gone at the end of the test.
pub struct Photos {
    folder: TempDir,
}

impl Photos {
    pub fn new() -> Self {
        Photos { folder: tempfile::tempdir().unwrap() }
    }

    /// `count` pictures of each of these classes, each of a colour of its own.
    pub fn of(classes: &[&str], count: usize) -> Self {
        let photos = Self::new();
        for (class, name) in classes.iter().enumerate() {
            for i in 0..count {
                photos.png(&format!("{name}/{i:03}.png"), [class as u8 * 40, i as u8, 7]);
            }
        }
        photos
    }

    /// Where the pictures are; the cache is beside it.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("photos")
    }

    pub fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// An 8x8 PNG of one colour.
    pub fn png(&self, name: &str, colour: [u8; 3]) {
        self.write(name, encode(&plain(8, 8, colour), ImageFormat::Png));
    }

    pub fn places(&self) -> Places {
        Places { pictures: Some(self.cache()), ..Places::default() }
    }

    pub fn load(&self, options: &LoadOptions) -> Result<Dataset, DataError> {
        load_with(self.root().to_str(), options, &self.places(), &|_, _| {})
    }

    /// Loads at 8x8 with everything else as it is by default.
    #[track_caller]
    pub fn loaded(&self) -> Dataset {
        self.load(&small()).unwrap_or_else(|error| panic!("{error}"))
    }

    #[track_caller]
    pub fn fails(&self, options: &LoadOptions, needles: &[&str]) {
        says(&self.load(options).expect_err("this must not load"), needles);
    }

    /// Names and bytes of the kept images.
    pub fn kept(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let Ok(entries) = fs::read_dir(self.cache()) else { return BTreeMap::new() };
        entries.map(|entry| entry.unwrap().path()).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }
}

/// 8x8 images.
pub fn small() -> LoadOptions {
    LoadOptions { shape: [8, 8, 3], ..LoadOptions::default() }
}

pub fn plain(width: u32, height: u32, colour: [u8; 3]) -> DynamicImage {
    RgbImage::from_pixel(width, height, Rgb(colour)).into()
}

/// Red on the left, blue on the right.
pub fn two_colours(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| Rgb(if x < width / 2 { RED } else { BLUE }))
}

pub fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The message has all of `needles`, fits a screen and names a way out.
#[track_caller]
pub fn says(error: &DataError, needles: &[&str]) {
    let message = lepton_gpu::cli::hint::message(error);
    println!("{message}\n");
    for needle in needles.iter().chain(&["\n  try: "]) {
        assert!(message.contains(needle), "no {needle:?} in:\n{message}");
    }
    assert!(message.lines().count() <= 12, "more than a screen:\n{message}");
}

/// Images of each class.
pub fn balance(split: &Split, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    split.labels().iter().for_each(|&label| counts[label as usize] += 1);
    counts
}

/// The pixel at `(row, column)` of the only image of a class.
#[track_caller]
pub fn pixel(data: &Dataset, class: &str, row: usize, column: usize) -> Vec<u8> {
    let (label, split) = (data.classes().iter().position(|name| name == class).unwrap(), data.train().unwrap());
    let index = split.labels().iter().position(|&l| l as usize == label).unwrap();
    let [_, width, channels] = split.input().shape();
    let at = (row * width + column) * channels;
    split.example(index).unwrap()[at..at + channels].to_vec()
}

/// Whether two colours are alike, as far as JPEG keeps them.
#[track_caller]
pub fn alike(found: &[u8], wanted: &[u8], tolerance: u8) {
    let near = found.iter().zip(wanted).all(|(a, b)| a.abs_diff(*b) <= tolerance);
    assert!(found.len() == wanted.len() && near, "found {found:?}, wanted {wanted:?}");
}

pub fn bytes_of(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}
