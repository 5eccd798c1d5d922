//! `lepton-gpu predict`: answers on any number of images, decoded on all cores while the device answers.

pub(in crate::cli) mod inputs;
mod output;
mod progress;
mod sorting;
mod submission;

use std::sync::mpsc::sync_channel;

use rayon::prelude::*;

use super::args::PredictArgs;
use super::tasks::{self, Asking, TaskView};
use super::thresholds::Thresholds;
use super::{CliError, Exit, open, pictures, text, weights};
use crate::checkpoint::{Checkpoint, locate};
use crate::data::picture::DecodeError;
use crate::data::{self, TableOptions};
use crate::report::aside;
use crate::session::check_pictures;
use crate::train::{TrainError, check_data};
use inputs::Input;
pub use output::Output;
use progress::Progress;
use sorting::Sorting;

pub fn run(args: &PredictArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let checkpoint = Checkpoint::read(&locate(&args.run)?)?;
    let view = tasks::of(crate::tasks::of(&checkpoint.meta.config.loss));
    if let Some(vocabulary) = &checkpoint.meta.vocabulary {
        return text::answer(args, &checkpoint, vocabulary, adapter);
    }
    if args.lines.is_some() {
        return Err(CliError::Usage(
            "--lines is for texts, but this model takes images\n  try: the names of image files".into(),
        ));
    }
    match &args.grid {
        Some(out) => view.grid(args, &checkpoint, out, adapter),
        None => answer(view, args, &checkpoint, adapter),
    }
}

/// Images that are decoded at a time.
const AT_A_TIME: usize = 256;

/// Images that are named where none can be read.
const NAMED: usize = 8;

/// Images of the model's size, or why there is none.
type Decoded = Vec<Result<Vec<u8>, DecodeError>>;

/// Answers on every image that was named; what cannot be read is reported and left out.
fn answer(
    view: &dyn TaskView,
    args: &PredictArgs,
    checkpoint: &Checkpoint,
    adapter: Option<&str>,
) -> Result<Exit, CliError> {
    view.check_answers(args, checkpoint)?;
    let model = checkpoint.meta.model()?;
    check_pictures(&model).map_err(TrainError::from)?;
    let mut output = Output::new(args, "image", view, &checkpoint.meta.classes)?;
    if let [data] = &args.images[..]
        && let Some(data) = data.to_str().filter(|data| data::holds_arrays(data))
    {
        return answer_data(view, args, checkpoint, adapter, data);
    }
    let inputs = inputs::find(&args.images)?;
    let mut sorting = args
        .sort_into
        .as_deref()
        .map(|folder| Sorting::into(folder, args.link, &checkpoint.meta.classes))
        .transpose()?;
    let thresholds = Thresholds::of_run(&args.run, &args.threshold, &checkpoint.meta)?;
    let gpu = open(adapter)?;
    let asking = Asking::new(args, &gpu, checkpoint, thresholds);
    let mut progress = Progress::of(inputs.len());
    // before the first answer, and not before an error about all of them
    let mut told = false;
    let mut unread: Vec<(&Input, DecodeError)> = Vec::new();
    let images = &checkpoint.meta.config.images;
    let decode = |input: &Input| pictures::decode(&input.place, &model, images, args.invert);
    std::thread::scope(|scope| -> Result<(), CliError> {
        let (sender, receiver) = sync_channel::<(&[Input], Decoded)>(1);
        let (inputs, decode) = (&inputs, &decode);
        scope.spawn(move || {
            // ends when the receiver does
            inputs.chunks(AT_A_TIME).all(|part| sender.send((part, part.par_iter().map(decode).collect())).is_ok())
        });
        for (part, decoded) in receiver {
            let (mut read, mut bytes) = (Vec::new(), Vec::new());
            for (input, outcome) in part.iter().zip(decoded) {
                match outcome {
                    Ok(image) => {
                        read.push(input);
                        bytes.extend(image);
                    }
                    Err(error) => unread.push((input, error)),
                }
            }
            let rows = if read.is_empty() { Vec::new() } else { view.rows(&asking, bytes, read.len())? };
            if !rows.is_empty() && !told {
                weights::tell_who(&gpu, checkpoint);
                view.facts(checkpoint).iter().chain(&asking.thresholds.lines).for_each(|line| aside!("{line}"));
                told = true;
            }
            for (input, row) in read.iter().zip(rows) {
                sorting.as_mut().map_or(Ok(()), |sorting| sorting.put(&input.place, &row))?;
                output.take(&input.id, row);
            }
            progress.advance(part.len());
        }
        Ok(())
    })?;
    sorting.iter().for_each(Sorting::finish);
    finish(inputs.len(), output, &progress, unread)
}

