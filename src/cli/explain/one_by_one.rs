//! The pictures that were named, decoded one after another, so that a folder of any size needs no more memory than one.

use std::path::Path;

use image::RgbImage;

use crate::checkpoint::Checkpoint;
use crate::cli::args::ExplainArgs;
use crate::cli::error::save_png;
use crate::cli::predict::inputs::{self, Input};
use crate::cli::{CliError, Exit, pictures};
use crate::model::ModelSpec;
use crate::report::aside;
use crate::session::check_pictures;
use crate::train::TrainError;

/// The pictures that were named, and the model they are for.
pub struct OneByOne<'a> {
    inputs: Vec<Input>,
    model: ModelSpec,
    checkpoint: &'a Checkpoint,
    invert: bool,
}

impl<'a> OneByOne<'a> {
    /// Finds them.
    pub fn find(args: &ExplainArgs, checkpoint: &'a Checkpoint) -> Result<Self, CliError> {
        let model = checkpoint.meta.model()?;
        check_pictures(&model).map_err(TrainError::from)?;
        Ok(OneByOne { inputs: inputs::find(&args.images)?, model, checkpoint, invert: args.invert })
    }

    /// Calls `act` with each one's number, from 0, and its pixels at the model's size. Those that cannot be read are said and skipped,
    /// unless there is no other.
    pub fn each(&self, mut act: impl FnMut(usize, &Input, &[u8]) -> Result<(), CliError>) -> Result<Exit, CliError> {
        let mut done = 0;
        for input in &self.inputs {
            let fit = &self.checkpoint.meta.config.images;
            match pictures::decode(&input.place, &self.model, fit, self.invert) {
                Ok(pixels) => act(done, input, &pixels)?,
                Err(source) if self.inputs.len() == 1 => return Err(input.unreadable(source)),
                Err(error) => {
                    aside!("skipped  {}: {error}{}", input.id, input.origin());
                    continue;
                }
            }
            done += 1;
        }
        if done == 0 {
            return Err(CliError::Usage(format!("none of the {} images can be read", self.inputs.len())));
        }
        Ok(if done == self.inputs.len() { Exit::Done } else { Exit::GoalNotMet })
    }
}

/// What a sheet shows of the images that are done: of a large folder the first ones, and no others are kept.
pub struct Shown<T> {
    kept: Vec<T>,
    most: usize,
    done: usize,
}

impl<T> Shown<T> {
    /// Nothing yet, and later at most so many.
    pub fn at_most(most: usize) -> Self {
        Shown { kept: Vec::new(), most, done: 0 }
    }

    /// Images that are done.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Takes what was found of an image.
    pub fn push(&mut self, one: T) {
        self.done += 1;
        if self.kept.len() < self.most {
            self.kept.push(one);
        }
    }

    /// Saves a sheet of several images as `out`, and says how many of them it shows.
    pub fn save(&self, out: &Path, draw: impl FnOnce(&[T]) -> Result<RgbImage, CliError>) -> Result<(), CliError> {
        if self.done < 2 {
            return Ok(());
        }
        save_png(&draw(&self.kept)?, out)?;
        let of = if self.done > self.most { format!("the first {}", self.most) } else { "all of them".into() };
        aside!("{}: {of} on a sheet", out.display());
        Ok(())
    }
}
