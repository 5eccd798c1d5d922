//! Pictures of every format and kind become the pixels that a person would expect.

use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, Rgba};
use jpeg_encoder::{ColorType, Encoder};
use lepton_gpu::data::{Fit, ImageOptions, LoadOptions, Range, picture};

use crate::pictures::{BLUE, Photos, RED, alike, encode, pixel, plain, small, two_colours};

fn fitted(fit: Fit, shape: [usize; 3]) -> LoadOptions {
    LoadOptions { shape, images: ImageOptions { fit: Some(fit), ..ImageOptions::default() }, ..small() }
}

#[test]
fn formats_are_told_by_content() {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Pnm, Tiff, WebP};
    let photos = Photos::new();
    for (format, end) in
        [(Png, "jpg"), (Jpeg, "png"), (WebP, "jpeg"), (Bmp, "gif"), (Gif, "bmp"), (Pnm, "x"), (Tiff, "tif")]
    {
        photos.write(&format!("{format:?}/a.{end}"), encode(&plain(20, 10, RED), format));
    }
    let grey = GrayImage::from_pixel(9, 9, Luma([77]));
    photos.write("pgm/a.pgm", [b"P5\n9 9\n255\n".as_slice(), grey.as_raw()].concat());
    let data = photos.loaded();
    assert_eq!(data.classes().len(), 8);
    for class in ["Bmp", "Gif", "Jpeg", "Png", "Pnm", "Tiff", "WebP"] {
        alike(&pixel(&data, class, 4, 4), &RED, 3);
    }
    assert_eq!(pixel(&data, "pgm", 4, 4), [77; 3]);
}

#[test]
fn grey_alpha_16_bits_and_cmyk() {
    let photos = Photos::new();
    let put =
        |name: &str, picture: DynamicImage| photos.write(&format!("{name}/a.png"), encode(&picture, ImageFormat::Png));
    put("grey", ImageBuffer::from_pixel(9, 9, Luma([90u8])).into());
    put("grey16", ImageBuffer::from_pixel(9, 9, Luma([90u16 * 257])).into());
    put("rgb16", ImageBuffer::from_pixel(9, 9, Rgb([220u16 * 257, 30 * 257, 20 * 257])).into());
    put("clear", ImageBuffer::from_pixel(9, 9, Rgba([0u8, 0, 0, 0])).into());
    put("half", ImageBuffer::from_pixel(9, 9, Rgba([200u8, 0, 100, 128])).into());
    put("clear16", ImageBuffer::from_pixel(9, 9, LumaA([0u16, 0])).into());
    let mut cmyk = Vec::new();
    // magenta ink alone
    let ink = [0u8, 255, 0, 0].repeat(16 * 16);
    Encoder::new(&mut cmyk, 95).encode(&ink, 16, 16, ColorType::Cmyk).unwrap();
    photos.write("cmyk/a.jpg", cmyk);
    let data = photos.loaded();
    let of = |class| pixel(&data, class, 3, 3);
    assert_eq!(of("grey"), [90; 3]);
    assert_eq!(of("grey16"), [90; 3]);
    assert_eq!(of("rgb16"), RED);
    assert_eq!(of("clear"), [255; 3], "nothing is white");
    assert_eq!(of("clear16"), [255; 3]);
    alike(&of("half"), &[227, 127, 177], 1);
    alike(&of("cmyk"), &[255, 0, 255], 6);
    // models of grey images: luminance as Rec. 709 weighs it
    let data = photos.load(&LoadOptions { shape: [8, 8, 1], ..small() }).unwrap();
    assert_eq!(pixel(&data, "grey", 2, 2), [90]);
    alike(&pixel(&data, "rgb16", 2, 2), &[70], 1);
}

/// A JPEG of red above blue, written lying on its side, with an orientation that turns it back.
fn turned(orientation: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    // TIFF, little-endian, one entry: 0x0112 (orientation), one u16
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    encoder.add_app_segment(1, exif).unwrap();
    encoder.encode(two_colours(32, 32).as_raw(), 32, 32, ColorType::Rgb).unwrap();
    bytes
}

#[test]
fn orientation_is_applied() {
    let photos = Photos::new();
    // 1 as it is, 3 upside down, 6 to be turned right, 8 to be turned left
    for orientation in [1, 3, 6, 8] {
        photos.write(&format!("{orientation}/a.jpg"), turned(orientation));
    }
    let data = photos.loaded();
    for (class, row, column) in [("1", 4, 0), ("3", 4, 7), ("6", 0, 4), ("8", 7, 4)] {
        alike(&pixel(&data, class, row, column), &RED, 8);
        alike(
            &pixel(&data, class, 7 - row.min(7) * usize::from(row != 4), 7 - column),
            &if row == 4 { BLUE } else { RED },
            255,
        );
        let (row, column) = if row == 4 { (4, 7 - column) } else { (7 - row, 4) };
        alike(&pixel(&data, class, row, column), &BLUE, 8);
    }
}

