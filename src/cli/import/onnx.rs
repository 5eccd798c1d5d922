//! A network with its weights in an ONNX file.

use super::super::CliError;
use super::super::args::ImportArgs;
use super::super::pictures;
use super::Incoming;
use crate::config::LossConfig;
use crate::losses::{Bce, Mse};
use crate::model::{InputKind, Layer, ModelSpec};
use crate::onnx::{Reading, import};
use crate::weights::Weights;

/// Whether a file is taken for one, by its name.
pub(super) fn is_onnx(args: &ImportArgs) -> bool {
    args.file.extension().is_some_and(|end| end.eq_ignore_ascii_case("onnx"))
}

pub(super) fn read(args: &ImportArgs, bytes: &[u8]) -> Result<Incoming, CliError> {
    if args.model.is_some() {
        let problem = "--model is for files that hold only weights, but an ONNX file has its network with it";
        return Err(CliError::Usage(format!("{problem}\n  try: without --model")));
    }
    let typed = args.size.as_deref().map(|size| pictures::size(size, [1, 1, 3])).transpose()?;
    let read = import(bytes, &Reading { size: typed.map(|[h, w, _]| [h, w]), ..Reading::default() })?;
    let origin = args.file.display().to_string();
    if read.model.input_kind() == InputKind::Texts {
        let problem = format!("{origin} reads tokens of texts, whose words a run must know");
        return Err(CliError::Usage(format!("{problem}\n  try: the library, which reads such files as well")));
    }
    let (nodes, tensors) = (read.model.layers.len(), read.tensors.len());
    let mut lines = vec![("file", format!("{origin}: {nodes} layers with {tensors} tensors"))];
    lines.extend(read.notes.into_iter().map(|note| ("note", note)));
    let weights = Weights {
        origin,
        tensors: read.tensors,
        model: Some(for_any_classes(read.model)),
        normalize: read.normalize,
        classes: read.metadata.classes.clone().unwrap_or_default(),
        ..Weights::default()
    };
    let normalize_from =
        if weights.normalize.is_some() { "of the file" } else { "the file does not say; --normalize does" };
    Ok(Incoming { weights, lines, normalize_from, fit: read.metadata.fit, loss: loss(&read.metadata.task), run: None })
}

/// The loss that a task usually has, where it is not that of classes.
fn loss(task: &str) -> Option<LossConfig> {
    match task {
        "labels" => Some(Bce::default().into()),
        "regress" => Some(Mse::default().into()),
        _ => None,
    }
}

/// A last linear layer gives as many numbers as there are classes.
fn for_any_classes(mut model: ModelSpec) -> ModelSpec {
    if let Some(last) = model.layers.last_mut().filter(|last| last.layer.kind().name == "linear") {
        let mut attributes = last.layer.attributes().clone();
        attributes.insert("units".into(), "classes".into());
        last.layer = Layer::parse("linear", attributes).expect("units may be \"classes\"");
    }
    model
}
