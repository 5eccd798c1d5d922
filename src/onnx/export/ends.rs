//! Both ends of a file: what goes in, what comes out for each task, and what the metadata say of it.

use super::Options;
use super::site::{TO_CHANNELS_FIRST, TO_CHANNELS_LAST};
use super::writer::{Writer, int, ints};
use crate::checkpoint::Checkpoint;
use crate::onnx::proto::{Dimension, Entry, TensorShape, TensorType, Type, ValueInfo, elem};
use crate::onnx::source::{Reads, Source};
use crate::onnx::{Metadata, names};
use crate::tasks;

/// Both ends of a file.
pub struct Ends<'a> {
    /// What is written.
    pub checkpoint: &'a Checkpoint,
    /// Its network.
    pub source: &'a Source,
    /// What was chosen.
    pub options: Options,
}

/// An input or output whose first size is the batch.
fn value(name: &str, elem_type: i32, sizes: &[usize]) -> ValueInfo {
    let batch = Dimension { dim_value: None, dim_param: Some("batch".into()) };
    let fixed = sizes.iter().map(|&size| Dimension { dim_value: Some(size as i64), dim_param: None });
    let shape = Some(TensorShape { dim: [batch].into_iter().chain(fixed).collect() });
    ValueInfo { name: name.into(), kind: Some(Type { tensor: Some(TensorType { elem_type, shape }) }) }
}

