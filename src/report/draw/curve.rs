//! Curves over an axis: losses over learning rates.

use std::sync::Once;

use epaint_default_fonts::UBUNTU_LIGHT;
use image::RgbImage;
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
    /// What it shows.
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
    /// Where.
    pub x: f64,
    /// What it says.
    pub text: String,
}

/// Draws curves over a logarithmic axis.
///
/// # Panics
/// If no curve has a point with a positive x.
pub fn log_curves(title: &str, axes: [&str; 2], curves: &[Curve], mark: Option<&Mark>) -> RgbImage {
    let points = || curves.iter().flat_map(|c| &c.points).filter(|p| p.0 > 0.0);
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    };
    let (left, right) = range(&mut points().map(|p| p.0));
    let (low, high) = range(&mut points().map(|p| p.1));
    assert!(left.is_finite(), "there is nothing to draw");
    let air = 0.05 * (high - low).max(1e-3);
    let x = (left..right.max(left * 1.001)).log_scale();
    draw(title, axes, curves, mark, x, (low - air)..(high + air))
}

fn draw<X>(
    title: &str,
    [x_name, y_name]: [&str; 2],
    curves: &[Curve],
    mark: Option<&Mark>,
    x: X,
    y: std::ops::Range<f64>,
) -> RgbImage
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
{
    static REGISTER: Once = Once::new();
    REGISTER.call_once(|| {
        let registered = register_font(FONT, FontStyle::Normal, UBUNTU_LIGHT);
        assert!(registered.is_ok(), "the font inside the binary is valid");
    });
    let mut pixels = vec![0; (SIZE.0 * SIZE.1 * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
        let drawn: Result<(), DrawingAreaErrorKind<_>> = (|| {
            area.fill(&WHITE)?;
            let mut chart = ChartBuilder::on(&area)
                .caption(title, (FONT, 24))
                .margin(14)
                .x_label_area_size(48)
                .y_label_area_size(64)
                .build_cartesian_2d(x, y.clone())?;
            chart
                .configure_mesh()
                .light_line_style(RGBColor(244, 244, 244))
                .bold_line_style(RGBColor(222, 222, 222))
                .x_desc(x_name)
                .y_desc(y_name)
                .x_label_formatter(&|v| format!("{v:.0e}"))
                .y_label_formatter(&|v| format!("{v:.2}"))
                .axis_desc_style((FONT, 18))
                .label_style((FONT, 16))
                .draw()?;
            for curve in curves {
                let [r, g, b] = curve.colour;
                let style = RGBColor(r, g, b).stroke_width(curve.width);
                chart
                    .draw_series(LineSeries::new(curve.points.iter().copied(), style))?
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
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::LowerLeft)
                .label_font((FONT, 16))
                .border_style(RGBColor(200, 200, 200))
                .background_style(WHITE)
                .draw()?;
            area.present()
        })();
        drawn.expect("drawing into memory does not fail");
    }
    RgbImage::from_raw(SIZE.0, SIZE.1, pixels).expect("the buffer has the picture's size")
}
