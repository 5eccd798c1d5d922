//! Where numbers are on a drawing: two axes with their grid and ticks.

use super::axis::Axis;
use super::drawing::{Anchor, Drawing};
use super::ink::Ink;
use crate::report::draw::{Lettering, Style};

/// Height of the letters of ticks and legends.
pub const LETTERS: f32 = 12.0;
/// The width that a text takes, roughly and rather more: a layout does not know the font of a page.
pub fn width_of(text: &str, size: f32) -> f32 {
    let advance = |letter: char| match letter {
        'M' | 'W' | '@' | '%' => 1.0,
        'm' | 'w' => 0.9,
        'A'..='Z' => 0.76,
        _ if letter.is_ascii() => 0.58,
        _ => 1.0,
    };
    let told = text.chars().map(advance).sum::<f32>() * size;
    // a letter that no font has is drawn as its number, which is longer
    let drawn = if text.is_ascii() { None } else { Lettering::new().foreign_width(text, drawn(size)) };
    drawn.map_or(told, |drawn| told.max(drawn))
}

/// How letters of a size are drawn.
pub fn drawn(size: f32) -> Style {
    Style { size: size * 1.16, weight: 0.0 }
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

/// A text, or as much of its beginning and end as fits into a width together with an ellipsis: names often differ at their ends.
pub fn cut_within(text: &str, size: f32, longest: f32) -> String {
    if width_of(text, size) <= longest {
        return text.to_string();
    }
    let letters: Vec<char> = text.chars().collect();
    let with = |left: usize, right: usize| -> String {
        let (head, tail) = (&letters[..left], &letters[letters.len() - right..]);
        head.iter().chain(&['…']).chain(tail).collect()
    };
    let (mut left, mut right) = (0, 0);
    while left + right < letters.len() {
        let next = if left <= right { (left + 1, right) } else { (left, right + 1) };
        if width_of(&with(next.0, next.1), size) > longest {
            break;
        }
        (left, right) = next;
    }
    with(left, right)
}

/// Writes a text on a ground of paper, so that it can be read over what is drawn there.
pub fn text_over(drawing: &mut Drawing, at: [f32; 2], text: &str, anchor: Anchor) {
    let width = width_of(text, LETTERS);
    let left = match anchor {
        Anchor::Start => at[0],
        Anchor::Middle => at[0] - width / 2.0,
        Anchor::End => at[0] - width,
    };
    drawing.fill([left - 2.0, at[1] - LETTERS + 1.0, width + 4.0, LETTERS + 3.0], Ink::Paper, 0.85);
    drawing.text(at, text, anchor, LETTERS, Ink::Text);
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
            // what stands at the end moves onto the drawing; ticks stay apart
            let at = at.min(width - half);
            if at - half > free {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_room() {
        let font = crate::report::draw::Lettering::new();
        let style = crate::report::draw::Style { size: 100.0, weight: 0.0 };
        for text in ["AMERICAN MOUNTAIN MAGNOLIA WARBLER (FEMALE)", &"W".repeat(60), "mmwwMM%", "a usual name, 1.50 %"]
        {
            let needed = font.width(text, style);
            assert!(width_of(text, 100.0) >= needed, "{text}: {} for {needed}", width_of(text, 100.0));
        }
    }

    #[test]
    fn a_name_that_is_cut_keeps_both_ends() {
        let name = "a very long class name that nobody would want to read, number 05";
        assert_eq!(cut_within(name, 12.0, 640.0), name);
        let short = cut_within(name, 12.0, 200.0);
        assert!(short.starts_with("a very long") && short.ends_with("number 05") && short.contains('…'), "{short}");
        assert!(width_of(&short, 12.0) <= 200.0 && width_of(&short, 12.0) > 185.0);
        assert_eq!(cut_within(name, 12.0, 1.0), "…");
    }
}
