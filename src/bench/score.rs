//! The one comparable number.

use super::reference::References;
use super::{Score, ScorePart, TrainingResult};

const DEFINITION: &str = "100 times the geometric mean, over three models trained in f32 at their smaller batch, of images a \
     second as a multiple of the baseline's: software Vulkan (llvmpipe, Mesa 25.0.7) on two cores";

/// The score of these results; none where a workload of it is missing, or any loss is wrong: a fast device that computes
/// something else is not fast.
pub fn score(training: &[TrainingResult], references: &References) -> Option<Score> {
    if training.iter().any(|result| result.loss.is_some_and(|loss| !loss.passed())) {
        return None;
    }
    let part = |network: &super::reference::Reference| {
        let of = |t: &&TrainingResult| t.model == network.model && t.batch == network.batch && t.precision == "f32";
        let result = training.iter().find(of)?;
        // without a checked loss it does not count
        result.loss?;
        let workload = format!("{}, batch {}, f32", network.model, network.batch);
        let baseline = network.baseline_images_per_second;
        Some(ScorePart { workload, images_per_second: result.images_per_second, baseline })
    };
    let parts = references.network.iter().map(part).collect::<Option<Vec<_>>>()?;
    let logarithms = parts.iter().map(|part| (part.images_per_second / part.baseline).ln()).sum::<f64>();
    let value = 100.0 * (logarithms / parts.len() as f64).exp();
    Some(Score { value, definition: DEFINITION.into(), parts })
}
