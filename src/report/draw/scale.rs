//! A picture at the size it is drawn.

use image::imageops::{FilterType, resize};
use image::{GrayImage, Rgb, RgbImage};

use super::Picture;

/// Below this many pixels a side, a picture is enlarged by a whole factor, so that each pixel stays a sharp square.
const SMALL: usize = 96;

/// The largest size that a picture may have on the page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) height: usize,
    pub(super) width: usize,
}

/// How a picture gets its size on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// Every pixel becomes a square of this side.
    Pixels(usize),
    /// Smoothly resized to this height and width.
    Smooth { height: usize, width: usize },
}

impl Scale {
    /// The scale that fits `picture` into `room`.
    pub(super) fn to_fit(picture: &Picture, room: Room) -> Scale {
        let Picture { height, width, .. } = *picture;
        let factor = (room.height / height).min(room.width / width);
        if height.max(width) < SMALL && factor > 0 {
            return Scale::Pixels(factor);
        }
        // Whichever side fills its room decides: compare width/room.width with height/room.height.
        let wide = width * room.height >= height * room.width;
        let (from, to) = if wide { (width, room.width) } else { (height, room.height) };
        let fit = |length: usize| ((length * to + from / 2) / from).max(1);
        Scale::Smooth { height: fit(height), width: fit(width) }
    }

    /// Height and width of `picture` as drawn.
    pub(super) fn size(self, picture: &Picture) -> (usize, usize) {
        match self {
            Scale::Pixels(factor) => (picture.height * factor, picture.width * factor),
            Scale::Smooth { height, width } => (height, width),
        }
    }
}

/// The room for each picture of a grid whose widest one has `widest` pixels: its width near 170 and a whole multiple of
/// a small picture's, its height enough for a portrait of 3:4.
pub(super) fn cell_room(widest: usize) -> Room {
    const NEAR: usize = 170;
    let width = match widest {
        SMALL.. => NEAR,
        _ => widest * ((NEAR + widest / 2) / widest),
    };
    Room { height: width * 4 / 3, width }
}

/// `picture` at its size on the page; `colour` turns a value of a one-channel picture into what is shown.
pub(super) fn render(picture: &Picture, scale: Scale, colour: fn(u8) -> Rgb<u8>) -> RgbImage {
    let (height, width) = scale.size(picture);
    if picture.channels == 1 {
        let grey = GrayImage::from_raw(picture.width as u32, picture.height as u32, picture.pixels.to_vec());
        let grey = enlarge(grey.expect("checked length"), scale, height, width);
        return RgbImage::from_fn(width as u32, height as u32, |x, y| colour(grey.get_pixel(x, y).0[0]));
    }
    let rgb = RgbImage::from_raw(picture.width as u32, picture.height as u32, picture.pixels.to_vec());
    enlarge(rgb.expect("checked length"), scale, height, width)
}

fn enlarge<P>(
    image: image::ImageBuffer<P, Vec<u8>>,
    scale: Scale,
    height: usize,
    width: usize,
) -> image::ImageBuffer<P, Vec<u8>>
where
    P: image::Pixel<Subpixel = u8> + 'static,
{
    let shrinks = height < image.height() as usize;
    let filter = match scale {
        Scale::Pixels(_) => FilterType::Nearest,
        Scale::Smooth { .. } if shrinks => FilterType::Lanczos3,
        Scale::Smooth { .. } => FilterType::CatmullRom,
    };
    resize(&image, width as u32, height as u32, filter)
}

/// A grey value as grey.
pub(super) fn grey(value: u8) -> Rgb<u8> {
    Rgb([value; 3])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(side: usize) -> Room {
        Room { height: side, width: side }
    }

    #[test]
    fn small_pictures_get_whole_factors() {
        for (widest, width) in [(28, 168), (32, 160), (64, 192), (1, 170), (8, 168), (128, 170), (512, 170)] {
            assert_eq!(cell_room(widest).width, width, "for {widest}");
        }
        for widest in 1..1000 {
            assert!((120..=240).contains(&cell_room(widest).width), "{widest} gives {:?}", cell_room(widest));
        }
    }

    #[test]
    fn enlarging_repeats_pixels_and_shrinking_averages() {
        let picture = Picture { pixels: &[0, 255, 7, 9, 8, 100], height: 2, width: 3, channels: 1 };
        let large = render(&picture, Scale::to_fit(&picture, square(12)), grey);
        assert_eq!((large.width(), large.height()), (12, 8));
        for (x, y, pixel) in large.enumerate_pixels() {
            let from = picture.pixels[(y / 4 * 3 + x / 4) as usize];
            assert_eq!(*pixel, grey(from), "at {x}, {y}");
        }
        let stripes: Vec<u8> = (0..400 * 300).map(|i| if i % 2 == 0 { 255 } else { 1 }).collect();
        let picture = Picture { pixels: &stripes, height: 300, width: 400, channels: 1 };
        let small = render(&picture, Scale::to_fit(&picture, square(100)), grey);
        assert_eq!((small.width(), small.height()), (100, 75));
        let inside = small.enumerate_pixels().filter(|(x, ..)| (2..98).contains(x));
        inside.for_each(|(x, y, p)| assert!((118..=138).contains(&p.0[0]), "{p:?} at {x}, {y}"));
    }

    #[test]
    fn a_thin_picture_keeps_a_pixel() {
        let picture = Picture { pixels: &[9; 3000], height: 1, width: 1000, channels: 3 };
        assert_eq!(Scale::to_fit(&picture, square(170)).size(&picture), (1, 170));
    }

    #[test]
    fn no_picture_outgrows_its_room_or_loses_its_shape() {
        let pixels = vec![0; 600 * 600];
        for height in [1, 5, 28, 95, 96, 100, 170, 226, 227, 400, 600] {
            for width in [1, 7, 32, 95, 97, 170, 300, 600] {
                let picture = Picture { pixels: &pixels[..height * width], height, width, channels: 1 };
                for room in [cell_room(width), cell_room(width.max(40)), square(640)] {
                    let (h, w) = Scale::to_fit(&picture, room).size(&picture);
                    assert!(
                        (1..=room.height).contains(&h) && (1..=room.width).contains(&w),
                        "{height}×{width} in {room:?}"
                    );
                    let skew = (h * width).abs_diff(w * height);
                    assert!(skew <= height.max(width), "{height}×{width} drawn as {h}×{w}");
                }
            }
        }
    }
}
