//! A text with what its words say for or against an answer.

use image::{Rgb, RgbImage};

use super::canvas::{Area, Canvas, FAINT, INK, PAPER};
use super::text::{Lettering, PLAIN, STRONG, TITLE};

/// What speaks for an answer, and against it: two of Okabe and Ito's colours, which colour-blind people tell apart.
const FOR: Rgb<u8> = Rgb([0xe6, 0x9f, 0x00]);
const AGAINST: Rgb<u8> = Rgb([0x56, 0xb4, 0xe9]);

const MARGIN: usize = 20;
const WIDTH: usize = 760;
/// From the top of the page to the first line of words.
const HEADER: usize = 92;
/// From one line of words to the next.
const LINE: usize = 32;
/// Around a word.
const PAD: f32 = 4.0;

/// The colour behind a word that speaks for the answer with -1 to 1.
pub fn behind(share: f64) -> Rgb<u8> {
    let Rgb(full) = if share > 0.0 { FOR } else { AGAINST };
    let share = share.abs().min(1.0);
    let mix = |i: usize| (f64::from(PAPER.0[i]) * (1.0 - share) + f64::from(full[i]) * share).round() as u8;
    Rgb([mix(0), mix(1), mix(2)])
}

/// Draws `words` one after another under `title`, each on the colour of its share, -1 to 1, and `lines` below them.
pub fn word_sheet(title: &str, words: &[(&str, f64)], lines: &[String]) -> RgbImage {
    let font = Lettering::new();
    let (mut x, mut y) = (MARGIN as f32, HEADER);
    let mut placed = Vec::new();
    for &(word, share) in words {
        let word = font.shorten(word, STRONG, (WIDTH - 2 * MARGIN) as f32 - 2.0 * PAD);
        let width = font.width(&word, STRONG) + 2.0 * PAD;
        if x + width > (WIDTH - MARGIN) as f32 {
            (x, y) = (MARGIN as f32, y + LINE);
        }
        placed.push((word, share, x, y, width));
        x += width + 3.0;
    }
    let below = y + LINE + 12;
    let lines: Vec<String> =
        lines.iter().flat_map(|line| font.wrap(line, PLAIN, (WIDTH - 2 * MARGIN) as f32)).collect();
    let mut canvas = Canvas::new(WIDTH, below + lines.len() * 22 + MARGIN, font);
    let title = canvas.font.shorten(title, TITLE, (WIDTH - 2 * MARGIN) as f32);
    canvas.text(&title, MARGIN as f32, 13.0, TITLE, INK);
    let mut left = MARGIN;
    for (colour, text) in [(FOR, "speaks for it"), (AGAINST, "speaks against it")] {
        canvas.fill(Area { x: left, y: 54, width: 14, height: 14 }, colour);
        left = canvas.text(text, (left + 20) as f32, 50.0, PLAIN, FAINT) as usize + 24;
    }
    for (word, share, x, y, width) in &placed {
        canvas.fill(Area { x: *x as usize, y: *y, width: width.ceil() as usize, height: LINE - 6 }, behind(*share));
        canvas.text(word, x + PAD, (y + 2) as f32, STRONG, INK);
    }
    for (i, line) in lines.iter().enumerate() {
        canvas.text(line, MARGIN as f32, (below + 22 * i) as f32, PLAIN, FAINT);
    }
    canvas.image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_on_their_colours_and_long_texts_go_on_below() {
        let sheet = |count: usize| word_sheet("t", &vec![("good", 1.0); count], &["a line".into()]);
        let pixels = |picture: &RgbImage, colour: Rgb<u8>| picture.pixels().filter(|p| **p == colour).count();
        let (none, one, many) = (sheet(0), sheet(1), sheet(100));
        assert!(pixels(&one, FOR) > pixels(&none, FOR) + 500, "a word has its colour behind it");
        assert!(many.height() > one.height() + 4 * LINE as u32 && many.width() == one.width());
        assert_eq!((behind(0.0), behind(-1.0), behind(7.0)), (PAPER, AGAINST, FOR));
        assert_eq!(behind(0.5), Rgb([243, 207, 128]));
    }
}
