//! Curves over an axis: losses over learning rates, losses and accuracies over epochs.

use std::ops::Range;
use std::sync::Once;

use epaint_default_fonts::UBUNTU_LIGHT;
use image::RgbImage;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

/// Size of a picture of curves.
const SIZE: (u32, u32) = (960, 600);
/// How the font inside the binary is called.
const FONT: &str = "ui";

/// A line of a picture.
#[derive(Clone, Debug)]
pub struct Curve<'a> {
    /// What it shows, for the legend.
    pub name: &'a str,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
    /// Red, green, blue.
    pub colour: [u8; 3],
    /// Width of the line in pixels.
    pub width: u32,
}

/// A place along the horizontal axis.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Its place in the units of the axis.
    pub x: f64,
    /// What stands beside it.
    pub text: String,
}

/// Curves over one pair of axes.
#[derive(Clone, Debug)]
pub struct Panel<'a> {
    /// What stands above it.
    pub title: &'a str,
    /// What the axes are.
    pub axes: [&'a str; 2],
    /// The curves, drawn in this order.
    pub curves: Vec<Curve<'a>>,
    /// Whether values are shares, written in percent.
    pub percent: bool,
    /// Whether there are fine lines between those with labels.
    pub fine: bool,
}

/// Least and most of some numbers, with a little air around them.
fn airy(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = bounds(values);
    let air = 0.05 * (high - low).max(1e-3);
    low - air..high + air
}

fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

/// Draws curves over a logarithmic axis.
///
/// # Panics
/// If no curve has a point with a positive x.
pub fn log_curves(title: &str, axes: [&str; 2], curves: &[Curve], mark: Option<&Mark>) -> RgbImage {
    let points = || curves.iter().flat_map(|c| &c.points).filter(|p| p.0 > 0.0);
    let (left, right) = bounds(points().map(|p| p.0));
    assert!(left.is_finite(), "there is nothing to draw");
    let y = airy(points().map(|p| p.1));
    let panel = Panel { title, axes, curves: curves.to_vec(), percent: false, fine: true };
    picture(&mut |area| {
        let x = (left..right.max(left * 1.001)).log_scale();
        draw(area, &panel, mark, x, y.clone(), &|v| format!("{v:.0e}"))
    })
}

/// Draws panels side by side, each over the range of its own curves; the horizontal axis starts at 0.
///
/// # Panics
/// If a panel has no point.
pub fn panels(panels: &[Panel]) -> RgbImage {
    picture(&mut |area| {
        let parts = area.split_evenly((1, panels.len()));
        for (part, panel) in parts.iter().zip(panels) {
            let points = || panel.curves.iter().flat_map(|c| &c.points);
            let (_, right) = bounds(points().map(|p| p.0));
            assert!(right.is_finite(), "there is nothing to draw");
            let shares = |y: Range<f64>| if panel.percent { y.start.max(0.0)..y.end.min(1.0) } else { y };
            let x = |v: &f64| ((v * 1e3).round() / 1e3).to_string();
            draw(part, panel, None, 0.0..right * 1.02, shares(airy(points().map(|p| p.1))), &x)?;
        }
        Ok(())
    })
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
type Drawn<'a> = Result<(), DrawingAreaErrorKind<<BitMapBackend<'a> as DrawingBackend>::ErrorType>>;

/// A white picture, and whatever is drawn into it.
fn picture(draw: &mut dyn for<'a> FnMut(&Area<'a>) -> Drawn<'a>) -> RgbImage {
    static REGISTER: Once = Once::new();
    REGISTER.call_once(|| {
        let registered = register_font(FONT, FontStyle::Normal, UBUNTU_LIGHT);
        assert!(registered.is_ok(), "the font inside the binary is valid");
    });
    let mut pixels = vec![0; (SIZE.0 * SIZE.1 * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
        let drawn = area.fill(&WHITE).and_then(|()| draw(&area)).and_then(|()| area.present());
        drawn.expect("drawing into memory does not fail");
    }
    RgbImage::from_raw(SIZE.0, SIZE.1, pixels).expect("the buffer has the picture's size")
}

fn draw<'a, X>(
    area: &Area<'a>,
    panel: &Panel,
    mark: Option<&Mark>,
    x: X,
    y: Range<f64>,
    x_label: &dyn Fn(&f64) -> String,
) -> Drawn<'a>
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
{
    // as many digits as tell the lines of the mesh apart
    let digits = (1.0 - (y.end - y.start).log10().floor()).clamp(0.0, 4.0) as usize;
    let y_label = |v: &f64| {
        if panel.percent {
            format!("{:.*} %", digits.saturating_sub(2), v * 100.0)
        } else {
            format!("{v:.*}", digits.max(1))
        }
    };
    let mut chart = ChartBuilder::on(area)
        .caption(panel.title, (FONT, 24))
        .margin(14)
        .x_label_area_size(48)
        .y_label_area_size(72)
        .build_cartesian_2d(x, y.clone())?;
    chart
        .configure_mesh()
        .light_line_style(RGBColor(244, 244, 244).mix(if panel.fine { 1.0 } else { 0.0 }))
        .bold_line_style(RGBColor(222, 222, 222))
        .x_desc(panel.axes[0])
        .y_desc(panel.axes[1])
        .x_label_formatter(x_label)
        .y_label_formatter(&y_label)
        .axis_desc_style((FONT, 18))
        .label_style((FONT, 16))
        .draw()?;
    for curve in &panel.curves {
        let [r, g, b] = curve.colour;
        let style = RGBColor(r, g, b).filled().stroke_width(curve.width);
        let line = LineSeries::new(curve.points.iter().copied(), style);
        // few points are seen one by one
        let dots = if curve.width > 1 && curve.points.len() <= 30 { curve.width + 1 } else { 0 };
        chart
            .draw_series(line.point_size(dots))?
            .label(curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], style));
    }
    if let Some(mark) = mark {
        let style = RGBColor(200, 60, 30).stroke_width(2);
        chart.draw_series([PathElement::new([(mark.x, y.start), (mark.x, y.end)], style)])?;
        let words = (FONT, 18).into_font().color(&RGBColor(160, 40, 10));
        let top = y.end - 0.04 * (y.end - y.start);
        chart.draw_series([Text::new(format!("  {}", mark.text), (mark.x, top), words)])?;
    }
    let position = if panel.percent { SeriesLabelPosition::UpperLeft } else { SeriesLabelPosition::LowerLeft };
    chart
        .configure_series_labels()
        .position(position)
        .label_font((FONT, 16))
        .border_style(RGBColor(200, 200, 200))
        .background_style(WHITE)
        .draw()
}
