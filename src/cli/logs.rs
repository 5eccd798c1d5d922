//! `--log`: what a run tells in forms that other programs read, beside `events.jsonl`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::CliError;
use super::args::Typed;
use super::show::augmented;
use super::tasks::classify::{GRID, grid_of};
use super::tasks::{self, TaskView};
use super::thresholds::answers_on;
use super::truth::Truth;
use crate::checkpoint::write_atomically;
use crate::data::{Dataset, Input};
use crate::gpu::Gpu;
use crate::report::{Board, EpochTable, Log, say};
use crate::train::{Event, Metrics, Predictor, Trainer, validating};

/// The names of its forms.
pub const FORMS: [&str; 2] = ["csv", "tensorboard"];
/// A row an epoch.
const TABLE: &str = "metrics.csv";
/// TensorBoard's event files.
const BOARD: &str = "tensorboard";
/// Images of the augmented sheet.
const SHEET: usize = 6;

/// Logs that are being written.
pub struct Logs {
    out: PathBuf,
    table: Option<EpochTable>,
    board: Option<Board>,
    /// Epoch, images seen and the sum of their losses until the last event.
    so_far: (u32, u64, f64),
}

impl Logs {
    /// Those that were asked for, in folder `out`; a run that goes on has those that it had, too.
    pub fn open(out: &Path, typed: &Typed, trainer: &Trainer, resume: Option<PathBuf>) -> Result<Self, CliError> {
        let is_wanted = |form: &str, file: &str| {
            typed.all("log").iter().any(|own| own == form) || (resume.is_some() && out.join(file).exists())
        };
        let mut logs = Logs { out: out.into(), table: None, board: None, so_far: (0, 0, 0.0) };
        if is_wanted("csv", TABLE) {
            let before = resume.as_ref().map(|log| Log::read(log).map_err(CliError::file(log))).transpose()?;
            logs.table = Some(EpochTable::of(&before.unwrap_or_default()));
            logs.write_table()?;
        }
        if is_wanted("tensorboard", BOARD) {
            let folder = out.join(BOARD);
            logs.board = Some(Board::create(&folder, trainer.state().step).map_err(CliError::file(&folder))?);
        }
        Ok(logs)
    }

    fn write_table(&self) -> Result<(), CliError> {
        let Some(table) = &self.table else { return Ok(()) };
        Ok(write_atomically(&self.out.join(TABLE), table.to_csv().as_bytes())?)
    }

    /// Draws some training images as the run augments them, where it does.
    pub fn begin(&mut self, gpu: &Gpu, trainer: &Trainer, dataset: &Dataset) -> Result<(), CliError> {
        let (Some(board), Some(train)) = (&mut self.board, dataset.train()) else { return Ok(()) };
        let config = trainer.config();
        let is_drawn = matches!(train.input(), Input::Images { channels: 1 | 3, .. });
        if !is_drawn || config.augment == Default::default() {
            return Ok(());
        }
        let images: Vec<usize> = (0..train.len().min(SHEET)).collect();
        let title = format!("{} · augmented", dataset.name());
        let truth = |image| Truth::of(dataset, train, image, config.loss.target_kind());
        let sheet = augmented(gpu, &config.augment, (train, &truth), &images, config.seed, &title)?;
        board.picture("augmented", 0, &sheet).map_err(CliError::file(&self.out.join(BOARD)))
    }

