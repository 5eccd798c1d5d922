//! What a learning-rate range test found: on the terminal, and as a curve.

use super::chart::{Drawing, Flag, Ink, Lines, Scale, Series, lines};
use crate::train::LrRangeTest;

/// A learning rate for people: two digits.
fn short(rate: f64) -> String {
    let exponent = rate.log10().floor() as i32;
    let digits = (1 - exponent).max(0) as usize;
    format!("{rate:.digits$}")
}

/// Prints what a range test suggests.
pub fn print_lr_range_test(test: &LrRangeTest) {
    let [first, last] = [test.points.first(), test.points.last()].map(|p| p.map_or(0.0, |p| p.learning_rate));
    say!("tried    {} learning rates from {first:.0e} to {last:.0e}", test.points.len());
    match test.suggestion {
        Some(rate) => say!("suggest  --lr {} (steepest descent)", short(rate)),
        None => say!("suggest  none: the loss did not fall at any learning rate; check the model and the data"),
    }
}

/// Draws the losses of a range test over its learning rates.
pub fn lr_range_curve(test: &LrRangeTest) -> Drawing {
    let points = |value: fn(&crate::train::LrRangePoint) -> f64| {
        let all = test.points.iter().map(|p| [p.learning_rate, value(p)]);
        // a loss that exploded would press all others to the floor
        let highest = 1.5 * test.points.first().map_or(1.0, |p| p.loss);
        all.filter(|p| p[1] <= highest).collect()
    };
    let series = vec![
        Series::new("loss of each batch", points(|p| p.loss), Ink::E),
        Series::new("smoothed", points(|p| p.smoothed), Ink::A),
    ];
    let axes = (("learning rate", Scale::Log), ("loss", Scale::Linear));
    let mut chart = Lines::around("Learning-rate range test", axes.0, axes.1, series);
    chart.flags.extend(test.suggestion.map(|x| Flag { at: (x, None), text: format!("--lr {}", short(x)) }));
    lines(&chart, [720.0, 440.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_two_digits() {
        assert_eq!([0.00123, 0.5, 0.0307, 2.26, 1e-6].map(short), ["0.0012", "0.50", "0.031", "2.3", "0.0000010"]);
    }
}
