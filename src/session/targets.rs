//! What the images on a device are to be answered with: uploaded for the loss, and kept for the measures.

use lepton_kernels::Step;
use lepton_kernels::batch_index::image_of_row;

use crate::config::{LossConfig, TargetsConfig};
use crate::data::Values;
use crate::gpu::{GpuError, Program};
use crate::plan::Buffer;

/// Labels and values of every image on a device, in the order of the images.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// A class for each image.
    pub(crate) labels: Vec<u32>,
    /// Numbers for each image, where the loss compares outputs with such.
    pub(crate) values: Option<Values>,
    /// How the network's outputs stand for these numbers.
    pub(crate) scale: TargetsConfig,
    /// Names of the classes, where images have one and a task measures by class.
    pub(crate) classes: Vec<String>,
    /// Numbers of the classes that are normal; `None` where no class is called so.
    pub(crate) normal: Option<Vec<u32>>,
}

impl Targets {
    /// Whether an image is of a normal class; every image is where no class is called so.
    pub(crate) fn is_normal(&self, image: usize) -> bool {
        self.normal.as_ref().is_none_or(|normal| normal.contains(&self.labels[image]))
    }

    /// The sum of the weights of the classes of a batch's images, where a loss is divided by it. Mixing rows with each other does not
    /// change it: each gives away the share that it takes.
    pub(crate) fn weight(&self, loss: &LossConfig, step: &Step) -> Option<f64> {
        let weights = loss.mean_weights();
        let of = |image: u32| f64::from(weights[self.labels[image as usize] as usize]);
        let images = || (0..step.batch_length).filter_map(|row| image_of_row(step, row));
        (!weights.is_empty()).then(|| images().map(of).sum())
    }

    /// Puts them on the device.
    ///
    /// # Errors
    /// [`GpuError`] if the device is lost.
    pub(crate) fn write(&self, program: &Program) -> Result<(), GpuError> {
        program.write(Buffer::Labels, bytemuck::cast_slice(&self.labels))?;
        if let Some(values) = &self.values {
            let mut scaled = values.data.clone();
            self.scale.scale(&mut scaled);
            program.write(Buffer::Values, bytemuck::cast_slice(&scaled))?;
        }
        Ok(())
    }
}
