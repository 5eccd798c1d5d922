//! What a run's best epoch is chosen by.

use super::{Task, TaskError};
use crate::config::{BestBy, RunConfig};
use crate::data::Balance;
use crate::losses::TargetKind;
use crate::metrics::{Best, Criterion, Metrics};

/// What the best epoch of a run is chosen by, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judging {
    /// The criterion.
    pub by: Criterion,
    /// Why this one.
    pub why: Why,
}

/// Why a criterion was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// The configuration names it.
    Asked,
    /// No images validate an epoch, so that only the loss of the training images is known.
    NotValidated,
    /// The commonest class has so many times the images of the rarest one.
    Unequal(f64),
    /// So few images validate that the share of right ones is mostly chance.
    Few(usize),
    /// The loss weighs classes or labels differently.
    Weighted,
    /// It is what the task is usually judged by.
    Usual,
}

/// Of fewer validation images the epoch with the most right answers is no better than another. With eight photos of each class of
/// TrashNet learned and two held out, in PyTorch, it was 2.5 points worse on other photos than the last epoch; the one with the smallest
/// loss was 0.4 worse.
const FEW: usize = 50;

impl Judging {
    /// What the epochs of a run are judged by, whose model has so many `outputs`; none where no epoch is better than another.
    ///
    /// # Errors
    /// [`TaskError::BestBy`] if the configuration names what the run does not measure.
    pub fn new(
        task: &dyn Task,
        config: &RunConfig,
        outputs: usize,
        balance: &Balance,
        validated: bool,
    ) -> Result<Option<Self>, TaskError> {
        let mut known = task.criteria(outputs, !config.normal.is_empty());
        if !validated {
            // of the training images only the loss is known while they are learned
            known.retain(|&by| by == Criterion::Loss);
        }
        match config.best_by {
            BestBy::Criterion(by) if known.contains(&by) => Ok(Some(Judging { by, why: Why::Asked })),
            BestBy::Criterion(by) => Err(TaskError::BestBy { by, known, validated }),
            BestBy::Auto if !validated => Ok(known.first().map(|&by| Judging { by, why: Why::NotValidated })),
            BestBy::Auto => Ok(known.first().map(|&by| Self::usual(by, task, config, balance))),
        }
    }

    fn usual(by: Criterion, task: &dyn Task, config: &RunConfig, balance: &Balance) -> Self {
        let usual = Judging { by, why: Why::Usual };
        if !task.targets().contains(&TargetKind::Label) {
            return usual;
        }
        let validated = balance.validated.iter().sum();
        if (1..FEW).contains(&validated) {
            return Judging { by: Criterion::Loss, why: Why::Few(validated) };
        }
        let (by, weights) = (Criterion::MacroF1, config.loss.weights());
        match (balance.is_unequal(), weights.windows(2).any(|two| two[0] != two[1])) {
            (true, _) => Judging { by, why: Why::Unequal(balance.ratio()) },
            (false, true) => Judging { by, why: Why::Weighted },
            (false, false) => usual,
        }
    }

