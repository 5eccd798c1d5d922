//! Files that are no pictures, only half of one, or far too large: named in words, before memory is taken.

use image::ImageFormat;
use jpeg_encoder::{ColorType, Encoder};
use lepton_gpu::data::picture::{self, DecodeError};

use crate::pictures::{Photos, RED, encode, plain, small, two_colours};
use crate::skipping;

/// What is said of a file.
#[track_caller]
fn said(photos: &Photos, name: &str, bytes: impl AsRef<[u8]>) -> String {
    photos.write(name, bytes);
    picture::decode(&photos.path(name).into()).expect_err(name).to_string()
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(data);
    [&(data.len() as u32).to_be_bytes(), &kind[..], data, &crc.sum().to_be_bytes()].concat()
}

/// A PNG of such a size, grey pixels of one bit, whose pixels are what `data` unpacks to.
fn png(side: u32, data: &[u8]) -> Vec<u8> {
    let header = [&side.to_be_bytes()[..], &side.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &chunk(b"IDAT", data), &chunk(b"IEND", b"")].concat()
}

fn gif(side: u16) -> Vec<u8> {
    let side = side.to_le_bytes();
    let size = [side, side].concat();
    [b"GIF89a", &size[..], &[0x80, 0, 0, 0, 0, 0, 255, 255, 255, b',', 0, 0, 0, 0], &size, &[0, 2, 2, 0x44, 1, 0, b';']]
        .concat()
}

/// A noisy JPEG, so that its data are spread over the picture.
fn jpeg(is_progressive: bool, restart: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_progressive(is_progressive);
    if restart > 0 {
        encoder.set_restart_interval(restart);
    }
    let mut state = 1u32;
    let noise: Vec<u8> = (0..3 * 64 * 64)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    encoder.encode(&noise, 64, 64, ColorType::Rgb).unwrap();
    bytes
}

#[test]
fn headers_are_not_believed() {
    let photos = Photos::new();
    let zeros = {
        use std::io::Write;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        (0..30_000).for_each(|_| encoder.write_all(&[0; 3751]).unwrap());
        encoder.finish().unwrap()
    };
    let mut bitmap = encode(&plain(2, 2, RED), ImageFormat::Bmp);
    bitmap[18..22].copy_from_slice(&30_000i32.to_le_bytes());
    bitmap[22..26].copy_from_slice(&30_000i32.to_le_bytes());
    let mut false_size = jpeg(false, 0);
    let frame = false_size.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    false_size[frame + 5..frame + 9].fill(0xff);
    let bombs: [(&str, Vec<u8>); 6] = [
        ("a.gif", gif(65535)),
        ("a.png", png(65535, &[])),
        ("real.png", png(30_000, &zeros)),
        ("a.ppm", b"P6\n65535 65535\n255\n0123456789".to_vec()),
        ("a.bmp", bitmap),
        ("a.jpg", false_size.clone()),
    ];
    assert!(bombs[2].1.len() < 200_000, "a bomb is small");
    for (name, bytes) in bombs {
        let words = said(&photos, name, bytes);
        assert!(
            words.starts_with("too large: ") && words.ends_with("million pixels, the limit is 268 million"),
            "{name}: {words}"
        );
    }
    // what the decoder itself refuses
    let words = said(&photos, "vast.png", png(i32::MAX as u32, &[]));
    assert_eq!(words, "damaged or too large: its header asks for more memory than any image may take");
    // a strip for each of 2^31 rows
    let tag = |(tag, kind, count, value): (u16, u16, u32, u32)| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let tiff = |side: u32, rows: u32, strips: u32| {
        let tags = [
            (256, 4, 1, side),
            (257, 4, 1, side),
            (258, 3, 1, 8),
            (259, 3, 1, 1),
            (262, 3, 1, 1),
            (273, 4, strips, 8),
            (277, 3, 1, 1),
            (278, 4, 1, rows),
            (279, 4, strips, 100),
        ];
        let tags: Vec<u8> = tags.into_iter().flat_map(tag).collect();
        [&b"II*\0\x08\0\0\0\x09\0"[..], &tags, &[0; 40]].concat()
    };
    assert!(said(&photos, "a.tif", tiff(65535, 65535, 1)).starts_with("too large: 65535x65535"));
    assert!(said(&photos, "b.tif", tiff(64, 1, 1 << 31)).starts_with("damaged or too large: "));
    // within the limit, and still more than the file can hold
    let size = 16_000u16.to_be_bytes();
    false_size[frame + 5..frame + 9].copy_from_slice(&[size, size].concat());
    let claim = "16000x16000 pixels, more than its ";
    for (name, bytes) in [("b.jpg", false_size), ("b.png", png(16_000, &[])), ("b.gif", gif(16_000))] {
        let words = said(&photos, name, bytes);
        assert!(words.contains(claim), "{name}: {words}");
    }
    // the others are learned from
    let photos = Photos::of(&["a", "b"], 2);
    photos.write("a/bomb.gif", gif(65535));
    photos.write("b/bomb.png", png(65535, &[]));
    photos.fails(&small(), &["2 of 6 images", "a/bomb.gif: too large: 65535x65535", "b/bomb.png: too large"]);
    assert_eq!(photos.load(&skipping()).unwrap().train().unwrap().len(), 4);
}

