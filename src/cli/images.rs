//! A user's image as a model's input.

use std::path::Path;

use image::imageops::FilterType;

use super::CliError;

/// Reads an image, applies its EXIF orientation, puts it on white where it is transparent, and scales it to
/// `[h, w, c]` bytes.
pub fn read(path: &Path, [height, width, channels]: [usize; 3], invert: bool) -> Result<Vec<u8>, CliError> {
    let decoded = decode(path).map_err(|source| CliError::Picture { path: path.into(), source })?;
    let mut rgba = decoded.to_rgba8();
    for pixel in rgba.pixels_mut() {
        let alpha = u32::from(pixel[3]);
        for value in &mut pixel.0[..3] {
            *value = ((u32::from(*value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        }
        pixel[3] = 255;
    }
    let opaque = image::DynamicImage::ImageRgba8(rgba);
    let scaled = opaque.resize_exact(width as u32, height as u32, FilterType::Triangle);
    let mut bytes = match channels {
        1 => scaled.to_luma8().into_raw(),
        3 => scaled.to_rgb8().into_raw(),
        other => {
            return Err(CliError::Usage(format!(
                "the model takes images of {other} channels, and {} has 1 or 3",
                path.display()
            )));
        }
    };
    if invert {
        bytes.iter_mut().for_each(|value| *value = 255 - *value);
    }
    Ok(bytes)
}

fn decode(path: &Path) -> image::ImageResult<image::DynamicImage> {
    use image::ImageDecoder;
    let mut decoder = image::ImageReader::open(path)?.with_guessed_format()?.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut decoded = image::DynamicImage::from_decoder(decoder)?;
    decoded.apply_orientation(orientation);
    Ok(decoded)
}
