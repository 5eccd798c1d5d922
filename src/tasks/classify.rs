//! One class for each image: a label, or a distribution over the classes.

use super::targets::{self, Check};
use super::{Splits, Task, TaskError};
use crate::config::{LossConfig, RunConfig, TargetKind};
use crate::data::Dataset;
use crate::gpu::GpuError;
use crate::metrics::{Answers, ClassAnswer, Criterion, Metrics, Totals};
use crate::model::ModelSpec;
use crate::plan::{Buffer, RECORDED};
use crate::session::{Session, Targets};

/// Chooses one of several classes.
#[derive(Debug)]
pub(super) struct Classify;

/// The values of a distribution.
const SHARES: Check = Check { wanted: "0 or more", fits: |v| v.is_finite() && v >= 0.0 };

impl Task for Classify {
    fn name(&self) -> &'static str {
        "classify"
    }

    fn targets(&self) -> &'static [TargetKind] {
        &[TargetKind::Label, TargetKind::Distribution]
    }

    fn read_targets(&self, config: &RunConfig, data: &Dataset, splits: &Splits) -> Result<Targets, TaskError> {
        if config.loss.target_kind() == TargetKind::Label {
            if let Some(values) = splits.iter().find_map(|(split, _)| split.values()) {
                let (loss, data) = (config.loss.name(), data.name().to_string());
                return Err(TaskError::NeedsClasses { loss, data, width: values.width });
            }
            return Ok(Targets { labels: targets::labels(splits), ..Targets::default() });
        }
        let values = targets::values(&config.loss, data, splits, SHARES)?;
        let rows = || values.data.chunks_exact(values.width);
        let total = |row: &[f32]| row.iter().map(|&v| f64::from(v)).sum::<f64>();
        if let Some((image, sum)) = rows().map(total).enumerate().find(|(_, sum)| (sum - 1.0).abs() > 1e-3) {
            return Err(TaskError::NoDistribution { data: data.name().to_string(), image, sum });
        }
        let labels = rows().map(largest).collect();
        Ok(Targets { labels, values: Some(values), ..Targets::default() })
    }

    fn check_classes(
        &self,
        loss: &LossConfig,
        data: &Dataset,
        model: &ModelSpec,
        outputs: usize,
    ) -> Result<(), TaskError> {
        // a distribution's width is compared when its values are read
        if loss.target_kind() == TargetKind::Distribution || outputs == data.classes().len() {
            return Ok(());
        }
        Err(TaskError::Classes {
            model: model.name.clone(),
            layer: model.layers.last().map_or(String::new(), |layer| layer.name.clone()),
            outputs,
            data: data.name().to_string(),
            classes: data.classes().len(),
        })
    }

    fn output_names(&self, loss: &LossConfig, data: &Dataset, outputs: usize) -> Vec<String> {
        match loss.target_kind() {
            TargetKind::Label => data.classes().to_vec(),
            _ => targets::names(data, outputs),
        }
    }

    fn criteria(&self, outputs: usize, _normal: bool) -> Vec<Criterion> {
        let auc = (outputs == 2).then_some(Criterion::Auc);
        [Criterion::Accuracy, Criterion::MacroF1].into_iter().chain(auc).chain([Criterion::Loss]).collect()
    }

    fn metrics(&self, totals: &Totals) -> Metrics {
        let accuracy = Some(totals.mean(totals.correct as f64));
        Metrics { loss: totals.loss(), accuracy, ..Metrics::default() }
    }

    fn answers(&self, session: &Session, images: &[usize]) -> Result<Option<Answers>, GpuError> {
        let (Some(answers), Some(scores)) = (session.answers()?, session.kept(Buffer::Scores)?) else {
            return Ok(None);
        };
        let scores: Vec<f32> = bytemuck::pod_collect_to_vec(&scores);
        let answer = |&image: &usize| ClassAnswer {
            label: session.targets.labels[image],
            answer: answers[image][0],
            before: answers[image][1],
            confidence: scores[image * RECORDED],
            margin: scores[image * RECORDED + 1],
        };
        let answers = images.iter().map(answer).collect();
        Ok(Some(Answers::Classes { answers, classes: session.plan.classes }))
    }

    /// Softmax, in f64.
    fn probabilities(&self, outputs: &[f32]) -> Vec<f64> {
        let largest = outputs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers: Vec<f64> = outputs.iter().map(|&output| f64::from(output - largest).exp()).collect();
        let total: f64 = powers.iter().sum();
        powers.into_iter().map(|power| power / total).collect()
    }
}

/// The first of the largest values.
fn largest(row: &[f32]) -> u32 {
    (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best }) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_even_for_huge_logits() {
        assert_eq!(Classify.probabilities(&[1e30, -1e30, 1e30]), [0.5, 0.0, 0.5]);
    }
}
