//! The roofline chart: what each kernel reaches over how much it computes for each byte, under what the device can do.
//!
//! Williams, Waterman, Patterson: Roofline, an insightful visual performance model (CACM 52, 2009).

use serde::Serialize;

use super::format::ceiling_value;
use crate::bench::{BenchResult, KernelResult};

/// A chart, in pixels of its own drawing.
#[derive(Serialize)]
pub struct Roofline {
    width: f64,
    height: f64,
    plot: Rect,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    /// The slope of the copy bandwidth, and its label with its angle in degrees.
    slope: Option<Slope>,
    roofs: Vec<Roof>,
    dots: Vec<Dot>,
    /// How many of them stand on the lower edge, being slower than it.
    below: usize,
}

#[derive(Clone, Copy, Serialize)]
struct Rect {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Rect {
    fn around(x: f64, y: f64, half_width: f64, half_height: f64) -> Rect {
        Rect { left: x - half_width, top: y - half_height, right: x + half_width, bottom: y + half_height }
    }

    /// The area that both cover.
    fn overlap(&self, other: &Rect) -> f64 {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.bottom.min(other.bottom) - self.top.max(other.top);
        width.max(0.0) * height.max(0.0)
    }
}

#[derive(Serialize)]
struct Tick {
    at: f64,
    /// Empty between the powers of ten.
    label: String,
}

#[derive(Serialize)]
struct Slope {
    from: [f64; 2],
    to: [f64; 2],
    label: String,
    label_at: [f64; 2],
    angle: f64,
}

#[derive(Serialize)]
struct Roof {
    /// The ceiling's id, for its look.
    id: String,
    from: f64,
    y: f64,
    label: String,
    /// The end of the label's line.
    label_at: [f64; 2],
}

#[derive(Serialize)]
struct Dot {
    /// Number of the kernel in the table, from 1.
    number: usize,
    x: f64,
    y: f64,
    /// Further down than the chart goes: it stands on the edge.
    below: bool,
    label_at: [f64; 2],
}

/// A logarithmic axis.
struct Axis {
    low: f64,
    high: f64,
    /// Pixels of the low and the high end.
    pixels: [f64; 2],
}

impl Axis {
    /// From a bit below the smallest value to a bit above the largest: at least a factor of ten, and at most `decades`
    /// of them below the largest.
    fn new(values: impl Iterator<Item = f64>, decades: f64, room: [f64; 2], pixels: [f64; 2]) -> Option<Axis> {
        let (low, high) = values.fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
        let low = low.log10().max(high.log10() - decades);
        let (low, high) = (low - room[0], high.log10() + room[1]);
        let missing = (1.0 - (high - low)).max(0.0) / 2.0;
        (low.is_finite() && high.is_finite()).then_some(Axis { low: low - missing, high: high + missing, pixels })
    }

    fn is_below(&self, value: f64) -> bool {
        value.log10() < self.low
    }

    /// The pixel of a value; what is below the axis stands on its low end.
    fn at(&self, value: f64) -> f64 {
        let share = (value.log10().max(self.low) - self.low) / (self.high - self.low);
        pixel(self.pixels[0] + share * (self.pixels[1] - self.pixels[0]))
    }

