//! Pictures of more than 8 bits: which of their values become black and white.

use image::{DynamicImage, ImageBuffer, Pixel, Primitive};
use serde::{Deserialize, Serialize};

use crate::data::Range;

/// Values of deep pictures, from their lowest to their highest; none where there are no such pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Depths {
    /// Of 16-bit pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<[f32; 2]>,
    /// Of floating-point pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub float: Option<[f32; 2]>,
}

/// Of 65536 values, so many or fewer are a small part.
const FEW: f32 = 16384.0;

impl Depths {
    /// None of a picture of 8 bits.
    pub fn of(picture: &DynamicImage) -> Self {
        use DynamicImage::{ImageLuma16, ImageLumaA16, ImageRgb16, ImageRgb32F, ImageRgba16, ImageRgba32F};
        let whole = |values| Depths { whole: values, float: None };
        let float = |values| Depths { whole: None, float: values };
        match picture {
            ImageLuma16(pixels) => whole(extremes(pixels)),
            ImageLumaA16(pixels) => whole(extremes(pixels)),
            ImageRgb16(pixels) => whole(extremes(pixels)),
            ImageRgba16(pixels) => whole(extremes(pixels)),
            ImageRgb32F(pixels) => float(extremes(pixels)),
            ImageRgba32F(pixels) => float(extremes(pixels)),
            _ => Depths::default(),
        }
    }

    /// Those of two pictures together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let both = |a: Option<[f32; 2]>, b: Option<[f32; 2]>| match (a, b) {
            (Some(a), Some(b)) => Some([a[0].min(b[0]), a[1].max(b[1])]),
            (a, b) => a.or(b),
        };
        Depths { whole: both(self.whole, other.whole), float: both(self.float, other.float) }
    }

    /// A line for people on what is lost where nobody says which range to use, with the way out.
    pub fn note(&self) -> Option<String> {
        let (words, range) = self.advice()?;
        Some(format!("{words}; --range {range} uses the full scale"))
    }

    /// What is lost where nobody says which range to use, with one that loses less.
    pub fn advice(&self) -> Option<(String, Range)> {
        if let Some([low, high]) = self.whole.filter(|[low, high]| high - low < FEW) {
            // as cameras of 9 to 14 bits give them
            let bits = (9..=14).map(|bits| (1 << bits) as f32 - 1.0).find(|&most| high <= most);
            let range = bits.map_or(Range { low, high: high.max(low + 1.0) }, |high| Range { low: 0.0, high });
            let levels = ((high / 257.0).round() - (low / 257.0).round()) as u32 + 1;
            return Some((
                format!("16-bit images only use values {low} to {high}: {levels} of 256 grey levels"),
                range,
            ));
        }
        let [low, high] = self.float.filter(|&[low, high]| low < 0.0 || high > 1.0 || high - low < 0.25)?;
        let range = Range { low, high: if high > low { high } else { low + 1.0 } };
        Some((
            format!("images of floating-point or signed values have {low} to {high}, of which 0 to 1 are used"),
            range,
        ))
    }
}

/// The lowest and the highest value of colours, transparency aside.
fn extremes<P>(pixels: &ImageBuffer<P, Vec<P::Subpixel>>) -> Option<[f32; 2]>
where
    P: Pixel,
    P::Subpixel: Into<f32>,
{
    let colours = usize::from(P::CHANNEL_COUNT) - usize::from(P::HAS_ALPHA);
    let values = pixels.pixels().flat_map(|pixel| &pixel.channels()[..colours]).map(|&value| value.into());
    values.filter(|value: &f32| value.is_finite()).fold(None, |all: Option<[f32; 2]>, value| {
        let [low, high] = all.unwrap_or([value; 2]);
        Some([low.min(value), high.max(value)])
    })
}

