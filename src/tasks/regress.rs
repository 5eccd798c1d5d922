//! Numbers for each image.

use super::targets::{self, Check};
use super::{Splits, Task, TaskError};
use crate::config::{LossConfig, RunConfig, TargetKind};
use crate::data::Dataset;
use crate::gpu::GpuError;
use crate::metrics::{Answers, Criterion, Metrics, Totals};
use crate::session::{Session, Targets};

/// Predicts numbers for each image, which are compared with the data's values.
#[derive(Debug)]
pub(super) struct Regress;

const FINITE: Check = Check { wanted: "finite", fits: f32::is_finite };

impl Task for Regress {
    fn name(&self) -> &'static str {
        "regress"
    }

    fn targets(&self) -> &'static [TargetKind] {
        &[TargetKind::Numbers]
    }

    fn read_targets(&self, config: &RunConfig, data: &Dataset, splits: &Splits) -> Result<Targets, TaskError> {
        let values = targets::values(&config.loss, data, splits, FINITE)?;
        let (labels, scale) = (targets::labels(splits), config.targets.clone());
        Ok(Targets { labels, values: Some(values), scale, ..Targets::default() })
    }

    fn output_names(&self, _loss: &LossConfig, data: &Dataset, outputs: usize) -> Vec<String> {
        targets::names(data, outputs)
    }

    fn criteria(&self, _outputs: usize, _normal: bool) -> Vec<Criterion> {
        vec![Criterion::Loss, Criterion::R2]
    }

    fn metrics(&self, totals: &Totals) -> Metrics {
        Metrics { loss: totals.loss(), ..Metrics::default() }
    }

    fn answers(&self, session: &Session, images: &[usize]) -> Result<Option<Answers>, GpuError> {
        Ok(targets::outputs(session, images)?.map(Answers::Values))
    }
}
