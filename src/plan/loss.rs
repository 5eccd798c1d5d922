//! The end of a graph: the loss, what it is held against, and what evaluation records of each image.

use lepton_kernels::batch_values::BatchValues;
use lepton_kernels::keep_answers::KeepAnswers;
use lepton_kernels::keep_errors::KeepErrors;
use lepton_kernels::keep_outputs::KeepOutputs;
use lepton_kernels::op::{Dtype, Mode, Precision};
use lepton_kernels::record::Record;
use lepton_kernels::soft_cross_entropy::SoftCrossEntropy;
use lepton_kernels::softmax_cross_entropy::SoftmaxCrossEntropy;
use lepton_kernels::target_rows::TargetRows;
use lepton_kernels::value_loss::{Kind, ValueLoss};
use lepton_kernels::{Op, ShapeError};

use super::buffer::Buffer;
use super::graph::{Graph, HISTORY, Rows, Setting, TensorId};
use super::phases::Trained;
use crate::losses::{Adversarial, Form, LastLayer, LossConfig, LossTarget, Mse, Records};
use crate::model::{ModelError, ModelSpec};

/// Numbers that [`Buffer::Answers`] and [`Buffer::Scores`] record of each image.
pub const RECORDED: usize = 2;

/// The loss that a model can be looked at with, without data: that of its own input if it gives an image of that size.
pub fn default_loss(model: &ModelSpec) -> LossConfig {
    if let Trained::InTurn(..) = Trained::answering(model) {
        return Adversarial::default().into();
    }
    let image: LossConfig = Mse { target: LossTarget::Input }.into();
    let suits = |loss: &LossConfig| Graph::build(model, &Setting::new(1, 1, loss.clone())).is_ok();
    let classes = LossConfig::default();
    if !suits(&classes) && suits(&image) { image } else { classes }
}

impl Graph {
    /// Adds the loss and everything after it.
    ///
    /// # Errors
    /// If the last layer does not give what the loss needs.
    pub(super) fn add_loss(&mut self, model: &ModelSpec, setting: &Setting, rows: &Rows) -> Result<(), ModelError> {
        self.check_last_layer(model, &setting.loss)?;
        let history = self.resident(Buffer::History, &[HISTORY, 2], Dtype::F32);
        let target = setting.loss.target_row();
        let values = target.needs_values.then(|| {
            let sizes = [setting.images, self.classes()];
            let all = self.resident(Buffer::Values, &sizes, Dtype::F32);
            self.node("batch.values", Box::new(BatchValues), &[all, rows.image])[0]
        });
        let loss = match setting.loss.form() {
            Form::Elements(kind) => self.add_value_loss(kind, &setting.loss, values, rows.weight),
            Form::Classes { .. } if setting.loss.is_default() && self.mix.is_none() => {
                let mut inputs = vec![self.logits, rows.label, rows.weight];
                inputs.extend(self.loss_scale());
                self.node("loss", Box::new(SoftmaxCrossEntropy), &inputs)
            }
            Form::Classes { label_smoothing, gamma } => {
                self.add_soft_loss(&setting.loss, [label_smoothing, gamma], values, rows)
            }
            Form::InTurn { .. } => unreachable!("a model without a generator was refused"),
        };
        self.node("record", Box::new(Record), &[loss[0], loss[1], history]);
        if let Some(records) = target.records
            && setting.record_predictions
            && self.mode == Mode::Infer
        {
            self.record(records, setting.images, loss[0], rows);
        }
        Ok(())
    }

    fn loss_scale(&mut self) -> Option<TensorId> {
        let is_f16 = self.precision == Precision::F16;
        is_f16.then(|| self.resident(Buffer::LossScale, &[4], Dtype::F32))
    }

    fn loss_weights(&mut self, loss: &LossConfig) -> Option<TensorId> {
        let count = loss.weights().len();
        (count > 0).then(|| self.resident(Buffer::LossWeights, &[count], Dtype::F32))
    }

    /// Compares each output with its value, or with the image itself where there are no values.
    fn add_value_loss(
        &mut self,
        kind: Kind,
        loss: &LossConfig,
        values: Option<TensorId>,
        weights: TensorId,
    ) -> Vec<TensorId> {
        let (positives, scale) = (self.loss_weights(loss), self.loss_scale());
        let (target, dtype) = values.map_or((self.images, Dtype::Real), |values| (values, Dtype::F32));
        let op = ValueLoss { kind, target: dtype, positives: positives.is_some(), scaled: scale.is_some() };
        let inputs: Vec<TensorId> = [self.logits, target, weights].into_iter().chain(positives).chain(scale).collect();
        self.node("loss", Box::new(op), &inputs)
    }

