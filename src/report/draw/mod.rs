//! Pictures of data and of what a model said about it, as images to save: a grid of predictions, and one image with
//! axes. Everything is drawn here with a font that is inside the binary; nothing has to be installed.
//!
//! The font has Latin, Greek and Cyrillic letters. Text with others is drawn with the machine's fonts, too, and a letter that none of
//! them has is written as its number ([`missing_letters`]).

mod canvas;
mod explanation;
mod features;
mod fonts;
mod gallery;
mod grid;
mod pairs;
mod samples;
mod scale;
mod sheet;
mod show;
mod text;
mod viridis;
mod words;

pub(in crate::report) use canvas::Canvas;
pub use explanation::{ExplainedCell, explanation_sheet};
pub use features::{FeatureLayer, FeatureTile, feature_sheet};
pub(in crate::report) use fonts::turns;
pub use fonts::{missing_letters, numbered};
pub use gallery::{Captioned, Gallery, Mark, gallery};
pub use grid::{GridCell, prediction_grid};
pub use pairs::{PairCell, pair_grid};
pub use samples::sample_sheet;
pub use sheet::{SheetRow, augmented_sheet};
pub use show::show_image;
pub(in crate::report) use text::{Lettering, Style};
pub use viridis::viridis;
pub use words::{behind, word_sheet};

/// A u8 image, `[h, w, c]` with c = 1 (grey) or 3 (RGB), values 0 to 255.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// The values, row by row, channels innermost: `height * width * channels` of them.
    pub pixels: &'a [u8],
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// Number of channels: 1 for grey, 3 for colour.
    pub channels: usize,
}

impl<'a> Picture<'a> {
    /// Pixels `[h, w, c]` as a picture; `None` where they have neither 1 nor 3 channels.
    pub fn new(pixels: &'a [u8], [height, width, channels]: [usize; 3]) -> Option<Self> {
        [1, 3].contains(&channels).then_some(Picture { pixels, height, width, channels })
    }

    /// It as it is, pixel by pixel.
    ///
    /// # Panics
    /// Where its fields contradict each other.
    pub fn as_it_is(&self) -> image::RgbImage {
        self.check();
        scale::render(self, scale::Scale::Pixels(1), scale::grey)
    }

    /// Panics where the fields contradict each other: a picture is made by this program, not by its user.
    fn check(&self) {
        let Picture { pixels, height, width, channels } = *self;
        assert!(channels == 1 || channels == 3, "a picture has 1 or 3 channels, not {channels}");
        assert!(height > 0 && width > 0, "a picture of {height}×{width} has no pixel");
        assert_eq!(pixels.len(), height * width * channels, "values of a {height}×{width}×{channels} picture");
    }
}
