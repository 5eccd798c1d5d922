//! One picture of any size and format as an image of a model's size: the same for training, evaluation and answers.

use std::borrow::Cow;
use std::io::Cursor;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::file_names::{self, SIGNS};
use super::{Fit, Range};

mod depth;
mod error;
mod grey_tiff;
mod jpeg;
pub(super) mod kinds;
mod limits;
mod place;
#[cfg(feature = "parquet")]
mod rows;
mod stamp;

pub use depth::Depths;
pub use error::DecodeError;
use limits::Promise;
pub use limits::{MOST_FILE_BYTES, MOST_PIXELS};
pub use place::{Member, Own, Place, Shard};
#[cfg(feature = "parquet")]
pub use rows::{Row, Rows};

/// Reads a picture and gives it the size `[h, w, c]`, c being 1 or 3; deep ones with the full range of their values.
///
/// # Errors
/// The system's, or what is wrong with the picture.
pub fn read(place: &Place, shape: [usize; 3], fit: Fit) -> Result<Vec<u8>, DecodeError> {
    Ok(scale(&decode(place)?, shape, fit))
}

/// Reads a picture: turned as its EXIF orientation says, on white where it is transparent, 8 bits, the first of several.
///
/// # Errors
/// The system's, or what is wrong with the picture.
pub fn decode(place: &Place) -> Result<DynamicImage, DecodeError> {
    Ok(decode_deep(place, None)?.0)
}

/// [`decode`] with the range of values that deep pictures are reduced to 8 bits by; also which values they have.
///
/// # Errors
/// As [`decode`].
pub fn decode_deep(place: &Place, range: Option<Range>) -> Result<(DynamicImage, Depths), DecodeError> {
    let (bytes, format) = bytes(place)?;
    let (decoded, orientation) = decoded(&bytes, format)?;
    let depths = Depths::of(&decoded);
    let mut picture = eight_bits(depth::ranged(decoded, range));
    picture.apply_orientation(orientation);
    Ok((picture, depths))
}

/// What the header of a picture says.
pub(super) struct Header {
    pub width: usize,
    pub height: usize,
    pub colour: bool,
}

/// The header of a picture.
pub(super) fn header(place: &Place) -> Result<Header, DecodeError> {
    let (bytes, format) = bytes(place)?;
    if let Some(picture) = grey_tiff::header(&bytes, format) {
        return Ok(picture);
    }
    let decoder = reader(&bytes, format).into_decoder()?;
    let (width, height) = decoder.dimensions();
    Ok(Header { width: width as usize, height: height as usize, colour: decoder.color_type().has_color() })
}

/// What a file with a picture's bytes is called, before and from its last dot: as its own file or member; of a row, after its shard and
/// number, with the extension of what the bytes are.
pub fn file_name(place: &Place, bytes: &[u8]) -> [String; 2] {
    let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let dotted = |end: &str| if end.is_empty() { String::new() } else { format!(".{end}") };
    let Some(row) = place.row() else {
        let [stem, end] = [place.name().file_stem(), place.name().extension()].map(text);
        let end = dotted(&end);
        // a shard's members may be called what no file is
        return if place.file().is_some() {
            [stem, end]
        } else {
            [file_names::file_name(&stem), end.replace(SIGNS, "_")]
        };
    };
    let end = match kinds::readable(bytes) {
        // its first extension is that of bitmaps alone
        Some(ImageFormat::Pnm) => "pnm",
        Some(format) => format.extensions_str()[0],
        None => "",
    };
    [format!("{}-row-{row}", text(place.path().file_stem())), dotted(end)]
}

/// The bytes of a place, if they are a picture and not too large.
fn bytes(place: &Place) -> Result<(Vec<u8>, ImageFormat), DecodeError> {
    let bytes = place.read(MOST_FILE_BYTES)?;
    let start = &bytes[..bytes.len().min(kinds::LOOKED_AT)];
    if let Some(what) = kinds::other_than_picture(place.name(), start) {
        return Err(DecodeError::Kind(what));
    }
    let format = kinds::readable(start).expect("it is a picture");
    Ok((bytes, format))
}

fn reader(bytes: &[u8], format: ImageFormat) -> ImageReader<Cursor<&[u8]>> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(limits::MOST_BYTES);
    reader.limits(limits);
    reader
}

