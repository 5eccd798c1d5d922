//! The images of a session by their number: those of all its splits, one after another.

use lepton_kernels::Step;
use lepton_kernels::batch_index::image_of_row;
use lepton_kernels::data_set::PARTS;

use super::stream::WindowSize;
use crate::data::{Examples, SourceError, Split};
use crate::plan::{Limits, PlanError};

/// Images of a session, wherever they are.
pub(crate) struct Images {
    /// Bytes of an image.
    each: usize,
    /// Examples, with the number of the first image behind them.
    parts: Vec<(Examples, usize)>,
}

impl Images {
    /// So many of the first images of each split.
    pub fn of(splits: &[(&Split, usize)]) -> Self {
        let mut end = 0;
        let parts = splits.iter().map(|(split, count)| {
            end += count;
            (split.examples().clone(), end)
        });
        let parts = parts.collect();
        Images { each: splits.first().map_or(0, |(split, _)| split.example_bytes()), parts }
    }

    /// The window of them that a device of these limits holds for batches of so many; `None` if it holds all of them: they are in
    /// memory, and fit.
    pub fn window(&self, batch: usize, limits: Limits) -> Option<WindowSize> {
        let (each, count) = (self.each as u64, self.parts.last().map_or(0, |&(_, end)| end as u64));
        // kernels count bytes in 32 bits
        let most = (limits.binding_bytes.min(limits.buffer_bytes) * PARTS as u64).min(u64::from(u32::MAX));
        let memory = self.memory();
        if memory.is_none() && count * each <= most {
            return None;
        }
        Some(WindowSize::of(batch, self.each, memory.unwrap_or(u64::MAX)))
    }

    /// Checks that a window keeps what the images may take in memory.
    ///
    /// # Errors
    /// [`PlanError::Window`] with both numbers.
    pub fn check(&self, window: Option<WindowSize>, batch: usize) -> Result<(), PlanError> {
        let (Some(window), Some(limit)) = (window, self.memory()) else { return Ok(()) };
        let bytes = window.bytes(self.each);
        if bytes <= limit { Ok(()) } else { Err(PlanError::Window { batch, bytes, limit }) }
    }

    /// Bytes that they may take in memory, where some are not in memory already.
    fn memory(&self) -> Option<u64> {
        let of = |(examples, _): &(Examples, usize)| match examples {
            Examples::Streamed(source, _) => Some(source.memory()),
            Examples::Resident(_) => None,
        };
        self.parts.iter().filter_map(of).min()
    }

    /// What has made reading them slower so far.
    pub fn problem(&self) -> Option<String> {
        self.parts.iter().find_map(|(examples, _)| examples.problem())
    }

    /// The images of a batch, one after another.
    ///
    /// # Errors
    /// [`SourceError`] with the first that cannot be read.
    pub fn read(&self, step: &Step, bytes: &mut Vec<u8>) -> Result<(), SourceError> {
        let images: Vec<usize> =
            (0..step.batch_length).filter_map(|row| image_of_row(step, row)).map(|i| i as usize).collect();
        bytes.resize(images.len() * self.each, 0);
        let mut bytes = &mut bytes[..];
        let part_of = |image: usize| self.parts.partition_point(|&(_, end)| end <= image);
        // a batch is of one split, and this does not rest on it
        for images in images.chunk_by(|&a, &b| part_of(a) == part_of(b)) {
            let part = part_of(images[0]);
            let first = if part == 0 { 0 } else { self.parts[part - 1].1 };
            let examples: Vec<usize> = images.iter().map(|image| image - first).collect();
            let (own, rest) = bytes.split_at_mut(examples.len() * self.each);
            self.parts[part].0.read(self.each, &examples, own)?;
            bytes = rest;
        }
        Ok(())
    }
}
