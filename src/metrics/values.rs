//! Numbers that are predicted.

use serde::Serialize;

/// Errors of one output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ValueScore {
    /// Mean absolute error.
    pub mae: f64,
    /// Mean squared error.
    pub mse: f64,
    /// Variance of the targets: the mean squared error of always answering their mean.
    pub variance: f64,
    /// Share of the variance that is explained; none where all targets are equal.
    pub r2: Option<f64>,
}

/// What was measured over numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValueMeasures {
    /// Number of images that were evaluated.
    pub images: usize,
    /// Mean absolute error over images and outputs.
    pub mae: f64,
    /// Mean squared error over images and outputs.
    pub mse: f64,
    /// Mean over the outputs of the share of their variance that is explained.
    pub r2: Option<f64>,
    /// Errors of each output, in the order of the model's outputs.
    pub outputs: Vec<ValueScore>,
}

impl ValueMeasures {
    /// Compares outputs with targets, both `[images, width]`.
    pub fn new(outputs: &[f32], targets: &[f32], width: usize) -> Self {
        let images = outputs.len() / width.max(1);
        let of = |column: usize| score(column, outputs, targets, width, images.max(1) as f64);
        let scores: Vec<ValueScore> = (0..width).map(of).collect();
        let mean = |part: fn(&ValueScore) -> f64| scores.iter().map(part).sum::<f64>() / width.max(1) as f64;
        let explained: Vec<f64> = scores.iter().filter_map(|s| s.r2).collect();
        ValueMeasures {
            images,
            mae: mean(|s| s.mae),
            mse: mean(|s| s.mse),
            r2: (!explained.is_empty()).then(|| explained.iter().sum::<f64>() / explained.len() as f64),
            outputs: scores,
        }
    }
}

fn score(column: usize, outputs: &[f32], targets: &[f32], width: usize, images: f64) -> ValueScore {
    let pairs = || {
        let pairs = outputs.iter().zip(targets).skip(column).step_by(width);
        pairs.map(|(&output, &target)| (f64::from(output), f64::from(target)))
    };
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs().map(|(output, target)| of(output, target)).sum::<f64>();
    let mean = sum(&|_, target| target) / images;
    let squares = sum(&|output, target| (output - target).powi(2));
    let variance = sum(&|_, target| (target - mean).powi(2));
    ValueScore {
        mae: sum(&|output, target| (output - target).abs()) / images,
        mse: squares / images,
        variance: variance / images,
        r2: (variance > 0.0).then(|| 1.0 - squares / variance),
    }
}
