//! Words in pictures: measuring, shortening and rasterising, with the font inside the binary and, for letters that it lacks, with
//! those of the machine.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use epaint_default_fonts::UBUNTU_LIGHT;
use unicode_segmentation::UnicodeSegmentation;

use super::fonts;

/// Size and weight of a piece of text.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct Style {
    /// Ascent plus descent in pixels.
    pub(in crate::report) size: f32,
    /// Extra stroke width in pixels: the font is a light one, which is too thin at the size of a caption.
    pub(in crate::report) weight: f32,
}

/// The headline of a picture.
pub(in crate::report) const TITLE: Style = Style { size: 24.0, weight: 0.75 };
/// Text that must be read at a glance.
pub(in crate::report) const STRONG: Style = Style { size: 18.0, weight: 0.6 };
/// Text for a second look.
pub(in crate::report) const PLAIN: Style = Style { size: 16.5, weight: 0.4 };

/// A pixel that text touches.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct Dot {
    /// Relative to the start of the baseline.
    pub(in crate::report) x: i32,
    /// Likewise, downwards.
    pub(in crate::report) y: i32,
    /// How much of it is covered, 0 to 1.
    pub(in crate::report) coverage: f32,
    /// The colour that a letter has of its own: that of an emoji.
    pub(in crate::report) colour: Option<[u8; 3]>,
}

/// The built-in font, which draws text on pictures.
pub(in crate::report) struct Lettering {
    font: FontRef<'static>,
}

impl Lettering {
    pub(in crate::report) fn new() -> Lettering {
        Lettering { font: FontRef::try_from_slice(UBUNTU_LIGHT).expect("the font inside the binary is valid") }
    }

    /// Width of `text` in pixels.
    pub(in crate::report) fn width(&self, text: &str, style: Style) -> f32 {
        self.foreign_width(text, style).unwrap_or_else(|| self.layout(text, style).1)
    }

    /// Width of `text` in pixels, where the built-in font lacks a letter of it.
    pub(in crate::report) fn foreign_width(&self, text: &str, style: Style) -> Option<f32> {
        (!self.has(text)).then(|| fonts::of_this_machine().width(text, self.em(style)))
    }

    /// Whether the built-in font has all letters of `text`.
    fn has(&self, text: &str) -> bool {
        text.chars().all(|letter| letter.is_control() || self.font.glyph_id(letter).0 != 0)
    }

    /// The size that other programs call a font's: ascent plus descent of the built-in one are more than that.
    fn em(&self, style: Style) -> f32 {
        style.size * self.font.units_per_em().unwrap_or(1000.0) / self.font.height_unscaled()
    }

    /// `text`, or as much of its beginning as fits into `width` pixels together with an ellipsis.
    pub(in crate::report) fn shorten(&self, text: &str, style: Style, width: f32) -> String {
        if self.width(text, style) <= width {
            return text.to_owned();
        }
        let mut ends: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
        while let Some(end) = ends.pop() {
            let short = format!("{}…", text[..end].trim_end());
            if self.width(&short, style) <= width {
                return short;
            }
        }
        String::new()
    }

    /// `text` in lines that fit into `width` pixels, with nothing left out: broken between words, within a name after a sign, and
    /// otherwise where the line is full.
    pub(in crate::report) fn wrap(&self, text: &str, style: Style, width: f32) -> Vec<String> {
        let (mut lines, mut rest) = (Vec::new(), text.trim());
        while self.width(rest, style) > width {
            let ends = rest.grapheme_indices(true).map(|(at, letter)| at + letter.len());
            let fits = |end: &usize| self.width(&rest[..*end], style) <= width;
            let parts = rest.char_indices().map(|(at, part)| at + part.len_utf8());
            // a line has a letter, however narrow it is, or what fits of its numbers and marks
            let full = ends.take_while(fits).last().or(parts.clone().take_while(fits).last()).or(parts.clone().next());
            let full = full.unwrap_or(rest.len());
            let may_end = |at: &usize| rest.is_char_boundary(*at) && may_end(&rest[..*at], &rest[*at..]);
            let end = if rest[full..].starts_with(' ') && may_end(&(full + 1)) { full + 1 } else { full };
            let end = (0..=end).rev().find(may_end).unwrap_or(0);
            // a break near the start would waste the line
            let end = if end * 3 > full { end } else { full };
            lines.push(rest[..end].trim_end().to_string());
            rest = rest[end..].trim_start();
        }
        if !rest.is_empty() || lines.is_empty() {
            lines.push(rest.to_string());
        }
        lines
    }

    /// Distance from the top of a line of this style to its baseline, in pixels.
    pub(in crate::report) fn ascent(&self, style: Style) -> f32 {
        self.font.as_scaled(PxScale::from(style.size)).ascent()
    }

