//! Colours by what they stand for: a page has them in light and dark, a file in light.

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The ground.
    Paper,
    /// Text that is read first.
    Text,
    /// Text for a second look.
    Soft,
    /// Lines of a grid.
    Grid,
    /// The first of several series.
    A,
    /// The second.
    B,
    /// The third.
    C,
    /// The fourth.
    D,
    /// The fifth.
    E,
    /// What is right.
    Good,
    /// What is wrong.
    Bad,
}

/// Every one.
pub const ALL: [Ink; 11] =
    [Ink::Paper, Ink::Text, Ink::Soft, Ink::Grid, Ink::A, Ink::B, Ink::C, Ink::D, Ink::E, Ink::Good, Ink::Bad];

impl Ink {
    /// Its name in style sheets.
    pub fn name(self) -> &'static str {
        match self {
            Ink::Paper => "paper",
            Ink::Text => "text",
            Ink::Soft => "soft",
            Ink::Grid => "grid",
            Ink::A => "a",
            Ink::B => "b",
            Ink::C => "c",
            Ink::D => "d",
            Ink::E => "e",
            Ink::Good => "good",
            Ink::Bad => "bad",
        }
    }

    /// On white paper: red, green, blue.
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Ink::Paper => [255, 255, 255],
            Ink::Text => [0x1b, 0x1f, 0x24],
            Ink::Soft => [0x59, 0x63, 0x6e],
            Ink::Grid => [0xdf, 0xe3, 0xe8],
            Ink::A => [0x00, 0x72, 0xb2],
            Ink::B => [0xd5, 0x5e, 0x00],
            Ink::C => [0x00, 0x8a, 0x66],
            Ink::D => [0xb0, 0x5c, 0x8c],
            Ink::E => [0x8a, 0x6d, 0x00],
            Ink::Good => [0x00, 0x7f, 0x5f],
            Ink::Bad => [0xc4, 0x50, 0x00],
        }
    }

    /// The same as a style sheet writes it.
    pub fn hex(self) -> String {
        let [r, g, b] = self.rgb();
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}
