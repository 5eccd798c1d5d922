//! A picture of a sweep: the measure over each setting that was varied.

use super::dimension::{Dimension, Values};
use super::outcome::Outcome;
use super::plan::Plan;
use crate::config::Takes;
use crate::metrics::Criterion;
use crate::report::chart::{Axis, Choices, Drawing, Scale, choices};

/// Width and height of the chart of a setting.
const SIZE: [f32; 2] = [380.0, 260.0];
/// Charts beside each other.
const COLUMNS: usize = 3;
/// Values whose largest is so many times the smallest are read by their factors.
const FACTOR: f64 = 20.0;

/// The charts of all settings; none where no run has a value.
pub fn draw(dimensions: &[Dimension], plan: &Plan, ranked: &[Outcome], by: Criterion) -> Option<Drawing> {
    let valued: Vec<(&Outcome, f64)> = ranked.iter().filter_map(|one| Some((one, one.value?))).collect();
    if valued.is_empty() {
        return None;
    }
    let interval = valued[0].0.interval.map(|within| [within.low, within.high]);
    let scale = if by.is_share() { Scale::Share } else { Scale::Linear };
    let y =
        Axis::around(by.name(), scale, valued.iter().map(|(_, value)| *value).chain(interval.into_iter().flatten()));
    let of = |(place, one): (usize, &Dimension)| {
        let (x, at) = horizontal(one, place, plan);
        let points = valued.iter().map(|(run, value)| [at[run.number], *value]).collect();
        let failed = (0..plan.runs.len()).filter(|run| plan.runs[*run].failed.is_some()).map(|run| at[run]).collect();
        let name = one.name();
        let within = if interval.is_some() { ", with its 95 % interval" } else { "" };
        let about = format!("The {} of {} runs over {name}; the best one is marked{within}.", by.name(), valued.len());
        choices(&Choices { title: name.into(), about, x, y: y.clone(), points, best: Some(0), interval, failed }, SIZE)
    };
    let charts: Vec<Drawing> = dimensions.iter().enumerate().map(of).collect();
    Some(Drawing::in_rows(format!("{} of {} runs", by.name(), plan.runs.len()), &charts, COLUMNS))
}

/// The axis of a setting, and the place of every run on it.
fn horizontal(one: &Dimension, place: usize, plan: &Plan) -> (Axis, Vec<f64>) {
    let texts: Vec<&str> = plan.runs.iter().map(|run| run.values[place].as_str()).collect();
    let numbers: Option<Vec<f64>> = texts.iter().map(|text| text.parse::<f64>().ok()).collect();
    let (Some(numbers), false) = (numbers, matches!(one.setting.field.takes, Takes::OneOf(_) | Takes::Text(_))) else {
        let names: Vec<String> = match &one.values {
            Values::List(list) => list.clone(),
            Values::Range(_) => texts.iter().map(|text| text.to_string()).collect(),
        };
        let at = texts.iter().map(|text| names.iter().position(|name| name == text).unwrap_or(0) as f64).collect();
        return (Axis::named("", names), at);
    };
    let ends = |[low, high]: [f64; 2], v: &f64| [low.min(*v), high.max(*v)];
    let [low, high] = numbers.iter().fold([f64::INFINITY, f64::NEG_INFINITY], ends);
    let (is_log, is_whole) = match &one.values {
        Values::Range(range) => (range.log, range.whole),
        Values::List(_) => (low > 0.0 && high / low >= FACTOR, numbers.iter().all(|number| number.fract() == 0.0)),
    };
    let axis = match (is_log, is_whole) {
        // a little air at both ends
        (true, _) => Axis::new("", Scale::Log, [low / 1.15, high * 1.15]),
        (false, true) => {
            let air = (0.05 * (high - low)).max(0.5);
            Axis::new("", Scale::Whole, [low - air, high + air])
        }
        (false, false) => Axis::around("", Scale::Linear, numbers.iter().copied()),
    };
    (axis, numbers)
}
