//! Images beside what speaks for a class in them.

use image::{Rgb, RgbImage};

use super::Picture;
use super::canvas::{Area, Canvas, FAINT, INK};
use super::scale::{Room, Scale, grey, render};
use super::text::{Lettering, PLAIN, STRONG, Style, TITLE};
use super::viridis::{legend, viridis};

const MARGIN: usize = 20;
/// From the top of the page to the first row.
const HEADER: usize = 88;
/// Between an image and its map.
const GAP: usize = 8;
const COLUMN_GAP: usize = 32;
const ROW_GAP: usize = 22;
const LINE: usize = 21;
/// The largest side of an image on the page.
const ROOM: usize = 280;
/// Between an image and the text below it.
const ABOVE_CAPTION: usize = 8;
/// The largest width that lines of text are given.
const TEXT: usize = 640;

/// A line of text on the page.
type Line = (String, Style, Rgb<u8>);

/// An image with its map and what is said about them.
#[derive(Clone, Debug)]
pub struct ExplainedCell<'a> {
    /// What the model saw.
    pub picture: Picture<'a>,
    /// How much each of its pixels speaks for the class, `[h, w]`, 0 to 1.
    pub map: &'a [f32],
    /// The class and its probability: the first line below.
    pub headline: String,
    /// Further lines.
    pub lines: Vec<String>,
}

/// Draws `cells` row by row, `columns` to a row, under `title`: each image, and beside it its map laid over the image without its
/// colours.
///
/// # Panics
/// Where the fields of a [`Picture`] contradict each other, or a map has another size than its picture.
pub fn explanation_sheet(title: &str, cells: &[ExplainedCell], columns: usize) -> RgbImage {
    let font = Lettering::new();
    let room = Room { height: ROOM, width: ROOM };
    let size = |cell: &ExplainedCell| Scale::to_fit(&cell.picture, room).size(&cell.picture);
    let columns = columns.clamp(1, cells.len().max(1));
    let highest = cells.iter().map(|cell| size(cell).0).max().unwrap_or(0);
    let widest = cells.iter().map(|cell| size(cell).1).max().unwrap_or(ROOM);
    // a narrow image leaves the text less room than it needs
    let longest = cells.iter().flat_map(|cell| &cell.lines).map(|line| font.width(line, PLAIN).ceil() as usize).max();
    let pair = (2 * widest + GAP).max(ROOM + 160).max(longest.unwrap_or(0).min(TEXT));
    let captions: Vec<Vec<Line>> = cells.iter().map(|cell| caption(&font, cell, pair as f32)).collect();
    let lines = captions.iter().map(Vec::len).max().unwrap_or(0);
    let below = ABOVE_CAPTION + lines * LINE + 3;
    let width = 2 * MARGIN + columns * (pair + COLUMN_GAP) - COLUMN_GAP;
    let rows = cells.len().div_ceil(columns);
    let height = HEADER + rows * (highest + below + ROW_GAP) + MARGIN - ROW_GAP.min(rows * ROW_GAP);
    let mut canvas = Canvas::new(width, height, font);
    let title = canvas.font.shorten(title, TITLE, (width - 2 * MARGIN) as f32);
    canvas.text(&title, MARGIN as f32, 13.0, TITLE, INK);
    legend(&mut canvas, MARGIN, ["speaks for it: little", "much"]);
    for (i, (cell, caption)) in cells.iter().zip(&captions).enumerate() {
        let x = MARGIN + i % columns * (pair + COLUMN_GAP);
        let y = HEADER + i / columns * (highest + below + ROW_GAP);
        draw_cell(&mut canvas, (cell, caption), room, [x, y, highest]);
    }
    canvas.image
}

/// What stands below an image, with nothing left out.
fn caption(font: &Lettering, cell: &ExplainedCell, width: f32) -> Vec<Line> {
    let wrapped =
        |text: &String, style, colour| font.wrap(text, style, width).into_iter().map(move |line| (line, style, colour));
    let lines = cell.lines.iter().flat_map(|line| wrapped(line, PLAIN, FAINT));
    wrapped(&cell.headline, STRONG, INK).chain(lines).collect()
}

fn draw_cell(canvas: &mut Canvas, (cell, caption): (&ExplainedCell, &[Line]), room: Room, [x, y, highest]: [usize; 3]) {
    cell.picture.check();
    assert_eq!(cell.map.len(), cell.picture.height * cell.picture.width, "a number for each pixel");
    let scale = Scale::to_fit(&cell.picture, room);
    let (height, width) = scale.size(&cell.picture);
    let image = render(&cell.picture, scale, grey);
    let levels: Vec<u8> = cell.map.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
    let map = Picture { pixels: &levels, channels: 1, ..cell.picture };
    let map = render(&map, scale, grey);
    let over =
        RgbImage::from_fn(width as u32, height as u32, |x, y| over(*image.get_pixel(x, y), map.get_pixel(x, y).0[0]));
    let top = y + highest - height;
    for (picture, left) in [(&image, x), (&over, x + width + GAP)] {
        canvas.paste(picture, left, top);
        canvas.frame(Area { x: left, y: top, width, height }, 1, FAINT);
    }
    for (i, (line, style, colour)) in caption.iter().enumerate() {
        // further lines are a little apart
        let apart = if style.size == PLAIN.size { 3 } else { 0 };
        canvas.text(line, x as f32, (y + highest + ABOVE_CAPTION + i * LINE + apart) as f32, *style, *colour);
    }
}

/// A pixel under a level of the map: its brightness remains, its colour is the map's.
fn over(Rgb([r, g, b]): Rgb<u8>, level: u8) -> Rgb<u8> {
    let brightness = 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b);
    let share = 0.62;
    Rgb(viridis(level).0.map(|colour| (share * f32::from(colour) + (1.0 - share) * brightness).round() as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_is_brighter_than_little_and_all_is_on_the_page() {
        let pixels = vec![128; 40 * 30 * 3];
        let map: Vec<f32> = (0..40 * 30).map(|i| if i % 30 < 15 { 0.0 } else { 1.0 }).collect();
        let cell = ExplainedCell {
            picture: Picture { pixels: &pixels, height: 40, width: 30, channels: 3 },
            map: &map,
            headline: "glass 97 %".into(),
            lines: vec!["a line".into(), "another one".into()],
        };
        let one = explanation_sheet("one", std::slice::from_ref(&cell), 2);
        let three = explanation_sheet("three", &[cell.clone(), cell.clone(), cell.clone()], 2);
        assert!(three.width() > one.width() && three.height() > one.height());
        // the map begins behind the image, 30 pixels enlarged 7 times
        let at = |x: usize| one.get_pixel((MARGIN + 210 + GAP + x) as u32, (HEADER + 100) as u32).0;
        let (little, much) = (at(20), at(190));
        assert!(
            much.iter().map(|&v| u32::from(v)).sum::<u32>() > 150 + little.iter().map(|&v| u32::from(v)).sum::<u32>()
        );
        assert_eq!(one.get_pixel(MARGIN as u32 + 100, HEADER as u32 + 100).0, [128; 3]);
        assert!(explanation_sheet("nothing", &[], 2).height() > 0);
        // a long name has more lines, and nothing of it is lost
        let long = ExplainedCell { headline: format!("{}97 %", "a long name of a class ".repeat(9)), ..cell };
        assert!(explanation_sheet("long", std::slice::from_ref(&long), 2).height() > one.height());
        let lines: Vec<String> = caption(&Lettering::new(), &long, 400.0).into_iter().map(|(line, ..)| line).collect();
        assert_eq!(lines.join(" "), format!("{} a line another one", long.headline));
    }
}
