//! Images that a generator made, close together.

use image::RgbImage;

use super::Picture;
use super::canvas::{Area, Canvas, INK};
use super::scale::{Room, Scale, grey, render};
use super::text::{Lettering, TITLE};

const MARGIN: usize = 16;
/// From the top of the page to the images.
const HEADER: usize = 52;
const GAP: usize = 4;
/// Room of an image.
const SIDE: usize = 84;

/// Draws `samples`, all of one size, under `title`, `columns` in a row, on a dark ground.
///
/// # Panics
/// Where the fields of a [`Picture`] contradict each other.
pub fn sample_sheet(title: &str, samples: &[Picture], columns: usize) -> RgbImage {
    let font = Lettering::new();
    let Some(first) = samples.first() else { return Canvas::new(2 * MARGIN, HEADER, font).image };
    let scale = Scale::to_fit(first, Room { height: SIDE, width: SIDE });
    let (height, width) = scale.size(first);
    let rows = samples.len().div_ceil(columns);
    let ground =
        Area { x: MARGIN, y: HEADER, width: columns * (width + GAP) + GAP, height: rows * (height + GAP) + GAP };
    let mut canvas = Canvas::new(ground.width + 2 * MARGIN, HEADER + ground.height + MARGIN, font);
    let title = canvas.font.shorten(title, TITLE, ground.width as f32);
    canvas.text(&title, MARGIN as f32, 11.0, TITLE, INK);
    canvas.fill(ground, INK);
    for (i, picture) in samples.iter().enumerate() {
        picture.check();
        let (row, column) = (i / columns, i % columns);
        let (x, y) = (ground.x + GAP + column * (width + GAP), ground.y + GAP + row * (height + GAP));
        canvas.paste(&render(picture, scale, grey), x, y);
    }
    canvas.image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_on_the_sheet() {
        let pixels: Vec<Vec<u8>> = (0..7).map(|i| vec![100 + 20 * i; 6 * 5]).collect();
        let picture = |pixels| Picture { pixels, height: 6, width: 5, channels: 1 };
        let samples: Vec<Picture> = pixels.iter().map(|p| picture(p.as_slice())).collect();
        let sheet = sample_sheet("t", &samples, 3);
        for i in 0..7u8 {
            let there = sheet.enumerate_pixels().any(|p| p.2.0 == [100 + 20 * i; 3]);
            assert!(there, "sample {i} is missing");
        }
        assert!(sample_sheet("nothing", &[], 8).height() > 0);
    }
}
