//! Where numbers are on a drawing: two axes with their grid and ticks.

use super::axis::Axis;
use super::drawing::{Anchor, Drawing};
use super::ink::Ink;

/// Height of the letters of ticks and legends.
pub const LETTERS: f32 = 12.0;
/// Room of a letter beside another, on the average, for a layout that does not know the font.
const ADVANCE: f32 = 0.58;

/// The width that a text takes, roughly and rather more.
pub fn width_of(text: &str, size: f32) -> f32 {
    text.chars().map(|letter| if letter.is_ascii() { ADVANCE } else { 1.0 }).sum::<f32>() * size
}

/// A text, or as much of its beginning as fits into a width together with an ellipsis.
pub fn shortened(text: &str, size: f32, longest: f32) -> String {
    if width_of(text, size) <= longest {
        return text.to_string();
    }
    let mut short = String::new();
    for letter in text.chars() {
        if width_of(&short, size) + 2.0 * size > longest {
            break;
        }
        short.push(letter);
    }
    short.trim_end().to_string() + "…"
}

/// Two axes on a drawing.
pub struct Frame<'a> {
    x: &'a Axis,
    y: &'a Axis,
    /// Left, top, right, bottom.
    pub area: [f32; 4],
}

impl<'a> Frame<'a> {
    /// Puts axes on a drawing and draws them. `above` is the room that a legend takes.
    pub fn new(drawing: &mut Drawing, x: &'a Axis, y: &'a Axis, above: f32) -> Self {
        let [width, height] = drawing.size;
        let rows = (((height - above - 60.0) / 30.0) as usize).clamp(2, 8);
        let y_ticks = y.ticks(rows);
        let widest = y_ticks.iter().map(|(_, text)| width_of(text, LETTERS)).fold(0.0, f32::max);
        let area = [(widest + 14.0).max(30.0), above + 24.0, width - 16.0, height - 38.0];
        let frame = Frame { x, y, area };
        let [left, _, right, bottom] = area;
        let x_ticks = x.ticks((((right - left) / 64.0) as usize).clamp(2, 10));
        for (value, text) in &y_ticks {
            let [_, at] = frame.place([x.range[0], *value]);
            drawing.line(vec![[left, at], [right, at]], Ink::Grid, 1.0);
            drawing.text([left - 7.0, at + 4.0], text, Anchor::End, LETTERS, Ink::Soft);
        }
        let mut free = f32::MIN;
        for (value, text) in &x_ticks {
            let [at, _] = frame.place([*value, y.range[0]]);
            let half = width_of(text, LETTERS) / 2.0;
            drawing.line(vec![[at, bottom], [at, bottom + 4.0]], Ink::Soft, 1.0);
            // ticks stay apart and on the drawing
            if at - half > free && at + half <= width {
                drawing.text([at, bottom + 18.0], text, Anchor::Middle, LETTERS, Ink::Soft);
                free = at + half + 6.0;
            }
        }
        drawing.line(vec![[left, bottom], [right, bottom]], Ink::Soft, 1.0);
        drawing.text([right, bottom + 33.0], x.name.as_str(), Anchor::End, LETTERS, Ink::Soft);
        drawing.text([4.0, above + 12.0], y.name.as_str(), Anchor::Start, LETTERS, Ink::Soft);
        frame
    }

    /// The place of a pair of numbers.
    pub fn place(&self, [x, y]: [f64; 2]) -> [f32; 2] {
        let [left, top, right, bottom] = self.area;
        [left + self.x.place(x) * (right - left), bottom - self.y.place(y) * (bottom - top)]
    }

    /// A place within the axes, however far away the number is.
    pub fn inside(&self, at: [f64; 2]) -> [f32; 2] {
        let [left, top, right, bottom] = self.area;
        let [x, y] = self.place(at);
        [x.clamp(left, right), y.clamp(top, bottom)]
    }
}

/// Writes names with their colours in rows, and returns the height that they take. One name needs none.
pub fn legend(drawing: &mut Drawing, names: &[(&str, Ink)]) -> f32 {
    const ROW: f32 = 18.0;
    let names: Vec<_> = names.iter().filter(|(name, _)| !name.is_empty()).collect();
    if names.len() < 2 {
        return 0.0;
    }
    let (mut x, mut row) = (4.0, 0.0);
    for (name, ink) in names {
        let name = shortened(name, LETTERS, drawing.size[0] - 48.0);
        let width = 24.0 + width_of(&name, LETTERS) + 14.0;
        if x + width > drawing.size[0] && x > 4.0 {
            (x, row) = (4.0, row + 1.0);
        }
        let y = 12.0 + row * ROW;
        drawing.line(vec![[x, y - 4.0], [x + 16.0, y - 4.0]], *ink, 3.0);
        drawing.text([x + 22.0, y], name, Anchor::Start, LETTERS, Ink::Text);
        x += width;
    }
    (row + 1.0) * ROW + 6.0
}