#[test]
fn other_shapes_are_cropped_stretched_or_padded() {
    // 24 wide, 8 high: a red third, a blue third, a red third
    let stripes = image::RgbImage::from_fn(24, 8, |x, _| Rgb(if (8..16).contains(&x) { BLUE } else { RED }));
    let photos = Photos::of(&["other"], 1);
    photos.write("wide/a.png", encode(&stripes.clone().into(), ImageFormat::Png));
    let of = |fit, shape, row, column| pixel(&photos.load(&fitted(fit, shape)).unwrap(), "wide", row, column);
    let shape = [8, 8, 3];
    for column in [0, 4, 7] {
        assert_eq!(of(Fit::Crop, shape, 3, column), BLUE, "the middle is kept");
    }
    alike(&of(Fit::Stretch, shape, 3, 0), &RED, 2);
    alike(&of(Fit::Stretch, shape, 3, 4), &BLUE, 2);
    alike(&of(Fit::Stretch, shape, 3, 7), &RED, 2);
    alike(&of(Fit::Pad, shape, 3, 0), &RED, 2);
    assert_eq!(of(Fit::Pad, shape, 0, 4), [0; 3], "above is black");
    assert_eq!(of(Fit::Pad, shape, 7, 4), [0; 3]);
    // uneven: the whole picture fits [8, 24], nothing is scaled
    for fit in [Fit::Crop, Fit::Stretch, Fit::Pad] {
        assert_eq!(
            picture::read(&photos.path("wide/a.png").into(), [8, 24, 3], fit).unwrap(),
            stripes.as_raw().as_slice()
        );
    }
    // one pixel, enlarged
    photos.write("wide/a.png", encode(&plain(1, 1, BLUE), ImageFormat::Png));
    for fit in [Fit::Crop, Fit::Stretch, Fit::Pad] {
        assert_eq!(picture::read(&photos.path("wide/a.png").into(), [5, 5, 3], fit).unwrap(), BLUE.repeat(25));
    }
}

#[test]
fn an_answer_sees_what_training_saw() {
    let photos = Photos::of(&["other"], 1);
    let noise = image::RgbImage::from_fn(57, 31, |x, y| Rgb([(x * 91 + y * 7) as u8, (x * y) as u8, (y * 53) as u8]));
    photos.write("noise/a.png", encode(&noise.into(), ImageFormat::Png));
    for fit in [Fit::Crop, Fit::Stretch, Fit::Pad] {
        let data = photos.load(&fitted(fit, [13, 17, 3])).unwrap();
        let train = data.train().unwrap();
        let index = train.labels().iter().position(|&label| label == 0).unwrap();
        assert_eq!(
            train.example(index).unwrap(),
            picture::read(&photos.path("noise/a.png").into(), [13, 17, 3], fit).unwrap()
        );
    }
}

/// A TIFF of one strip: values of `bits` bits and a sample format (1 unsigned, 2 signed, 3 floating-point), little-endian.
fn grey_tiff(width: u16, height: u16, bits: u16, format: u16, values: &[u8]) -> Vec<u8> {
    let entries: [(u16, u32); 9] = [
        (256, width.into()),
        (257, height.into()),
        (258, bits.into()),
        (259, 1),
        (262, 1),
        (273, 8),
        (278, height.into()),
        (279, values.len() as u32),
        (339, format.into()),
    ];
    let mut bytes = [&b"II*\0"[..], &(8 + values.len() as u32).to_le_bytes(), values].concat();
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, value) in entries {
        // 4: a long
        bytes.extend([tag.to_le_bytes(), 4u16.to_le_bytes()].concat());
        bytes.extend([1u32.to_le_bytes(), value.to_le_bytes()].concat());
    }
    bytes.extend([0; 4]);
    bytes
}

