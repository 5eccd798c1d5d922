//! Losses, measures, learning rate and speed over epochs.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType};

use super::style::{Palette, columns, fit};
use crate::report::History;
use crate::report::chart::{Axis as Ends, Lines, Scale, Series, figure};

/// Points of a curve that are drawn; of more, some between are left out.
const MOST: usize = 800;
/// Columns from which two charts stand beside each other.
const TWO: u16 = 64;
/// Rows of a chart below which there are fewer charts.
const ROWS: u16 = 6;

/// The charts of a history as they were when they were made last: making them takes as long as there are epochs.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    charts: Vec<Lines>,
    epochs: usize,
}

impl Curves {
    /// The charts, made anew where so much was told since that it is seen.
    pub fn of(&mut self, history: &History, anew: bool) -> &[Lines] {
        let epochs = history.epochs().len();
        if anew || epochs < self.epochs || epochs > self.epochs + self.epochs / 200 || epochs < 2 {
            let all = [history.losses(), history.measures(), history.rates(), history.speeds()];
            self.charts = all.into_iter().flatten().map(thinned).collect();
            self.epochs = epochs;
        }
        &self.charts
    }
}

/// A chart with fewer points: the first, the last, and even steps between.
pub fn thinned(mut chart: Lines) -> Lines {
    for series in chart.series.iter_mut().filter(|series| series.points.len() > MOST) {
        let every = series.points.len().div_ceil(MOST);
        let last = series.points.len() - 1;
        let points = series.points.iter().enumerate().filter(|(i, _)| i % every == 0 || *i == last);
        series.points = points.map(|(_, point)| *point).collect();
    }
    chart
}

/// Draws as many charts as there is room for, the losses first.
pub fn draw(frame: &mut Frame, area: Rect, charts: &[Lines], palette: Palette) {
    if charts.is_empty() {
        let text = "no curves before the first steps are done";
        frame.render_widget(Line::styled(fit(text, area.width.into()), palette.soft()), area);
        return;
    }
    let beside = if area.width >= TWO { 2 } else { 1 };
    let rows = (area.height / ROWS).max(1).min((charts.len() as u16).div_ceil(beside));
    for (i, chart) in charts.iter().take((rows * beside) as usize).enumerate() {
        let (row, column) = (i as u16 / beside, i as u16 % beside);
        let place = |all: u16, parts: u16, at: u16| (all * at / parts, all * (at + 1) / parts);
        let ((left, right), (top, bottom)) = (place(area.width, beside, column), place(area.height, rows, row));
        // a column and a row stay free between charts
        let width = right - left - u16::from(column + 1 < beside);
        let height = bottom - top - u16::from(row + 1 < rows && bottom - top > ROWS);
        one(frame, Rect { x: area.x + left, y: area.y + top, width, height }, chart, palette);
    }
}

fn one(frame: &mut Frame, area: Rect, chart: &Lines, palette: Palette) {
    let heading = Rect { height: 1, ..area };
    frame.render_widget(legend(chart, area.width.into(), palette), heading);
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if body.height < 2 {
        return;
    }
    let points: Vec<Vec<(f64, f64)>> =
        chart.series.iter().map(|series| series.points.iter().map(|&[x, y]| (x, y)).collect()).collect();
    let sets = chart.series.iter().zip(&points).enumerate().map(|(i, (series, points))| {
        let marker = mark(i, palette).1;
        let kind = if points.len() > 1 && marker == Marker::Braille { GraphType::Line } else { GraphType::Scatter };
        Dataset::default().marker(marker).graph_type(kind).style(palette.ink(series.ink)).data(points)
    });
    let [low, high] = chart.x.range;
    let x = Axis::default().bounds([low, high]).labels([whole(low), whole(high)]).style(palette.soft());
    let [low, high] = chart.y.range;
    let labels = if body.height > 5 { vec![low, (low + high) / 2.0, high] } else { vec![low, high] };
    let mut labels: Vec<String> = labels.into_iter().map(|value| spelled(&chart.y, value)).collect();
    let mut values = points.iter().flatten().map(|&(_, y)| y);
    if let Some(only) = values.next().filter(|&first| values.all(|y| y == first)) {
        // what stays where it is has one label
        labels = vec![String::new(), spelled(&chart.y, only), String::new()];
    }
    let y = Axis::default().bounds([low, high]).labels(labels).style(palette.soft());
    frame.render_widget(Chart::new(sets.collect()).x_axis(x).y_axis(y).legend_position(None), body);
}

/// A curve's mark in the legend, and the points that it is drawn with: where there are no colours every curve has its own.
fn mark(number: usize, palette: Palette) -> (&'static str, Marker) {
    if palette.colours {
        return ("━", Marker::Braille);
    }
    [("━", Marker::Braille), ("•", Marker::Dot), ("x", Marker::Custom('x')), ("o", Marker::Custom('o'))][number % 4]
}

/// Words of a legend, and how they are written where there is little room.
const SHORT: [(&str, &str); 4] =
    [("training", "train"), ("validation", "val"), ("accuracy", "acc"), ("macro F1", "F1")];

/// The title of a chart with its curves, each with its last value, as far as there is room.
fn legend<'a>(chart: &Lines, width: usize, palette: Palette) -> Line<'a> {
    let last = |series: &Series| series.points.last().map(|point| spelled(&chart.y, point[1])).unwrap_or_default();
    let name = |series: &Series| match chart.series.len() {
        // what the title says already
        1 => String::new(),
        _ => series.name.clone(),
    };
    let name = |series: &Series, short: bool| {
        let long = name(series);
        if !short {
            return long;
        }
        SHORT.iter().fold(long, |text, (word, short)| text.replace(word, short))
    };
    let make = |title: &str, short: bool, values: bool| {
        let mut spans = vec![Span::styled(title.to_string(), palette.title())];
        for (i, series) in chart.series.iter().enumerate() {
            let text = [name(series, short), if values { last(series) } else { String::new() }];
            let text = text.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join(" ");
            let gap = if i == 0 && title.is_empty() { "" } else { "  " };
            spans.push(Span::styled(format!("{gap}{} {text}", mark(i, palette).0), palette.ink(series.ink)));
        }
        Line::from(spans)
    };
    let title = chart.title.as_str();
    let variants =
        [(title, false, true), (title, true, true), ("", true, true), (title, true, false), ("", true, false)];
    let mut made = variants.into_iter().map(|(title, short, values)| make(title, short, values));
    made.find(|line| line.width() <= width).unwrap_or_else(|| {
        let mut line = make("", true, false);
        while line.width() > width && line.spans.len() > 1 {
            line.spans.pop();
        }
        line
    })
}

fn whole(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// A number beside an axis.
fn spelled(axis: &Ends, value: f64) -> String {
    let text = if axis.scale == Scale::Share { format!("{:.1} %", 100.0 * value) } else { figure(value) };
    debug_assert!(columns(&text) < 12, "{text}");
    text
}
