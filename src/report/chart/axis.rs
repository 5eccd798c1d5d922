//! Axes: which range they show, and where their ticks are.

use crate::plan::thousands;

/// How numbers become places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equally long.
    Linear,
    /// Of things that are counted, such as epochs: no tick is between two of them.
    Whole,
    /// Shares from 0 to 1, written in percent.
    Share,
    /// Equal factors are equally long.
    Log,
}

/// The least length of an axis on which numbers are spelled.
const SMALLEST: f64 = f64::MIN_POSITIVE * 1e9;

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it is, with its unit.
    pub name: String,
    /// How numbers become places.
    pub scale: Scale,
    /// Its ends.
    pub range: [f64; 2],
    /// What stands at 0, 1, 2 and so on, where these are no numbers.
    pub names: Vec<String>,
    /// The one number that is spelled, of what stays where it is.
    pub alone: Option<f64>,
}

impl Axis {
    /// An axis over these ends.
    pub fn new(name: impl Into<String>, scale: Scale, range: [f64; 2]) -> Self {
        let [low, mut high] = range;
        let positive = scale == Scale::Log;
        let low = if positive { low.max(f64::MIN_POSITIVE) } else { low };
        // so close to each other that no step fits between them is the same
        if !high.is_finite() || high <= low || !positive && high - low < SMALLEST {
            high = if positive { low * 10.0 } else { low + low.abs().max(1.0) * 0.1 };
        }
        let (low, high) = within_reach(low, high);
        Axis { name: name.into(), scale, range: [low, high], names: Vec::new(), alone: None }
    }

    /// An axis of names, which stand at 0, 1, 2 and so on.
    pub fn named(name: impl Into<String>, names: Vec<String>) -> Self {
        let last = names.len().max(1) as f64 - 0.5;
        Axis { name: name.into(), scale: Scale::Whole, range: [-0.5, last], names, alone: None }
    }

    /// An axis over all of some numbers, with a little air at both ends.
    pub fn around(name: impl Into<String>, scale: Scale, values: impl IntoIterator<Item = f64>) -> Self {
        let wanted = |v: &f64| v.is_finite() && (scale != Scale::Log || *v > 0.0);
        let ends = |[low, high]: [f64; 2], v: f64| [low.min(v), high.max(v)];
        let [low, high] = values.into_iter().filter(wanted).fold([f64::INFINITY, f64::NEG_INFINITY], ends);
        if low > high {
            return Axis::new(name, scale, [0.0, 1.0]);
        }
        match scale {
            Scale::Whole => Axis::new(name, scale, [low, high.max(low + 1.0)]),
            Scale::Log => Axis::new(name, scale, [low, high]),
            Scale::Linear | Scale::Share => {
                // around a single number, whatever its size; around one as good as zero, as around zero
                let size = if high.abs() < 1e-9 { 1.0 } else { high.abs() };
                let air = 0.05 * if high > low { high - low } else { size * 0.2 };
                // what cannot be negative does not begin below nothing
                let floor = if low >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
                let roof = if scale == Scale::Share { 1.0f64.max(high) } else { f64::INFINITY };
                Axis::new(name, scale, [(low - air).max(floor), (high + air).min(roof)])
            }
        }
    }

    /// The place of a number, from 0 to 1.
    pub fn place(&self, value: f64) -> f32 {
        let [low, high] = self.range;
        let place = match self.scale {
            Scale::Log => (value.max(low * 1e-3) / low).ln() / (high / low).ln(),
            _ => (value - low) / (high - low),
        };
        place as f32
    }

    /// About `count` places with what stands there.
    pub fn ticks(&self, count: usize) -> Vec<(f64, String)> {
        if !self.names.is_empty() {
            return (0..).map(f64::from).zip(self.names.iter().cloned()).collect();
        }
        if let Some(alone) = self.alone {
            return vec![(alone, figure(alone))];
        }
        let [low, high] = self.range;
        if self.scale == Scale::Log {
            return decades(low, high);
        }
        let mut step = nice((high - low) / count.max(1) as f64);
        if self.scale == Scale::Whole {
            step = step.max(1.0).round();
        }
        let first = (low / step - 1e-9).ceil();
        let last = (high / step + 1e-9).floor();
        let mut ticks: Vec<f64> = (0..=(last - first).max(0.0) as u64).map(|i| (first + i as f64) * step).collect();
        if self.scale == Scale::Whole
            && low > 0.0
            && step > 1.0
            && low < ticks.first().copied().unwrap_or(low) - step / 2.0
        {
            // the first epoch is the first
            ticks.insert(0, low);
        }
        ticks.into_iter().map(|value| (value, self.spelled(value, step))).collect()
    }

