//! A run's answers example by example: what its verdict is told from.

use std::borrow::Cow;

use super::error::TrainError;
use super::setup;
use crate::config::RunConfig;
use crate::data::Dataset;
use crate::metrics::{Answers, Examined};
use crate::session::images_of;
use crate::tasks;

/// Where an example is in its data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The split that has it there: a run may hold out some of the training split.
    pub split: Examined,
    /// Its number there, from 0.
    pub index: usize,
}

/// Answers on the examples that say what a run is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Looks {
    /// What these examples are to the run.
    pub of: Examined,
    /// Their mean loss.
    pub loss: f64,
    /// Where they are, in the data that the run learns from.
    pub examples: Vec<Place>,
    /// The answers, in the same order.
    pub answers: Answers,
}

/// The examples that say what a run is worth, as [`Trainer::assess`](super::Trainer::assess) chooses them, where they are, and the
/// run's data without what it does not learn.
///
/// # Errors
/// If the data do not fit the run.
pub fn looked_at<'a>(
    data: &'a Dataset,
    config: &RunConfig,
) -> Result<(Examined, Vec<Place>, Cow<'a, Dataset>), TrainError> {
    let mut config = config.clone();
    let data = tasks::of(&config.loss).restrict_to_normal(data, &mut config)?;
    let order = setup::order(&data, &config)?;
    let (of, range) = setup::looked_at(&order, &config);
    let places = setup::places(&order, &images_of(&order, &range));
    Ok((of, places, data))
}
