//! Images that the program makes itself, so that every run of a benchmark trains on the same bytes.

use lepton_kernels::random::uniform;

use crate::data::{Dataset, Split, Splits, Targets};

/// Seed of every pattern, colour and noise.
const SEED: u64 = 20_26;
/// Classes; image `i` is of class `i % CLASSES`.
const CLASSES: usize = 10;
/// Side of the squares of a class's pattern, in pixels.
const SQUARE: usize = 4;
/// Streams of random numbers: squares of class `i` are `i`, its colour is `COLOUR + i`, noise of image `i` is `NOISE + i`.
const COLOUR: u64 = 1 << 31;
const NOISE: u64 = 1 << 32;
/// How much of a pixel is its class's pattern.
const SIGNAL: f64 = 0.7;

/// Different images; a data set of more repeats them.
pub const DIFFERENT: usize = 2048;
/// Images of the test split.
pub const TEST: usize = 256;

/// A data set of images `[h, w, c]`: a pattern of squares and a colour for each class, under noise. `train` images to learn from, the
/// first 2,048 of them different, and 256 others. The same bytes on every machine: numbers are made by
/// integers, and by products and sums in f64 that round alike everywhere.
pub fn synthetic(size: [usize; 3], train: usize) -> Dataset {
    let mut pixels = pixels(size, 0, train.min(DIFFERENT));
    let different = pixels.len();
    let bytes = train * size.iter().product::<usize>();
    pixels.reserve_exact(bytes - different);
    while pixels.len() < bytes {
        pixels.extend_from_within(..(bytes - pixels.len()).min(different));
    }
    let targets = |first: usize, count: usize| {
        // repeated images keep their classes
        let class = |image: usize| (first + image % DIFFERENT) % CLASSES;
        Targets::Classes { labels: (0..count).map(|image| class(image) as u32).collect(), classes: CLASSES }
    };
    let names = (0..CLASSES).map(|class| format!("pattern {class}")).collect();
    let learned = Split::images(size, pixels, targets(0, train)).expect("so many pixels were made");
    let test = Split::images(size, self::pixels(size, DIFFERENT, TEST), targets(DIFFERENT, TEST));
    let splits = Splits { train: Some(learned), test: Some(test.expect("as many")), ..Splits::default() };
    Dataset::new("synthetic", names, splits).expect("splits of one size").with_source("generated")
}

/// The pixels of `count` images from number `first` on.
fn pixels(size: [usize; 3], first: usize, count: usize) -> Vec<u8> {
    let [height, width, channels] = size;
    let columns = width.div_ceil(SQUARE);
    let patterns: Vec<Vec<f64>> = (0..CLASSES as u64)
        .map(|class| {
            let squares = 0..(height.div_ceil(SQUARE) * columns * channels) as u64;
            let colour = |i: u64| uniform(SEED, COLOUR + class, i % channels as u64);
            squares.map(|i| 0.6 * uniform(SEED, class, i) + 0.4 * colour(i)).collect()
        })
        .collect();
    let mut images = Vec::with_capacity(count * height * width * channels);
    for image in first..first + count {
        let pattern = &patterns[image % CLASSES];
        for i in 0..height * width * channels {
            let (y, x, c) = (i / channels / width, i / channels % width, i % channels);
            let signal = pattern[(y / SQUARE * columns + x / SQUARE) * channels + c];
            let noise = uniform(SEED, NOISE + image as u64, i as u64);
            images.push((256.0 * (SIGNAL * signal + (1.0 - SIGNAL) * noise)) as u8);
        }
    }
    images
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_the_same_bytes_on_every_machine() {
        let data = synthetic([9, 7, 2], 30);
        let train = data.train().unwrap();
        let sum = train.bytes().unwrap().iter().enumerate().map(|(i, &v)| (i as u64 + 1) * u64::from(v)).sum::<u64>();
        assert_eq!((train.bytes().unwrap().len(), sum), (30 * 126, SUM));
    }

    /// Of the bytes, each multiplied by its place from 1; recorded once.
    const SUM: u64 = 881_293_394;

    #[test]
    fn more_images_repeat_and_test_images_do_not() {
        let data = synthetic([4, 4, 1], DIFFERENT + 3);
        let (train, test) = (data.train().unwrap(), data.test().unwrap());
        assert_eq!(train.len(), DIFFERENT + 3);
        assert_eq!(train.example(1), train.example(DIFFERENT + 1));
        assert_ne!(train.example(1), train.example(11), "same class, other noise");
        assert!((0..train.len()).all(|i| train.example(i) != test.example(5)));
    }
}
