//! Drawings as pixels.

use image::{Rgb, RgbImage};

use super::drawing::{Anchor, Drawing, Mark, Shape};
use super::frame::drawn;
use super::ink::Ink;
use super::svg::{TITLE, heading};
use crate::report::draw::{Canvas, Lettering, Style};

/// Pixels of a unit, so that a picture is sharp on any screen.
const PIXELS: f32 = 2.0;
/// Lengths of a dash and of the gap behind it.
const DASH: [f32; 2] = [5.0, 4.0];

impl Drawing {
    /// A picture with its title, on white.
    pub fn to_picture(&self) -> RgbImage {
        let above = if self.title.is_empty() { 0.0 } else { TITLE };
        let [width, height] = self.size;
        let pixels = |length: f32| (length * PIXELS).ceil().max(1.0) as usize;
        let mut canvas = Canvas::new(pixels(width), pixels(height + above), Lettering::new());
        if above > 0.0 {
            let title = canvas.font.shorten(&self.title, style(17.0, true), (width - 8.0) * PIXELS);
            draw(&mut canvas, &heading(&title));
        }
        self.shapes.iter().for_each(|shape| draw(&mut canvas, &shape.moved([0.0, above])));
        canvas.image
    }
}

fn colour(ink: Ink) -> Rgb<u8> {
    Rgb(ink.rgb())
}

/// The font is a light one: letters get some weight.
fn style(size: f32, bold: bool) -> Style {
    Style { weight: if bold { 1.5 } else { 0.6 }, ..drawn(size * PIXELS) }
}

fn draw(canvas: &mut Canvas, shape: &Shape) {
    match shape {
        Shape::Line { points, ink, width, dashed } => {
            let points: Vec<(f32, f32)> = points.iter().map(|[x, y]| (x * PIXELS, y * PIXELS)).collect();
            let parts = if *dashed { dashes(&points) } else { vec![points] };
            parts.iter().for_each(|part| canvas.stroke(part, width * PIXELS, colour(*ink)));
        }
        Shape::Box { area, ink, opacity } => canvas.cover(area.map(|v| v * PIXELS), colour(*ink), *opacity),
        Shape::Dot { at: [x, y], radius, ink, opacity, mark: Mark::Disc } => {
            canvas.disc((x * PIXELS, y * PIXELS), radius * PIXELS, colour(*ink), *opacity);
        }
        Shape::Dot { at: [x, y], radius: r, ink, mark: Mark::Cross, .. } => {
            for [from, to] in [[(x - r, y - r), (x + r, y + r)], [(x - r, y + r), (x + r, y - r)]] {
                let ends = [from, to].map(|(x, y)| (x * PIXELS, y * PIXELS));
                canvas.stroke(&ends, 2.0 * PIXELS, colour(*ink));
            }
        }
        Shape::Text { at: [x, y], text, anchor, size, ink, bold, upwards } => {
            let style = style(*size, *bold);
            let back = canvas.font.width(text, style)
                * match anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => 0.5,
                    Anchor::End => 1.0,
                };
            let (x, y) = (x * PIXELS, y * PIXELS);
            if *upwards {
                canvas.text_upwards(text, x, y + back, style, colour(*ink));
            } else {
                let top = y - canvas.font.ascent(style);
                canvas.text(text, x - back, top, style, colour(*ink));
            }
        }
    }
}

/// The dashes along a line.
fn dashes(points: &[(f32, f32)]) -> Vec<Vec<(f32, f32)>> {
    let mut parts = Vec::new();
    let (mut on, mut left, mut part) = (true, DASH[0] * PIXELS, Vec::new());
    for ends in points.windows(2) {
        let [(x, y), (to_x, to_y)] = [ends[0], ends[1]];
        let length = (to_x - x).hypot(to_y - y);
        let at = |along: f32| (x + (to_x - x) * along / length.max(1e-6), y + (to_y - y) * along / length.max(1e-6));
        let mut along = 0.0;
        if on {
            part.push((x, y));
        }
        while length - along > left {
            along += left;
            if on {
                part.push(at(along));
                parts.push(std::mem::take(&mut part));
            } else {
                part = vec![at(along)];
            }
            on = !on;
            left = DASH[usize::from(!on)] * PIXELS;
        }
        left -= length - along;
        if on {
            part.push((to_x, to_y));
        }
    }
    if part.len() > 1 {
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_where_its_shapes_are() {
        let mut drawing = Drawing::new("", "", [60.0, 40.0]);
        drawing.fill([10.0, 5.0, 20.0, 10.0], Ink::A, 1.0);
        drawing.dot([45.0, 20.0], 6.0, Ink::B, 1.0);
        drawing.line(vec![[0.0, 35.0], [60.0, 35.0]], Ink::C, 2.0);
        drawing.text([30.0, 30.0], "l", Anchor::Start, 12.0, Ink::Text);
        let picture = drawing.to_picture();
        let at = |x: f32, y: f32| picture.get_pixel((x * PIXELS) as u32, (y * PIXELS) as u32).0;
        assert_eq!(picture.dimensions(), (120, 80));
        assert_eq!([at(20.0, 10.0), at(45.0, 20.0), at(30.0, 35.0)], [Ink::A, Ink::B, Ink::C].map(Ink::rgb));
        assert_eq!([at(5.0, 10.0), at(45.0, 30.0), at(55.0, 5.0)], [[255; 3]; 3]);
        let inked = picture.enumerate_pixels().filter(|p| p.0 >= 58 && p.0 < 76 && (36..60).contains(&p.1));
        assert!(inked.filter(|p| p.2.0[0] < 128).count() > 10, "a letter above its baseline");
    }

    #[test]
    fn dashes_cover_a_part_of_a_line() {
        let parts = dashes(&[(0.0, 0.0), (90.0, 0.0), (90.0, 90.0)]);
        let length: f32 =
            parts.iter().flat_map(|p| p.windows(2)).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1)).sum();
        assert!((90.0..110.0).contains(&length), "{length} of 180");
    }
}