#[test]
fn half_a_jpeg_is_no_jpeg_even_with_an_end_marker() {
    let photos = Photos::new();
    for (is_progressive, restart) in [(false, 0), (false, 2), (true, 0)] {
        let whole = jpeg(is_progressive, restart);
        photos.write("whole.jpg", &whole);
        picture::decode(&photos.path("whole.jpg").into()).unwrap();
        let start = whole.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap() + 20;
        let mut cuts = 0;
        for share in 1..20 {
            let cut = start + (whole.len() - start) * share / 20;
            let bytes = [&whole[..cut], &[0xff, 0xd9]].concat();
            photos.write("half.jpg", &bytes);
            // a progressive one that ends between two scans is whole, only coarser
            cuts += usize::from(picture::decode(&photos.path("half.jpg").into()).is_err());
        }
        assert!(cuts == 19 || is_progressive && cuts >= 15, "{is_progressive} {restart}: {cuts} of 19");
    }
    let whole = jpeg(false, 0);
    let half = [&whole[..whole.len() / 2], &[0xff, 0xd9]].concat();
    let words = said(&photos, "half.jpg", half);
    assert!(words.starts_with("cut: its data end at 4") && words.contains(" % of the image, in byte "), "{words}");
    // codes that are none
    let mut broken = whole.clone();
    let middle = broken.len() / 2;
    broken[middle..middle + 64].fill(0xfe);
    let words = said(&photos, "broken.jpg", broken);
    assert!(words.contains("damaged in byte") || words.starts_with("cut: "), "{words}");
}

#[test]
fn jpegs_of_other_programs_are_whole() {
    let photos = Photos::new();
    let colours = two_colours(50, 37);
    let grey = image::DynamicImage::from(colours.clone()).to_luma8();
    for quality in [1, 50, 100] {
        for is_progressive in [false, true] {
            for is_optimized in [false, true] {
                for sampling in [
                    jpeg_encoder::SamplingFactor::F_1_1,
                    jpeg_encoder::SamplingFactor::F_2_2,
                    jpeg_encoder::SamplingFactor::F_4_1,
                ] {
                    let mut bytes = Vec::new();
                    let mut encoder = Encoder::new(&mut bytes, quality);
                    encoder.set_progressive(is_progressive);
                    encoder.set_optimized_huffman_tables(is_optimized);
                    encoder.set_sampling_factor(sampling);
                    if !is_optimized {
                        // the encoder refuses both
                        encoder.set_restart_interval(3);
                    }
                    encoder.encode(colours.as_raw(), 50, 37, ColorType::Rgb).unwrap();
                    photos.write("a.jpg", bytes);
                    picture::decode(&photos.path("a.jpg").into()).unwrap();
                }
            }
        }
        let mut bytes = Vec::new();
        Encoder::new(&mut bytes, quality).encode(grey.as_raw(), 50, 37, ColorType::Luma).unwrap();
        photos.write("a.jpg", bytes);
        picture::decode(&photos.path("a.jpg").into()).unwrap();
    }
}

#[test]
fn files_of_other_kinds_are_named_in_words() {
    let photos = Photos::new();
    let lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n";
    for (bytes, says) in [
        (&b"<!DOCTYPE html><html><head>"[..], "a web page (HTML)"),
        (b"\xef\xbb\xbf\r\n <HTML lang=en>", "a web page (HTML)"),
        (b"<!-- saved --><html>", "a web page (HTML)"),
        (b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>", "an XML document"),
        (b"<svg xmlns=", "an SVG drawing"),
        (b"{\"error\": \"quota\"}", "a JSON text"),
        (lfs.as_bytes(), "a Git LFS pointer, not the image itself; run `git lfs pull`"),
        (b"/annex/objects/SHA256E-s1--a.jpg", "a git-annex pointer"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF image, which is not supported; save it as JPEG or PNG"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "an AVIF image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC photo, which is not supported; save it as JPEG or PNG"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "a HEIC photo"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "a video"),
        (b"\xff\x0a\xfa\x1f", "a JPEG XL image"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04\x14\0", "an archive, not an image; unpack it"),
        (b"8BPS\0\x01", "a Photoshop document"),
        (b"\0\x05\x16\x07\0\x02\0\0Mac OS X", "what macOS keeps beside a file"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript document"),
        (b"[InternetShortcut]\nURL=", "a link to a web page"),
        (b"Too many requests, try later", "a text, not an image: `Too many requests, try later`"),
        (&[0; 600], "damaged: its first bytes are all 00"),
        (b"", "empty"),
        (b"\x01\x02\x03\x04\x05", "not an image in a supported format; its first bytes are 01 02 03 04"),
    ] {
        let words = said(&photos, "a/x.jpg", bytes);
        assert!(words.starts_with(says), "{words}\nshould say: {says}");
    }
    // a raw photo has a small preview in front
    let words = said(&photos, "a/x.NEF", encode(&plain(8, 8, RED), ImageFormat::Tiff));
    assert!(words.starts_with("a camera's raw photo"), "{words}");
    let folder = picture::decode(&photos.path("a").into()).unwrap_err();
    assert!(matches!(folder, DecodeError::Io(_)), "{folder}");
}
