//! Rows of pictures with a few lines below each.

use image::{Rgb, RgbImage};

use super::Picture;
use super::canvas::{Area, Canvas, FAINT, INK, MARK, RIGHT, WRONG};
use super::scale::{Room, Scale, grey, render};
use super::text::{Lettering, PLAIN, STRONG, TITLE};

const MARGIN: usize = 20;
const BORDER: usize = 3;
const GAP: usize = 18;
/// Behind a first picture that the others are compared with.
const WIDE_GAP: usize = 40;
/// From the top of the page to the first row.
const HEADER: usize = 84;
const LINE: usize = 20;
/// From a picture to the text below it.
const ABOVE_CAPTION: usize = 6;
/// The sides of a picture on the page are at most this, and so much room has the text.
const SIDE: usize = 200;

/// What the border and the first line of a picture say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is right: green, with a tick.
    Right,
    /// It is wrong: red, with a cross.
    Wrong,
    /// Neither.
    Plain,
}

impl Mark {
    fn colour(self) -> Rgb<u8> {
        match self {
            Mark::Right => RIGHT,
            Mark::Wrong => WRONG,
            Mark::Plain => INK,
        }
    }
}

/// A picture with what is said about it.
#[derive(Clone, Debug)]
pub struct Captioned<'a> {
    /// The picture.
    pub picture: Picture<'a>,
    /// Whether it is right.
    pub mark: Mark,
    /// The first line is strong.
    pub lines: Vec<String>,
}

/// Draws `rows` of pictures under `title` and a line that says what they are. `first_apart`: the first of each row stands apart, as
/// the one that the others are compared with.
///
/// # Panics
/// Where the fields of a [`Picture`] contradict each other.
pub fn gallery(title: &str, about: &str, rows: &[Vec<Captioned>], first_apart: bool) -> RgbImage {
    let font = Lettering::new();
    let room = Room { height: SIDE, width: SIDE };
    let size = |cell: &Captioned| Scale::to_fit(&cell.picture, room).size(&cell.picture);
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let apart = if first_apart && columns > 1 { WIDE_GAP - GAP } else { 0 };
    let left = |column: usize| MARGIN + column * (SIDE + 2 * BORDER + GAP) + if column > 0 { apart } else { 0 };
    let words = font.width(title, TITLE).max(font.width(about, PLAIN)).ceil() as usize;
    let width = (left(columns).saturating_sub(GAP)).max(MARGIN + words.min(4 * SIDE)) + MARGIN;
    let heights: Vec<[usize; 2]> = rows
        .iter()
        .map(|row| {
            let lines = row.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
            [row.iter().map(|cell| size(cell).0).max().unwrap_or(0), ABOVE_CAPTION + lines * LINE + 2 * BORDER]
        })
        .collect();
    let height = HEADER + heights.iter().map(|[picture, text]| picture + text + GAP).sum::<usize>() + MARGIN;
    let mut canvas = Canvas::new(width, height, font);
    let shown = canvas.font.shorten(title, TITLE, (width - 2 * MARGIN) as f32);
    canvas.text(&shown, MARGIN as f32, 13.0, TITLE, INK);
    let about = canvas.font.shorten(about, PLAIN, (width - 2 * MARGIN) as f32);
    canvas.text(&about, MARGIN as f32, 50.0, PLAIN, FAINT);
    let mut y = HEADER;
    for (row, [picture, text]) in rows.iter().zip(heights) {
        row.iter()
            .enumerate()
            .for_each(|(column, cell)| draw_cell(&mut canvas, cell, room, [left(column), y, picture]));
        y += picture + text + GAP;
    }
    canvas.image
}

fn draw_cell(canvas: &mut Canvas, cell: &Captioned, room: Room, [x, y, highest]: [usize; 3]) {
    cell.picture.check();
    let scale = Scale::to_fit(&cell.picture, room);
    let (height, width) = scale.size(&cell.picture);
    let (picture_x, picture_y) = (x + BORDER + (SIDE - width) / 2, y + BORDER + highest - height);
    canvas.paste(&render(&cell.picture, scale, grey), picture_x, picture_y);
    let colour = if cell.mark == Mark::Plain { FAINT } else { cell.mark.colour() };
    canvas.frame(Area { x: picture_x, y: picture_y, width, height }, BORDER, colour);
    let top = y + highest + 2 * BORDER + ABOVE_CAPTION;
    match cell.mark {
        Mark::Right => canvas.tick(x, top),
        Mark::Wrong => canvas.cross(x, top),
        Mark::Plain => {}
    }
    let behind_mark = if cell.mark == Mark::Plain { 0 } else { MARK };
    for (i, line) in cell.lines.iter().enumerate() {
        let (style, colour, left) = if i == 0 { (STRONG, cell.mark.colour(), behind_mark) } else { (PLAIN, FAINT, 0) };
        let line = canvas.font.shorten(line, style, (SIDE + 2 * BORDER - left) as f32);
        canvas.text(&line, (x + left) as f32, (top + i * LINE) as f32, style, colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(pixels: &[u8], mark: Mark) -> Captioned<'_> {
        let picture = Picture { pixels, height: 20, width: 10, channels: 3 };
        Captioned { picture, mark, lines: vec!["glass".into(), "97 %".into()] }
    }

    #[test]
    fn borders_say_what_is_right_and_rows_have_room() {
        let pixels = vec![200; 20 * 10 * 3];
        let row = vec![cell(&pixels, Mark::Plain), cell(&pixels, Mark::Right), cell(&pixels, Mark::Wrong)];
        let one = gallery("title", "about", std::slice::from_ref(&row), true);
        let two = gallery("title", "about", &[row.clone(), row.clone()], true);
        assert!(two.height() > one.height() && two.width() == one.width());
        assert!(one.width() > gallery("title", "about", &[row], false).width(), "the first one stands apart");
        // a picture of 10 x 20 is drawn 100 wide and 200 high, in the middle of its 200
        let border = |column: usize| {
            let x = MARGIN + column * (SIDE + 2 * BORDER + GAP) + if column > 0 { WIDE_GAP - GAP } else { 0 };
            let x = x + BORDER + 50;
            [one.get_pixel(x as u32 - 2, HEADER as u32 + 100).0, one.get_pixel(x as u32 + 4, HEADER as u32 + 100).0]
        };
        assert_eq!(border(1), [RIGHT.0, [200; 3]]);
        assert_eq!(border(2), [WRONG.0, [200; 3]]);
        assert!(gallery("nothing", "", &[], true).height() > 0);
    }
}