impl Ends<'_> {
    /// Adds the input, and with it what scales pixels; gives it and the name of what the first layer reads.
    pub fn input(&self, writer: &mut Writer) -> (Vec<ValueInfo>, String) {
        let [h, w, c] = self.source.model.input;
        let (name, elem_type, sizes) = match self.source.reads {
            Reads::Images if self.options.pixels => (names::PIXELS, elem::UINT8, vec![h, w, c]),
            Reads::Images => (names::IMAGES, elem::FLOAT, vec![c, h, w]),
            Reads::Tokens => (names::TOKENS, elem::INT64, vec![w]),
            Reads::Noise => (names::NOISE, elem::FLOAT, vec![c]),
        };
        let name = writer.name(name);
        let input = vec![value(&name, elem_type, &sizes)];
        if elem_type != elem::UINT8 {
            return (input, name);
        }
        let numbers = writer.node("Cast", &name, &[&name], vec![int("to", elem::FLOAT.into())]);
        let turned = writer.node("Transpose", &name, &[&numbers], vec![ints("perm", &TO_CHANNELS_FIRST)]);
        let [mean, std] = self.norm(c);
        let mean = writer.constant("pixels.mean", &[c, 1, 1], &mean);
        let moved = writer.node("Sub", &name, &[&turned, &mean], Vec::new());
        let std = writer.constant("pixels.std", &[c, 1, 1], &std);
        let scaled = writer.node("Div", &name, &[&moved, &std], Vec::new());
        (input, scaled)
    }

    /// Mean and standard deviation of pixels from 0 to 255, a number a channel.
    fn norm(&self, channels: usize) -> [Vec<f32>; 2] {
        let numbers: Vec<f32> = bytemuck::pod_collect_to_vec(&self.checkpoint.meta.config.normalize.bytes(channels));
        let numbers: Vec<f32> = numbers.into_iter().map(|number| number * 255.0).collect();
        [numbers[..channels].to_vec(), numbers[channels..].to_vec()]
    }

    /// Adds what the task makes of `answer`; gives the outputs, that which training works on first.
    pub fn outputs(&self, writer: &mut Writer, answer: String) -> Vec<ValueInfo> {
        let task = tasks::of(&self.checkpoint.meta.config.loss).name();
        let graph = self.source.graph().expect("it was built before");
        let count = graph.classes();
        let (first, second) = match task {
            "classify" => (names::LOGITS, Some("Softmax")),
            "labels" => (names::LOGITS, Some("Sigmoid")),
            "regress" => (names::VALUES, None),
            "reconstruct" => (names::RECONSTRUCTION, None),
            _ => (names::GENERATED, None),
        };
        let answer = self.restored(writer, answer);
        let answer = self.named(writer, answer, first);
        if count > 0 && (task == "reconstruct" || task == "generate") {
            return self.images(writer, &answer);
        }
        let mut outputs = vec![value(&answer, elem::FLOAT, &[count])];
        if let Some(op) = second {
            let axis = if op == "Softmax" { vec![int("axis", -1)] } else { Vec::new() };
            let chances = writer.node(op, "answer", &[&answer], axis);
            let chances = self.named(writer, chances, names::PROBABILITIES);
            outputs.push(value(&chances, elem::FLOAT, &[count]));
        }
        outputs
    }

    /// Numbers in the data's units, where the run learned them scaled.
    fn restored(&self, writer: &mut Writer, answer: String) -> String {
        let targets = &self.checkpoint.meta.config.targets;
        if targets.mean.is_empty() {
            return answer;
        }
        let std = writer.constant("targets.std", &[targets.std.len()], &targets.std);
        let scaled = writer.node("Mul", "answer", &[&answer, &std], Vec::new());
        let mean = writer.constant("targets.mean", &[targets.mean.len()], &targets.mean);
        writer.node("Add", "answer", &[&scaled, &mean], Vec::new())
    }

    /// A value under the name of an output.
    fn named(&self, writer: &mut Writer, from: String, to: &str) -> String {
        let to = writer.name(to);
        // a model without a single op answers with its input, whose name stays
        if writer.nodes.iter().any(|node| node.output.contains(&from)) {
            writer.rename(&from, &to);
            return to;
        }
        let same = writer.node("Identity", "answer", &[&from], Vec::new());
        writer.rename(&same, &to);
        to
    }

    /// Images that come out: as the model scales them, and with `pixels` as bytes as well.
    fn images(&self, writer: &mut Writer, answer: &str) -> Vec<ValueInfo> {
        let meta = &self.checkpoint.meta;
        let [h, w, c] = meta.model().expect("it was read before").input;
        let mut outputs = vec![value(answer, elem::FLOAT, &[c, h, w])];
        if self.options.pixels {
            let [mean, std] = self.norm(c);
            let turned = writer.node("Transpose", answer, &[answer], vec![ints("perm", &TO_CHANNELS_LAST)]);
            let std = writer.constant("answer.std", &[c], &std);
            let scaled = writer.node("Mul", answer, &[&turned, &std], Vec::new());
            let mean = writer.constant("answer.mean", &[c], &mean);
            let moved = writer.node("Add", answer, &[&scaled, &mean], Vec::new());
            let round = writer.node("Round", answer, &[&moved], Vec::new());
            let [low, high] = [("answer.low", 0.0), ("answer.high", 255.0)].map(|(n, value)| writer.number(n, value));
            let clipped = writer.node("Clip", answer, &[&round, &low, &high], Vec::new());
            let bytes = writer.node("Cast", answer, &[&clipped], vec![int("to", elem::UINT8.into())]);
            let bytes = self.named(writer, bytes, names::OUTPUT_PIXELS);
            outputs.push(value(&bytes, elem::UINT8, &[h, w, c]));
        }
        outputs
    }

    /// What is said of the model, as [`Metadata`] reads it.
    pub fn metadata(&self) -> Vec<Entry> {
        let meta = &self.checkpoint.meta;
        let task = tasks::of(&meta.config.loss);
        let [h, w, c] = self.source.model.input;
        let [mean, std] = self.norm(c).map(|numbers| numbers.into_iter().map(|number| number / 255.0).collect());
        let input = match self.source.reads {
            Reads::Images if self.options.pixels => format!("pixels from 0 to 255, [batch, {h}, {w}, {c}]"),
            Reads::Images => format!("(pixel / 255 - mean) / std, [batch, {c}, {h}, {w}]"),
            Reads::Tokens => format!("numbers of words in the vocabulary, 0 after the last, [batch, {w}]"),
            Reads::Noise => format!("normal random numbers, [batch, {c}]"),
        };
        let images = self.source.reads == Reads::Images;
        Metadata {
            task: task.name().into(),
            input,
            size: images.then_some([h, w, c]),
            mean: images.then_some(mean),
            std: images.then_some(std),
            fit: meta.config.images.fit,
            classes: task.names_outputs().then(|| meta.classes.clone()),
            vocabulary: meta.vocabulary.clone().map(Vec::from),
        }
        .entries()
    }
}
