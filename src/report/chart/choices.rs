//! What came of choices: a measure over the value of one setting, a point a run.

use super::axis::Axis;
use super::drawing::{Anchor, Drawing};
use super::frame::{Frame, LETTERS};
use super::ink::Ink;
use super::lines::{Series, curve};

/// Runs over one setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    /// What the chart is called.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub about: String,
    /// The setting.
    pub x: Axis,
    /// The measure.
    pub y: Axis,
    /// The runs; what is not finite is left out.
    pub points: Vec<[f64; 2]>,
    /// Which of them is the best.
    pub best: Option<usize>,
    /// Where the best one's measure lies with 95 % confidence.
    pub interval: Option<[f64; 2]>,
    /// Where runs failed.
    pub failed: Vec<f64>,
}

/// Draws runs over a setting, and their mean at each value, dashed, where some have the same one.
pub fn choices(chart: &Choices, size: [f32; 2]) -> Drawing {
    let mut drawing = Drawing::new(&chart.title, &chart.about, size);
    let frame = Frame::new(&mut drawing, &chart.x, &chart.y, 0.0);
    let mut means: Vec<(f64, f64, f64)> = Vec::new();
    for [x, y] in chart.points.iter().filter(|point| point.iter().all(|v| v.is_finite())) {
        match means.iter_mut().find(|(at, ..)| at == x) {
            Some((_, sum, count)) => (*sum, *count) = (*sum + y, *count + 1.0),
            None => means.push((*x, *y, 1.0)),
        }
    }
    if chart.points.len() > means.len() && means.len() > 1 {
        means.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut guide = |points: Vec<[f64; 2]>| curve(&mut drawing, &frame, &Series::guide("", points));
        // of a name with one run that is the mean; between two names there is nothing
        let is_named = !chart.x.names.is_empty();
        means.retain(|(.., count)| !is_named || *count > 1.0);
        let at = means.iter().map(|(x, sum, count)| [*x, sum / count]);
        if is_named {
            at.for_each(|[x, y]| guide(vec![[x - 0.3, y], [x + 0.3, y]]));
        } else {
            guide(at.collect());
        }
    }
    for (number, point) in chart.points.iter().enumerate().filter(|(_, point)| point.iter().all(|v| v.is_finite())) {
        if Some(number) != chart.best {
            drawing.dot(frame.inside(*point), 4.0, Ink::A, 0.7);
        }
    }
    if let Some(at) = chart.best.map(|best| frame.inside(chart.points[best])) {
        if let Some([low, high]) = chart.interval {
            let [low, high] = [low, high].map(|y| frame.inside([chart.x.range[0], y])[1]);
            for end in [low, high] {
                drawing.line(vec![[at[0] - 5.0, end], [at[0] + 5.0, end]], Ink::B, 1.5);
            }
            drawing.line(vec![[at[0], low], [at[0], high]], Ink::B, 1.5);
        }
        drawing.dot(at, 7.5, Ink::Paper, 1.0);
        drawing.dot(at, 6.0, Ink::B, 1.0);
        let right = frame.area[2];
        let (x, anchor) =
            if at[0] + 48.0 < right { (at[0] + 11.0, Anchor::Start) } else { (at[0] - 11.0, Anchor::End) };
        drawing.text([x, at[1] + 4.0], "best", anchor, LETTERS, Ink::Text);
    }
    for x in &chart.failed {
        let [x, y] = frame.inside([*x, chart.y.range[0]]);
        drawing.cross([x, y - 8.0], 4.5, Ink::Bad);
    }
    drawing
}
