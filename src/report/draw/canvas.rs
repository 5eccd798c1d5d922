//! A white page to draw on.

use std::collections::BTreeMap;

use image::{Rgb, RgbImage};

use super::text::{Dot, Lettering, Style};

/// Text and axes.
pub(in crate::report) const INK: Rgb<u8> = Rgb([0x1f, 0x23, 0x28]);
/// Text of less importance.
pub(in crate::report) const FAINT: Rgb<u8> = Rgb([0x59, 0x63, 0x6e]);
/// Frame and text of an answer that is right.
pub(in crate::report) const RIGHT: Rgb<u8> = Rgb([0x1a, 0x7f, 0x37]);
/// Of one that is wrong.
pub(in crate::report) const WRONG: Rgb<u8> = Rgb([0xcf, 0x22, 0x2e]);
/// Of one about which nobody knows.
pub(in crate::report) const UNKNOWN: Rgb<u8> = Rgb([0x57, 0x60, 0x6a]);
/// White, which pictures are drawn on.
pub(in crate::report) const PAPER: Rgb<u8> = Rgb([255, 255, 255]);

/// Room for the mark before a caption.
pub(in crate::report) const MARK: usize = 18;

/// A rectangle in whole pixels: left, top, width, height.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct Area {
    pub(in crate::report) x: usize,
    pub(in crate::report) y: usize,
    pub(in crate::report) width: usize,
    pub(in crate::report) height: usize,
}

/// An image under construction. What falls outside it is cut off.
pub(in crate::report) struct Canvas {
    pub(in crate::report) image: RgbImage,
    pub(in crate::report) font: Lettering,
}

impl Canvas {
    pub(in crate::report) fn new(width: usize, height: usize, font: Lettering) -> Canvas {
        Canvas { image: RgbImage::from_pixel(width as u32, height as u32, PAPER), font }
    }

    /// Fills a rectangle.
    pub(in crate::report) fn fill(&mut self, area: Area, colour: Rgb<u8>) {
        let right = (area.x + area.width).min(self.image.width() as usize);
        let bottom = (area.y + area.height).min(self.image.height() as usize);
        for y in area.y..bottom {
            for x in area.x..right {
                self.image.put_pixel(x as u32, y as u32, colour);
            }
        }
    }

    /// Draws a frame of `thickness` around `area`, outside it.
    pub(in crate::report) fn frame(&mut self, area: Area, thickness: usize, colour: Rgb<u8>) {
        let Area { x, y, width, height } = area;
        let (left, top, wide) = (x - thickness, y - thickness, width + 2 * thickness);
        self.fill(Area { x: left, y: top, width: wide, height: thickness }, colour);
        self.fill(Area { x: left, y: y + height, width: wide, height: thickness }, colour);
        self.fill(Area { x: left, y, width: thickness, height }, colour);
        self.fill(Area { x: x + width, y, width: thickness, height }, colour);
    }

    /// Copies `picture` to the position of its upper left corner.
    pub(in crate::report) fn paste(&mut self, picture: &RgbImage, x: usize, y: usize) {
        image::imageops::replace(&mut self.image, picture, x as i64, y as i64);
    }

    /// Writes one line of text; `y` is the top of the line. Returns where the text ends.
    pub(in crate::report) fn text(&mut self, text: &str, x: f32, y: f32, style: Style, colour: Rgb<u8>) -> f32 {
        let (left, base) = (x.floor() as i32, (y + self.font.ascent(style)).round() as i32);
        self.letters(text, style, colour, |dx, dy| (left + dx, base + dy));
        x + self.font.width(text, style)
    }

    /// Writes one line of text that runs upwards from `y`; `x` is its baseline.
    pub(in crate::report) fn text_upwards(&mut self, text: &str, x: f32, y: f32, style: Style, colour: Rgb<u8>) {
        let (base, bottom) = (x.round() as i32, y.ceil() as i32);
        self.letters(text, style, colour, |dx, dy| (base + dy, bottom - dx));
    }

    /// Writes letters; `place` is where a pixel goes that lies so far from the start of the baseline.
    fn letters(&mut self, text: &str, style: Style, colour: Rgb<u8>, place: impl Fn(i32, i32) -> (i32, i32)) {
        let width = self.font.width(text, style);
        let (columns, rows) = (width.ceil() as i32 + 4, (2.0 * style.size).ceil() as i32);
        let middle = rows * 2 / 3;
        let mut mask = vec![(0.0f32, colour); (columns * rows) as usize];
        self.font.rasterise(text, style, |Dot { x, y, coverage, colour: own }| {
            let (column, row) = (x + 1, y + middle);
            if (0..columns).contains(&column) && (0..rows).contains(&row) {
                let cell = &mut mask[(row * columns + column) as usize];
                if coverage > cell.0 {
                    *cell = (coverage, own.map_or(colour, Rgb));
                }
            }
        });
        for (i, &(coverage, colour)) in mask.iter().enumerate().filter(|(_, (coverage, _))| *coverage > 0.0) {
            let (x, y) = place(i as i32 % columns - 1, i as i32 / columns - middle);
            self.blend(x, y, coverage, colour);
        }
    }

    /// A green tick beside the line of text whose top is `y`, [`MARK`] wide.
    pub(in crate::report) fn tick(&mut self, x: usize, y: usize) {
        let at = |dx: f32, dy: f32| (x as f32 + dx, y as f32 + dy);
        self.stroke(&[at(1.5, 10.0), at(5.2, 14.0), at(12.5, 5.0)], 2.4, RIGHT);
    }