    /// Calls `dot` for every pixel that `text` touches; a pixel may be reported more than once, and then the largest coverage counts.
    pub(in crate::report) fn rasterise(&self, text: &str, style: Style, mut dot: impl FnMut(Dot)) {
        if !self.has(text) {
            return fonts::of_this_machine().rasterise(text, self.em(style), style.weight, dot);
        }
        for glyph in self.layout(text, style).0 {
            for offset in [0.0, style.weight] {
                let mut glyph = glyph.clone();
                glyph.position.x += offset;
                let Some(outline) = self.font.outline_glyph(glyph) else { continue };
                let corner = outline.px_bounds().min;
                outline.draw(|x, y, coverage| {
                    let (x, y) = (x as i32 + corner.x as i32, y as i32 + corner.y as i32);
                    dot(Dot { x, y, coverage: coverage.min(1.0), colour: None });
                });
            }
        }
    }

    /// The glyphs of `text` on a baseline at y = 0, and where the next one would start.
    fn layout(&self, text: &str, style: Style) -> (Vec<Glyph>, f32) {
        let font = self.font.as_scaled(PxScale::from(style.size));
        let (mut glyphs, mut x, mut previous) = (Vec::new(), 0.0, None);
        for letter in text.chars() {
            let id = font.glyph_id(if letter.is_control() { ' ' } else { letter });
            if let Some(previous) = previous {
                x += font.kern(previous, id);
            }
            glyphs.push(id.with_scale_and_position(style.size, point(x, 0.0)));
            // Half of the extra weight goes into the gap between letters.
            x += font.h_advance(id) + style.weight / 2.0;
            previous = Some(id);
        }
        (glyphs, x)
    }
}

/// Whether a line may end between these: behind a word or a sign, but not within a number or before its unit.
fn may_end(before: &str, after: &str) -> bool {
    let is_digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    let mut last = before.chars().rev();
    match last.next() {
        Some(' ') => !after.starts_with('%'),
        Some('.' | ',') => !is_digit(last.next()) || !is_digit(after.chars().next()),
        Some(sign) => ['/', '\\', '_', '-'].contains(&sign),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_too_long_is_shortened_to_fit() {
        let font = Lettering::new();
        let long = "Bernese mountain dog, Größe über 60 cm";
        for width in [20.0, 57.0, 110.0, 168.0, 250.0] {
            let short = font.shorten(long, STRONG, width);
            assert!(short.ends_with('…') && short.chars().count() < long.chars().count(), "{short}");
            assert!(font.width(&short, STRONG) <= width, "{short} in {width}");
            let one_more = long.chars().take(short.chars().count() + 1).collect::<String>() + "…";
            assert!(font.width(&one_more, STRONG) > width, "{short} leaves room in {width}");
        }
        assert_eq!(font.shorten(long, STRONG, 1000.0), long);
        assert_eq!(font.shorten(long, STRONG, 1.0), "");
        assert_eq!(font.shorten("", STRONG, 0.0), "");
    }

    #[test]
    fn a_text_too_long_is_wrapped_and_nothing_is_left_out() {
        let font = Lettering::new();
        let name = "IMG_20240131-holiday_at_the_sea.final.copy.jpeg";
        for text in [name, "a class of two words and a half", "Größenverhältnismäßigkeitsprüfung", "x"] {
            for width in [1.0, 40.0, 90.0, 200.0] {
                let lines = font.wrap(text, PLAIN, width);
                assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""), "{width}");
                assert!(
                    width < 2.0 || lines.iter().all(|line| font.width(line, PLAIN) <= width),
                    "{lines:?} in {width}"
                );
            }
        }
        // where no font has it, a letter with its marks is four numbers
        let lines = font.wrap("न्दी न्दी", PLAIN, 70.0);
        assert_eq!(lines.concat(), "न्दीन्दी");
        assert!(lines.iter().all(|line| font.width(line, PLAIN) <= 70.0), "{lines:?}");
        assert_eq!(font.wrap("two words", PLAIN, 50.0), ["two", "words"]);
        // a number stays whole, and with its unit
        for width in [64.0, 70.0, 80.0] {
            assert_eq!(font.wrap("cats 53.41 %", PLAIN, width), ["cats", "53.41 %"], "{width}");
        }
        let lines = font.wrap(name, PLAIN, 120.0);
        assert!(lines[..lines.len() - 1].iter().all(|line| line.ends_with(['_', '-', '.'])), "{lines:?}");
        assert_eq!(font.wrap("", PLAIN, 50.0), [""]);
    }

    #[test]
    fn every_letter_that_captions_need_is_in_the_font() {
        let font = Lettering::new();
        for letter in "0123456789%()<>:·…×–—äöüßéñçøłΩж".chars() {
            assert_ne!(font.font.glyph_id(letter).0, 0, "{letter}");
        }
    }
}