    fn add_soft_loss(
        &mut self,
        loss: &LossConfig,
        [smoothing, gamma]: [f32; 2],
        values: Option<TensorId>,
        rows: &Rows,
    ) -> Vec<TensorId> {
        let (class_weights, scale) = (self.loss_weights(loss), self.loss_scale());
        let mix = if values.is_none() { self.mix } else { None };
        let row_weights = class_weights.filter(|_| !loss.mean_weights().is_empty());
        let op = TargetRows { mixed: mix.is_some(), weighted: row_weights.is_some(), scaled: scale.is_some() };
        let inputs: Vec<TensorId> = [rows.label, rows.weight]
            .into_iter()
            .chain(mix.into_iter().flatten())
            .chain(row_weights)
            .chain(scale)
            .collect();
        let targets = self.node("loss.targets", Box::new(op), &inputs)[0];
        let (weighted, distribution) = (class_weights.is_some(), values.is_some());
        let op = SoftCrossEntropy { smoothing, gamma, weighted, distribution };
        let inputs: Vec<TensorId> = [self.logits, targets].into_iter().chain(class_weights).chain(values).collect();
        self.node("loss", Box::new(op), &inputs)
    }

    /// Records what the metrics of [`crate::metrics`] are counted from.
    fn record(&mut self, records: Records, images: usize, loss: TensorId, rows: &Rows) {
        let (op, inputs): (Box<dyn Op>, Vec<TensorId>) = match records {
            Records::Answers => {
                let answers = self.resident(Buffer::Answers, &[images, RECORDED], Dtype::U32);
                let scores = self.resident(Buffer::Scores, &[images, RECORDED], Dtype::F32);
                (Box::new(KeepAnswers), vec![self.logits, rows.label, rows.image, answers, scores])
            }
            Records::Outputs => {
                let outputs = self.resident(Buffer::Outputs, &[images, self.classes()], Dtype::F32);
                (Box::new(KeepOutputs), vec![self.logits, rows.image, outputs])
            }
            Records::Errors => {
                let errors = self.resident(Buffer::Errors, &[images], Dtype::F32);
                (Box::new(KeepErrors), vec![loss, rows.weight, rows.image, errors])
            }
        };
        self.node("keep", op, &inputs);
    }

    /// The tensor whose memory the model's last output is: views of it share it.
    pub(super) fn answer(&self) -> TensorId {
        let mut answer = self.logits;
        while let Some(node) = self.nodes.iter().find(|node| node.outputs.contains(&answer)) {
            match node.op.alias(0) {
                Some(input) => answer = node.inputs[input],
                None => break,
            }
        }
        answer
    }

    fn check_last_layer(&self, model: &ModelSpec, loss: &LossConfig) -> Result<(), ModelError> {
        let last = model.layers.last().expect("a model has layers");
        let shape = &self.tensors[self.logits].shape;
        let wrong = |reads: String, source: ShapeError| {
            Err(ModelError::Shape { number: model.layers.len(), layer: last.name.clone(), reads, source })
        };
        let gives = ShapeError::new(format!("it outputs {shape}"));
        let wanted = match loss.target_row().last_layer {
            LastLayer::Row(wanted) => wanted,
            LastLayer::Image => {
                let input = &self.tensors[self.images].shape;
                if shape == input {
                    return Ok(());
                }
                let reads =
                    format!("with this loss, the last layer must output an image of the input's shape: {input}");
                return wrong(reads, gives.hint("end with the same height, width and channels as the input"));
            }
            LastLayer::Verdict => {
                let problem = format!("the loss adversarial needs a generator, but model `{}` has none", model.name);
                return Err(ModelError::Adversarial(ShapeError::new(problem).hint("a model file with [generator]")));
            }
        };
        if shape.matrix().is_err() {
            let reads = format!("the last layer must output {wanted}");
            return wrong(reads, gives.hint("end with global_avg_pool or flatten, then linear"));
        }
        let (weights, classes) = (loss.weights().len(), self.classes());
        if weights != 0 && weights != classes {
            let reads =
                format!("the loss has {weights} class weights, but needs one for each output of the last layer");
            return wrong(reads, gives.hint(format!("{classes} class weights, or balanced ones")));
        }
        Ok(())
    }
}
