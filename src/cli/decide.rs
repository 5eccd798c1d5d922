//! What a run will do where nothing was typed: the data are looked at, the rule decides, and both are said before anything is
//! decoded.

use super::CliError;
use super::args::TrainArgs;
use super::shared::Shared;
use crate::config::RunConfig;
use crate::data::{LoadOptions, Looked, Survey};
use crate::defaults::{Aim, Facts, Source, decide};
use crate::gpu::Gpu;
use crate::model::ModelSpec;
use crate::plan::thousands;
use crate::report::say;
use crate::tasks;
use crate::weights::BUILTIN;

/// What was found and decided.
pub struct Decided {
    /// What was typed, and what was decided as if it had been.
    pub args: TrainArgs,
    /// The device, already open.
    pub gpu: Gpu,
    /// The data, or their pictures.
    pub data: Looked,
}

/// Looks at the data of a run, decides what was not typed, and says so. `config` has what was typed, checked.
///
/// # Errors
/// If data or adapter are not there, or the model that was typed is none.
pub fn decided(args: &TrainArgs, config: &RunConfig, shared: &mut Shared) -> Result<Decided, CliError> {
    let model = args.typed.text("model").map(ModelSpec::open).transpose()?;
    let task = model.as_ref().map(tasks::of_model);
    let unlabelled = !config.normal.is_empty() || task.is_some_and(|task| !task.needs_labels());
    let (images, text, table) = (config.images.clone(), config.text.clone(), config.table.clone());
    let labels = config.labels_file();
    let options = LoadOptions { images, text, table, labels, unlabelled, ..LoadOptions::default() };
    let (survey, data) = shared.survey(config.data.as_deref(), &options)?;
    say!("found    {}", found(&survey));
    let gpu = shared.gpu()?;
    let facts = facts(args, config, &survey, model.as_ref(), gpu.summary().is_software());
    let decision = decide(&facts);
    decision.lines.iter().for_each(|line| say!("{:<8} {}", line.heading, line.text));
    let mut merged = TrainArgs { typed: args.typed.clone(), fixed: args.fixed.clone() };
    decision.settings.into_iter().for_each(|(key, text)| merged.typed.set(key, text));
    Ok(Decided { args: merged, gpu, data })
}

fn facts(args: &TrainArgs, config: &RunConfig, survey: &Survey, model: Option<&ModelSpec>, is_software: bool) -> Facts {
    let task = model.map(tasks::of_model).filter(|task| !task.needs_labels());
    let aim = match task {
        Some(task) if task.evaluates() => Aim::Input,
        Some(_) => Aim::Images,
        None => survey.aim,
    };
    let mut facts = Facts {
        aim,
        source: survey.examples,
        names: survey.names.clone(),
        counts: survey.counts.clone(),
        examples: survey.count,
        is_software,
        backbone: BUILTIN.first().map(|(model, _)| *model),
        is_bounded: model.is_some_and(|model| model.layers.last().is_some_and(|last| last.range().is_some())),
        typed: args.typed.iter().map(|(key, text)| (key.to_string(), text)).collect(),
    };
    if !config.normal.is_empty() {
        let is_normal =
            |(i, name): (usize, &String)| config.normal.iter().any(|own| own == name || *own == i.to_string());
        let normal = survey.names.iter().enumerate().map(is_normal).zip(&survey.counts);
        facts.examples.train = normal.filter(|(is_normal, _)| *is_normal).map(|(_, count)| count).sum();
    }
    facts
}

/// A data set in a line.
fn found(survey: &Survey) -> String {
    let count = |count: usize| thousands(count as u64);
    let Survey { count: examples, names, counts, .. } = survey;
    let what = match survey.examples {
        Source::Texts => "text",
        _ => "image",
    };
    let parts: Vec<String> =
        [(examples.train, "training"), (examples.validation, "validation"), (examples.test, "test")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, name)| format!("{} {name}", count(number)))
            .collect();
    let all = examples.train + examples.validation + examples.test;
    let plural = if all == 1 { "" } else { "s" };
    let total = match parts.as_slice() {
        [_] if examples.train > 0 => format!("{} {what}{plural}", count(all)),
        parts => format!("{} {what}{plural}", parts.join(", ")),
    };
    let several = if names.len() == 1 { "" } else { "s" };
    let learned = match survey.aim {
        Aim::Classes => {
            let each = match (counts.iter().max(), counts.iter().min()) {
                (Some(most), Some(least)) if most == least => format!(" of {} each", count(*most)),
                (Some(most), Some(least)) => format!(" of {} to {}", count(*least), count(*most)),
                _ => String::new(),
            };
            format!(" in {} class{}{each}", names.len(), if names.len() == 1 { "" } else { "es" })
        }
        Aim::Labels => format!(" with {} label{several}", names.len()),
        _ => format!(" with {} number{several}", names.len()),
    };
    let size = match (survey.size, survey.examples) {
        (Some([w, h]), Source::Pictures { colour, .. }) => {
            format!(", about {w}x{h}{}", if colour { "" } else { ", grey" })
        }
        (_, Source::Images([h, w, c])) => format!(", {h}x{w}x{c}"),
        _ => String::new(),
    };
    format!("{} ({}): {total}{learned}{size}", survey.name, survey.source)
}
