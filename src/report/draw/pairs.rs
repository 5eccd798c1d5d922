//! Images beside their reconstructions, and where the two differ.

use image::{Rgb, RgbImage};

use super::Picture;
use super::canvas::{Area, Canvas, FAINT, INK, RIGHT, UNKNOWN, WRONG};
use super::scale::{Room, Scale, grey, render};
use super::text::{Lettering, PLAIN, STRONG, TITLE};

const MARGIN: usize = 20;
const BORDER: usize = 3;
/// From the top of the page to the first row of pictures.
const HEADER: usize = 84;
/// Between the pictures of a cell, inside its frame.
const INNER: usize = 2;
const COLUMN_GAP: usize = 20;
const ROW_GAP: usize = 14;
/// The text under the pictures of a cell: what it is called and its score, then its class in as many lines as that needs.
const CAPTION: usize = 26;
const LINE: usize = 20;
/// Pictures are drawn so wide, or a little less where their pixels are drawn as squares.
const WIDEST: usize = 90;

/// An image, its reconstruction, and what that says about it.
#[derive(Clone, Debug)]
pub struct PairCell<'a> {
    /// What the model saw.
    pub image: Picture<'a>,
    /// What it made of it, of the same size.
    pub reconstruction: Picture<'a>,
    /// Its class, where it has one.
    pub class: Option<String>,
    /// Its reconstruction error.
    pub score: f32,
    /// Whether its score is not above the threshold; `None` without one.
    pub called_normal: Option<bool>,
    /// Whether that is right; `None` where nobody knows.
    pub right: Option<bool>,
}

impl PairCell<'_> {
    fn colour(&self) -> Rgb<u8> {
        match self.right {
            Some(true) => RIGHT,
            Some(false) => WRONG,
            None => UNKNOWN,
        }
    }

    /// Where the two differ: white where they agree, red where the image is brighter, blue where its reconstruction is.
    fn difference(&self) -> Vec<u8> {
        let channels = self.image.channels;
        let pixels = self.image.pixels.chunks_exact(channels).zip(self.reconstruction.pixels.chunks_exact(channels));
        let mean = |pixel: &[u8]| pixel.iter().map(|&value| i32::from(value)).sum::<i32>() / channels as i32;
        let pixel = |(image, given): (&[u8], &[u8])| {
            let far = mean(image) - mean(given);
            let rest = 255 - (far.abs() * 3 / 2).min(255) as u8;
            if far > 0 { [255, rest, rest] } else { [rest, rest, 255] }
        };
        pixels.flat_map(pixel).collect()
    }
}

/// The pixels of a picture on the page.
fn scale(picture: &Picture) -> Scale {
    Scale::to_fit(picture, Room { height: WIDEST, width: WIDEST })
}

/// Draws `cells` row by row, `columns` to a row, under `title`: each is the image, its reconstruction, and their
/// difference, in a frame that is green where the verdict is right, red where it is wrong and grey where nobody knows. No
/// cells give a page that says so.
///
/// # Panics
/// Where the fields of a [`Picture`] contradict each other, or pictures have different sizes.
pub fn pair_grid(title: &str, cells: &[PairCell], columns: usize) -> RgbImage {
    let font = Lettering::new();
    cells.iter().for_each(|cell| [&cell.image, &cell.reconstruction].into_iter().for_each(Picture::check));
    let (high, wide) = cells.first().map_or((0, WIDEST), |cell| scale(&cell.image).size(&cell.image));
    let columns = columns.min(cells.len()).max(1);
    let cell_width = 3 * wide + 2 * INNER + 2 * BORDER;
    let class = |cell: &PairCell| match &cell.class {
        Some(class) => font.wrap(class, PLAIN, cell_width as f32),
        None => Vec::new(),
    };
    let classes: Vec<Vec<String>> = cells.iter().map(class).collect();
    let lines = classes.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let pitch = [cell_width + COLUMN_GAP, high + 2 * BORDER + CAPTION + lines * LINE + ROW_GAP];
    let wanted = font.width(title, TITLE).max(font.width(&legend(cells), PLAIN)).ceil() as usize;
    let page = (columns * pitch[0] - COLUMN_GAP).max(wanted.min(900)) + 2 * MARGIN;
    let rows = cells.len().div_ceil(columns);
    let height = if rows == 0 { HEADER + MARGIN } else { HEADER + rows * pitch[1] - ROW_GAP + MARGIN / 2 };
    let mut canvas = Canvas::new(page, height, font);
    let title = canvas.font.shorten(title, TITLE, (page - 2 * MARGIN) as f32);
    canvas.text(&title, MARGIN as f32, 13.0, TITLE, INK);
    let legend = canvas.font.shorten(&legend(cells), PLAIN, (page - 2 * MARGIN) as f32);
    canvas.text(&legend, MARGIN as f32, 47.0, PLAIN, FAINT);
    for (number, (cell, class)) in cells.iter().zip(&classes).enumerate() {
        let (row, column) = (number / columns, number % columns);
        let area = Area { x: MARGIN + column * pitch[0], y: HEADER + row * pitch[1], width: cell_width, height: high };
        draw_cell(&mut canvas, area, wide, (cell, class));
    }
    canvas.image
}

