//! Bars over ranges of a number: how often errors of each size are, or how right answers of each confidence are.

use super::axis::Axis;
use super::drawing::Drawing;
use super::frame::{Frame, legend};
use super::ink::Ink;
use super::lines::{Flag, Series, curve, mark};

/// Bars of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// What they are, for the legend.
    pub name: String,
    /// Height of each.
    pub heights: Vec<f64>,
    /// Their colour.
    pub ink: Ink,
}

/// Bars over equal parts of an axis; those of several kinds stand beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// What the chart is called.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub about: String,
    /// The axis that is parted.
    pub x: Axis,
    /// The axis of heights.
    pub y: Axis,
    /// The bars, as many of each kind.
    pub bars: Vec<Bars>,
    /// A line that they are held against.
    pub guide: Option<Series>,
    /// Marked places.
    pub flags: Vec<Flag>,
}

/// How many of some numbers are in each of `count` equal parts of a range; those beyond its ends are in the outer ones.
pub fn counted(values: impl IntoIterator<Item = f64>, [low, high]: [f64; 2], count: usize) -> Vec<f64> {
    let mut counts = vec![0.0; count];
    for value in values.into_iter().filter(|value| value.is_finite()) {
        let at = ((value - low) / (high - low) * count as f64).floor();
        counts[(at.max(0.0) as usize).min(count - 1)] += 1.0;
    }
    counts
}

/// Draws bars.
pub fn histogram(chart: &Histogram, size: [f32; 2]) -> Drawing {
    let names: Vec<(&str, Ink)> = (chart.bars.iter().map(|bars| (bars.name.as_str(), bars.ink)))
        .chain(chart.guide.iter().map(|guide| (guide.name.as_str(), guide.ink)))
        .collect();
    let mut drawing = Drawing::new(&chart.title, &chart.about, size);
    let above = legend(&mut drawing, &names);
    let frame = Frame::new(&mut drawing, &chart.x, &chart.y, above);
    let [left, _, right, bottom] = frame.area;
    let kinds = chart.bars.len().max(1) as f32;
    for (kind, bars) in chart.bars.iter().enumerate() {
        let part = (right - left) / bars.heights.len().max(1) as f32;
        let width = part * 0.86 / kinds;
        for (i, &height) in bars.heights.iter().enumerate().filter(|(_, height)| **height > 0.0) {
            let [_, y] = frame.inside([chart.x.range[0], height]);
            // one of thousands is seen, too
            let top = y.min(bottom - 1.5);
            let x = left + part * (i as f32 + 0.07) + width * kind as f32;
            drawing.fill([x, top, (width - 0.5).max(0.8), bottom - top], bars.ink, 0.85);
        }
    }
    chart.guide.iter().for_each(|guide| curve(&mut drawing, &frame, guide));
    chart.flags.iter().for_each(|flag| mark(&mut drawing, &frame, flag));
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_counted_once() {
        let counts = counted([0.0, 0.1, 0.5, 0.999, 1.0, 7.0, -3.0, f64::NAN], [0.0, 1.0], 4);
        assert_eq!(counts, [3.0, 0.0, 1.0, 3.0]);
    }
}