#[test]
fn values_of_more_than_8_bits_have_a_range() {
    let photos = Photos::new();
    let twelve = |value: u16| ImageBuffer::from_fn(9, 9, move |x, _| Luma([if x < 4 { 0 } else { value }]));
    photos.write("deep/a.png", encode(&DynamicImage::from(twelve(4095)), ImageFormat::Png));
    photos.write("half/a.tif", encode(&DynamicImage::from(twelve(2048)), ImageFormat::Tiff));
    let data = photos.loaded();
    assert_eq!(pixel(&data, "deep", 4, 7), [16; 3], "of 65535");
    let note = "16-bit images only use values 0 to 4095: 17 of 256 grey levels; --range 0..4095 uses the full scale";
    assert_eq!(data.notes(), [note]);
    assert_eq!(photos.loaded().notes(), [note], "from what was kept, too");
    let ranged = |range: &str| {
        let range = Some(Range::try_from(range.to_string()).unwrap());
        LoadOptions { images: ImageOptions { range, ..ImageOptions::default() }, ..small() }
    };
    let data = photos.load(&ranged("0..4095")).unwrap();
    assert_eq!((pixel(&data, "deep", 4, 7), pixel(&data, "half", 4, 7)), (vec![255; 3], vec![128; 3]));
    assert!(data.notes().is_empty(), "{:?}", data.notes());

    let floats = |values: [f32; 4]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
    let photos = Photos::new();
    photos.write("height/a.tif", grey_tiff(2, 2, 32, 3, &floats([-100.0, 0.0, 50.0, 100.0])));
    photos.write("whole/a.tif", grey_tiff(2, 2, 16, 2, &[0xff, 0xff, 0, 0, 100, 0, 50, 0]));
    let four = |range: &str| LoadOptions { shape: [2, 2, 1], ..ranged(range) };
    let data = photos.load(&four("-100..100")).unwrap();
    let of = |class: &str| [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(row, column)| pixel(&data, class, row, column)[0]);
    assert_eq!(of("height"), [0, 128, 191, 255]);
    assert_eq!(of("whole"), [126, 128, 255, 191], "-1, 0, 100, 50");
    let data = photos.load(&LoadOptions { shape: [2, 2, 1], ..small() }).unwrap();
    let note = "images of floating-point or signed values have -100 to 100, of which 0 to 1 are used; --range -100..100 uses the full scale";
    assert_eq!(data.notes(), [note]);
}

#[test]
fn whole_numbers_of_tiffs_are_16_bits_and_colours_under_transparency_are_as_they_were() {
    let photos = Photos::new();
    let wide = |value: u32| value.to_le_bytes();
    photos.write("signed/a.tif", grey_tiff(2, 1, 16, 2, &[0, 0, 0x80, 0x40]));
    photos.write("wide/a.tif", grey_tiff(2, 1, 32, 1, &[wide(257), wide(65535)].concat()));
    let data = photos.load(&LoadOptions { shape: [1, 2, 1], ..small() }).unwrap();
    let of = |class: &str| [0, 1].map(|column| pixel(&data, class, 0, column)[0]);
    assert_eq!((of("signed"), of("wide")), ([0, 64], [1, 255]), "of 65535, not of 1");
    let report = lepton_gpu::data::check(photos.root().to_str().unwrap(), &small(), &photos.places(), &|_, _| {});
    assert!(report.unwrap().notes.is_empty(), "the whole scale is used");
    photos.write("wide/a.tif", grey_tiff(2, 1, 32, 1, &[wide(0), wide(4095)].concat()));
    photos.write("signed/a.tif", grey_tiff(2, 1, 16, 2, &[0, 0, 0, 1]));
    let report = lepton_gpu::data::check(photos.root().to_str().unwrap(), &small(), &photos.places(), &|_, _| {});
    assert!(report.unwrap().notes[0].contains("--range 0..4095"), "`data check` says it, too");
}

/// What the guide says to those who prepare the input elsewhere: BT.709's weights, rounded, and Pillow's `BILINEAR`, whose
/// numbers stand here; box and bicubic filters give others.
#[test]
fn grey_and_smaller_pictures_are_those_that_the_guide_describes() {
    let (w, h) = (12u32, 8u32);
    let colour = |x: u32, y: u32| [(37 * x + 61 * y) % 256, (91 * x + 17 * y) % 256, (13 * x * y + 5) % 256];
    let picture = ImageBuffer::from_fn(w, h, |x, y| Rgb(colour(x, y).map(|value| value as u8)));
    let grey = picture::scale(&picture.into(), [h as usize, w as usize, 1], Fit::Stretch);
    let weighed = (0..h).flat_map(|y| (0..w).map(move |x| (x, y))).map(|(x, y)| {
        let [r, g, b] = colour(x, y);
        ((2126 * r + 7152 * g + 722 * b + 5_000) / 10_000) as u8
    });
    assert_eq!(grey, weighed.collect::<Vec<u8>>());

    let picture = ImageBuffer::from_fn(w, h, |x, y| Luma([((37 * x + 61 * y + 11 * x * y) % 256) as u8]));
    let scaled = picture::scale(&picture.into(), [3, 5, 1], Fit::Stretch);
    let pillow = [106, 146, 133, 120, 109, 160, 140, 131, 125, 114, 128, 110, 146, 110, 117];
    alike(&scaled, &pillow, 1);
}