/// A deep picture with 8 bits, by a range; another one, or without a range, as it is.
pub(super) fn ranged(picture: DynamicImage, range: Option<Range>) -> DynamicImage {
    use DynamicImage::{ImageLuma16, ImageLumaA16, ImageRgb16, ImageRgb32F, ImageRgba16, ImageRgba32F};
    let Some(range) = range else { return picture };
    match picture {
        ImageLuma16(pixels) => DynamicImage::ImageLuma8(bytes(&pixels, range)),
        ImageLumaA16(pixels) => DynamicImage::ImageLumaA8(bytes(&pixels, range)),
        ImageRgb16(pixels) => DynamicImage::ImageRgb8(bytes(&pixels, range)),
        ImageRgba16(pixels) => DynamicImage::ImageRgba8(bytes(&pixels, range)),
        ImageRgb32F(pixels) => DynamicImage::ImageRgb8(bytes(&pixels, range)),
        ImageRgba32F(pixels) => DynamicImage::ImageRgba8(bytes(&pixels, range)),
        other => other,
    }
}

fn bytes<P, Q>(pixels: &ImageBuffer<P, Vec<P::Subpixel>>, range: Range) -> ImageBuffer<Q, Vec<u8>>
where
    P: Pixel,
    P::Subpixel: Into<f32> + Primitive,
    Q: Pixel<Subpixel = u8>,
{
    let colours = usize::from(P::CHANNEL_COUNT) - usize::from(P::HAS_ALPHA);
    let full = Range { low: 0.0, high: P::Subpixel::DEFAULT_MAX_VALUE.into() };
    let values = pixels.pixels().flat_map(|pixel| pixel.channels().iter().enumerate());
    let values = values.map(|(i, &value)| if i < colours { range.byte(value.into()) } else { full.byte(value.into()) });
    ImageBuffer::from_raw(pixels.width(), pixels.height(), values.collect()).expect("a byte for each value")
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Luma, LumaA, Rgb};

    #[test]
    fn values_are_spread_over_the_range() {
        let range = Some(Range { low: 0.0, high: 4095.0 });
        let grey = ImageBuffer::from_fn(4, 1, |x, _| Luma([[0u16, 2048, 4095, 60000][x as usize]]));
        assert_eq!(ranged(grey.clone().into(), range).into_luma8().into_raw(), [0, 128, 255, 255]);
        let clear = ImageBuffer::from_pixel(1, 1, LumaA([4095u16, 32768]));
        assert_eq!(ranged(clear.into(), range).as_bytes(), [255, 128], "transparency has its own range");
        let float = ImageBuffer::from_pixel(1, 1, Rgb([-1.0f32, 0.0, f32::NAN]));
        assert_eq!(ranged(float.into(), Some(Range { low: -1.0, high: 1.0 })).as_bytes(), [0, 128, 0]);
        let eight = image::GrayImage::from_pixel(1, 1, Luma([7]));
        assert_eq!(ranged(eight.into(), range).as_bytes(), [7]);
        assert_eq!(Depths::of(&grey.into()), Depths { whole: Some([0.0, 60000.0]), float: None });
    }

    #[test]
    fn what_is_lost_is_said() {
        let whole = |low, high| Depths { whole: Some([low, high]), float: None }.advice();
        let (words, range) = whole(3.0, 4000.0).unwrap();
        assert_eq!(words, "16-bit images only use values 3 to 4000: 17 of 256 grey levels");
        assert_eq!(range.to_string(), "0..4095");
        assert_eq!(whole(30000.0, 31000.0).unwrap().1.to_string(), "30000..31000");
        assert_eq!(whole(0.0, 65535.0), None);
        assert_eq!(whole(0.0, 40000.0), None);
        let float = |low, high| Depths { whole: None, float: Some([low, high]) }.advice();
        assert_eq!(float(0.0, 1.0), None);
        assert_eq!(float(-3.5, 120.0).unwrap().1.to_string(), "-3.5..120");
        assert_eq!(Depths::default().advice(), None);
    }
}