/// What is to be seen.
fn legend(cells: &[PairCell]) -> String {
    if cells.is_empty() {
        return "no images".into();
    }
    let known = cells.iter().any(|cell| cell.right.is_some());
    let colours = if known { " Green frame: correct verdict. Red: wrong." } else { "" };
    format!("Image, reconstruction, difference (red: missing, blue: added).{colours}")
}

fn draw_cell(canvas: &mut Canvas, area: Area, wide: usize, (cell, class): (&PairCell, &[String])) {
    let difference = cell.difference();
    let difference = Picture { pixels: &difference, channels: 3, ..cell.image };
    let (x, y) = (area.x + BORDER, area.y + BORDER);
    let inside = Area { x, y, width: area.width - 2 * BORDER, height: area.height };
    canvas.frame(inside, BORDER, cell.colour());
    for (number, picture) in [cell.image, cell.reconstruction, difference].iter().enumerate() {
        canvas.paste(&render(picture, scale(picture), grey), x + number * (wide + INNER), y);
    }
    let top = (y + area.height + BORDER + 3) as f32;
    let right = (area.x + area.width) as f32;
    let score = format!("{:.4}", cell.score);
    let score_left = right - canvas.font.width(&score, STRONG);
    let verdict = match cell.called_normal {
        Some(true) => "normal",
        Some(false) => "anomaly",
        None => "score",
    };
    canvas.text(verdict, area.x as f32, top, STRONG, cell.colour());
    canvas.text(&score, score_left, top, STRONG, cell.colour());
    for (i, line) in class.iter().enumerate() {
        canvas.text(line, area.x as f32, top + ((i + 1) * LINE) as f32, PLAIN, FAINT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell<'a>(image: &'a [u8], reconstruction: &'a [u8], right: Option<bool>) -> PairCell<'a> {
        let picture = |pixels: &'a [u8]| Picture { pixels, height: 28, width: 28, channels: pixels.len() / 784 };
        let class = "an extraordinarily long name of a class, too long for its cell".to_string();
        let class = Some(class);
        PairCell {
            image: picture(image),
            reconstruction: picture(reconstruction),
            class,
            score: 0.1,
            called_normal: Some(true),
            right,
        }
    }

    /// Pixels of exactly this colour in a column of the page.
    fn count(image: &RgbImage, columns: std::ops::Range<u32>, colour: Rgb<u8>) -> usize {
        image.enumerate_pixels().filter(|(x, _, pixel)| columns.contains(x) && **pixel == colour).count()
    }

    #[test]
    fn the_frame_says_whether_the_verdict_is_right() {
        let (image, given) = ([100; 784], [100; 784]);
        let cells = [Some(true), Some(false), None].map(|right| cell(&image, &given, right));
        let page = pair_grid("three", &cells, 3);
        let third = page.width() / 3;
        let colours: Vec<_> = (0..3)
            .map(|i| [RIGHT, WRONG, UNKNOWN].map(|colour| count(&page, i * third..(i + 1) * third, colour) > 1000))
            .collect();
        assert_eq!(colours, [[true, false, false], [false, true, false], [false, false, true]]);
    }

    #[test]
    fn what_is_missing_is_red_and_what_is_added_is_blue() {
        let (mut image, mut given) = ([0; 784], [0; 784]);
        (image[0], given[1]) = (255, 255);
        assert_eq!(cell(&image, &given, None).difference()[..9], [255, 0, 0, 0, 0, 255, 255, 255, 255]);
        let (colour, none) = ([[90, 60, 30]; 784].concat(), [0; 784 * 3]);
        assert_eq!(cell(&colour, &none, None).difference()[..3], [255, 165, 165]);
    }

    #[test]
    fn any_number_of_cells() {
        let (image, given) = ([1; 784], [2; 784]);
        for count in 0..4 {
            let cells = vec![cell(&image, &given, Some(true)); count];
            for columns in [0, 1, 3] {
                assert!(pair_grid("", &cells, columns).height() as usize >= HEADER);
            }
        }
    }
}
