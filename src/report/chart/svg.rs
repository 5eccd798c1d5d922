//! Drawings as SVG: inside a page, which gives colours and font, or as a file of its own.

use std::fmt::Write;

use super::drawing::{Anchor, Drawing, Mark, Shape};
use super::ink::Ink;
use crate::report::draw::turns;

/// Height of a file's title.
pub(super) const TITLE: f32 = 38.0;

impl Drawing {
    /// For a page whose style sheet has the classes `ink-…` and `line-…`.
    pub fn to_inline_svg(&self) -> String {
        let [width, height] = self.size;
        let mut out = format!(
            "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
            short(width),
            short(height),
            escaped(&self.about)
        );
        self.shapes.iter().for_each(|shape| write_shape(&mut out, shape));
        out + "</svg>"
    }

    /// A file of its own, with its title, in light colours.
    pub fn to_svg(&self) -> String {
        let [width, height] = self.size;
        let above = if self.title.is_empty() { 0.0 } else { TITLE };
        let (w, h) = (short(width), short(height + above));
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" \
             aria-label=\"{}\">\n<style>text{{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,Arial,sans-serif}}",
            escaped(&self.about)
        );
        for ink in super::ink::ALL {
            let _ = write!(out, ".ink-{0}{{fill:{1}}}.line-{0}{{fill:none;stroke:{1}}}", ink.name(), ink.hex());
        }
        let _ = write!(out, "</style>\n<rect width=\"{w}\" height=\"{h}\" class=\"ink-paper\"/>\n");
        if above > 0.0 {
            write_shape(&mut out, &heading(&self.title));
        }
        let _ = write!(out, "<g transform=\"translate(0 {})\">", short(above));
        self.shapes.iter().for_each(|shape| write_shape(&mut out, shape));
        out + "</g>\n</svg>\n"
    }
}

/// The title of a file.
pub(super) fn heading(title: &str) -> Shape {
    let (text, size) = (title.to_string(), 17.0);
    Shape::Text { at: [4.0, 25.0], text, anchor: Anchor::Start, size, ink: Ink::Text, bold: true, upwards: false }
}

/// A length without digits that nobody sees.
fn short(value: f32) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_string)
}

/// A text for SVG: nothing in it is markup or turns the direction of writing, and nothing in it is no character of XML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            letter if letter.is_control() || turns(letter) || ('\u{fffe}'..='\u{ffff}').contains(&letter) => {
                out.push('\u{fffd}');
            }
            letter => out.push(letter),
        }
    }
    out
}

fn write_shape(out: &mut String, shape: &Shape) {
    let _ = match shape {
        Shape::Line { points, ink, width, dashed } => {
            let mut path = String::new();
            for (i, [x, y]) in points.iter().enumerate() {
                let _ = write!(path, "{}{} {}", if i == 0 { 'M' } else { 'L' }, short(*x), short(*y));
            }
            let dash = if *dashed { " stroke-dasharray=\"5 4\"" } else { "" };
            let join = if points.len() > 2 { " stroke-linejoin=\"round\"" } else { "" };
            write!(
                out,
                "<path class=\"line-{}\" stroke-width=\"{}\"{dash}{join} d=\"{path}\"/>",
                ink.name(),
                short(*width)
            )
        }
        Shape::Box { area: [x, y, width, height], ink, opacity } => {
            let [x, y, w, h] = [x, y, width, height].map(|v| short(*v));
            write!(
                out,
                "<rect class=\"ink-{}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"{}/>",
                ink.name(),
                see_through(*opacity)
            )
        }
        Shape::Dot { at: [x, y], radius, ink, opacity, mark: Mark::Disc } => {
            let [x, y, r] = [x, y, radius].map(|v| short(*v));
            write!(
                out,
                "<circle class=\"ink-{}\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{}/>",
                ink.name(),
                see_through(*opacity)
            )
        }
        Shape::Dot { at: [x, y], radius: r, ink, mark: Mark::Cross, .. } => {
            let [a, b, c, d] = [x - r, y - r, x + r, y + r].map(short);
            write!(
                out,
                "<path class=\"line-{}\" stroke-width=\"2\" d=\"M{a} {b}L{c} {d}M{a} {d}L{c} {b}\"/>",
                ink.name()
            )
        }
        Shape::Text { at: [x, y], text, anchor, size, ink, bold, upwards } => {
            let anchor = match anchor {
                Anchor::Start => "",
                Anchor::Middle => " text-anchor=\"middle\"",
                Anchor::End => " text-anchor=\"end\"",
            };
            let (x, y) = (short(*x), short(*y));
            let turned = if *upwards { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
            let weight = if *bold { " font-weight=\"650\"" } else { "" };
            let size = format!(" font-size=\"{}\"", short(*size));
            write!(
                out,
                "<text class=\"ink-{}\" x=\"{x}\" y=\"{y}\"{anchor}{size}{weight}{turned}>{}</text>",
                ink.name(),
                escaped(text)
            )
        }
    };
}

fn see_through(opacity: f32) -> String {
    if opacity < 1.0 { format!(" opacity=\"{opacity:.2}\"") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::super::frame::LETTERS;
    use super::*;

    #[test]
    fn names_are_text_and_never_markup() {
        let mut drawing = Drawing::new("<script>alert(1)</script>", "\"a\" & 'b'", [100.0, 50.0]);
        drawing.text([1.0, 2.0], "</text><script>\u{0}\u{202e}שלום 紙", Anchor::Start, LETTERS, Ink::Text);
        for svg in [drawing.to_svg(), drawing.to_inline_svg()] {
            assert!(!svg.contains("<script"), "{svg}");
            assert!(svg.contains("&lt;/text&gt;&lt;script&gt;\u{fffd}\u{fffd}שלום 紙"), "{svg}");
            assert!(svg.contains("aria-label=\"&quot;a&quot; &amp; &#39;b&#39;\""), "{svg}");
        }
    }
}
