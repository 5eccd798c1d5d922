//! What a run says of itself in the first line of its log.

use std::path::Path;

use super::CliError;
use crate::data::{Dataset, Split};
use crate::gpu::AdapterSummary;
use crate::platform::files;
use crate::report::shell_word;
use crate::report::{Counts, Data, Device, Division, Network, PerClass, RunStart, SCHEMA};
use crate::train::{Trainer, Validating, validating};

/// The first line of the log of a run that begins, or goes on, now.
pub fn line(
    trainer: &Trainer,
    adapter: &AdapterSummary,
    dataset: &Dataset,
    resume: bool,
) -> Result<RunStart, CliError> {
    let (config, model, state) = (trainer.config(), trainer.model(), trainer.state());
    let validating = validating(dataset, config)?;
    let validation = match &validating {
        Some(Validating { part: "test", .. }) | None => 0,
        Some(own) => own.examples.len(),
    };
    let counts = Counts {
        training: trainer.images_per_epoch(),
        validation,
        test: dataset.test().filter(|_| trainer.task().evaluates()).map_or(0, Split::len),
    };
    let balance = trainer.balance();
    let per_class =
        (!balance.learned.is_empty()).then_some(PerClass { training: balance.learned, validation: balance.validated });
    let (name, source) = (dataset.name().to_string(), dataset.source().to_string());
    Ok(RunStart {
        event: if resume { "resume" } else { "start" },
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        command: command(),
        directory: std::env::current_dir().ok().map(|folder| folder.display().to_string()),
        device: Device {
            name: adapter.name.clone(),
            kind: adapter.kind.clone(),
            backend: adapter.backend.clone(),
            driver: adapter.driver.clone(),
        },
        device_bytes: trainer.plan().bytes(),
        model: Network {
            name: model.name.clone(),
            input: model.input,
            parameters: crate::plan::parameters(model).unwrap_or(0),
        },
        task: trainer.task().name(),
        examples: model.input_kind().plural(),
        data: Data { name, source, classes: trainer.outputs().to_vec(), counts, per_class },
        split: validating.map(|own| division(&own, dataset)),
        best_by: trainer.judging().map(|judging| judging.by.key()),
        epochs: config.epochs,
        step: state.step,
        settings: config.changed_from(&Default::default()),
    })
}

/// The command as it was typed.
fn command() -> String {
    let words = std::env::args_os().map(|word| shell_word(&word.to_string_lossy()));
    words.collect::<Vec<_>>().join(" ")
}

fn division(own: &Validating, dataset: &Dataset) -> Division {
    let (split, count) = (own.split(), own.examples.len());
    let names: Vec<String> =
        own.examples.iter().filter_map(|&i| split.name(i)).map(|name| below(dataset, name)).collect();
    let all = names.len() == count || count == split.len();
    Division {
        part: own.part,
        count,
        sha256: digest(split, &own.examples, dataset),
        names,
        indices: if all { Vec::new() } else { own.examples.clone() },
    }
}

/// A name without the folder of the data set, or of its file, that it is in.
pub fn below(dataset: &Dataset, name: &str) -> String {
    files::below(Path::new(dataset.source()), Path::new(name)).display().to_string()
}

/// Where one of all examples is: its split in short, and its number there before a table of labels removed others.
pub fn place(dataset: &Dataset, mut number: usize) -> (&'static str, usize) {
    for (name, split) in dataset.splits().iter() {
        if number < split.len() {
            return (short(name), dataset.number_before(name, number));
        }
        number -= split.len();
    }
    unreachable!("an example is in a split")
}

/// A split as tables call it.
pub fn short(split: &str) -> &'static str {
    match split {
        "training" => "train",
        "validation" => "val",
        _ => "test",
    }
}

/// One of all examples for people: its file, or its split and number.
pub fn called(dataset: &Dataset, name: Option<&str>, number: usize) -> String {
    let of_number = || {
        let (split, number) = place(dataset, number);
        format!("{split} {number}")
    };
    name.map_or_else(of_number, |name| below(dataset, name))
}

/// SHA-256 of some examples: of what they are called, or else of what they hold, and of what is to be learned about them.
pub fn digest(split: &Split, examples: &[usize], dataset: &Dataset) -> Option<String> {
    let mut bytes = Vec::new();
    for &i in examples {
        match split.name(i) {
            Some(name) => bytes.extend_from_slice(below(dataset, name).replace('\\', "/").as_bytes()),
            None => bytes.extend_from_slice(&split.example(i).ok()?),
        }
        bytes.push(0);
        match split.values() {
            Some(values) => {
                let row = &values.data[i * values.width..][..values.width];
                row.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
            }
            None => bytes.extend_from_slice(
                dataset.classes().get(split.labels()[i] as usize).map_or("", |name| name).as_bytes(),
            ),
        }
        bytes.push(b'\n');
    }
    files::sha256(&bytes)
}
