//! Everything that can be wrong with one file, or between two.

use lepton_gpu::data::{DataError, IdxError};

use super::{IMAGES, LABELS, fails, good_images, good_labels, gzip, idx};

#[track_caller]
fn images_fail(images: &[u8], needles: &[&str]) -> DataError {
    fails(&[(IMAGES, images), (LABELS, &good_labels())], needles)
}

#[test]
fn empty_files() {
    images_fail(b"", &["empty: 0 bytes", "at least 17"]);
    images_fail(&gzip(b""), &["empty: 0 bytes"]);
    fails(&[(IMAGES, &good_images()), (LABELS, b"")], &[LABELS, "at least 9"]);
}

#[test]
fn truncated_files() {
    let images = good_images();
    assert_eq!(images.len(), 34);
    images_fail(&images[..33], &["truncated", "needs 34 bytes", "file ends at byte 33"]);
    images_fail(&images[..16], &["needs 34 bytes", "byte 16"]);
    images_fail(&images[..9], &["needs 16 bytes", "byte 9"]);
    images_fail(&images[..3], &["needs 17 bytes", "byte 3"]);
    images_fail(&gzip(&images[..33]), &["needs 34 bytes", "unpacked file ends at byte 33"]);
    let labels = good_labels();
    fails(&[(IMAGES, &images), (LABELS, &labels[..10])], &[LABELS, "needs 11 bytes", "byte 10"]);
}

#[test]
fn trailing_bytes() {
    let joined = [good_images(), vec![7; 5]].concat();
    images_fail(&joined, &["trailing", "from byte 34 on", "promises 34", "has 39"]);
    images_fail(&gzip(&joined), &["promises 34", "unpacked file has 39"]);
}

#[test]
fn wrong_headers() {
    let broken = |byte: usize, value: u8| {
        let mut images = good_images();
        images[byte] = value;
        images
    };
    images_fail(b"<!DOCTYPE html><html>", &["byte 0: found 3c 21", "00 00"]);
    images_fail(&broken(1, 1), &["byte 0: found 00 01"]);
    images_fail(&broken(2, 0x0d), &["byte 2", "0x0d (f32)", "0x08"]);
    images_fail(&broken(2, 0x77), &["0x77 (no known type)"]);
    images_fail(&broken(3, 2), &["byte 3: 2 dimensions", "images have 3"]);
    images_fail(&good_labels(), &["byte 3: 1 dimensions", "swapped"]);
    fails(&[(IMAGES, &good_images()), (LABELS, &good_images())], &[LABELS, "byte 3: 3 dimensions", "labels have 1"]);
}

#[test]
fn sizes_of_zero() {
    images_fail(&idx(&[0, 2, 3], &[]), &["byte 4: dimension 0 is 0 in [0, 2, 3]", "at least 1"]);
    images_fail(&idx(&[3, 2, 0], &[]), &["byte 12: dimension 2 is 0"]);
    fails(&[(IMAGES, &good_images()), (LABELS, &idx(&[0], &[]))], &[LABELS, "byte 4"]);
}

#[test]
fn sizes_that_are_lies() {
    // The product passes 2^64, and 2^32 alone.
    let huge = idx(&[u32::MAX, u32::MAX, u32::MAX], &[1, 2, 3]);
    images_fail(&huge, &["4294967295, 4294967295, 4294967295", "79228162458924105385300197375", "4294967296"]);
    let wraps = idx(&[1 << 31, 1 << 31, 4], &[]);
    images_fail(&wraps, &["18446744073709551616"]);
    // Within the limit, 4 GB claimed by 34 bytes: must fail by reading, not by reserving.
    let claim = idx(&[1 << 20, 64, 64], &[0; 18]);
    images_fail(&claim, &["needs 4294967312 bytes", "byte 34"]);
    images_fail(&gzip(&claim), &["needs 4294967312 bytes", "unpacked file ends at byte 34"]);
}

#[test]
fn a_gzip_bomb_is_not_unpacked() {
    let bomb = [good_images(), vec![0; 100 << 20]].concat();
    let error = images_fail(&gzip(&bomb), &["promises 34", "at least"]);
    let DataError::Idx(IdxError::Trailing { found, at_least, .. }) = error else {
        panic!("{error}");
    };
    assert!(at_least && found < 70 << 20, "unpacked {found} bytes");
}

#[test]
fn corrupt_gzip() {
    let packed = gzip(&good_images());
    let cut = &packed[..packed.len() - 12];
    images_fail(cut, &["corrupt gzip", "the stream is cut"]);
    let mut flipped = packed.clone();
    let checksum = flipped.len() - 8;
    flipped[checksum] ^= 1;
    images_fail(&flipped, &["corrupt gzip after 34 unpacked bytes of 34", "checksum"]);
    images_fail(&[0x1f, 0x8b, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0], &["corrupt gzip after 0"]);
    images_fail(&packed[..5], &["corrupt gzip after 0", "cut"]);
    images_fail(&[packed.clone(), b"garbage".to_vec()].concat(), &["corrupt gzip after 34"]);
}

#[test]
fn counts_and_shapes_that_differ() {
    fails(&[(IMAGES, &good_images()), (LABELS, &idx(&[2], &[0, 1]))], &["3 images", "2 labels", IMAGES, LABELS]);
    let other = idx(&[1, 3, 2], &[0; 6]);
    let test = [("t10k-images-idx3-ubyte", &other[..]), ("t10k-labels-idx1-ubyte", &idx(&[1], &[0])[..])];
    let files = [(IMAGES, &good_images()[..]), (LABELS, &good_labels()[..]), test[0], test[1]];
    fails(&files, &["t10k-images", "[3, 2, 1]", "[2, 3, 1]"]);
}
