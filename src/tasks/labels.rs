//! Several labels for each image, each there or not.

use super::targets::{self, Check};
use super::{Splits, Task, TaskError};
use crate::config::{LossConfig, RunConfig, TargetKind};
use crate::data::Dataset;
use crate::gpu::GpuError;
use crate::metrics::{Answers, Criterion, Metrics, Totals};
use crate::session::{Session, Targets};

/// Says of each label whether it is there.
#[derive(Debug)]
pub(super) struct Labels;

/// A label is there, or not, or something between.
const SHARE: Check = Check { wanted: "between 0 and 1", fits: |v| (0.0..=1.0).contains(&v) };

impl Task for Labels {
    fn name(&self) -> &'static str {
        "labels"
    }

    fn targets(&self) -> &'static [TargetKind] {
        &[TargetKind::Labels]
    }

    fn read_targets(&self, config: &RunConfig, data: &Dataset, splits: &Splits) -> Result<Targets, TaskError> {
        let values = targets::values(&config.loss, data, splits, SHARE)?;
        Ok(Targets { labels: targets::labels(splits), values: Some(values), ..Targets::default() })
    }

    fn output_names(&self, _loss: &LossConfig, data: &Dataset, outputs: usize) -> Vec<String> {
        targets::names(data, outputs)
    }

    fn criteria(&self, _outputs: usize, _normal: bool) -> Vec<Criterion> {
        vec![Criterion::MacroF1, Criterion::Auc, Criterion::Accuracy, Criterion::Loss]
    }

    /// An image is right where all of its labels are.
    fn metrics(&self, totals: &Totals) -> Metrics {
        let accuracy = Some(totals.mean(totals.correct as f64));
        Metrics { loss: totals.loss(), accuracy, ..Metrics::default() }
    }

    fn answers(&self, session: &Session, images: &[usize]) -> Result<Option<Answers>, GpuError> {
        Ok(targets::outputs(session, images)?.map(Answers::Labels))
    }

    /// The logistic function of each output, in f64.
    fn probabilities(&self, outputs: &[f32]) -> Vec<f64> {
        outputs.iter().map(|&output| 1.0 / (1.0 + (-f64::from(output)).exp())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_label_has_a_probability_of_its_own() {
        assert_eq!(Labels.probabilities(&[1e4, -1e4, 0.0]), [1.0, 0.0, 0.5]);
    }
}
