//! How a batch of the data set is read: texts as tokens, features as they are; images augmented in training, in several views
//! in evaluation.

use lepton_kernels::augment::{Augment, Policy, TABLE};
use lepton_kernels::average_views::AverageViews;
use lepton_kernels::batch_features::BatchFeatures;
use lepton_kernels::batch_images::BatchImages;
use lepton_kernels::batch_index::BatchIndex;
use lepton_kernels::batch_place::BatchPlace;
use lepton_kernels::batch_tokens::BatchTokens;
use lepton_kernels::batch_views::BatchViews;
use lepton_kernels::op::Dtype;
use lepton_kernels::{Mode, Op};

use super::buffer::Buffer;
use super::graph::{Graph, Rows, Setting, TensorId};
use crate::model::{InputKind, ModelError, ModelSpec};

/// How images are read, besides being gathered and normalised.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// What they undergo in training.
    pub augment: Option<Policy>,
    /// Whether evaluation and prediction average logits over views, a view a step.
    pub views: bool,
    /// Versions of each example of features, of which training draws one.
    pub versions: usize,
}

impl Default for Input {
    fn default() -> Self {
        Input { augment: None, views: false, versions: 1 }
    }
}

impl Input {
    /// Reads as a run does that is configured with this policy; the default policy changes nothing.
    pub fn augmented(policy: &Policy) -> Self {
        Input { augment: (*policy != Policy::default()).then(|| policy.clone()), ..Input::default() }
    }
}

impl Graph {
    /// Adds what reads a batch of the data set, and gives its rows.
    pub(super) fn add_batch(&mut self, model: &ModelSpec, setting: &Setting) -> Result<Rows, ModelError> {
        let Setting { batch, images, window, part, .. } = *setting;
        let [h, w, c] = model.input;
        let labels = |graph: &mut Self| graph.resident(Buffer::Labels, &[images], Dtype::U32);
        match model.input_kind() {
            InputKind::Images => {
                let parts = self.images_in_parts([window.unwrap_or(images), h, w, c], part);
                let labels = labels(self);
                let norm = self.resident(Buffer::Norm, &[2, c], Dtype::F32);
                let rows = self.add_rows(batch, labels, window.is_some());
                let label = self.add_images(&setting.input, &parts, &rows, norm)?;
                Ok(Rows { label, ..rows })
            }
            InputKind::Texts => {
                let tokens = self.resident(Buffer::Images(0), &[images, h, w, c], Dtype::U32);
                let labels = labels(self);
                let rows = self.add_rows(batch, labels, false);
                self.images = self.node("batch.tokens", Box::new(BatchTokens), &[tokens, rows.image])[0];
                Ok(rows)
            }
            InputKind::Features => {
                let versions = setting.input.versions;
                let features = self.resident(Buffer::Images(0), &[images * versions, c], Dtype::F32);
                let labels = labels(self);
                let rows = self.add_rows(batch, labels, false);
                let op = BatchFeatures { versions, draws: self.mode == Mode::Train && versions > 1 };
                self.images = self.node("batch.features", Box::new(op), &[features, rows.image])[0];
                Ok(rows)
            }
        }
    }

    /// Adds what says which images are in the batch, and where they lie.
    fn add_rows(&mut self, batch: usize, labels: TensorId, windowed: bool) -> Rows {
        let outputs = self.node("batch.index", Box::new(BatchIndex { batch }), &[labels]);
        let image = outputs[0];
        let place = if windowed { self.node("batch.place", Box::new(BatchPlace), &[image])[0] } else { image };
        Rows { image, place, label: outputs[1], weight: outputs[2] }
    }

    /// Adds what reads the images of the batch. Gives the rows' labels.
    fn add_images(
        &mut self,
        input: &Input,
        data: &[TensorId],
        rows: &Rows,
        norm: TensorId,
    ) -> Result<TensorId, ModelError> {
        let name = "batch.images";
        let (Mode::Train, Some(policy)) = (self.mode, &input.augment) else {
            let views = input.views && self.mode == Mode::Infer;
            let op: Box<dyn Op> = if views { Box::new(BatchViews) } else { Box::new(BatchImages) };
            let inputs: Vec<TensorId> = [data[0], rows.place, norm].iter().chain(&data[1..]).copied().collect();
            self.images = self.node(name, op, &inputs)[0];
            return Ok(rows.label);
        };
        let table = self.resident(Buffer::Augment, &[TABLE], Dtype::U32);
        let mut inputs = vec![data[0], rows.image, rows.label, norm, table];
        let windowed = rows.place != rows.image;
        if windowed {
            inputs.push(rows.place);
        }
        inputs.extend(&data[1..]);
        let op = Augment { policy: policy.clone(), windowed };
        op.outputs(&self.shapes(&inputs)).map_err(ModelError::Augment)?;
        let outputs = self.node(name, Box::new(op), &inputs);
        self.images = outputs[0];
        Ok(match outputs[1..] {
            [label, other, share] => {
                self.mix = Some([other, share]);
                label
            }
            _ => rows.label,
        })
    }

    /// Puts the average over views in the place of the logits.
    pub(super) fn add_average(&mut self, input: &Input) {
        if input.views && self.mode == Mode::Infer {
            let sizes = self.tensors[self.logits].shape.sizes().to_vec();
            let average = self.resident(Buffer::Average, &sizes, Dtype::F32);
            self.logits = self.node("average", Box::new(AverageViews), &[self.logits, average])[0];
        }
    }
}