/// Answers on a data set whose images are no files: on the split that `eval` takes.
fn answer_data(
    view: &dyn TaskView,
    args: &PredictArgs,
    checkpoint: &Checkpoint,
    adapter: Option<&str>,
    spec: &str,
) -> Result<Exit, CliError> {
    if args.sort_into.is_some() {
        let problem = format!("--sort-into needs image files, but {spec} holds images in files of its own kind");
        return Err(CliError::Usage(problem + "\n  try: --csv"));
    }
    let data = pictures::of_run(checkpoint, Some(spec), &TableOptions::default())?;
    let (split, name) = data.unseen();
    check_data(checkpoint, &data)?;
    let thresholds = Thresholds::of_run(&args.run, &args.threshold, &checkpoint.meta)?;
    let gpu = open(adapter)?;
    let asking = Asking::new(args, &gpu, checkpoint, thresholds);
    let mut output = Output::new(args, "image", view, &checkpoint.meta.classes)?;
    let mut progress = Progress::of(split.len());
    for start in (0..split.len()).step_by(AT_A_TIME) {
        let end = split.len().min(start + AT_A_TIME);
        let mut bytes = split.range(start..end).map_err(TrainError::from)?.into_owned();
        if args.invert {
            bytes.iter_mut().for_each(|value| *value = 255 - *value);
        }
        let rows = view.rows(&asking, bytes, end - start)?;
        if start == 0 {
            weights::tell_who(&gpu, checkpoint);
            view.facts(checkpoint).iter().chain(&asking.thresholds.lines).for_each(|line| aside!("{line}"));
        }
        (start..end).zip(rows).for_each(|(i, row)| output.take(&format!("{name} {i}"), row));
        progress.advance(end - start);
    }
    let is_whole = output.finish()?;
    progress.finish(split.len());
    Ok(if is_whole { Exit::Done } else { Exit::GoalNotMet })
}

fn finish(
    total: usize,
    output: Output,
    progress: &Progress,
    mut unread: Vec<(&Input, DecodeError)>,
) -> Result<Exit, CliError> {
    if let [_] = unread[..]
        && total == 1
    {
        let (input, source) = unread.remove(0);
        return Err(input.unreadable(source));
    }
    let line = |(input, error): &(&Input, DecodeError)| format!("{}: {error}{}", input.id, input.origin());
    if unread.len() == total {
        let named: Vec<String> = unread.iter().take(NAMED).map(|one| format!("\n    {}", line(one))).collect();
        let more = if total > NAMED { format!("\n    and {} more", total - NAMED) } else { String::new() };
        return Err(CliError::Usage(format!("none of the {total} images can be read:{}{more}", named.concat())));
    }
    unread.iter().for_each(|one| aside!("skipped  {}", line(one)));
    let is_whole = output.finish()?;
    progress.finish(total - unread.len());
    if !unread.is_empty() {
        aside!("{} of {total} images cannot be read", unread.len());
    }
    Ok(if unread.is_empty() && is_whole { Exit::Done } else { Exit::GoalNotMet })
}
