//! Pictures inside a page: originals made small, pixels of a data set, filters.

use std::io::Cursor;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat};

use super::facts::Look;
use crate::data::{Range, picture};

/// Longest side of a picture on a page, in pixels: sharp on a screen that has two for one.
const SIDE: u32 = 220;
/// A picture up to this side keeps its pixels.
const SMALL: u32 = 64;
/// Of 100.
const QUALITY: u8 = 78;

/// A file of a picture, made small.
pub fn of_file(path: &Path, range: Option<Range>) -> Option<Look> {
    let (decoded, _) = picture::decode_deep(&path.into(), range).ok()?;
    Some(small(decoded))
}

/// Pixels `[h, w, c]`; none where they have neither 1 nor 3 channels.
pub fn of_pixels(pixels: &[u8], [height, width, channels]: [usize; 3]) -> Option<Look> {
    let (w, h) = (width as u32, height as u32);
    let picture: DynamicImage = match channels {
        1 => image::GrayImage::from_raw(w, h, pixels.to_vec())?.into(),
        3 => image::RgbImage::from_raw(w, h, pixels.to_vec())?.into(),
        _ => return None,
    };
    Some(small(picture))
}

fn small(picture: DynamicImage) -> Look {
    let is_small = picture.width().max(picture.height()) <= SMALL;
    if is_small {
        return Look { picture: Some(png(&picture)), is_small, text: None };
    }
    Look { picture: Some(jpeg(&picture, SIDE)), is_small, text: None }
}

/// A picture whose longer side is at most `side`, as a data URI.
pub fn jpeg(picture: &DynamicImage, side: u32) -> String {
    let large = picture.width().max(picture.height()) > side;
    let picture = if large { picture.resize(side, side, FilterType::Triangle) } else { picture.clone() };
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    picture.to_rgb8().write_with_encoder(encoder).expect("pixels are encoded into memory");
    format!("data:image/jpeg;base64,{}", STANDARD.encode(bytes))
}

/// A picture as it is, as a data URI.
pub fn png(picture: &DynamicImage) -> String {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).expect("pixels are encoded into memory");
    format!("data:image/png;base64,{}", STANDARD.encode(bytes.get_ref()))
}
