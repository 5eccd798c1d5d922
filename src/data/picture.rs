//! One picture of any size and format as an image of a model's size: the same for training, evaluation and answers.

use std::io::Cursor;
use std::path::Path;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::error::{DecodingError, ImageFormatHint};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult};

use super::Fit;

/// Reads a picture and gives it the size `[h, w, c]`, c being 1 or 3.
///
/// # Errors
/// The system's, or what is wrong with the picture.
pub fn read(path: &Path, shape: [usize; 3], fit: Fit) -> ImageResult<Vec<u8>> {
    Ok(scale(&decode(path)?, shape, fit))
}

/// Reads a picture: turned as its EXIF orientation says, on white where it is transparent, 8 bits, the first of several.
///
/// # Errors
/// The system's, or what is wrong with the picture.
pub fn decode(path: &Path) -> ImageResult<DynamicImage> {
    let bytes = std::fs::read(path)?;
    let reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format()?;
    // The decoder fills what is missing of a JPEG with grey, and says nothing.
    if reader.format() == Some(ImageFormat::Jpeg) && !jpeg_is_whole(&bytes) {
        let reason = format!("cut after {} bytes: a JPEG ends with ff d9", bytes.len());
        return Err(ImageError::Decoding(DecodingError::new(ImageFormatHint::Exact(ImageFormat::Jpeg), reason)));
    }
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut decoded = DynamicImage::from_decoder(decoder)?;
    decoded.apply_orientation(orientation);
    let color = decoded.color();
    Ok(if color.has_alpha() {
        on_white(&decoded)
    } else if color.has_color() {
        decoded.to_rgb8().into()
    } else {
        decoded.to_luma8().into()
    })
}

fn on_white(picture: &DynamicImage) -> DynamicImage {
    let mut rgba = picture.to_rgba8();
    for pixel in rgba.pixels_mut() {
        let alpha = u32::from(pixel[3]);
        for value in &mut pixel.0[..3] {
            *value = ((u32::from(*value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        }
        pixel[3] = 255;
    }
    DynamicImage::ImageRgba8(rgba).to_rgb8().into()
}

/// Whether the end marker of a JPEG is there (ITU-T T.81, B.1.1): segments are stepped over by their length, since the
/// preview in one of them has an end marker of its own.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[start, code]) = bytes.get(at..at + 2) {
        at += match (start, code) {
            (0xff, 0xd9) => return true,
            // image data, stuffed zeros and restart markers among them, until the next marker
            (0xff, 0xff) => 1,
            (0xff, 0x00 | 0x01 | 0xd0..=0xd8) => 2,
            (0xff, _) => match bytes.get(at + 2..at + 4) {
                Some(length) => 2 + usize::from(length[0]) * 256 + usize::from(length[1]),
                None => return false,
            },
            _ => bytes[at..].iter().position(|&byte| byte == 0xff).unwrap_or(bytes.len() - at),
        };
    }
    false
}

/// Gives a picture the size `[h, w, c]`, by triangle filter; one that has it keeps its pixels.
///
/// # Panics
/// If c is neither 1 nor 3.
pub fn scale(picture: &DynamicImage, [height, width, channels]: [usize; 3], fit: Fit) -> Vec<u8> {
    let (pixels, kind) = match channels {
        1 => (picture.to_luma8().into_raw(), PixelType::U8),
        3 => (picture.to_rgb8().into_raw(), PixelType::U8x3),
        _ => panic!("images have 1 or 3 channels"),
    };
    let (from_width, from_height) = (picture.width() as usize, picture.height() as usize);
    if [from_height, from_width] == [height, width] {
        return pixels;
    }
    let (into_height, into_width) = match fit {
        Fit::Pad => inside([from_height, from_width], [height, width]),
        Fit::Crop | Fit::Stretch => (height, width),
    };
    let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    if fit == Fit::Crop {
        options = options.fit_into_destination(None);
    }
    let source = ImageRef::new(picture.width(), picture.height(), &pixels, kind).expect("the pixels of a picture");
    let mut scaled = Image::new(into_width as u32, into_height as u32, kind);
    Resizer::new().resize(&source, &mut scaled, &options).expect("both have the same kind of pixels");
    let scaled = scaled.into_vec();
    if [into_height, into_width] == [height, width] {
        return scaled;
    }
    let mut padded = vec![0; height * width * channels];
    let (top, left) = ((height - into_height) / 2, (width - into_width) / 2);
    for (row, line) in scaled.chunks_exact(into_width * channels).enumerate() {
        let start = ((top + row) * width + left) * channels;
        padded[start..start + line.len()].copy_from_slice(line);
    }
    padded
}

/// The largest `(height, width)` of the shape `from` inside `room`, both `[height, width]`.
fn inside(from: [usize; 2], room: [usize; 2]) -> (usize, usize) {
    let ratio = (room[0] as f64 / from[0] as f64).min(room[1] as f64 / from[1] as f64);
    let side = |i: usize| ((from[i] as f64 * ratio).round() as usize).clamp(1, room[i]);
    (side(0), side(1))
}