    fn spelled(&self, value: f64, step: f64) -> String {
        match self.scale {
            Scale::Share => format!("{:.*} %", decimals(step * 100.0), 100.0 * value),
            _ => number(value, step),
        }
    }
}

/// Ends that an axis can have, and between which there is a number of finite size.
fn within_reach(low: f64, high: f64) -> (f64, f64) {
    let (low, high) = if high.is_finite() { (low, high) } else { (low.min(0.9 * f64::MAX), f64::MAX) };
    if (high - low).is_finite() { (low, high) } else { (low / 2.0, high / 2.0) }
}

/// The next of 1, 2, 2.5, 5, 10 times a power of ten.
fn nice(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|&factor| factor * power >= rough * 0.999);
    factor.unwrap_or(10.0) * power
}

/// Digits that tell numbers apart which are so far from each other.
fn decimals(step: f64) -> usize {
    let digits = |places: usize| {
        let scaled = step * 10f64.powi(places as i32);
        (scaled - scaled.round()).abs() < 1e-6 * scaled.abs().max(1.0)
    };
    (0..9).find(|&places| digits(places)).unwrap_or(9)
}

/// A number as one of several that are `step` from each other.
pub fn number(value: f64, step: f64) -> String {
    if value != 0.0 && (step.abs() < 1e-4 || value.abs() >= 1e7) {
        // as many digits as tell it from the next one
        let places = (decimals(step) as i32 + value.abs().log10().floor() as i32).clamp(1, 6) as usize;
        let text = format!("{value:.places$e}");
        let (digits, power) = text.split_once('e').expect("a number with a power of ten");
        return format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.')).replace('-', "−");
    }
    let places = decimals(step);
    let text = if places == 0 && value.abs() >= 1000.0 {
        thousands(value.abs().round() as u64)
    } else {
        format!("{:.*}", places, value.abs())
    };
    if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) { format!("−{text}") } else { text }
}

/// A number by itself, with three digits: `0.0123`, `1,234`.
pub fn figure(value: f64) -> String {
    if !value.is_finite() || value == 0.0 {
        return if value == 0.0 { "0".into() } else { "–".into() };
    }
    let digits = 10f64.powf(value.abs().log10().floor() - 2.0);
    let rounded = (value / digits).round() * digits;
    if digits < f64::MIN_POSITIVE || !rounded.is_finite() {
        // at the ends of what a number can be, there is no such step
        return format!("{value:.2e}").replace('-', "−");
    }
    number(rounded, digits.min(1.0))
}

/// A number that the data have, with all digits that it has there: `2023`, `19007.5`.
pub fn exact(value: f32) -> String {
    let size = value.abs();
    let text = if size == 0.0 || (1e-5..1e9).contains(&size) { value.to_string() } else { format!("{value:e}") };
    text.replace('-', "−")
}

/// A number that stands beside an [`exact`] one, with five digits that count: `19012`, `3.1416`.
pub fn near(value: f32) -> String {
    if !value.is_finite() || value == 0.0 {
        return if value == 0.0 { "0".into() } else { "–".into() };
    }
    let digits = 4 - f64::from(value.abs()).log10().floor() as i32;
    let scale = 10f64.powi(digits);
    exact(((f64::from(value) * scale).round() / scale) as f32)
}

/// Powers of ten, or also 2 and 5 times of them where there are few.
fn decades(low: f64, high: f64) -> Vec<(f64, String)> {
    let [first, last] = [low.log10().floor() as i32, high.log10().ceil() as i32];
    let factors: &[f64] = if last - first > 3 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let all = (first..=last).flat_map(|power| factors.iter().map(move |factor| (factor * 10f64.powi(power), power)));
    let inside = all.filter(|(value, _)| *value >= low * 0.999 && *value <= high * 1.001 && value.is_finite());
    let every = if last - first > 8 { 2 } else { 1 };
    let kept = inside.filter(|(_, power)| (power - first) % every == 0);
    kept.map(|(value, _)| (value, small(value))).collect()
}

