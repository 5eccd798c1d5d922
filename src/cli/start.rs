//! How a run starts: what was typed for `train` becomes its configuration, or its checkpoint says how it goes on.

use std::path::{Path, PathBuf};

use super::args::{BatchSize, TrainArgs};
use super::{CliError, adversarial, loss, optimizer, pictures, text};
use crate::checkpoint::Checkpoint;
use crate::config::{NormalizeConfig, RunConfig, ScheduleConfig, Validation, Warmup, parse_augment};
use crate::data::{self, Kind, known};
use crate::model::ModelSpec;

/// The run folder, its configuration, and the checkpoint that it goes on from.
pub type Start = (PathBuf, RunConfig, Option<Checkpoint>);

/// A new run, as it was typed.
pub fn fresh(args: &TrainArgs) -> Result<Start, CliError> {
    let mut config = configure(args)?;
    let model = sized(ModelSpec::open(&config.model)?, args)?;
    adversarial::usual(args, &model, &mut config);
    let [h, w, _] = model.input;
    config.augment = args.augment.as_deref().map_or(Ok(config.augment), |list| parse_augment(list, [h, w]))?;
    let out = args.out.clone().unwrap_or_else(|| next_folder(&model.name));
    if out.join("last.safetensors").exists() {
        return Err(CliError::Usage(format!(
            "{} holds a run already\n  try: --resume to continue it, or another --out",
            out.display()
        )));
    }
    if let Some(file) = ["config.toml", "model.toml"].into_iter().find(|name| out.join(name).exists()) {
        return Err(CliError::Usage(format!(
            "{} holds a {file} that is no run's, and training would replace it\n  try: another --out",
            out.display()
        )));
    }
    check_writable(&out)?;
    Ok((out, config, None))
}