    /// A red cross there.
    pub(in crate::report) fn cross(&mut self, x: usize, y: usize) {
        let at = |dx: f32, dy: f32| (x as f32 + dx, y as f32 + dy);
        self.stroke(&[at(2.0, 5.0), at(11.0, 14.0)], 2.4, WRONG);
        self.stroke(&[at(11.0, 5.0), at(2.0, 14.0)], 2.4, WRONG);
    }

    /// Draws straight lines through `points` (x, y), `thickness` wide with round ends.
    pub(in crate::report) fn stroke(&mut self, points: &[(f32, f32)], thickness: f32, colour: Rgb<u8>) {
        let reach = thickness / 2.0 + 1.0;
        // how much of a pixel any part of the line covers: where parts meet, it is drawn once
        let mut covered: BTreeMap<(i32, i32), f32> = BTreeMap::new();
        for ends in points.windows(2) {
            let [(a, b), (c, d)] = [ends[0], ends[1]];
            let rows = (b.min(d) - reach).floor().max(0.0) as i32
                ..=(b.max(d) + reach).ceil().min(self.image.height() as f32) as i32;
            for y in rows {
                let columns = (a.min(c) - reach).floor().max(0.0) as i32
                    ..=(a.max(c) + reach).ceil().min(self.image.width() as f32) as i32;
                for x in columns {
                    let away = distance((x as f32 + 0.5, y as f32 + 0.5), ends[0], ends[1]);
                    let coverage = thickness / 2.0 + 0.5 - away;
                    if coverage > 0.0 {
                        let cell = covered.entry((x, y)).or_insert(0.0);
                        *cell = cell.max(coverage);
                    }
                }
            }
        }
        covered.into_iter().for_each(|((x, y), coverage)| self.blend(x, y, coverage, colour));
    }

    /// Fills a disc, so much of it that `opacity` says.
    pub(in crate::report) fn disc(&mut self, (x, y): (f32, f32), radius: f32, colour: Rgb<u8>, opacity: f32) {
        for row in (y - radius - 1.0).floor() as i32..=(y + radius + 1.0).ceil() as i32 {
            for column in (x - radius - 1.0).floor() as i32..=(x + radius + 1.0).ceil() as i32 {
                let away = (column as f32 + 0.5 - x).hypot(row as f32 + 0.5 - y);
                self.blend(column, row, (radius + 0.5 - away).clamp(0.0, 1.0) * opacity, colour);
            }
        }
    }

    /// Fills left, top, width, height, so much of it that `opacity` says; edges within pixels are soft.
    pub(in crate::report) fn cover(&mut self, [x, y, width, height]: [f32; 4], colour: Rgb<u8>, opacity: f32) {
        let part = |from: f32, to: f32, at: i32| (to.min(at as f32 + 1.0) - from.max(at as f32)).clamp(0.0, 1.0);
        for row in y.floor() as i32..=(y + height).ceil() as i32 {
            for column in x.floor() as i32..=(x + width).ceil() as i32 {
                let covered = part(x, x + width, column) * part(y, y + height, row);
                self.blend(column, row, covered * opacity, colour);
            }
        }
    }

    fn blend(&mut self, x: i32, y: i32, coverage: f32, colour: Rgb<u8>) {
        let inside = (0..self.image.width() as i32).contains(&x) && (0..self.image.height() as i32).contains(&y);
        if !inside || coverage <= 0.0 {
            return;
        }
        let pixel = self.image.get_pixel_mut(x as u32, y as u32);
        for (old, new) in pixel.0.iter_mut().zip(colour.0) {
            let (from, to) = (f32::from(*old), f32::from(new));
            *old = (from + (to - from) * coverage.min(1.0)).round() as u8;
        }
    }
}

/// Distance of `p` from the line between `a` and `b`.
fn distance(p: (f32, f32), a: (f32, f32), b: (f32, f32)) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = (dx * dx + dy * dy).max(f32::MIN_POSITIVE);
    let along = (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / length).clamp(0.0, 1.0);
    (p.0 - a.0 - along * dx).hypot(p.1 - a.1 - along * dy)
}

#[cfg(test)]
mod tests {
    use super::super::text::TITLE;
    use super::*;

    #[test]
    fn nothing_outside_the_page_is_touched_and_no_coordinate_panics() {
        let mut canvas = Canvas::new(20, 10, Lettering::new());
        canvas.text("much wider than the page", -30.0, -5.0, TITLE, INK);
        canvas.stroke(&[(-5.0, -5.0), (40.0, 30.0)], 3.0, INK);
        canvas.fill(Area { x: 15, y: 5, width: 100, height: 100 }, INK);
        canvas.fill(Area { x: 50, y: 50, width: 1, height: 1 }, INK);
        assert_eq!(canvas.image.dimensions(), (20, 10));
    }

    #[test]
    fn text_reaches_as_far_as_it_says() {
        let mut canvas = Canvas::new(200, 40, Lettering::new());
        let end = canvas.text("Hamburg", 10.0, 5.0, TITLE, INK);
        let inked: Vec<u32> = canvas.image.enumerate_pixels().filter(|p| *p.2 != PAPER).map(|p| p.0).collect();
        let (first, last) = (*inked.iter().min().unwrap(), *inked.iter().max().unwrap());
        assert!((10..14).contains(&first) && last as f32 <= end && last as f32 > end - 5.0, "{first}..{last}, {end}");
    }
}
