//! Pictures with lines of text below them.

use image::RgbImage;

use super::Picture;
use super::canvas::{Area, Canvas, FAINT, INK};
use super::scale::{Room, Scale, grey, render};
use super::text::{Lettering, PLAIN, STRONG, TITLE};

const MARGIN: usize = 20;
/// From the top of the page to the first row.
const HEADER: usize = 60;
const COLUMN_GAP: usize = 28;
const ROW_GAP: usize = 20;
const LINE: usize = 21;
/// The largest side of a picture on the page.
const ROOM: usize = 300;

/// A picture with what is said of it.
#[derive(Clone, Debug)]
pub struct CaptionedCell<'a> {
    /// The picture.
    pub picture: Picture<'a>,
    /// The first line below.
    pub headline: String,
    /// Further lines.
    pub lines: Vec<String>,
}

/// Draws `cells` row by row, `columns` to a row, under `title`. Columns are as wide as the widest text, so that none is cut.
///
/// # Panics
/// Where the fields of a [`Picture`] contradict each other.
pub fn captioned_sheet(title: &str, cells: &[CaptionedCell], columns: usize) -> RgbImage {
    let font = Lettering::new();
    let room = Room { height: ROOM, width: ROOM };
    let columns = columns.clamp(1, cells.len().max(1));
    let size = |cell: &CaptionedCell| Scale::to_fit(&cell.picture, room).size(&cell.picture);
    let highest = cells.iter().map(|cell| size(cell).0).max().unwrap_or(0);
    let widest = cells.iter().map(|cell| size(cell).1).max().unwrap_or(ROOM);
    let texts = cells.iter().flat_map(|cell| {
        let lines = cell.lines.iter().map(|line| font.width(line, PLAIN));
        lines.chain([font.width(&cell.headline, STRONG)])
    });
    let cell_width = texts.map(|width| width.ceil() as usize).fold(widest, usize::max);
    let lines = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
    let cell_height = highest + 8 + LINE + 3 + lines * LINE;
    let (across, down) = (columns * (cell_width + COLUMN_GAP), cells.len().div_ceil(columns) * (cell_height + ROW_GAP));
    let width = 2 * MARGIN + (across - COLUMN_GAP).max(font.width(title, TITLE).ceil() as usize);
    let mut canvas = Canvas::new(width, HEADER + down.saturating_sub(ROW_GAP) + MARGIN, font);
    canvas.text(title, MARGIN as f32, 13.0, TITLE, INK);
    for (i, cell) in cells.iter().enumerate() {
        cell.picture.check();
        let x = MARGIN + i % columns * (cell_width + COLUMN_GAP);
        let y = HEADER + i / columns * (cell_height + ROW_GAP);
        let (height, width) = size(cell);
        let top = y + highest - height;
        canvas.paste(&render(&cell.picture, Scale::to_fit(&cell.picture, room), grey), x, top);
        canvas.frame(Area { x, y: top, width, height }, 1, FAINT);
        let below = (y + highest + 8) as f32;
        canvas.text(&cell.headline, x as f32, below, STRONG, INK);
        for (i, line) in cell.lines.iter().enumerate() {
            canvas.text(line, x as f32, below + (LINE + 3 + i * LINE) as f32, PLAIN, FAINT);
        }
    }
    canvas.image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_picture_is_there_and_a_long_caption_has_room() {
        let pixels = vec![77; 30 * 30 * 3];
        let cell = |headline: &str| CaptionedCell {
            picture: Picture { pixels: &pixels, height: 30, width: 30, channels: 3 },
            headline: headline.into(),
            lines: vec!["a line".into()],
        };
        let count = |sheet: &RgbImage| sheet.pixels().filter(|pixel| pixel.0 == [77; 3]).count();
        let one = captioned_sheet("one", &[cell("glass")], 3);
        let four = captioned_sheet("four", &[cell("a"), cell("b"), cell("c"), cell("d")], 3);
        assert_eq!((count(&one), count(&four)), (300 * 300, 4 * 300 * 300));
        let long = captioned_sheet("one", &[cell(&"a very long name of a class ".repeat(3))], 3);
        assert!(long.width() > one.width() + 200);
        assert!(captioned_sheet("nothing", &[], 3).height() > 0);
    }
}
