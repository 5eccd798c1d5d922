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

type Luma16 = image::ImageBuffer<image::Luma<u16>, Vec<u16>>;

/// Whole numbers, signed or of more than 16 bits, as 16 bits without a sign if all of them are such: as other 16-bit pictures.
fn whole(values: &DecodingResult) -> Option<Vec<u16>> {
    fn narrow<T: Copy>(values: &[T]) -> Option<Vec<u16>>
    where
        u16: TryFrom<T>,
    {
        values.iter().map(|&value| u16::try_from(value).ok()).collect()
    }
    match values {
        DecodingResult::U32(values) => narrow(values),
        DecodingResult::U64(values) => narrow(values),
        DecodingResult::I8(values) => narrow(values),
        DecodingResult::I16(values) => narrow(values),
        DecodingResult::I32(values) => narrow(values),
        DecodingResult::I64(values) => narrow(values),
        _ => None,
    }
}

/// Whether the colours of a TIFF were multiplied by its transparency already (`ExtraSamples` 1 of TIFF 6.0).
pub(super) fn is_premultiplied(bytes: &[u8], format: ImageFormat) -> bool {
    let of = |mut decoder: Reader| decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).ok().flatten();
    let samples = (format == ImageFormat::Tiff).then(|| Decoder::new(Cursor::new(bytes)).ok()).flatten().and_then(of);
    samples.is_some_and(|samples| samples.first() == Some(&1))
}

/// A picture whose colours were multiplied by its transparency as one whose were not.
pub(super) fn divided(picture: DynamicImage) -> DynamicImage {
    let divide = |value: u64, alpha: u64, most: u64| {
        let whole = value * most + alpha / 2;
        whole.checked_div(alpha).map_or(0, |value| value.min(most))
    };
    match picture {
        DynamicImage::ImageRgba8(mut pixels) => {
            for image::Rgba([colour @ .., alpha]) in pixels.pixels_mut() {
                colour.iter_mut().for_each(|value| *value = divide((*value).into(), (*alpha).into(), 255) as u8);
            }
            pixels.into()
        }
        DynamicImage::ImageRgba16(mut pixels) => {
            for image::Rgba([colour @ .., alpha]) in pixels.pixels_mut() {
                colour.iter_mut().for_each(|value| *value = divide((*value).into(), (*alpha).into(), 65535) as u16);
            }
            pixels.into()
        }
        other => other,
    }
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
    let read = decoder.read_image().map_err(damaged)?;
    if let Some(grey) = whole(&read).and_then(|values| Luma16::from_raw(width, height, values)) {
        return Ok((grey.into(), orientation.unwrap_or(Orientation::NoTransforms)));
    }
    let values: Vec<f32> = match read {
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

#[cfg(test)]
mod tests {
    use super::*;
    use tiff::encoder::{TiffEncoder, colortype::RGBA8};

    fn rgba(pixel: [u8; 4], extra: u16) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        let mut image = encoder.new_image::<RGBA8>(1, 1).unwrap();
        image.encoder().write_tag(Tag::ExtraSamples, &[extra][..]).unwrap();
        image.write_data(&pixel).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn colours_that_were_multiplied_by_transparency_are_divided_again() {
        let white = |extra| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.tif");
            std::fs::write(&path, rgba([64, 0, 128, 128], extra)).unwrap();
            super::super::decode(&path.into()).unwrap().into_rgb8().into_raw()
        };
        assert_eq!(white(2), [159, 127, 191], "as they are: half of them and half of white");
        assert_eq!(white(1), [191, 127, 255], "as they are, and half of white");
    }
}
