//! Rows of pictures with lines of text below each.

use image::{Rgb, RgbImage};

use super::Picture;
use super::canvas::{Area, Canvas, FAINT, INK, MARK, RIGHT, WRONG};
use super::scale::{Room, Scale, grey, render};
use super::text::{Lettering, PLAIN, STRONG, Style, TITLE};

const MARGIN: usize = 20;
const BORDER: usize = 3;
const GAP: usize = 18;
/// Behind a first picture that the others are compared with.
const WIDE_GAP: usize = 40;
/// Above the title, and between what is above and the first row.
const TOP: usize = 13;
const BELOW_HEADER: usize = 14;
const TITLE_LINE: usize = 37;
const LINE: usize = 20;
/// So wide are a title and a line at the least before they are broken.
const WORDS: usize = 800;
/// From a picture to the text below it.
const ABOVE_CAPTION: usize = 6;

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

/// Rows of pictures, and how they are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Gallery<'a> {
    /// Above all.
    pub title: &'a str,
    /// What they are; nothing where the title says it.
    pub about: &'a str,
    /// The pictures.
    pub rows: &'a [Vec<Captioned<'a>>],
    /// The sides of a picture on the page are at most this, in pixels, and so much room have the texts below it, in as many lines as
    /// they need.
    pub side: usize,
    /// Whether the first of each row stands apart, as the one that the others are compared with.
    pub first_apart: bool,
}

impl<'a> Gallery<'a> {
    /// These rows, of small pictures without a title.
    pub fn of(rows: &'a [Vec<Captioned<'a>>]) -> Self {
        Gallery { title: "", about: "", rows, side: 200, first_apart: false }
    }

    fn room(&self) -> Room {
        Room { height: self.side, width: self.side }
    }

    /// Width of a column.
    fn column(&self) -> usize {
        self.side + 2 * BORDER
    }

    /// Where a column begins.
    fn left(&self, column: usize) -> usize {
        let apart = if self.first_apart && column > 0 { WIDE_GAP - GAP } else { 0 };
        MARGIN + column * (self.column() + GAP) + apart
    }

    /// Height of a picture on the page.
    fn height(&self, cell: &Captioned) -> usize {
        Scale::to_fit(&cell.picture, self.room()).size(&cell.picture).0
    }
}

/// A line of text on the page.
type Line = (String, Style, Rgb<u8>);

/// Draws a gallery; no text of it is cut.
///
/// # Panics
/// Where the fields of a [`Picture`] contradict each other.
pub fn gallery(page: &Gallery) -> RgbImage {
    let font = Lettering::new();
    let columns = page.rows.iter().map(Vec::len).max().unwrap_or(0);
    let words = font.width(page.title, TITLE).max(font.width(page.about, PLAIN)).ceil() as usize;
    let width = page.left(columns).saturating_sub(GAP).max(MARGIN + words.min(WORDS)) + MARGIN;
    let wrapped = |text: &str, style, width: usize| match text {
        "" => Vec::new(),
        text => font.wrap(text, style, width as f32),
    };
    let titles = wrapped(page.title, TITLE, width - 2 * MARGIN);
    let about = wrapped(page.about, PLAIN, width - 2 * MARGIN);
    let captions = |cell: &Captioned| -> Vec<Line> {
        let room = |i: usize| page.column() - if i == 0 && cell.mark != Mark::Plain { MARK } else { 0 };
        let style = |i: usize| if i == 0 { (STRONG, cell.mark.colour()) } else { (PLAIN, FAINT) };
        let line = |(i, text): (usize, &String)| {
            let (style, colour) = style(i);
            wrapped(text, style, room(i)).into_iter().map(move |text| (text, style, colour)).collect::<Vec<_>>()
        };
        cell.lines.iter().enumerate().flat_map(line).collect()
    };
    let rows: Vec<Vec<Vec<Line>>> = page.rows.iter().map(|row| row.iter().map(captions).collect()).collect();
    let heights: Vec<[usize; 2]> = page
        .rows
        .iter()
        .zip(&rows)
        .map(|(row, captions)| {
            let lines = captions.iter().map(Vec::len).max().unwrap_or(0);
            [row.iter().map(|cell| page.height(cell)).max().unwrap_or(0), ABOVE_CAPTION + lines * LINE + 2 * BORDER]
        })
        .collect();
    let header = TOP + titles.len() * TITLE_LINE + about.len() * LINE + BELOW_HEADER;
    let height = header + heights.iter().map(|[picture, text]| picture + text + GAP).sum::<usize>() + MARGIN;
    let mut canvas = Canvas::new(width, height, font);
    let mut y = TOP;
    for (lines, style, colour, pitch) in [(titles, TITLE, INK, TITLE_LINE), (about, PLAIN, FAINT, LINE)] {
        for line in lines {
            canvas.text(&line, MARGIN as f32, y as f32, style, colour);
            y += pitch;
        }
    }
    y = header;
    for ((row, captions), [picture, text]) in page.rows.iter().zip(&rows).zip(heights) {
        for (column, (cell, lines)) in row.iter().zip(captions).enumerate() {
            draw_cell(&mut canvas, page, (cell, lines), [page.left(column), y, picture]);
        }
        y += picture + text + GAP;
    }
    canvas.image
}