/// A picture as its file has it, and how to turn it.
fn decoded(bytes: &[u8], format: ImageFormat) -> Result<(DynamicImage, Orientation), DecodeError> {
    if let Some(picture) = grey_tiff::decode(bytes, format) {
        return picture;
    }
    let flaw = || if format == ImageFormat::Jpeg { jpeg::flaw(bytes).map(DecodeError::Damaged) } else { None };
    let mut decoder = reader(bytes, format).into_decoder().map_err(|error| flaw().unwrap_or_else(|| error.into()))?;
    let ((width, height), size) = (decoder.dimensions(), decoder.total_bytes());
    let promise = Promise { format, width, height, bytes: size, file_bytes: bytes.len() as u64 };
    promise.check()?;
    let _room = promise.room();
    if let Some(flaw) = flaw() {
        return Err(flaw);
    }
    let orientation = decoder.orientation()?;
    let picture = DynamicImage::from_decoder(decoder)?;
    let picture = if grey_tiff::is_premultiplied(bytes, format) { grey_tiff::divided(picture) } else { picture };
    Ok((picture, orientation))
}

/// A picture that was decoded elsewhere, with 8 bits for each value and on white; deep ones by a range.
pub fn in_eight_bits(picture: &DynamicImage, range: Option<Range>) -> Cow<'_, DynamicImage> {
    match picture {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => Cow::Borrowed(picture),
        other => Cow::Owned(eight_bits(depth::ranged(other.clone(), range))),
    }
}

/// A picture with 8 bits for each value, on white.
fn eight_bits(picture: DynamicImage) -> DynamicImage {
    let color = picture.color();
    match (color.has_alpha(), color.has_color()) {
        (true, _) => on_white(picture),
        (false, true) => picture.into_rgb8().into(),
        (false, false) => picture.into_luma8().into(),
    }
}

fn on_white(picture: DynamicImage) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    let rgba = picture.into_rgba8();
    let blend = |value: u8, alpha: u8| {
        let alpha = u32::from(alpha);
        ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let rgb = rgba.pixels().flat_map(|&image::Rgba([r, g, b, alpha])| [r, g, b].map(|value| blend(value, alpha)));
    image::RgbImage::from_raw(width, height, rgb.collect()).expect("three values for each pixel").into()
}

/// Gives a picture the size `[h, w, c]`, by triangle filter; one that has it keeps its pixels.
///
/// # Panics
/// If c is neither 1 nor 3.
pub fn scale(picture: &DynamicImage, shape: [usize; 3], fit: Fit) -> Vec<u8> {
    let [height, width, channels] = shape;
    match (channels, picture) {
        (1, DynamicImage::ImageLuma8(grey)) => resized(grey.as_raw(), picture, PixelType::U8, shape, fit),
        (1, _) => resized(picture.to_luma8().as_raw(), picture, PixelType::U8, shape, fit),
        // each of the three values is the same at every step
        (3, DynamicImage::ImageLuma8(grey)) => {
            let grey = resized(grey.as_raw(), picture, PixelType::U8, [height, width, 1], fit);
            grey.iter().flat_map(|&value| [value; 3]).collect()
        }
        (3, DynamicImage::ImageRgb8(rgb)) => resized(rgb.as_raw(), picture, PixelType::U8x3, shape, fit),
        (3, _) => resized(picture.to_rgb8().as_raw(), picture, PixelType::U8x3, shape, fit),
        _ => panic!("images have 1 or 3 channels"),
    }
}

fn resized(
    pixels: &[u8],
    picture: &DynamicImage,
    kind: PixelType,
    [height, width, channels]: [usize; 3],
    fit: Fit,
) -> Vec<u8> {
    let (from_width, from_height) = (picture.width() as usize, picture.height() as usize);
    if [from_height, from_width] == [height, width] {
        return pixels.to_vec();
    }
    let (into_height, into_width) = match fit {
        Fit::Pad => inside([from_height, from_width], [height, width]),
        Fit::Crop | Fit::Stretch => (height, width),
    };
    let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    if fit == Fit::Crop {
        options = options.fit_into_destination(None);
    }
    let source = ImageRef::new(picture.width(), picture.height(), pixels, kind).expect("the pixels of a picture");
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