/// `0.002`, `1e−6`.
fn small(value: f64) -> String {
    if (1e-3..1e5).contains(&value) {
        let places = (-value.log10().floor()).max(0.0) as usize;
        return format!("{value:.places$}");
    }
    format!("{value:.0e}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(axis: &Axis, count: usize) -> Vec<String> {
        axis.ticks(count).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn numbers_of_the_data_are_whole_and_those_beside_them_have_five_digits() {
        let all = [2023.0, 19007.5, 3007.5, 0.1, -12.0, 0.0, 1e-9, 3e10];
        assert_eq!(all.map(exact), ["2023", "19007.5", "3007.5", "0.1", "−12", "0", "1e−9", "3e10"]);
        let all = [2023.123, 19012.34, 0.123456, -99999.9, 123456.0, f32::NAN, 1.5e-9];
        assert_eq!(all.map(near), ["2023.1", "19012", "0.12346", "−100000", "123460", "–", "1.5e−9"]);
    }

    #[test]
    fn epochs_are_whole() {
        for last in 1..200 {
            let axis = Axis::around("epoch", Scale::Whole, [1.0, f64::from(last)]);
            let ticks = axis.ticks(6);
            assert!(ticks.iter().all(|(value, _)| value.fract() == 0.0), "{last}: {ticks:?}");
            assert!((2..=8).contains(&ticks.len()), "{last}: {ticks:?}");
        }
        assert_eq!(spelled(&Axis::around("epoch", Scale::Whole, [1.0, 3.0]), 6), ["1", "2", "3"]);
        assert_eq!(spelled(&Axis::around("epoch", Scale::Whole, [1.0, 40.0]), 6), ["1", "10", "20", "30", "40"]);
    }

    #[test]
    fn numbers_have_the_digits_that_tell_them_apart() {
        assert_eq!(spelled(&Axis::new("loss", Scale::Linear, [0.0, 1.0]), 4), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
        assert_eq!(spelled(&Axis::new("x", Scale::Linear, [-2.0, 2.0]), 4), ["−2", "−1", "0", "1", "2"]);
        assert_eq!(
            spelled(&Axis::new("x", Scale::Linear, [0.0, 4000.0]), 4),
            ["0", "1,000", "2,000", "3,000", "4,000"]
        );
        assert_eq!(
            spelled(&Axis::new("share", Scale::Share, [0.9, 0.92]), 4),
            ["90.0 %", "90.5 %", "91.0 %", "91.5 %", "92.0 %"]
        );
        let near = ["9.8e−4", "9.85e−4", "9.9e−4", "9.95e−4", "1e−3"];
        assert_eq!(spelled(&Axis::new("rate", Scale::Linear, [0.00098, 0.001]), 4), near);
        assert_eq!(
            spelled(&Axis::new("rate", Scale::Log, [1e-6, 1.0]), 4),
            ["1e−6", "1e−5", "1e−4", "0.001", "0.01", "0.1", "1"]
        );
    }

    #[test]
    fn an_axis_around_one_number_is_of_its_size() {
        for number in [8.8e-5, 3.0, 4e7] {
            let [low, high] = Axis::around("x", Scale::Linear, [number]).range;
            assert!(low > 0.98 * number && high < 1.02 * number, "{number}: {low} to {high}");
        }
    }

    #[test]
    fn any_number_is_a_figure() {
        let texts = [5e-324, -5e-324, 2e-307, f64::MAX, f64::MIN, 1.23456e300].map(figure);
        assert_eq!(texts, ["4.94e−324", "−4.94e−324", "2.00e−307", "1.80e308", "−1.80e308", "1.23e300"]);
        assert_eq!([0.0, f64::NAN, f64::INFINITY].map(figure), ["0", "–", "–"]);
    }

    #[test]
    fn any_numbers_have_an_axis() {
        for values in [
            vec![],
            vec![f64::NAN],
            vec![0.0],
            vec![5.0, 5.0],
            vec![-1e300, 1e300],
            vec![f64::INFINITY, 1.0],
            vec![1e-300],
            vec![5e-324],
            vec![0.0, 5e-324],
            vec![f64::MAX],
            vec![f64::MIN, f64::MAX],
            vec![1.0, f64::MAX],
        ] {
            for scale in [Scale::Linear, Scale::Whole, Scale::Share, Scale::Log] {
                let axis = Axis::around("x", scale, values.clone());
                assert!(axis.range[0] < axis.range[1], "{axis:?}");
                assert!(axis.ticks(5).len() < 400, "{axis:?}");
                assert!(axis.place(1.0).is_finite() || values.iter().any(|v| v.abs() > 1e200), "{axis:?}");
            }
        }
    }
}
