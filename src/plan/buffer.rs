//! The buffers of a plan, and what lies where in them.

use std::fmt;

use super::graph::ParameterId;
use super::memory::SlotId;

/// A buffer on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Buffer {
    /// Shared by tensors that are not needed at the same time.
    Slot(SlotId),
    /// All parameters, in f32.
    Parameters,
    /// Their f16 copy, which products read.
    Shadow,
    /// All gradients, in slabs.
    Gradients,
    /// The sums of gradients where somebody needs them whole, laid out as the parameters.
    Sums,
    /// The averaged or slow weights that evaluation reads, laid out as the parameters.
    Averages,
    /// The f16 copy of the averages.
    AverageShadow,
    /// The optimiser's state number `i`, laid out as the parameters.
    State(usize),
    /// The images of the data set, as bytes, its texts, as tokens, or its features: part `i` of them.
    Images(usize),
    /// A label for each of them.
    Labels,
    /// Means and standard deviations of the channels.
    Norm,
    /// Loss and right answers of recent steps.
    History,
    /// The model's last output, for predictions.
    Logits,
    /// In f16: the loss scale and what decides about it.
    LossScale,
    /// Which workgroup updates which of the parameters that phase `i` of a step trains.
    Blocks(usize),
    /// The same where the slabs of gradients have been added.
    SumBlocks(usize),
    /// Numbers to be learned about each image.
    Values,
    /// Weights of classes or of positives in the loss.
    LossWeights,
    /// What evaluation records of each image: the answer, and how many classes come before the label.
    Answers,
    /// What evaluation records of each image: the answer's probability, and of two classes the difference of logits.
    Scores,
    /// What evaluation records of each image: the model's outputs.
    Outputs,
    /// What evaluation records of each image: its loss.
    Errors,
    /// Cosines and sizes of boxes that augmentation draws from.
    Augment,
    /// Logits averaged over the views of a batch.
    Average,
    /// What the model is given as it reads it: images after normalisation, features, tokens.
    Input,
    /// The gradient of what is explained with respect to the model's outputs: how much each of them counts.
    OutputGradient,
    /// What the inspected layer gives, where no other buffer is that.
    Inspected,
    /// The gradient of what is explained with respect to what is inspected.
    InspectedGradient,
}

impl fmt::Display for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, number) = match *self {
            Buffer::Slot(slot) => return write!(f, "slot{}", slot.number()),
            Buffer::State(i) => return write!(f, "state{i}"),
            Buffer::Parameters => ("parameters", 0),
            Buffer::Shadow => ("parameters.f16", 0),
            Buffer::Gradients => ("gradients", 0),
            Buffer::Sums => ("gradients.sum", 0),
            Buffer::Averages => ("averages", 0),
            Buffer::AverageShadow => ("averages.f16", 0),
            Buffer::Images(part) => ("images", part),
            Buffer::Labels => ("labels", 0),
            Buffer::Norm => ("norm", 0),
            Buffer::History => ("history", 0),
            Buffer::Logits => ("logits", 0),
            Buffer::LossScale => ("loss_scale", 0),
            Buffer::Blocks(phase) => ("blocks", phase),
            Buffer::SumBlocks(phase) => ("blocks.sum", phase),
            Buffer::Values => ("values", 0),
            Buffer::LossWeights => ("loss.weights", 0),
            Buffer::Answers => ("answers", 0),
            Buffer::Scores => ("scores", 0),
            Buffer::Outputs => ("outputs", 0),
            Buffer::Errors => ("errors", 0),
            Buffer::Augment => ("augment", 0),
            Buffer::Average => ("average", 0),
            Buffer::Input => ("input", 0),
            Buffer::OutputGradient => ("outputs.grad", 0),
            Buffer::Inspected => ("inspected", 0),
            Buffer::InspectedGradient => ("inspected.grad", 0),
        };
        match number {
            0 => f.write_str(name),
            number => write!(f, "{name}.{number}"),
        }
    }
}

impl Buffer {
    /// For a buffer that holds something of every parameter: how what belongs to one is called, after the parameter's name.
    pub(super) fn suffix(self) -> String {
        match self {
            Buffer::Shadow => ".f16".into(),
            Buffer::Gradients => ".grad".into(),
            Buffer::Sums => ".grad.sum".into(),
            Buffer::Averages => ".average".into(),
            Buffer::AverageShadow => ".average.f16".into(),
            Buffer::State(i) => format!(".state{i}"),
            _ => String::new(),
        }
    }
}

/// Where a tensor lies: a whole buffer, or what belongs to a parameter in a buffer of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// The buffer that it lies in.
    pub buffer: Buffer,
    /// The parameter whose part of it is meant.
    pub parameter: Option<ParameterId>,
}

impl Location {
    /// A whole buffer.
    pub fn whole(buffer: Buffer) -> Self {
        Location { buffer, parameter: None }
    }

    /// What belongs to a parameter.
    pub fn of(buffer: Buffer, parameter: ParameterId) -> Self {
        Location { buffer, parameter: Some(parameter) }
    }
}