/// Finds out before anything is compiled whether the run folder can be made and written to.
fn check_writable(out: &Path) -> Result<(), CliError> {
    let there = out.ancestors().find(|p| p.exists() || p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    tempfile::tempfile_in(folder).map(|_| ()).map_err(|source| {
        CliError::Usage(format!(
            "cannot make the run folder {}: {}: {source}\n  try: --out in a folder you may write to",
            out.display(),
            folder.display()
        ))
    })
}

/// A run that goes on.
pub fn resumed(args: &TrainArgs) -> Result<Start, CliError> {
    let out = args.out.clone().expect("clap requires --out with --resume");
    let checkpoint = Checkpoint::read(&out.join("last.safetensors"))?;
    let mut config = checkpoint.meta.config.clone();
    let mut typed: Vec<(&str, bool)> = vec![
        ("DATA", args.data.is_some() || args.data_flag.is_some()),
        ("--model", args.model.is_some()),
        ("--batch", args.batch.is_some()),
        ("--schedule", args.schedule.is_some()),
        ("--warmup", args.warmup.is_some()),
        ("--val-split", args.val_split.is_some()),
        ("--seed", args.seed.is_some()),
        ("--precision", args.precision.is_some()),
        ("--no-fuse", args.no_fuse),
        ("--limit", args.limit.is_some()),
        ("--augment", args.augment.is_some()),
        ("--normalize", args.normalize.is_some()),
        ("--size", args.size.is_some()),
        ("--fit", args.images.fit.is_some()),
        ("--skip-damaged", args.images.skip_damaged),
        ("--coarse", args.images.coarse),
        ("--max-length", args.text.max_length.is_some()),
        ("--min-count", args.text.min_count.is_some()),
        ("--max-words", args.text.max_words.is_some()),
        ("--coarse-labels", args.text.coarse_labels),
    ];
    typed.extend(loss::typed(&args.loss));
    typed.extend(optimizer::typed(&args.update));
    if let Some((flag, _)) = typed.iter().find(|(_, typed)| *typed) {
        return Err(CliError::Usage(format!(
            "--resume continues a run as it was configured, and {flag} would change it\n  try: without {flag}; --epochs and --steps may go further"
        )));
    }
    config.epochs = args.epochs.unwrap_or(config.epochs);
    // a limit of steps holds for one command; the next one goes on to the end
    config.steps = args.steps;
    Ok((out, config, Some(checkpoint)))
}

fn configure(args: &TrainArgs) -> Result<RunConfig, CliError> {
    let defaults = RunConfig::default();
    let optimizer = optimizer::optimizer(&args.update)?;
    let learning_rate = args.update.lr.unwrap_or(optimizer.usual_rate());
    if !(learning_rate.is_finite() && learning_rate >= 0.0) {
        return Err(CliError::Usage(format!("--lr {learning_rate} is no learning rate\n  try: --lr 0.001")));
    }
    let data = args.data.as_ref().or(args.data_flag.as_ref()).map(|name| whole_path(name));
    let mut images = pictures::image_options(&args.images);
    let text = text::options(&args.text);
    let kind = data::kind(data.as_deref());
    if kind != Kind::Texts && !text.is_default() {
        return Err(CliError::Usage(
            "--max-length, --min-count, --max-words and --coarse-labels are for texts, and these are images\n  try: without them".into(),
        ));
    }
    let usual_model = match kind {
        Kind::Images => defaults.model,
        Kind::Texts => text::USUAL_MODEL.into(),
        Kind::Pictures => {
            images.fit.get_or_insert_default();
            pictures::USUAL_MODEL.into()
        }
    };
    Ok(RunConfig {
        data,
        text,
        model: args.model.clone().unwrap_or(usual_model),
        epochs: args.epochs.unwrap_or(defaults.epochs),
        batch: match args.batch {
            Some(BatchSize::Images(images)) => images,
            // found when data and adapter are known
            Some(BatchSize::Auto) => 1,
            None => defaults.batch,
        },
        learning_rate,
        schedule: schedule(args)?,
        warmup: warmup(args)?,
        seed: args.seed.unwrap_or(0),
        limit: args.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
        steps: args.steps,
        validation: args.val_split.as_deref().map_or(Ok(Validation::None), validation)?,
        precision: args.precision.unwrap_or_default().into(),
        fuse: !args.no_fuse,
        loss: defaults.loss,
        normalize: args
            .normalize
            .as_deref()
            .map_or(Ok(defaults.normalize), NormalizeConfig::parse)
            .map_err(CliError::Usage)?,
        augment: defaults.augment,
        images,
        optimizer,
        update: optimizer::update(&args.update)?,
    })
}

/// The model with the input size that was typed.
pub fn sized(model: ModelSpec, args: &TrainArgs) -> Result<ModelSpec, CliError> {
    match &args.size {
        None => Ok(model),
        Some(size) => Ok(ModelSpec { input: pictures::size(size, model.input)?, ..model }),
    }
}

/// A folder under its whole path, so that the run can be evaluated from anywhere; a known name as it is.
fn whole_path(name: &str) -> String {
    if known::find(name).is_some() {
        return name.into();
    }
    std::fs::canonicalize(name).map_or_else(|_| name.into(), |path| path.to_string_lossy().into_owned())
}

fn schedule(args: &TrainArgs) -> Result<ScheduleConfig, CliError> {
    let Some(text) = &args.schedule else { return Ok(ScheduleConfig::Constant) };
    text.parse()
        .map_err(|problem: String| CliError::Usage(format!("--schedule {text}: {problem}\n  try: --schedule cosine")))
}

fn warmup(args: &TrainArgs) -> Result<Option<Warmup>, CliError> {
    match args.warmup {
        None => Ok(None),
        Some(epochs) if epochs >= 0.0 && epochs.is_finite() => Ok(Some(Warmup { epochs, start: Warmup::START })),
        Some(epochs) => Err(CliError::Usage(format!("--warmup {epochs} must be 0 epochs or more\n  try: --warmup 1"))),
    }
}

fn validation(text: &str) -> Result<Validation, CliError> {
    if text == "test" {
        return Ok(Validation::Test);
    }
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(Validation::Fraction(share)),
        _ => Err(CliError::Usage(format!(
            "--val-split {text} is neither a share between 0 and 1 nor `test`\n  try: --val-split 0.1"
        ))),
    }
}

/// `runs/MODEL-1`, or the next number that is free.
fn next_folder(model: &str) -> PathBuf {
    (1..).map(|i| PathBuf::from(format!("runs/{model}-{i}"))).find(|p| !p.exists()).expect("some number is free")
}
