//! Curves over an axis: losses over epochs, precision over recall, losses over learning rates.

use super::axis::{Axis, Scale};
use super::drawing::{Anchor, Drawing};
use super::frame::{Frame, LETTERS, legend, text_over, width_of};
use super::ink::Ink;

/// A curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it shows, for the legend.
    pub name: String,
    /// From left to right; what is not finite is left out.
    pub points: Vec<[f64; 2]>,
    /// Its colour.
    pub ink: Ink,
    /// Whether it is what others are held against: dashed and thin.
    pub is_guide: bool,
}

impl Series {
    /// A curve.
    pub fn new(name: impl Into<String>, points: Vec<[f64; 2]>, ink: Ink) -> Self {
        Series { name: name.into(), points, ink, is_guide: false }
    }

    /// A dashed line that others are held against.
    pub fn guide(name: impl Into<String>, points: Vec<[f64; 2]>) -> Self {
        Series { name: name.into(), points, ink: Ink::Soft, is_guide: true }
    }
}

/// A place that is marked.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// Its numbers; without a y it is a vertical line.
    pub at: (f64, Option<f64>),
    /// What stands beside it.
    pub text: String,
}

/// Curves over one pair of axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    /// What the chart is called.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub about: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The curves, drawn in this order.
    pub series: Vec<Series>,
    /// Marked places.
    pub flags: Vec<Flag>,
}

impl Lines {
    /// Curves over axes that hold all of their points.
    pub fn around(title: &str, x: (&str, Scale), y: (&str, Scale), series: Vec<Series>) -> Self {
        let of = |axis: usize| series.iter().flat_map(move |one| one.points.iter().map(move |point| point[axis]));
        let (x, y) = (Axis::around(x.0, x.1, of(0)), Axis::around(y.0, y.1, of(1)));
        let names: Vec<&str> = series.iter().map(|one| one.name.as_str()).collect();
        let about = format!("{title} over {}: {}.", x.name, names.join(", "));
        Lines { title: title.into(), about, x, y, series, flags: Vec::new() }
    }
}

/// Most points of a curve that are seen one by one.
const DOTS: usize = 24;

/// Draws curves.
pub fn lines(chart: &Lines, size: [f32; 2]) -> Drawing {
    let mut drawing = Drawing::new(&chart.title, &chart.about, size);
    let names: Vec<(&str, Ink)> = chart.series.iter().map(|one| (one.name.as_str(), one.ink)).collect();
    let above = legend(&mut drawing, &names);
    let frame = Frame::new(&mut drawing, &chart.x, &chart.y, above);
    chart.series.iter().for_each(|one| curve(&mut drawing, &frame, one));
    chart.flags.iter().for_each(|flag| mark(&mut drawing, &frame, flag));
    drawing
}

/// Draws a curve on axes.
pub(super) fn curve(drawing: &mut Drawing, frame: &Frame, one: &Series) {
    let finite = one.points.iter().filter(|p| p.iter().all(|v| v.is_finite()));
    let points: Vec<[f32; 2]> = finite.map(|&p| frame.inside(p)).collect();
    match (points.len(), one.is_guide) {
        (0, _) => {}
        (_, true) => drawing.dashes(points, one.ink, 1.5),
        (count, false) => {
            if count <= DOTS {
                points.iter().for_each(|&at| drawing.dot(at, 3.0, one.ink, 1.0));
            }
            drawing.line(points, one.ink, 2.0);
        }
    }
}

/// Marks a place on axes.
pub(super) fn mark(drawing: &mut Drawing, frame: &Frame, flag: &Flag) {
    let [left, top, right, bottom] = frame.area;
    let (x, y) = flag.at;
    let wide = width_of(&flag.text, LETTERS);
    let Some(y) = y else {
        let [x, _] = frame.inside([x, 0.0]);
        drawing.dashes(vec![[x, top], [x, bottom]], Ink::Text, 1.5);
        let (at, anchor) = if x + wide + 8.0 < right { (x + 6.0, Anchor::Start) } else { (x - 6.0, Anchor::End) };
        return text_over(drawing, [at, top + 11.0], &flag.text, anchor);
    };
    let [x, y] = frame.inside([x, y]);
    drawing.dot([x, y], 5.5, Ink::Paper, 1.0);
    drawing.dot([x, y], 4.5, Ink::Text, 1.0);
    let (at, anchor) = if x - left > wide + 12.0 { (x - 9.0, Anchor::End) } else { (x + 9.0, Anchor::Start) };
    let below = if y + 20.0 < bottom { y + 17.0 } else { y - 9.0 };
    text_over(drawing, [at, below], &flag.text, anchor);
}
