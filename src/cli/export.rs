//! `lepton-gpu export`: a trained model for other programs. Whatever is written is read back and compared.

use std::path::Path;

use super::args::ExportArgs;
use super::{CliError, Exit, open};
use crate::checkpoint::{Checkpoint, locate, write_atomically};
use crate::model::ModelSpec;
use crate::onnx::Options;
use crate::plan::PlanError;
use crate::pytorch::{self, ForPytorch};
use crate::report::say;
use crate::tasks;
use crate::train::{Predictor, TrainError};
use crate::weights::foreign::{self, ForeignFile};
use crate::weights::{Weights, WeightsError};

/// A kind of file that a run is exported as.
struct Format {
    /// Where it is to be written, if it was asked for.
    path: fn(&ExportArgs) -> Option<&Path>,
    /// Writes it and checks what it wrote; gives what is said of it.
    write: fn(&Checkpoint, &Path, &ExportArgs, Option<&str>) -> Result<String, CliError>,
}

static FORMATS: [Format; 3] = [
    Format { path: |args| args.onnx.as_deref(), write: onnx },
    Format { path: |args| args.safetensors.as_deref(), write: safetensors },
    Format { path: |args| args.weights.as_deref(), write: weights },
];

pub fn run(args: &ExportArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let from = locate(&args.run)?;
    let checkpoint = Checkpoint::read(&from)?;
    say!("checkpoint  {}", from.display());
    for format in &FORMATS {
        if let Some(path) = (format.path)(args) {
            if path == from {
                let way = "another name; it would replace the checkpoint that it is made of";
                return Err(CliError::Usage(format!("{} is what is exported\n  try: {way}", path.display())));
            }
            let said = (format.write)(&checkpoint, path, args, adapter)?;
            say!("{said}");
        }
    }
    Ok(Exit::Done)
}

/// An ONNX model, compared with the run's own answers before it is written.
fn onnx(checkpoint: &Checkpoint, path: &Path, args: &ExportArgs, adapter: Option<&str>) -> Result<String, CliError> {
    let options = Options { pixels: args.pixels, half: args.f16 };
    let bytes = crate::onnx::export(checkpoint, options)?;
    let compared = crate::onnx::check(&open(adapter)?, checkpoint, &bytes, options)?;
    write_atomically(path, &bytes)?;
    let (count, opset) = (compared.inputs, crate::onnx::OPSET);
    let mib = bytes.len() as f64 / f64::from(1 << 20);
    let mut said = format!("onnx        {}: {mib:.1} MiB, opset {opset}\n", path.display());
    said += &format!("checked     read back, its answers to {count} inputs ");
    said += &match compared.difference {
        0.0 => "are the run's own".to_string(),
        difference => format!("differ from the run's by at most {difference:.0e} of the largest"),
    };
    if let Some(rounding) = compared.rounding {
        said += &format!("\nf16         rounded weights change answers by at most {rounding:.0e} of the largest");
    }
    Ok(said)
}

/// PyTorch's names and layouts, and the Python file that loads them.
fn safetensors(
    checkpoint: &Checkpoint,
    path: &Path,
    _args: &ExportArgs,
    adapter: Option<&str>,
) -> Result<String, CliError> {
    let model = checkpoint.meta.model()?;
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let answer = sample_answer(checkpoint, &model, adapter)?;
    let ForPytorch { tensors, python, network } = pytorch::export(checkpoint, &file, answer.as_deref())?;
    check_tensors(checkpoint, &model, &tensors, path)?;
    write_atomically(path, &tensors)?;
    let script = path.with_extension("py");
    write_atomically(&script, python.as_bytes())?;
    let checked = match answer {
        Some(_) => format!("; `python {}` compares its answers with the program's", script.display()),
        None => String::new(),
    };
    Ok(format!(
        "pytorch     {}, read back bit for bit\nloaded by   {}: {network}{checked}",
        path.display(),
        script.display()
    ))
}

/// What the model answers on the sample input; none where its task has no answers, or the adapter cannot hold it.
fn sample_answer(
    checkpoint: &Checkpoint,
    model: &ModelSpec,
    adapter: Option<&str>,
) -> Result<Option<Vec<f32>>, CliError> {
    if tasks::of(&checkpoint.meta.config.loss).check_answers(model, false).is_err() {
        return Ok(None);
    }
    let predictor = match Predictor::new(&open(adapter)?, checkpoint, None) {
        // it can be exported all the same
        Err(TrainError::Plan(PlanError::TooLarge { .. })) => return Ok(None),
        predictor => predictor?,
    };
    let vocabulary = checkpoint.meta.vocabulary.as_ref().map_or(0, |vocabulary| vocabulary.len());
    let mut answers = predictor.predict(&pytorch::sample(model, vocabulary))?;
    Ok(answers.pop().map(|answer| answer.outputs))
}

/// Reads exported tensors back and compares them with the checkpoint's.
fn check_tensors(checkpoint: &Checkpoint, model: &ModelSpec, bytes: &[u8], path: &Path) -> Result<(), CliError> {
    let ours = Weights::of_checkpoint(checkpoint)?;
    let file = ForeignFile::parse(bytes, &path.display().to_string()).map_err(WeightsError::from)?;
    let theirs = foreign::translate(&file, Some(model), &[]).map_err(WeightsError::from)?.weights;
    let differs = ours.tensors.iter().find(|tensor| theirs.tensor(&tensor.name) != Some(*tensor));
    match differs {
        None if ours.tensors.len() == theirs.tensors.len() => Ok(()),
        differs => {
            let which = differs.map_or("a tensor too many".into(), |tensor| format!("`{}`", tensor.name));
            Err(CliError::Usage(format!(
                "{}: {which} does not read back as it was; nothing was written",
                path.display()
            )))
        }
    }
}

/// Our own checkpoint without the optimiser's state.
fn weights(
    checkpoint: &Checkpoint,
    path: &Path,
    _args: &ExportArgs,
    _adapter: Option<&str>,
) -> Result<String, CliError> {
    let small = checkpoint.without_optimizer();
    let bytes = small.to_bytes();
    let read = Checkpoint::from_bytes(&bytes)?;
    let same = small.tensors.iter().all(|t| read.tensor(&t.name, &t.shape).is_ok_and(|data| data == t.data));
    if !same || read.meta != small.meta {
        return Err(CliError::Usage(format!("{} does not read back as it was; nothing was written", path.display())));
    }
    write_atomically(path, &bytes)?;
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    let whole: usize = checkpoint.tensors.iter().map(|tensor| tensor.data.len()).sum();
    Ok(format!(
        "weights     {}: {:.1} MiB of {:.1}, without the optimizer's state",
        path.display(),
        mib(bytes.len()),
        mib(whole)
    ))
}
