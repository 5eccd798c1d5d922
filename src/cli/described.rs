//! A run's data and model in a line each.

use super::text;
use crate::config::RunConfig;
use crate::data::{Dataset, Split, Values};
use crate::plan::{parameters, thousands};
use crate::train::{self, Trainer};

/// The data, with how many of them are learned, validate and test.
pub fn describe(dataset: &Dataset, config: &RunConfig) -> String {
    let [h, w, c] = dataset.input().shape();
    let train = dataset.train().map_or(0, Split::len);
    let used = config.limit.map_or(train, |limit| limit.min(train));
    if let Some(line) = text::describe(dataset, used) {
        return line;
    }
    let count = |split: Option<&Split>| thousands(split.map_or(0, Split::len) as u64);
    let held_out = train::held_out_images(dataset, config);
    let validation = match (dataset.validation(), held_out) {
        (None, 0) => String::new(),
        (None, held_out) => format!(", {} validation", thousands(held_out as u64)),
        (validation, _) => format!(", {} validation", count(validation)),
    };
    format!(
        "{} ({}): {} training{validation} and {} test images, {h}x{w}x{c}, {}",
        dataset.name(),
        dataset.source(),
        thousands((used - held_out) as u64),
        count(dataset.test()),
        learned(dataset)
    )
}

/// What is learned of images, counted.
fn learned(dataset: &Dataset) -> String {
    let values = dataset.train().and_then(Split::values);
    let [one, many] = match values.map(Values::are_labels) {
        None => ["class", "classes"],
        Some(true) => ["label", "labels"],
        Some(false) => ["number", "numbers"],
    };
    let count = dataset.classes().len();
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The model as `models` and `inspect` count it, with the work of a step.
pub fn describe_model(trainer: &Trainer) -> String {
    let plan = trainer.plan();
    // as `models` and `inspect` count: without running averages
    let parameters = parameters(trainer.model()).expect("the model was built");
    format!(
        "{}: {} parameters; {} step{} of {} images per epoch, {} kernel launches per step, {} kernels{}",
        plan.model,
        thousands(parameters),
        thousands(trainer.steps_per_epoch() as u64),
        if trainer.steps_per_epoch() == 1 { "" } else { "s" },
        trainer.images_per_step(),
        trainer.dispatches_per_step(),
        plan.target.family,
        if plan.is_tuned() { ", tuned" } else { "" }
    )
}
