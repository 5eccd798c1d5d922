//! What a run saves, and how it goes on from there.

use lepton_kernels::op::Precision;

use super::error::TrainError;
use super::trainer::Trainer;
use crate::checkpoint::{AVERAGE, Checkpoint, NamedTensor};
use crate::plan::{Buffer, Resident};

/// Name of the loss scale in a checkpoint.
const LOSS_SCALE: &str = "optimizer.loss_scale";

impl Trainer {
    /// Everything that the run is, as it stands.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn checkpoint(&self) -> Result<Checkpoint, TrainError> {
        let mut tensors = Vec::new();
        for (prefix, buffer) in self.arenas() {
            let bytes = self.program.read(buffer, 0, self.plan.arena_words as u64 * 4)?;
            self.check_finite(&bytes)?;
            for parameter in &self.plan.parameters {
                let name = format!("{prefix}{}", parameter.name);
                let start = parameter.offset_words * 4;
                let data = bytes[start..start + parameter.shape.count() * 4].to_vec();
                tensors.push(NamedTensor { name, shape: parameter.shape.sizes().to_vec(), data });
            }
        }
        if self.config.precision == Precision::F16 {
            let data = self.program.read(Buffer::Resident(Resident::LossScale), 0, 16)?;
            tensors.push(NamedTensor { name: LOSS_SCALE.into(), shape: vec![4], data });
        }
        let (classes, vocabulary) = (&self.classes, self.vocabulary.as_ref());
        Ok(Checkpoint::new(&self.model, &self.config, classes, vocabulary, self.data, &self.state, tensors))
    }

    /// Buffers of all parameters with what stands before the names of their tensors.
    fn arenas(&self) -> Vec<(String, Buffer)> {
        let mut arenas = vec![(String::new(), Buffer::Parameters)];
        if self.config.update.averages() {
            arenas.push((AVERAGE.into(), Buffer::Averages));
        }
        let states = self.plan.states.iter().enumerate();
        arenas.extend(states.map(|(i, name)| (format!("optimizer.{name}."), Buffer::State(i))));
        arenas
    }

    /// A loss is computed before its step's update, so a last update can leave weights that no loss has seen.
    fn check_finite(&self, words: &[u8]) -> Result<(), TrainError> {
        let mut values = words.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        match values.find(|value| !value.is_finite()) {
            Some(_) => Err(TrainError::Diverged { step: self.state.step, learning_rate: self.config.learning_rate }),
            None => Ok(()),
        }
    }

    /// The order of images depends on their number, so other images would make another run of it.
    fn check_data_unchanged(&self, from: &Checkpoint) -> Result<(), TrainError> {
        let (before, now) = (from.meta.data, self.data);
        if before == now {
            return Ok(());
        }
        let change = match (before.train, before.test) == (now.train, now.test) {
            true => "has other pixels or labels now".to_string(),
            false => format!(
                "had {} training and {} test images, and has {} and {} now",
                before.train, before.test, now.train, now.test
            ),
        };
        Err(TrainError::Mismatch(format!(
            "the data changed since the run began: it {change}\n  try: a new run, or the data as it was"
        )))
    }

    pub(super) fn restore(&mut self, from: &Checkpoint) -> Result<(), TrainError> {
        from.check_plan(&self.plan)?;
        self.check_data_unchanged(from)?;
        // parameters last: what is made from them and their averages is made when they are written
        for (prefix, buffer) in self.arenas().into_iter().rev() {
            let bytes = from.arena(&prefix, &self.plan.parameters, self.plan.arena_words)?;
            match buffer {
                Buffer::Parameters => self.program.write_parameters(&bytes)?,
                other => self.program.write(other, &bytes)?,
            }
        }
        if self.config.precision == Precision::F16 {
            self.program.write(Buffer::Resident(Resident::LossScale), from.tensor(LOSS_SCALE, &[4])?)?;
        }
        self.state = from.meta.state.clone();
        Ok(())
    }
}
