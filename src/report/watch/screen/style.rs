//! How a screen of text is coloured, and how texts are made to fit.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

use crate::report::chart::Ink;

/// The colours of a screen. Where there are none, weight and marks say what they would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// Whether the terminal shows colours, and may.
    pub colours: bool,
}

impl Palette {
    fn of(self, colour: u8, otherwise: Modifier) -> Style {
        if self.colours { Style::new().fg(Color::Indexed(colour)) } else { Style::new().add_modifier(otherwise) }
    }

    /// What is read first.
    pub fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What is read last.
    pub fn soft(self) -> Style {
        self.of(245, Modifier::DIM)
    }

    /// Good news.
    pub fn good(self) -> Style {
        self.of(36, Modifier::BOLD)
    }

    /// Bad news.
    pub fn bad(self) -> Style {
        self.of(208, Modifier::BOLD)
    }

    /// A curve, legible on a dark and on a light ground.
    pub fn ink(self, ink: Ink) -> Style {
        let colour = match ink {
            Ink::A => 39,
            Ink::B => 208,
            Ink::C | Ink::Good => 36,
            Ink::D => 175,
            Ink::E | Ink::Soft => 178,
            _ => 245,
        };
        self.of(colour, Modifier::empty())
    }

    /// A share from 0 to 1 as a ground behind a text: right answers, or wrong ones.
    pub fn ground(self, share: f64, right: bool) -> Style {
        const RIGHT: [u8; 4] = [23, 29, 35, 42];
        const WRONG: [u8; 4] = [52, 94, 166, 208];
        if !self.colours || share <= 0.0 {
            return Style::new();
        }
        let steps = if right { RIGHT } else { WRONG };
        let step = ((share * steps.len() as f64) as usize).min(steps.len() - 1);
        let letters = if step == steps.len() - 1 { Color::Black } else { Color::White };
        Style::new().bg(Color::Indexed(steps[step])).fg(letters)
    }
}

/// Columns of a text.
pub fn columns(text: &str) -> usize {
    Span::raw(text).width()
}

/// A text in at most so many columns, with `…` where it was cut.
pub fn fit(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.into();
    }
    let (mut kept, mut used) = (String::new(), 1);
    for letter in text.chars() {
        used += columns(letter.encode_utf8(&mut [0; 4]));
        if used > width {
            break;
        }
        kept.push(letter);
    }
    if width == 0 { kept } else { kept + "…" }
}

/// A text in exactly so many columns.
pub fn pad(text: &str, width: usize) -> String {
    let text = fit(text, width);
    let free = width.saturating_sub(columns(&text));
    text + &" ".repeat(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_fits_its_columns() {
        for (text, width, fitted) in [
            ("ankle boot", 10, "ankle boot"),
            ("ankle boot", 6, "ankle…"),
            ("ab", 1, "…"),
            ("ab", 0, ""),
            ("長い名前", 5, "長い…"),
        ] {
            assert_eq!(fit(text, width), fitted);
            assert_eq!(columns(&pad(text, width)), width);
        }
    }
}
