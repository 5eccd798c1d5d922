//! Pictures side by side, each with what a model took it for.

use image::{Rgb, RgbImage};

use super::Picture;
use super::canvas::{Area, Canvas, FAINT, INK, MARK, RIGHT, UNKNOWN, WRONG};
use super::scale::{Room, Scale, cell_room, grey, render};
use super::text::{Lettering, PLAIN, STRONG, TITLE};

const MARGIN: usize = 20;
const BORDER: usize = 3;
const COLUMN_GAP: usize = 16;
const ROW_GAP: usize = 12;
/// From the top of the page to the first row of pictures.
const HEADER: usize = 84;
/// From the border of a picture to the text below it.
const ABOVE_CAPTION: usize = 4;
const LINE: usize = 20;
/// A title may make the page this wide when the cells do not.
const TITLE_PAGE: f32 = 640.0;

/// One picture and a prediction for it.
#[derive(Clone, Debug)]
pub struct GridCell<'a> {
    /// What the model saw.
    pub picture: Picture<'a>,
    /// Name of the class with the highest probability.
    pub predicted: String,
    /// Its probability, 0 to 1.
    pub probability: f32,
    /// Name of the true class; `None` where nobody knows it.
    pub truth: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Right,
    Wrong,
    Unknown,
}

impl GridCell<'_> {
    fn verdict(&self) -> Verdict {
        match &self.truth {
            None => Verdict::Unknown,
            Some(truth) if *truth == self.predicted => Verdict::Right,
            Some(_) => Verdict::Wrong,
        }
    }
}

impl Verdict {
    fn colour(self) -> Rgb<u8> {
        match self {
            Verdict::Right => RIGHT,
            Verdict::Wrong => WRONG,
            Verdict::Unknown => UNKNOWN,
        }
    }
}

/// Sizes that all cells of a grid share.
struct Layout {
    columns: usize,
    /// What a picture is fitted into.
    room: Room,
    /// Height of the highest picture as drawn.
    picture_height: usize,
    /// Height of the text under a picture.
    caption_height: usize,
}

impl Layout {
    fn new(font: &Lettering, cells: &[GridCell], columns: usize) -> Layout {
        let widest = cells.iter().map(|cell| cell.picture.width).max();
        let room = cell_room(widest.unwrap_or(1));
        let heights = cells.iter().map(|cell| Scale::to_fit(&cell.picture, room).size(&cell.picture).0);
        let picture_height = heights.max().unwrap_or(0);
        let columns = columns.min(cells.len()).max(1);
        let mut layout = Layout { columns, room, picture_height, caption_height: 0 };
        let lines = cells.iter().map(|cell| layout.caption(font, cell).iter().map(Vec::len).sum::<usize>());
        layout.caption_height = ABOVE_CAPTION + lines.max().unwrap_or(1) * LINE;
        layout
    }

    /// The whole name of what is predicted, and of what is true where that is another one, in lines below a picture.
    fn caption(&self, font: &Lettering, cell: &GridCell) -> [Vec<String>; 2] {
        let verdict = cell.verdict();
        let behind = if verdict == Verdict::Unknown { 0 } else { MARK };
        let room = (self.room.width + 2 * BORDER - behind) as f32;
        let beside = font.width(&percent(cell.probability), STRONG) + 6.0;
        let truth = cell.truth.as_ref().filter(|_| verdict == Verdict::Wrong);
        [
            font.wrap(&cell.predicted, STRONG, room - beside),
            truth.map_or_else(Vec::new, |truth| font.wrap(&format!("true: {truth}"), PLAIN, room)),
        ]
    }

    /// The whole of cell `i`, its border included.
    fn cell(&self, i: usize) -> Area {
        let width = self.room.width + 2 * BORDER;
        let height = self.picture_height + 2 * BORDER + self.caption_height;
        let (row, column) = (i / self.columns, i % self.columns);
        Area { x: MARGIN + column * (width + COLUMN_GAP), y: HEADER + row * (height + ROW_GAP), width, height }
    }
}

