//! `lepton-gpu predict`

use super::args::PredictArgs;
use super::{CliError, Exit, tasks, text};
use crate::checkpoint::{Checkpoint, locate};

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
        None => view.answer(args, &checkpoint, adapter),
    }
}