    /// 1 to 9 times each power of ten; only the powers have a label.
    fn ticks(&self) -> Vec<Tick> {
        let decades = self.low.floor() as i32..=self.high.ceil() as i32;
        let steps: &[i32] = &[1, 2, 3, 4, 5, 6, 7, 8, 9];
        let all = decades.flat_map(|decade| steps.iter().map(move |&step| (decade, step)));
        let inside = all.filter(|&(decade, step)| {
            let log = f64::from(step).log10() + f64::from(decade);
            (self.low..=self.high).contains(&log)
        });
        inside
            .map(|(decade, step)| {
                let value = f64::from(step) * 10f64.powi(decade);
                let short = if (-4..6).contains(&decade) { format!("{value}") } else { format!("1e{decade}") };
                Tick { at: self.at(value), label: if step == 1 { short } else { String::new() } }
            })
            .collect()
    }
}

/// About how wide a letter is.
const LETTER: f64 = 6.4;

/// A tenth of a pixel is enough.
fn pixel(at: f64) -> f64 {
    (10.0 * at).round() / 10.0
}

/// Floating-point operations for each byte; none where one of them is missing, as for kernels that only move memory.
pub fn intensity(kernel: &KernelResult) -> Option<f64> {
    (kernel.flops > 0 && kernel.bytes > 0).then(|| kernel.flops as f64 / kernel.bytes as f64)
}

/// Number, intensity and TFLOP/s of each kernel that has a place.
fn points(kernels: &[KernelResult]) -> Vec<(usize, f64, f64)> {
    let all = kernels.iter().enumerate().filter_map(|(i, k)| Some((i + 1, intensity(k)?, k.tflops())));
    all.filter(|(_, _, y)| y.is_finite() && *y > 0.0).collect()
}

/// How many kernels a chart shows.
pub fn shown(kernels: &[KernelResult]) -> usize {
    points(kernels).len()
}

/// The chart in `width` by `height` pixels; none where no kernel has a place in it.
pub fn roofline(result: &BenchResult, width: f64, height: f64) -> Option<Roofline> {
    let points = points(&result.kernels);
    let plot = Rect { left: 46.0, top: 30.0, right: width - 12.0, bottom: height - 44.0 };
    let positive = |c: &&crate::bench::Ceiling| c.value.median.is_finite() && c.value.median > 0.0;
    let copy = result.ceiling("copy").filter(positive);
    // TFLOP/s for each unit of intensity
    let bandwidth = copy.map(|c| c.value.median / 1e3);
    let mut flat: Vec<_> = result.ceilings.iter().filter(|c| c.unit == "TFLOP/s").filter(positive).collect();
    flat.sort_by(|a, b| a.value.median.total_cmp(&b.value.median));
    let ridge = |height: f64| bandwidth.map(|slope| height / slope);

    if points.is_empty() {
        return None;
    }
    let xs = points.iter().map(|p| p.1).chain(flat.iter().filter_map(|c| ridge(c.value.median)));
    // one kernel of a few hundred bytes would squeeze all others
    let x = Axis::new(xs, 5.0, [0.35, 0.45], [plot.left, plot.right])?;
    let ys = points.iter().map(|p| p.2).chain(flat.iter().map(|c| c.value.median));
    let y = Axis::new(ys, 3.3, [0.25, 0.25], [plot.bottom, plot.top])?;

    let mut roofs: Vec<Roof> = Vec::new();
    for ceiling in &flat {
        let at = y.at(ceiling.value.median);
        let label = format!("{} {}", ceiling.name, ceiling_value(ceiling));
        let from = ridge(ceiling.value.median).map_or(plot.left, |r| x.at(r));
        // left of its corner: nothing can be above the slope; where roofs are close, above the label before it
        let end = match bandwidth {
            Some(_) => (from - 9.0).max(plot.left + 2.0 + LETTER * label.chars().count() as f64),
            None => plot.right - 2.0,
        };
        let line = roofs.last().map_or(at - 3.0, |below| (at - 3.0).min(below.label_at[1] - 14.0));
        roofs.push(Roof { id: ceiling.id.clone(), from, y: at, label, label_at: [end, line].map(pixel) });
    }
    let slope = bandwidth.map(|per_intensity| {
        let start = 10f64.powf(x.low).max(10f64.powf(y.low) / per_intensity);
        let top = flat.last().map_or(10f64.powf(y.high), |c| c.value.median);
        let end = (top / per_intensity).min(10f64.powf(x.high));
        let label = format!("copy {}", copy.map_or(String::new(), ceiling_value));
        let heights: Vec<f64> = roofs.iter().map(|roof| roof.y).collect();
        slope([x.at(start), y.at(start * per_intensity)], [x.at(end), y.at(end * per_intensity)], label, &heights)
    });
    let taken = roofs.iter().map(|roof| {
        let half = LETTER / 2.0 * roof.label.chars().count() as f64;
        Rect::around(roof.label_at[0] - half, roof.label_at[1] - 4.0, half, 7.0)
    });
    let dot = |&(number, px, py): &(usize, f64, f64)| Dot {
        number,
        x: x.at(px),
        // a triangle's middle is above the edge on which it stands
        y: if y.is_below(py) { plot.bottom - 6.0 } else { y.at(py) },
        below: y.is_below(py),
        label_at: [0.0; 2],
    };
    let dots = labelled(points.iter().map(dot).collect(), taken.collect(), plot);
    let below = dots.iter().filter(|dot| dot.below).count();
    Some(Roofline { width, height, plot, x_ticks: x.ticks(), y_ticks: y.ticks(), slope, roofs, dots, below })
}

/// The slope, its label where no roof of these heights begins.
fn slope(from: [f64; 2], to: [f64; 2], label: String, roofs: &[f64]) -> Slope {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let length = dx.hypot(dy).max(1.0);
    let is_free = |share: &f64| roofs.iter().all(|y| (from[1] + share * dy - y).abs() > 45.0);
    let share = [0.3, 0.5, 0.65, 0.15].into_iter().find(is_free).unwrap_or(0.3);
    // beside the line by 9 pixels, on its upper side
    let label_at = [from[0] + share * dx + 9.0 * dy / length, from[1] + share * dy - 9.0 * dx / length].map(pixel);
    Slope { from, to, label, label_at, angle: pixel(dy.atan2(dx).to_degrees()) }
}

/// Puts the number of each dot where it covers least of what is there already.
fn labelled(mut dots: Vec<Dot>, mut taken: Vec<Rect>, plot: Rect) -> Vec<Dot> {
    taken.extend(dots.iter().map(|dot| Rect::around(dot.x, dot.y, 6.0, 6.0)));
    for dot in &mut dots {
        let half = LETTER / 2.0 * dot.number.to_string().len() as f64 + 1.0;
        let (side, up) = (half + 7.0, 12.0);
        let near =
            [(side, 0.0), (-side, 0.0), (0.0, -up), (0.0, up), (side, -up), (side, up), (-side, -up), (-side, up)];
        let far = near.map(|(dx, dy)| (1.9 * dx, 1.9 * dy));
        let costs = near.into_iter().chain(far).enumerate().map(|(i, (dx, dy))| {
            let own = Rect::around(dot.x + dx, dot.y + dy, half, 6.0);
            let inside = own.overlap(&plot) / (4.0 * half * 6.0);
            let covered: f64 = taken.iter().map(|other| own.overlap(other)).sum();
            (covered + 1e4 * (1.0 - inside) + i as f64, own)
        });
        if let Some((_, place)) = costs.min_by(|a, b| a.0.total_cmp(&b.0)) {
            dot.label_at = [(place.left + place.right) / 2.0, (place.top + place.bottom) / 2.0 + 4.0].map(pixel);
            taken.push(place);
        }
    }
    dots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> BenchResult {
        serde_json::from_str(include_str!("../../../tests/bench/sample-a.json")).unwrap()
    }

    #[test]
    fn what_reaches_a_ceiling_stands_on_its_line() {
        let mut result = sample();
        let ceiling = |id: &str| result.ceiling(id).unwrap().value.median;
        let (fma, copy) = (ceiling("fma_f32") * 1e12, ceiling("copy") * 1e9);
        let first = &mut result.kernels[0];
        first.seconds.median = first.flops as f64 / fma;
        let by_memory = result.kernels.iter_mut().find(|k| k.op == "adam").unwrap();
        by_memory.seconds.median = by_memory.bytes as f64 / copy;
        let chart = roofline(&result, 1000.0, 500.0).unwrap();
        let roof = chart.roofs.iter().find(|roof| roof.id == "fma_f32").unwrap();
        assert!((chart.dots[0].y - roof.y).abs() <= 0.1 && chart.dots[0].x > roof.from);
        let (slope, dot) = (chart.slope.unwrap(), chart.dots.last().unwrap());
        let along = (dot.x - slope.from[0]) / (slope.to[0] - slope.from[0]);
        assert!((slope.from[1] + along * (slope.to[1] - slope.from[1]) - dot.y).abs() < 0.5);
    }

    #[test]
    fn nothing_stands_outside_and_no_number_on_another() {
        for (width, height) in [(1040.0, 540.0), (380.0, 440.0)] {
            let chart = roofline(&sample(), width, height).unwrap();
            assert_eq!((chart.dots.len(), chart.below), (15, 1));
            for (i, dot) in chart.dots.iter().enumerate() {
                assert!((chart.plot.left..=chart.plot.right).contains(&dot.x), "{}", dot.number);
                assert!((chart.plot.top..=chart.plot.bottom).contains(&dot.y), "{}", dot.number);
                let place = |d: &Dot| Rect::around(d.label_at[0], d.label_at[1] - 4.0, 6.0, 5.0);
                let apart = chart.dots[..i].iter().all(|other| place(other).overlap(&place(dot)) < 20.0);
                assert!(apart, "{} in {width}", dot.number);
            }
        }
    }
}
