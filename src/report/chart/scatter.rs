//! Points: what was predicted over what is true.

use super::axis::{Axis, Scale};
use super::drawing::Drawing;
use super::frame::Frame;
use super::ink::Ink;
use super::lines::{Series, curve};

/// Points over two axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Scatter {
    /// What the chart is called.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub about: String,
    /// What the axes are.
    pub axes: [String; 2],
    /// The points.
    pub points: Vec<[f64; 2]>,
    /// Whether both axes are alike, with a line where both numbers are equal.
    pub is_square: bool,
}

/// Of more points every so many is drawn: more are a blot, and a page of megabytes.
const MOST: usize = 1500;

/// Draws points.
pub fn scatter(chart: &Scatter, size: [f32; 2]) -> Drawing {
    let mut drawing = Drawing::new(&chart.title, &chart.about, size);
    let of = |axis: usize| chart.points.iter().map(move |point| point[axis]);
    let [x_name, y_name] = &chart.axes;
    let (x, y) = if chart.is_square {
        let both = Axis::around("", Scale::Linear, of(0).chain(of(1)));
        (Axis { name: x_name.clone(), ..both.clone() }, Axis { name: y_name.clone(), ..both })
    } else {
        (Axis::around(x_name, Scale::Linear, of(0)), Axis::around(y_name, Scale::Linear, of(1)))
    };
    let frame = Frame::new(&mut drawing, &x, &y, 0.0);
    let [low, high] = x.range;
    let guide = if chart.is_square { vec![[low, low], [high, high]] } else { vec![[low, 0.0], [high, 0.0]] };
    curve(&mut drawing, &frame, &Series::guide("", guide));
    let every = chart.points.len().div_ceil(MOST).max(1);
    let opacity = if chart.points.len() > 200 { 0.35 } else { 0.6 };
    for &point in chart.points.iter().step_by(every).filter(|point| point.iter().all(|v| v.is_finite())) {
        drawing.dot(frame.inside(point), 3.0, Ink::A, opacity);
    }
    drawing
}