    /// Takes in an event.
    pub fn take(&mut self, trainer: &Trainer, view: &dyn TaskView, event: &Event) -> Result<(), CliError> {
        if self.table.as_mut().is_some_and(|table| table.take(event)) {
            self.write_table()?;
        }
        let Some(board) = &mut self.board else { return Ok(()) };
        let mut failed = Ok(());
        let mut scalar = |tag: &str, step: u64, number: f64| {
            if failed.is_ok() {
                failed = board.scalar(tag, step, number);
            }
        };
        match event {
            Event::Progress { epoch, step, steps, seen, so_far, images, seconds, .. } => {
                let at = u64::from(epoch - 1) * *steps as u64 + *step as u64;
                let (_, before, sum) = if self.so_far.0 == *epoch { self.so_far } else { (*epoch, 0, 0.0) };
                let all = so_far.loss * *seen as f64;
                if *seen > before {
                    scalar("loss/steps", at, (all - sum) / (*seen - before) as f64);
                }
                self.so_far = (*epoch, *seen, all);
                scalar("examples_per_second", at, *images as f64 / seconds.max(1e-9));
            }
            Event::Epoch { global_step, learning_rate, train, validation, seconds, .. } => {
                let all = numbers(train, "training").into_iter();
                let validated = validation.iter().flat_map(|metrics| numbers(metrics, "validation"));
                all.chain(validated).for_each(|(tag, number)| scalar(&tag, *global_step, number));
                scalar("learning_rate", *global_step, f64::from(*learning_rate));
                scalar("epoch_seconds", *global_step, *seconds);
                failed.map_err(CliError::file(&self.out.join(BOARD)))?;
                return self.look(trainer, view, *global_step);
            }
            Event::Test { metrics, .. } => {
                let step = trainer.state().step;
                numbers(metrics, "test").iter().for_each(|(tag, number)| scalar(tag, step, *number));
            }
            _ => {}
        }
        failed.map_err(CliError::file(&self.out.join(BOARD)))
    }

    /// Histograms of weights and of the last step's gradients, and the epoch's picture.
    fn look(&mut self, trainer: &Trainer, view: &dyn TaskView, step: u64) -> Result<(), CliError> {
        let Some(board) = &mut self.board else { return Ok(()) };
        let path = self.out.join(BOARD);
        for (kind, tensors) in [("weights", trainer.parameters()?), ("gradients", trainer.gradients()?)] {
            for (name, values) in tensors {
                board.histogram(&format!("{kind}/{name}"), step, &values).map_err(CliError::file(&path))?;
            }
        }
        if let Some(picture) = view.epoch_picture(trainer, trainer.state().epoch)? {
            board.picture("samples", step, &picture).map_err(CliError::file(&path))?;
        }
        Ok(())
    }

    /// Draws answers on some of the images that validate, with the weights of the best epoch. A run is worth more than this picture:
    /// one that cannot be drawn is a note.
    pub fn finish(&mut self, gpu: &Gpu, trainer: &Trainer, dataset: &Dataset) {
        if let Err(error) = self.draw_answers(gpu, trainer, dataset) {
            say!("note     no predictions were drawn for TensorBoard: {}", super::hint::message(&error));
        }
    }

    fn draw_answers(&mut self, gpu: &Gpu, trainer: &Trainer, dataset: &Dataset) -> Result<(), CliError> {
        let Some(board) = &mut self.board else { return Ok(()) };
        let Some(own) = validating(dataset, trainer.config())? else { return Ok(()) };
        let split = own.split();
        let is_drawn = matches!(split.input(), Input::Images { channels: 1 | 3, .. });
        if !is_drawn || tasks::of(trainer.task()).task() != "classify" {
            return Ok(());
        }
        let images: Vec<usize> = own.examples.iter().copied().take(GRID * GRID).collect();
        let answers = answers_on(&Predictor::new(gpu, &trainer.best_checkpoint()?, None)?, split, &images)?;
        let shown: Vec<_> = images.into_iter().zip(&answers).collect();
        let picture = grid_of(&format!("{} · validation", trainer.model().name), dataset, split, &shown)?;
        board.picture("predictions", trainer.state().step, &picture).map_err(CliError::file(&self.out.join(BOARD)))
    }
}

/// Means under their tags.
fn numbers(metrics: &Metrics, part: &str) -> Vec<(String, f64)> {
    let value = serde_json::to_value(metrics).unwrap_or(Value::Null);
    let all = value.as_object().into_iter().flatten();
    all.filter_map(|(key, number)| Some((format!("{key}/{part}"), number.as_f64()?))).collect()
}