    /// How good an epoch was, whose number is counted from 1. What has no meaning on its images, such as the AUC of a single
    /// class, counts as 0, so that losses decide.
    pub(crate) fn judge(&self, epoch: u32, train: &Metrics, validation: Option<&Metrics>) -> Best {
        let metrics = validation.unwrap_or(train);
        let score = self.by.value(metrics).unwrap_or(0.0);
        Best { epoch: Some(epoch), by: self.by, score, loss: Some(metrics.judged_loss()) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::of;
    use super::*;
    use crate::config::LossConfig;
    use crate::losses::{Adversarial, Bce, CrossEntropy, LossTarget, Mse};

    fn weighted(weights: &[f32]) -> LossConfig {
        CrossEntropy { class_weights: weights.to_vec(), ..CrossEntropy::default() }.into()
    }

    /// For two classes of so many images.
    fn chosen(loss: LossConfig, images: [usize; 2], best_by: BestBy, validated: bool) -> Result<Judging, TaskError> {
        let labels = [vec![0; images[0]], vec![1; images[1]]].concat();
        by_validation(loss, labels, if validated { 50 } else { 0 }, best_by)
    }

    /// With so many validation images of the first class.
    fn by_validation(
        loss: LossConfig,
        labels: Vec<u32>,
        validated: usize,
        best_by: BestBy,
    ) -> Result<Judging, TaskError> {
        let config = RunConfig { loss, best_by, ..RunConfig::default() };
        let balance = Balance::count(2, labels, vec![0; validated]);
        Judging::new(of(&config.loss), &config, 2, &balance, validated > 0).map(Option::unwrap)
    }

    #[test]
    fn the_loss_chooses_where_few_images_validate() {
        for (labels, validated, by, why) in [
            ([20, 20], 49, Criterion::Loss, Why::Few(49)),
            ([20, 20], 50, Criterion::Accuracy, Why::Usual),
            ([95, 5], 10, Criterion::Loss, Why::Few(10)),
        ] {
            let labels = [vec![0; labels[0]], vec![1; labels[1]]].concat();
            let of = |by| by_validation(LossConfig::default(), labels.clone(), validated, by);
            assert_eq!(of(BestBy::Auto), Ok(Judging { by, why }));
            let asked = Judging { by: Criterion::Accuracy, why: Why::Asked };
            assert_eq!(of(BestBy::Criterion(Criterion::Accuracy)), Ok(asked));
        }
    }

    #[test]
    fn task_data_and_weights_say_what_counts() {
        use Criterion::{Accuracy, Loss, MacroF1};
        let input = || Mse { target: LossTarget::Input }.into();
        for (loss, images, validated, by, why) in [
            (LossConfig::default(), [20, 20], true, Accuracy, Why::Usual),
            (LossConfig::default(), [29, 10], true, Accuracy, Why::Usual),
            (LossConfig::default(), [30, 10], true, MacroF1, Why::Unequal(3.0)),
            (weighted(&[1.0, 2.0]), [20, 20], true, MacroF1, Why::Weighted),
            (weighted(&[2.0, 2.0]), [20, 20], true, Accuracy, Why::Usual),
            (weighted(&[1.0, 19.0]), [95, 5], true, MacroF1, Why::Unequal(19.0)),
            (LossConfig::default(), [95, 5], false, Loss, Why::NotValidated),
            (Bce::default().into(), [20, 20], true, MacroF1, Why::Usual),
            (Mse::default().into(), [20, 20], true, Loss, Why::Usual),
            (input(), [95, 5], true, Loss, Why::Usual),
        ] {
            let expected = Ok(Judging { by, why });
            assert_eq!(chosen(loss.clone(), images, BestBy::Auto, validated), expected, "{loss:?} {images:?}");
        }
    }

    #[test]
    fn what_is_asked_for_counts_if_it_is_measured() {
        let asked = |loss, by, validated| chosen(loss, [95, 5], BestBy::Criterion(by), validated);
        for by in [Criterion::Accuracy, Criterion::MacroF1, Criterion::Auc, Criterion::Loss] {
            assert_eq!(asked(LossConfig::default(), by, true), Ok(Judging { by, why: Why::Asked }));
        }
        let refused = [
            asked(LossConfig::default(), Criterion::R2, true),
            asked(Mse::default().into(), Criterion::MacroF1, true),
            asked(LossConfig::default(), Criterion::Accuracy, false),
        ];
        for refused in refused {
            assert!(matches!(refused, Err(TaskError::BestBy { .. })), "{refused:?}");
        }
        assert!(asked(LossConfig::default(), Criterion::Loss, false).is_ok());
        let config = RunConfig { loss: Adversarial::default().into(), ..RunConfig::default() };
        let judged = |config: &RunConfig| Judging::new(of(&config.loss), config, 1, &Balance::default(), true);
        assert_eq!(judged(&config), Ok(None), "no epoch of two networks is the best");
        let asked = RunConfig { best_by: BestBy::Criterion(Criterion::Loss), ..config };
        assert!(judged(&asked).is_err());
    }
}