fn draw_cell(canvas: &mut Canvas, page: &Gallery, (cell, lines): (&Captioned, &[Line]), [x, y, highest]: [usize; 3]) {
    cell.picture.check();
    let scale = Scale::to_fit(&cell.picture, page.room());
    let (height, width) = scale.size(&cell.picture);
    let (picture_x, picture_y) = (x + BORDER + (page.side - width) / 2, y + BORDER + highest - height);
    canvas.paste(&render(&cell.picture, scale, grey), picture_x, picture_y);
    let colour = if cell.mark == Mark::Plain { FAINT } else { cell.mark.colour() };
    canvas.frame(Area { x: picture_x, y: picture_y, width, height }, BORDER, colour);
    let top = y + highest + 2 * BORDER + ABOVE_CAPTION;
    match cell.mark {
        Mark::Right => canvas.tick(x, top),
        Mark::Wrong => canvas.cross(x, top),
        Mark::Plain => {}
    }
    for (i, (line, style, colour)) in lines.iter().enumerate() {
        // all of a marked line stands behind its mark
        let behind = if cell.mark != Mark::Plain && style.size == STRONG.size { MARK } else { 0 };
        canvas.text(line, (x + behind) as f32, (top + i * LINE) as f32, *style, *colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 200;

    fn cell<'a>(pixels: &'a [u8], mark: Mark, headline: &str) -> Captioned<'a> {
        let picture = Picture { pixels, height: 20, width: 10, channels: 3 };
        Captioned { picture, mark, lines: vec![headline.into(), "97 %".into()] }
    }

    fn drawn(rows: &[Vec<Captioned>], first_apart: bool) -> RgbImage {
        gallery(&Gallery { title: "title", about: "about", first_apart, ..Gallery::of(rows) })
    }

    #[test]
    fn borders_say_what_is_right_and_rows_have_room() {
        let pixels = vec![200; 20 * 10 * 3];
        let row = [Mark::Plain, Mark::Right, Mark::Wrong].map(|mark| cell(&pixels, mark, "glass")).to_vec();
        let one = drawn(std::slice::from_ref(&row), true);
        let two = drawn(&[row.clone(), row.clone()], true);
        assert!(two.height() > one.height() && two.width() == one.width());
        assert!(one.width() > drawn(&[row], false).width(), "the first one stands apart");
        // a picture of 10 x 20 is drawn 100 wide and 200 high, in the middle of its 200
        let header = TOP + TITLE_LINE + LINE + BELOW_HEADER;
        let border = |column: usize| {
            let x = MARGIN + column * (SIDE + 2 * BORDER + GAP) + if column > 0 { WIDE_GAP - GAP } else { 0 };
            let x = x + BORDER + 50;
            [one.get_pixel(x as u32 - 2, header as u32 + 100).0, one.get_pixel(x as u32 + 4, header as u32 + 100).0]
        };
        assert_eq!(border(1), [RIGHT.0, [200; 3]]);
        assert_eq!(border(2), [WRONG.0, [200; 3]]);
        assert!(drawn(&[], true).height() > 0);
    }

    #[test]
    fn each_picture_is_as_large_as_asked_and_a_long_text_has_more_lines() {
        let pixels = vec![77; 20 * 20 * 3];
        let picture = Picture { pixels: &pixels, height: 20, width: 20, channels: 3 };
        let page = |headline: &str, count: usize| {
            let cell = Captioned { picture, mark: Mark::Plain, lines: vec![headline.into()] };
            let rows: Vec<Vec<Captioned>> = vec![cell; count].chunks(3).map(<[Captioned]>::to_vec).collect();
            gallery(&Gallery { title: "title", side: 300, ..Gallery::of(&rows) })
        };
        let count = |page: &RgbImage| page.pixels().filter(|pixel| pixel.0 == [77; 3]).count();
        assert_eq!([1, 4].map(|n| count(&page("glass", n))), [300 * 300, 4 * 300 * 300]);
        let [short, long] = ["glass".to_string(), "a very long name of a class ".repeat(3)].map(|name| page(&name, 1));
        assert_eq!((long.width(), long.height()), (short.width(), short.height() + 2 * LINE as u32));
        let inked = |page: &RgbImage| page.pixels().filter(|pixel| pixel.0[0] < 60).count();
        assert!(inked(&long) > 6 * inked(&short) / 2, "{} and {}", inked(&long), inked(&short));
    }
}
