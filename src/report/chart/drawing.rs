//! A drawing as plain shapes.

use super::ink::Ink;

/// Where a text stands beside its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// The form of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A disc.
    Disc,
    /// A diagonal cross.
    Cross,
}

/// A thing to draw. Lengths are in units of the drawing, y grows downwards.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A line through points.
    Line {
        /// From one end to the other.
        points: Vec<[f32; 2]>,
        /// Its colour.
        ink: Ink,
        /// Its width.
        width: f32,
        /// Whether it is dashed.
        dashed: bool,
    },
    /// A filled rectangle.
    Box {
        /// Left, top, width, height.
        area: [f32; 4],
        /// Its colour.
        ink: Ink,
        /// From 0 (nothing) to 1 (opaque).
        opacity: f32,
    },
    /// A point.
    Dot {
        /// Its middle.
        at: [f32; 2],
        /// Its radius.
        radius: f32,
        /// Its colour.
        ink: Ink,
        /// From 0 (nothing) to 1 (opaque).
        opacity: f32,
        /// Its form.
        mark: Mark,
    },
    /// A line of text.
    Text {
        /// Where its baseline is.
        at: [f32; 2],
        /// The text.
        text: String,
        /// How it stands there.
        anchor: Anchor,
        /// Height of its letters.
        size: f32,
        /// Its colour.
        ink: Ink,
        /// Whether it is bold.
        bold: bool,
        /// Whether it runs upwards.
        upwards: bool,
    },
}

/// What a chart shows, on a ground of some size.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// What stands above it in a file; in a page it is the heading.
    pub title: String,
    /// What it shows in a sentence, for those who do not see it.
    pub about: String,
    /// Width and height without the title.
    pub size: [f32; 2],
    /// From back to front.
    pub shapes: Vec<Shape>,
}

impl Drawing {
    /// An empty drawing.
    pub fn new(title: impl Into<String>, about: impl Into<String>, size: [f32; 2]) -> Self {
        Drawing { title: title.into(), about: about.into(), size, shapes: Vec::new() }
    }

    /// Adds a straight or broken line.
    pub fn line(&mut self, points: Vec<[f32; 2]>, ink: Ink, width: f32) {
        self.shapes.push(Shape::Line { points, ink, width, dashed: false });
    }

    /// Adds a dashed line.
    pub fn dashes(&mut self, points: Vec<[f32; 2]>, ink: Ink, width: f32) {
        self.shapes.push(Shape::Line { points, ink, width, dashed: true });
    }

    /// Adds a filled rectangle: left, top, width, height.
    pub fn fill(&mut self, area: [f32; 4], ink: Ink, opacity: f32) {
        self.shapes.push(Shape::Box { area, ink, opacity });
    }

    /// Adds a disc.
    pub fn dot(&mut self, at: [f32; 2], radius: f32, ink: Ink, opacity: f32) {
        self.shapes.push(Shape::Dot { at, radius, ink, opacity, mark: Mark::Disc });
    }

    /// Adds a cross.
    pub fn cross(&mut self, at: [f32; 2], radius: f32, ink: Ink) {
        self.shapes.push(Shape::Dot { at, radius, ink, opacity: 1.0, mark: Mark::Cross });
    }

    /// Adds a line of text on a baseline.
    pub fn text(&mut self, at: [f32; 2], text: impl Into<String>, anchor: Anchor, size: f32, ink: Ink) {
        let (text, bold, upwards) = (text.into(), false, false);
        self.shapes.push(Shape::Text { at, text, anchor, size, ink, bold, upwards });
    }

    /// Drawings beside each other, each under its own title.
    pub fn beside(title: impl Into<String>, parts: &[Drawing]) -> Drawing {
        const HEADING: f32 = 26.0;
        let about = parts.iter().map(|part| part.about.as_str()).collect::<Vec<_>>().join(" ");
        let height = parts.iter().map(|part| part.size[1]).fold(0.0, f32::max) + HEADING;
        let mut all = Drawing::new(title, about, [0.0, height]);
        for part in parts {
            let left = all.size[0];
            all.shapes.push(Shape::Text {
                at: [left + 4.0, 18.0],
                text: part.title.clone(),
                anchor: Anchor::Start,
                size: 15.0,
                ink: Ink::Text,
                bold: true,
                upwards: false,
            });
            all.shapes.extend(part.shapes.iter().map(|shape| shape.moved([left, HEADING])));
            all.size[0] += part.size[0];
        }
        all
    }
}

impl Drawing {
    /// Drawings in rows of so many, each under its own title.
    pub fn in_rows(title: impl Into<String>, parts: &[Drawing], columns: usize) -> Drawing {
        let mut all = Drawing::new(title, "", [0.0, 0.0]);
        for row in parts.chunks(columns.max(1)) {
            let row = Drawing::beside("", row);
            all.about = [all.about.as_str(), row.about.as_str()].join(" ").trim().into();
            let top = all.size[1];
            all.shapes.extend(row.shapes.iter().map(|shape| shape.moved([0.0, top])));
            all.size = [all.size[0].max(row.size[0]), top + row.size[1]];
        }
        all
    }
}

impl Shape {
    /// The same shape elsewhere.
    pub fn moved(&self, [dx, dy]: [f32; 2]) -> Shape {
        let mut shape = self.clone();
        let shift = |at: &mut [f32; 2]| *at = [at[0] + dx, at[1] + dy];
        match &mut shape {
            Shape::Line { points, .. } => points.iter_mut().for_each(shift),
            Shape::Box { area, .. } => {
                area[0] += dx;
                area[1] += dy;
            }
            Shape::Dot { at, .. } | Shape::Text { at, .. } => shift(at),
        }
        shape
    }
}
