//! Numbers: beside always answering their mean.

use serde::Serialize;

use super::super::{ValueMeasures, ValueScore};
use super::Alarm;

/// A number that is predicted badly.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeakValue {
    /// Its name.
    pub value: String,
    /// Share of its variance that is explained.
    pub r2: f64,
}

/// What predicted numbers are worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValueFindings {
    /// Mean absolute error over images and numbers.
    pub mae: f64,
    /// How many numbers are predicted of an image.
    #[serde(skip)]
    pub count: usize,
    /// Root of the mean squared error over images and numbers, which may have different units.
    pub rmse: f64,
    /// The same of always answering the mean of these images.
    pub rmse_of_mean: f64,
    /// Share of the variance that is explained, the mean of several numbers; none where all targets are equal.
    pub r2: Option<f64>,
    /// Of several numbers, that of which least is explained.
    pub weakest: Option<WeakValue>,
    /// What is wrong with it.
    pub alarm: Option<Alarm>,
}

impl ValueFindings {
    pub(super) fn new(measured: &ValueMeasures, names: &[String]) -> Self {
        let outputs = measured.outputs.len().max(1) as f64;
        let variance = measured.outputs.iter().map(|score| score.variance).sum::<f64>() / outputs;
        let explained = |(number, score): (usize, &ValueScore)| {
            let value = names.get(number).cloned().unwrap_or_else(|| number.to_string());
            Some(WeakValue { value, r2: score.r2? })
        };
        let all = measured.outputs.iter().enumerate().filter_map(explained);
        let weakest = all.min_by(|a, b| a.r2.total_cmp(&b.r2)).filter(|_| measured.outputs.len() > 1);
        ValueFindings {
            mae: measured.mae,
            count: measured.outputs.len(),
            rmse: measured.mse.sqrt(),
            rmse_of_mean: variance.sqrt(),
            r2: measured.r2,
            weakest,
            alarm: measured.r2.filter(|&r2| r2 <= 0.0).map(|_| Alarm::NoBetter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(outputs: &[f32], targets: &[f32], width: usize) -> ValueFindings {
        let names = ["size", "weight"].map(String::from);
        ValueFindings::new(&ValueMeasures::new(outputs, targets, width), &names)
    }

    #[test]
    fn errors_stand_beside_those_of_the_mean() {
        let one = found(&[1.0, 2.0, 4.0], &[1.0, 2.0, 3.0], 1);
        assert!(
            (one.rmse - (1.0f64 / 3.0).sqrt()).abs() < 1e-9 && (one.rmse_of_mean - (2.0f64 / 3.0).sqrt()).abs() < 1e-9
        );
        assert_eq!((one.r2, one.weakest, one.alarm), (Some(0.5), None, None));
        let two = found(&[1.0, 5.0, 2.0, 5.0, 3.0, 5.0], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0], 2);
        assert_eq!(two.weakest, Some(WeakValue { value: "weight".into(), r2: 0.0 }));
    }

    #[test]
    fn the_mean_is_no_model() {
        assert_eq!(found(&[2.0, 2.0, 2.0], &[1.0, 2.0, 3.0], 1).alarm, Some(Alarm::NoBetter));
        assert_eq!(found(&[2.0, 2.0], &[2.0, 2.0], 1).alarm, None, "equal targets explain nothing");
    }
}
