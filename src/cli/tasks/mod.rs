//! What the command line says, answers and draws for each task. The table is parallel to [`TASKS`](crate::tasks::TASKS).

pub mod classify;
mod generate;
mod labels;
mod reconstruct;
mod regress;

use std::cell::OnceCell;
use std::path::Path;

use serde_json::Value;

use super::args::{PredictArgs, TrainArgs, Typed};
use super::thresholds::Thresholds;
use super::{CliError, Exit, pictures};
use crate::checkpoint::Checkpoint;
use crate::config::{LossConfig, RunConfig};
use crate::data::{Dataset, Split, TableOptions};
use crate::gpu::Gpu;
use crate::model::{InputKind, ModelSpec};
use crate::report::draw::Picture;
use crate::report::percent;
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

    /// The picture of an epoch, where the task draws one.
    ///
    /// # Errors
    /// If it cannot be drawn.
    fn epoch_picture(&self, _trainer: &Trainer, _epoch: u32) -> Result<Option<image::RgbImage>, CliError> {
        Ok(None)
    }

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

    /// Whether a model of this task answers on images.
    ///
    /// # Errors
    /// [`CliError::Usage`] if it does not, or not with these options.
    fn check_answers(&self, _args: &PredictArgs, _checkpoint: &Checkpoint) -> Result<(), CliError> {
        Ok(())
    }

    /// Lines about the model that answers, beside which weights it has.
    fn facts(&self, _checkpoint: &Checkpoint) -> Vec<String> {
        Vec::new()
    }

    /// What the columns of a table of answers are called.
    fn columns(&self, _classes: &[String]) -> Vec<String> {
        vec!["prediction".into()]
    }

    /// What the probabilities of an answer are called, in their order; none where it has none.
    fn probabilities<'a>(&self, classes: &'a [String]) -> &'a [String] {
        classes
    }

    /// The cells of an answer, one for each column.
    fn cells(&self, answer: &Answer) -> Vec<String>;

    /// The class that an answer chooses, where it chooses one.
    fn class(&self, _answer: &Answer) -> Option<String> {
        None
    }

    /// An answer in all its forms.
    fn row(&self, answer: &Answer, top: usize) -> Row {
        Row {
            line: self.line(answer, top),
            json: self.json(answer, top),
            cells: self.cells(answer),
            class: self.class(answer),
            probabilities: answer.probabilities.clone(),
        }
    }

    /// Answers on `count` images of the model's input size.
    ///
    /// # Errors
    /// If the device fails.
    fn rows(&self, asking: &Asking, images: Vec<u8>, _count: usize) -> Result<Vec<Row>, CliError> {
        let answers = asking.predictor()?.predict(&images)?;
        Ok(answers.iter().map(|answer| self.row(answer, asking.args.top as usize)).collect())
    }
}

/// An answer in all its forms.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// For people.
    pub line: String,
    /// An object, without the image's name.
    pub json: Value,
    /// Cells of a table, after the image's name.
    pub cells: Vec<String>,
    /// The class that was chosen, where one is.
    pub class: Option<String>,
    /// Probability of each class or label; empty where there are none.
    pub probabilities: Vec<f64>,
}

/// What is asked of a model: everything that answers need.
pub struct Asking<'a> {
    pub args: &'a PredictArgs,
    pub gpu: &'a Gpu,
    pub checkpoint: &'a Checkpoint,
    /// Made when it is first needed: some tasks do without.
    predictor: OnceCell<Predictor>,
    /// What decides between classes, or which labels are there.
    pub thresholds: Thresholds,
}

impl<'a> Asking<'a> {
    pub fn new(args: &'a PredictArgs, gpu: &'a Gpu, checkpoint: &'a Checkpoint, thresholds: Thresholds) -> Self {
        Asking { args, gpu, checkpoint, predictor: OnceCell::new(), thresholds }
    }

    fn predictor(&self) -> Result<&Predictor, CliError> {
        if self.predictor.get().is_none() {
            let _ = self.predictor.set(self.thresholds.predictor(self.gpu, self.checkpoint, self.args.tta)?);
        }
        Ok(self.predictor.get().expect("it was just set"))
    }
}

/// A class or label with its probability, in words.
pub fn spell(ranked: &Ranked) -> String {
    format!("{} {}", ranked.name, percent(ranked.probability))
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

/// Pixels `[h, w, c]` as a picture.
pub fn drawn(pixels: &[u8], [height, width, channels]: [usize; 3]) -> Result<Picture<'_>, CliError> {
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
