//! Charts: what is drawn is said once, as shapes, and becomes SVG inside a page, an SVG file, or pixels.
//!
//! Colours are those of Okabe and Ito, which colour-blind people tell apart; what is good or bad also has another shape.

mod axis;
mod choices;
mod confusion;
mod drawing;
mod frame;
mod histogram;
mod ink;
mod lines;
mod raster;
mod scatter;
mod svg;

pub use axis::{Axis, Scale, exact, figure, near};
pub use choices::{Choices, choices};
pub use confusion::confusion;
pub use drawing::{Anchor, Drawing, Mark, Shape};
pub use histogram::{Bars, Histogram, counted, histogram};
pub use ink::Ink;
pub use lines::{Flag, Lines, Series, lines};
pub use scatter::{Scatter, scatter};

/// Width and height of a chart that stands beside others.
pub const SIZE: [f32; 2] = [440.0, 280.0];