/// Draws `cells` row by row, `columns` to a row, under `title`. Green border and a tick: right. Red border, a cross and
/// the true class: wrong. Grey: the true class is unknown. The last row may be shorter; no cells at all give a page that
/// says so.
///
/// # Panics
/// Where the fields of a [`Picture`] contradict each other.
pub fn prediction_grid(title: &str, cells: &[GridCell], columns: usize) -> RgbImage {
    let font = Lettering::new();
    cells.iter().for_each(|cell| cell.picture.check());
    let layout = Layout::new(&font, cells, columns);
    let last_of_row = layout.cell(layout.columns - 1);
    let title_width = font.width(title, TITLE).min(TITLE_PAGE).max(legend_width(&font, cells)).ceil() as usize;
    let width = (last_of_row.x + last_of_row.width).max(MARGIN + title_width) + MARGIN;
    let height = match cells.len() {
        0 => HEADER + LINE + MARGIN,
        n => layout.cell(n - 1).y + last_of_row.height + MARGIN - 4,
    };

    let mut canvas = Canvas::new(width, height, font);
    let title = canvas.font.shorten(title, TITLE, (width - 2 * MARGIN) as f32);
    canvas.text(&title, MARGIN as f32, 13.0, TITLE, INK);
    legend(&mut canvas, cells);
    for (i, cell) in cells.iter().enumerate() {
        draw_cell(&mut canvas, layout.cell(i), &layout, cell);
    }
    canvas.image
}

fn draw_cell(canvas: &mut Canvas, area: Area, layout: &Layout, cell: &GridCell) {
    let verdict = cell.verdict();
    let scale = Scale::to_fit(&cell.picture, layout.room);
    let (height, width) = scale.size(&cell.picture);
    let x = area.x + BORDER + (layout.room.width - width) / 2;
    let y = area.y + BORDER + layout.picture_height - height;
    canvas.paste(&render(&cell.picture, scale, grey), x, y);
    canvas.frame(Area { x, y, width, height }, BORDER, verdict.colour());

    let top = area.y + layout.picture_height + 2 * BORDER + ABOVE_CAPTION;
    let right = (area.x + area.width) as f32;
    let percent = percent(cell.probability);
    let percent_left = right - canvas.font.width(&percent, STRONG);
    let mut left = area.x as f32;
    if verdict != Verdict::Unknown {
        mark(canvas, area.x, top, verdict);
        left += MARK as f32;
    }
    canvas.text(&percent, percent_left, top as f32, STRONG, verdict.colour());
    let [names, truths] = layout.caption(&canvas.font, cell);
    let lines = names.iter().map(|line| (line, STRONG)).chain(truths.iter().map(|line| (line, PLAIN)));
    for (i, (line, style)) in lines.enumerate() {
        canvas.text(line, left, (top + i * LINE) as f32, style, verdict.colour());
    }
}

/// A tick or a cross beside the line of text whose top is `y`.
fn mark(canvas: &mut Canvas, x: usize, y: usize, verdict: Verdict) {
    match verdict {
        Verdict::Right => canvas.tick(x, y),
        Verdict::Wrong => canvas.cross(x, y),
        Verdict::Unknown => {}
    }
}

/// What the colours mean, for those that occur.
fn legend_entries(cells: &[GridCell]) -> Vec<(Verdict, &'static str)> {
    let texts = [
        (Verdict::Right, "predicted class is right"),
        (Verdict::Wrong, "wrong, with the true class below"),
        (Verdict::Unknown, "true class unknown"),
    ];
    texts.into_iter().filter(|(verdict, _)| cells.iter().any(|cell| cell.verdict() == *verdict)).collect()
}

const LEGEND_GAP: f32 = 24.0;

fn legend_width(font: &Lettering, cells: &[GridCell]) -> f32 {
    let width = |text| MARK as f32 + font.width(text, PLAIN) + LEGEND_GAP;
    legend_entries(cells).into_iter().map(|(_, text)| width(text)).sum()
}

fn legend(canvas: &mut Canvas, cells: &[GridCell]) {
    const TOP: usize = 47;
    let mut x = MARGIN;
    if cells.is_empty() {
        canvas.text("no images", x as f32, TOP as f32, PLAIN, FAINT);
    }
    for (verdict, text) in legend_entries(cells) {
        match verdict {
            Verdict::Unknown => canvas.fill(Area { x: x + 1, y: TOP + 4, width: 11, height: 11 }, UNKNOWN),
            _ => mark(canvas, x, TOP, verdict),
        }
        let end = canvas.text(text, (x + MARK) as f32, TOP as f32, PLAIN, FAINT);
        x = (end + LEGEND_GAP) as usize;
    }
}

/// A probability in whole percent; certainty is claimed only for exactly 1.
fn percent(probability: f32) -> String {
    match probability {
        p if !p.is_finite() => "?".to_owned(),
        p if (0.995..1.0).contains(&p) => ">99%".to_owned(),
        p if p > 0.0 && p < 0.005 => "<1%".to_owned(),
        p => format!("{:.0}%", 100.0 * p),
    }
}

#[cfg(test)]
mod tests;
