//! Grey TIFF whose values are floating-point, signed, or of more than 16 bits: measurements, which `image` does not read.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, Rgb32FImage};
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::{SampleFormat, Tag};

use super::limits::Promise;
use super::{DecodeError, Header};

type Reader<'a> = Decoder<Cursor<&'a [u8]>>;

/// Bytes of a decoded pixel: three `f32`.
const PIXEL_BYTES: u64 = 12;

/// A decoder of such a picture; none of every other file.
fn open(bytes: &[u8], format: ImageFormat) -> Option<Reader<'_>> {
    if format != ImageFormat::Tiff {
        return None;
    }
    let mut decoder = Decoder::new(Cursor::new(bytes)).ok()?;
    let Ok(ColorType::Gray(bits)) = decoder.colortype() else { return None };
    let format = decoder.find_tag_unsigned::<u16>(Tag::SampleFormat).ok().flatten().and_then(SampleFormat::from_u16);
    let is_plain = matches!(format, None | Some(SampleFormat::Uint)) && bits <= 16;
    (!is_plain).then_some(decoder)
}

/// Its header.
pub(super) fn header(bytes: &[u8], format: ImageFormat) -> Option<Header> {
    let (width, height) = open(bytes, format)?.dimensions().ok()?;
    Some(Header { width: width as usize, height: height as usize, colour: false })
}

/// The picture, its values in each of three channels.
pub(super) fn decode(bytes: &[u8], format: ImageFormat) -> Option<Result<(DynamicImage, Orientation), DecodeError>> {
    let mut decoder = open(bytes, format)?;
    Some(read(&mut decoder, bytes.len() as u64))
}

fn read(decoder: &mut Reader, file_bytes: u64) -> Result<(DynamicImage, Orientation), DecodeError> {
    let damaged = |error: tiff::TiffError| DecodeError::Damaged(format!("damaged TIFF: {error}"));
    let (width, height) = decoder.dimensions().map_err(damaged)?;
    let size = u64::from(width) * u64::from(height) * PIXEL_BYTES;
    let promise = Promise { format: ImageFormat::Tiff, width, height, bytes: size, file_bytes };
    promise.check()?;
    let _room = promise.room();
    let orientation = decoder.find_tag_unsigned::<u16>(Tag::Orientation).map_err(damaged)?;
    let orientation = orientation.and_then(|number| Orientation::from_exif(number as u8));
    let values: Vec<f32> = match decoder.read_image().map_err(damaged)? {
        DecodingResult::U8(values) => values.into_iter().map(f32::from).collect(),
        DecodingResult::U16(values) => values.into_iter().map(f32::from).collect(),
        DecodingResult::U32(values) => values.into_iter().map(|value| value as f32).collect(),
        DecodingResult::U64(values) => values.into_iter().map(|value| value as f32).collect(),
        DecodingResult::I8(values) => values.into_iter().map(f32::from).collect(),
        DecodingResult::I16(values) => values.into_iter().map(f32::from).collect(),
        DecodingResult::I32(values) => values.into_iter().map(|value| value as f32).collect(),
        DecodingResult::I64(values) => values.into_iter().map(|value| value as f32).collect(),
        DecodingResult::F16(values) => values.into_iter().map(f32::from).collect(),
        DecodingResult::F32(values) => values,
        DecodingResult::F64(values) => values.into_iter().map(|value| value as f32).collect(),
    };
    let pixels = values.into_iter().flat_map(|value| [value; 3]).collect();
    let picture = Rgb32FImage::from_raw(width, height, pixels);
    let picture = picture.ok_or_else(|| DecodeError::Damaged("damaged TIFF: too few values".into()))?;
    Ok((picture.into(), orientation.unwrap_or(Orientation::NoTransforms)))
}
