//! Images beside what augmentation makes of them, an epoch a column.

use image::RgbImage;

use super::Picture;
use super::canvas::{Area, Canvas, FAINT, INK};
use super::scale::{Scale, cell_room, grey, render};
use super::text::{Lettering, PLAIN, STRONG, TITLE};

const MARGIN: usize = 20;
/// From the top of the page to the first row.
const HEADER: usize = 84;
const GAP: usize = 10;
/// Between the originals and what became of them.
const WIDE_GAP: usize = 26;
/// From a picture to the label below it.
const ABOVE_CAPTION: usize = 3;
/// The height of a line of a label.
const LINE: usize = 23;

/// An image with its label and what became of it.
#[derive(Clone, Debug)]
pub struct SheetRow<'a> {
    /// Number and class.
    pub label: String,
    /// As it is in the data set.
    pub original: Picture<'a>,
    /// As it is in the epochs.
    pub samples: Vec<Picture<'a>>,
}

/// Draws `rows` under `title`: the original on the left, its label below, then a sample an epoch.
///
/// # Panics
/// Where the fields of a [`Picture`] contradict each other, or rows have pictures of different sizes.
pub fn augmented_sheet(title: &str, rows: &[SheetRow]) -> RgbImage {
    let font = Lettering::new();
    let Some(first) = rows.first() else { return Canvas::new(2 * MARGIN, HEADER, font).image };
    let room = cell_room(first.original.width);
    let scale = Scale::to_fit(&first.original, room);
    let (height, width) = scale.size(&first.original);
    let columns = first.samples.len();
    // a column is as wide as a word about it needs
    let across = width.max(64) + GAP;
    let left = |column: usize| MARGIN + column * across + if column > 0 { WIDE_GAP - GAP } else { 0 };
    let page = (left(columns) + width.max(64) + MARGIN).max(MARGIN * 2 + 400);
    let label = |row: &SheetRow| font.wrap(&row.label, STRONG, (page - 2 * MARGIN) as f32);
    let labels: Vec<Vec<String>> = rows.iter().map(label).collect();
    let lines = labels.iter().map(Vec::len).max().unwrap_or(0);
    let down = height + ABOVE_CAPTION + lines * LINE + GAP;
    let mut canvas = Canvas::new(page, HEADER + rows.len() * down + MARGIN - GAP, font);
    let title = canvas.font.shorten(title, TITLE, (page - 2 * MARGIN) as f32);
    canvas.text(&title, MARGIN as f32, 13.0, TITLE, INK);
    for column in 0..=columns {
        let word = if column == 0 { "original".to_string() } else { format!("epoch {column}") };
        canvas.text(&word, left(column) as f32, 54.0, PLAIN, FAINT);
    }
    for (number, (row, label)) in rows.iter().zip(&labels).enumerate() {
        let y = HEADER + number * down;
        for (column, picture) in std::iter::once(&row.original).chain(&row.samples).enumerate() {
            picture.check();
            let area = Area { x: left(column), y, width, height };
            canvas.paste(&render(picture, scale, grey), area.x, area.y);
            canvas.frame(area, 1, FAINT);
        }
        for (i, line) in label.iter().enumerate() {
            canvas.text(line, MARGIN as f32, (y + height + ABOVE_CAPTION + i * LINE) as f32, STRONG, INK);
        }
    }
    canvas.image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_has_room_for_every_sample() {
        let pixels = vec![200; 28 * 20 * 3];
        let picture = Picture { pixels: &pixels, height: 28, width: 20, channels: 3 };
        let row = SheetRow { label: "3 · cat".into(), original: picture, samples: vec![picture; 8] };
        let two = augmented_sheet("t", &[row.clone(), row.clone()]);
        let one = augmented_sheet("t", std::slice::from_ref(&row));
        assert!(one.width() == two.width() && two.height() > one.height());
        // the last sample's corner is on the page
        let near_corner = one.get_pixel(one.width() - MARGIN as u32 - 40, HEADER as u32 + 10);
        assert_eq!(near_corner.0, [200, 200, 200]);
        assert!(augmented_sheet("nothing", &[]).height() > 0);
    }
}
