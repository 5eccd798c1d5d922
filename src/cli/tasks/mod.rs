//! What the command line says, answers and draws for each task. The table is parallel to [`TASKS`](crate::tasks::TASKS).

mod classify;
mod generate;
mod labels;
mod reconstruct;
mod regress;

use std::path::Path;

use serde_json::Value;

use super::args::{PredictArgs, TrainArgs, Typed};
use super::weights::say_who;
use super::{CliError, Exit, open, pictures};
use crate::checkpoint::Checkpoint;
use crate::config::{LossConfig, RunConfig};
use crate::data::{Dataset, Split, TableOptions};
use crate::model::{InputKind, ModelSpec};
use crate::report::draw::Picture;
use crate::report::{percent, say};
use crate::tasks::Task;
use crate::train::{Answer, Predictor, Ranked, Trainer, check_data};

static VIEWS: [&dyn TaskView; 5] =
    [&classify::Classify, &labels::Labels, &regress::Regress, &reconstruct::Reconstruct, &generate::Generate];

/// What the command line shows of a task.
///
/// # Panics
/// Never: a test checks that every task has a view.
pub fn of(task: &dyn Task) -> &'static dyn TaskView {
    *VIEWS.iter().find(|view| view.task() == task.name()).expect("every task has a view")
}

/// What the command line says, answers and draws for a task.
pub trait TaskView: Sync {
    /// The task's name.
    fn task(&self) -> &'static str;

    /// Sets what was not typed to what suits such a model.
    fn apply_defaults(&self, _args: &TrainArgs, _model: &ModelSpec, _config: &mut RunConfig) {}

    /// The loss of a run before its data are read, which decide where the task is evaluated.
    ///
    /// # Errors
    /// [`CliError::Usage`] if options that were typed do not go with the task.
    fn loss(&self, _typed: &Typed) -> Result<LossConfig, CliError> {
        Ok(LossConfig::default())
    }

    /// A line of `train` about what is learned, with its heading.
    fn describe(&self, _trainer: &Trainer) -> Option<(&'static str, String)> {
        None
    }

    /// A command to try when a run has finished, after `lepton-gpu`; `RUN` stands for its folder.
    fn example(&self, input: InputKind) -> &'static str;

    /// Saves the picture of an epoch, where the task draws one.
    ///
    /// # Errors
    /// If it cannot be written.
    fn save_epoch(&self, _trainer: &Trainer, _epoch: u32, _out: &Path) -> Result<(), CliError> {
        Ok(())
    }

    /// What a run came to where nothing is evaluated, as lines with their headings.
    fn verdict(&self, _trainer: &Trainer, _out: &Path) -> Vec<String> {
        Vec::new()
    }

    /// An answer on an image, as `predict` prints it after the image's name; at most `top` classes.
    fn line(&self, answer: &Answer, top: usize) -> String;

    /// The same for `--json`, without the image's name.
    fn json(&self, answer: &Answer, top: usize) -> Value;

    /// Draws answers on images of a data set, for `predict --grid`.
    ///
    /// # Errors
    /// If the task has no such picture, or the data do not fit.
    fn grid(
        &self,
        args: &PredictArgs,
        checkpoint: &Checkpoint,
        out: &Path,
        adapter: Option<&str>,
    ) -> Result<Exit, CliError>;

    /// `predict` without `--grid`: an answer on each image that was named.
    ///
    /// # Errors
    /// If an image cannot be read, or the device fails.
    fn answer(&self, args: &PredictArgs, checkpoint: &Checkpoint, adapter: Option<&str>) -> Result<Exit, CliError> {
        let images = typed_images(args, checkpoint)?;
        let gpu = open(adapter)?;
        let answers = Predictor::new(&gpu, checkpoint, args.tta)?.predict(&images)?;
        let (rows, top) = (args.images.iter().zip(&answers), args.top as usize);
        if args.json {
            let row = |(path, answer)| {
                let mut row = self.json(answer, top);
                row["image"] = serde_json::json!(path);
                row
            };
            say!("{:#}", Value::from(rows.map(row).collect::<Vec<_>>()));
            return Ok(Exit::Done);
        }
        say_who(&gpu, checkpoint, 9);
        for (path, answer) in rows {
            say!("{}: {}", path.display(), self.line(answer, top));
        }
        Ok(Exit::Done)
    }
}

/// A class or label with its probability, in words.
pub fn spell(ranked: &Ranked) -> String {
    format!("{} {}", ranked.name, percent(ranked.probability))
}

/// The images that were named, `[n, h, w, c]` bytes of the model's input size.
fn typed_images(args: &PredictArgs, checkpoint: &Checkpoint) -> Result<Vec<u8>, CliError> {
    let model = checkpoint.meta.model()?;
    let mut bytes = Vec::new();
    for path in &args.images {
        bytes.extend(pictures::read(path, &model, &checkpoint.meta.config.images, args.invert)?);
    }
    Ok(bytes)
}

/// The images of a run's data, or of others, that a grid shows some of, from number `from` on.
struct GridData {
    data: Dataset,
}

impl GridData {
    /// Loads them and checks that they fit the model.
    fn load(args: &PredictArgs, checkpoint: &Checkpoint) -> Result<Self, CliError> {
        let grid = GridData { data: pictures::of_run(checkpoint, args.data.as_deref(), &TableOptions::default())? };
        let (split, which) = grid.split();
        if args.from >= split.len() {
            return Err(CliError::Usage(format!(
                "--from {}: there are only {} {which} images",
                args.from,
                split.len()
            )));
        }
        check_data(checkpoint, &grid.data)?;
        Ok(grid)
    }

    /// The images that tell most about the model, and what they are called.
    fn split(&self) -> (&Split, &'static str) {
        self.data.unseen()
    }
}

/// Image `i` of a split as a picture.
pub fn picture(split: &Split, i: usize) -> Result<Picture<'_>, CliError> {
    drawn(split.example(i), split.input().shape())
}

/// Pixels `[h, w, c]` as a picture.
fn drawn(pixels: &[u8], [height, width, channels]: [usize; 3]) -> Result<Picture<'_>, CliError> {
    Picture::new(pixels, [height, width, channels]).ok_or_else(|| {
        CliError::Usage(format!("only images of 1 or 3 channels can be drawn, but these have {channels}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::TASKS;

    #[test]
    fn every_task_has_one_view() {
        assert_eq!(VIEWS.map(TaskView::task), TASKS.map(Task::name));
        for task in TASKS {
            let view = of(task);
            for input in [InputKind::Images, InputKind::Texts, InputKind::Features] {
                assert!(view.example(input).contains("RUN"), "{}", task.name());
            }
        }
    }
}
