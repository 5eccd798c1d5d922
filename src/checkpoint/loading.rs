//! What the data of a trained run are loaded with: what its checkpoint knows of them.

use super::{CheckpointError, Meta};
use crate::data::{HoldOut, LoadOptions};
use crate::tasks;

impl LoadOptions {
    /// What the data that a run learned from are loaded with: as its model takes them, split as the run split them, with its classes and
    /// words by their numbers.
    ///
    /// ```no_run
    /// use lepton_gpu::checkpoint::Checkpoint;
    /// use lepton_gpu::data::{self, LoadOptions, Places};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let checkpoint = Checkpoint::read("runs/mine/best.safetensors".as_ref())?;
    /// let options = LoadOptions::of_checkpoint(&checkpoint.meta)?.for_other_data();
    /// let photos = data::load_with(Some("photos"), &options, &Places::default(), &|_, _| {})?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the stored model file is damaged.
    pub fn of_checkpoint(meta: &Meta) -> Result<Self, CheckpointError> {
        let model = meta.model()?;
        let options = tasks::of(&meta.config.loss).load_options(&meta.config, &model);
        Ok(LoadOptions { length: model.text_length(), ..options }.with_names_of(meta))
    }

    /// With the classes and words that a run has, by their numbers: in that order, whichever one they would get today.
    #[must_use]
    pub fn with_names_of(self, meta: &Meta) -> Self {
        let classes = Some(meta.classes.clone()).filter(|classes| !classes.is_empty());
        LoadOptions { classes, vocabulary: meta.vocabulary.clone(), ..self }
    }

    /// For other data than a run's own: none of it is held out, and where its images are, what its folders are and which labels it has is not
    /// what was said of the run's.
    #[must_use]
    pub fn for_other_data(mut self) -> Self {
        self.hold_out = HoldOut::Nothing;
        self.labels = None;
        // columns of these names may well be there, too
        self.table.images = None;
        self.images.layout = None;
        self
    }
}
