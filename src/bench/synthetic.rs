//! Images that the program makes itself, so that every run of a benchmark trains on the same bytes.

use lepton_kernels::random::uniform;

use crate::data::{Dataset, Element, Split};

/// Seeds everything.
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
    let mut learned = split(size, 0, train.min(DIFFERENT));
    let (images, labels) = (learned.images.clone(), learned.labels.clone());
    while learned.count < train {
        let more = (train - learned.count).min(DIFFERENT);
        learned.images.extend_from_slice(&images[..more * learned.image_len()]);
        learned.labels.extend_from_slice(&labels[..more]);
        learned.count += more;
    }
    Dataset {
        name: "synthetic".into(),
        source: "made by the program".into(),
        classes: (0..CLASSES).map(|class| format!("pattern {class}")).collect(),
        train: Some(learned),

        test: Some(split(size, DIFFERENT, TEST)),
        ..Dataset::default()
    }
}

fn split(size: [usize; 3], first: usize, count: usize) -> Split {
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
    let labels = (first..first + count).map(|image| (image % CLASSES) as u32).collect();
    Split { images, labels, values: None, element: Element::Pixels, count, height, width, channels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_the_same_bytes_on_every_machine() {
        let data = synthetic([9, 7, 2], 30);
        let train = data.train.unwrap();
        let sum = train.images.iter().enumerate().map(|(i, &v)| (i as u64 + 1) * u64::from(v)).sum::<u64>();
        assert_eq!((train.images.len(), sum), (30 * 126, SUM));
    }

    /// Of the bytes, each multiplied by its place from 1; recorded once.
    const SUM: u64 = 881_293_394;

    #[test]
    fn more_images_repeat_and_test_images_do_not() {
        let data = synthetic([4, 4, 1], DIFFERENT + 3);
        let (train, test) = (data.train.unwrap(), data.test.unwrap());
        assert_eq!(train.count, DIFFERENT + 3);
        assert_eq!(train.image(1), train.image(DIFFERENT + 1));
        assert_ne!(train.image(1), train.image(11), "same class, other noise");
        assert!((0..train.count).all(|i| train.image(i) != test.image(5)));
    }
}
