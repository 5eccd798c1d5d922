//! `lepton-gpu train`

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::{BatchSize, TrainArgs};
use super::error::save_png;
use super::{CliError, Exit, loss, optimizer, pictures, text};
use crate::checkpoint::{Checkpoint, write_atomically};
use crate::config::{NormalizeConfig, RunConfig, ScheduleConfig, Validation, Warmup, parse_augment};
use crate::data::{self, Dataset, Kind, Split, known};
use crate::gpu::Gpu;
use crate::model::{ModelSpec, thousands};
use crate::plan::mib;
use crate::report::{EventLog, Terminal, print_profile, print_range_test, range_curve, say};
use crate::train::{Control, Event, Fit, Outcome, TrainError, Trainer, largest_batch};

pub fn run(args: &TrainArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let (out, mut config, from) = if args.resume { resumed(args)? } else { fresh(args)? };
    let model = match &from {
        Some(checkpoint) => checkpoint.meta.model()?,
        None => sized(ModelSpec::open(&config.model)?, args)?,
    };
    let dataset = match text::load_for_run(&config, &model, from.as_ref())? {
        Some(texts) => texts,
        None => pictures::load(config.data.as_deref(), &config.load_options(model.input))?,
    };
    if from.is_none() {
        config.loss = loss::resolve(&args.loss, &dataset, config.limit)?;
    }
    let gpu = Gpu::open(adapter)?;
    say!("adapter  {}", gpu.summary().line());
    say!("data     {}", describe(&dataset, &config));
    dataset.notes.iter().for_each(|note| say!("note     {note}"));
    if args.batch == Some(BatchSize::Auto) {
        config.batch = fit_batch(&gpu, &dataset, &model, &config)?;
    }
    if args.lr_find {
        return find_rate(&gpu, &dataset, model, config, &out);
    }
    let mut trainer = match &from {
        Some(checkpoint) => Trainer::resume(&gpu, &dataset, checkpoint, config.clone())?,
        None => Trainer::new(&gpu, &dataset, model.clone(), config.clone())?,
    };
    say!("model    {}", describe_model(&trainer));
    say!("memory   {} on the device, fixed for the whole run", mib(trainer.plan().bytes()));
    if let Some(state) = from.as_ref().map(|c| &c.meta.state).filter(|s| s.epoch >= config.epochs) {
        let more = config.epochs + 5;
        say!("{} has finished its {} epochs; to go on: --epochs {more}", out.display(), state.epoch);
        return Ok(Exit::Done);
    }
    prepare_folder(&out, trainer.config(), &trainer, &dataset)?;
    say!("run      {}", out.display());
    if let Some(checkpoint) = &from {
        let state = &checkpoint.meta.state;
        say!("resume   at step {}, epoch {} of {}", state.step, state.epoch + 1, config.epochs);
    }
    if args.profile {
        profile(&mut trainer, &out)?;
    }
    let outcome = train(&mut trainer, &out, &config, args.resume)?;
    if outcome == Outcome::Stopped {
        say!(
            "stopped at step {}; continue with: lepton-gpu train --out {} --resume",
            trainer.state().step,
            out.display()
        );
        return Ok(Exit::Interrupted);
    }
    let example = match config.loss.against().is_class() {
        true if dataset.text.is_some() => "predict RUN \"a text\"",
        true => "predict RUN --grid grid.png",
        false => "eval RUN",
    };
    say!("try      lepton-gpu {}", example.replace("RUN", &out.display().to_string()));
    Ok(Exit::Done)
}

/// The largest batch that fits.
fn fit_batch(gpu: &Gpu, data: &Dataset, model: &ModelSpec, config: &RunConfig) -> Result<usize, CliError> {
    let Fit { batch, bytes, few_images } = largest_batch(gpu, data, model, config)?;
    let why = match few_images {
        true => "the next power of two is more than the training images",
        false => "the largest power of two that fits",
    };
    say!("batch    {batch}: {why} ({} on the device)", mib(bytes));
    Ok(batch)
}

/// `--lr-find`
fn find_rate(gpu: &Gpu, data: &Dataset, model: ModelSpec, config: RunConfig, out: &Path) -> Result<Exit, CliError> {
    let test = Trainer::new(gpu, data, model, config)?.range_test()?;
    let [picture, numbers] = ["lr-find.png", "lr-find.json"].map(|name| out.join(name));
    std::fs::create_dir_all(out).map_err(CliError::file(out))?;
    let text = serde_json::to_string_pretty(&test).expect("a test is plain data");
    write_atomically(&numbers, text.as_bytes())?;
    save_png(&range_curve(&test), &picture)?;
    print_range_test(&test);
    say!("curve    {} (numbers: {})", picture.display(), numbers.display());
    Ok(Exit::Done)
}

/// Steps that `--profile` times.
const PROFILED: usize = 20;

/// Times the first steps and keeps what was found beside the run.
fn profile(trainer: &mut Trainer, out: &Path) -> Result<(), CliError> {
    let profile = trainer.profile(PROFILED)?;
    print_profile(&profile);
    let text = serde_json::to_string_pretty(&profile).expect("a profile is plain data");
    Ok(write_atomically(&out.join("profile.json"), text.as_bytes())?)
}

/// The loop with everything that listens: terminal, log, checkpoints, Ctrl-C.
fn train(trainer: &mut Trainer, out: &Path, config: &RunConfig, resume: bool) -> Result<Outcome, CliError> {
    let log_path = out.join("events.jsonl");
    let mut log = EventLog::open(&log_path, resume).map_err(CliError::file(&log_path))?;
    let what = if trainer.model().tokens.is_some() { "texts" } else { "images" };
    let mut terminal = Terminal::new(config.epochs, what);
    let interrupted = interrupts();
    let last = out.join("last.safetensors");
    if !resume {
        save(trainer, &[&last])?;
    }
    let outcome = trainer.fit(&mut |trainer, event| {
        terminal.show(event);
        if let Event::Epoch { best, .. } = event {
            let best_path = out.join("best.safetensors");
            let paths: &[&Path] = if *best { &[&best_path, &last] } else { &[&last] };
            save(trainer, paths)?;
        }
        log.write(event).map_err(|error| write_failed(&log_path, error))?;
        Ok(if interrupted.load(Ordering::Relaxed) { Control::Stop } else { Control::Continue })
    });
    terminal.finish_bar();
    let outcome = outcome?;
    save(trainer, &[&last])?;
    if outcome == Outcome::Finished
        && trainer.state().step > 0
        && let Some(event) = trainer.test()?
    {
        terminal.show(&event);
        log.write(&event).map_err(CliError::file(&log_path))?;
    }
    Ok(outcome)
}

fn write_failed(path: &Path, source: std::io::Error) -> TrainError {
    crate::checkpoint::CheckpointError::Io { path: path.display().to_string(), source }.into()
}

fn save(trainer: &Trainer, paths: &[&Path]) -> Result<(), TrainError> {
    let bytes = trainer.checkpoint()?.to_bytes();
    for path in paths {
        write_atomically(path, &bytes)?;
    }
    Ok(())
}

/// Set by the first Ctrl-C; the second one ends the process at once.
fn interrupts() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = flag.clone();
    let handler = move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("\nfinishing the step, then saving (Ctrl-C again: stop at once)");
    };
    // a second handler in one process is refused; then Ctrl-C simply ends it
    let _ = ctrlc::set_handler(handler);
    flag
}

type Start = (PathBuf, RunConfig, Option<Checkpoint>);

fn fresh(args: &TrainArgs) -> Result<Start, CliError> {
    let mut config = configure(args)?;
    let model = sized(ModelSpec::open(&config.model)?, args)?;
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

fn resumed(args: &TrainArgs) -> Result<Start, CliError> {
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
fn sized(model: ModelSpec, args: &TrainArgs) -> Result<ModelSpec, CliError> {
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

fn prepare_folder(out: &Path, config: &RunConfig, trainer: &Trainer, dataset: &Dataset) -> Result<(), CliError> {
    std::fs::create_dir_all(out).map_err(CliError::file(out))?;
    write_atomically(&out.join("config.toml"), config.to_toml().as_bytes())?;
    write_atomically(&out.join("model.toml"), trainer.model().to_toml().as_bytes())?;
    if let Some(text) = &dataset.text {
        write_atomically(&out.join("vocabulary.txt"), text.vocabulary.to_text().as_bytes())?;
    }
    Ok(())
}

fn describe(dataset: &Dataset, config: &RunConfig) -> String {
    let [h, w, c] = dataset.image_shape();
    let train = dataset.train.as_ref().map_or(0, |t| t.count);
    let used = config.limit.map_or(train, |limit| limit.min(train));
    if let Some(line) = text::describe(dataset, used) {
        return line;
    }
    let count = |split: &Option<Split>| thousands(split.as_ref().map_or(0, |split| split.count) as u64);
    let validation = match &dataset.validation {
        None => String::new(),
        Some(_) => format!(", {} validation", count(&dataset.validation)),
    };
    format!(
        "{} ({}): {} training{validation} and {} test images, {h}x{w}x{c}, {} classes",
        dataset.name,
        dataset.source,
        thousands(used as u64),
        count(&dataset.test),
        dataset.classes.len()
    )
}

fn describe_model(trainer: &Trainer) -> String {
    let plan = trainer.plan();
    let parameters: usize = plan.parameters.iter().map(|p| p.shape.count()).sum();
    format!(
        "{}: {} parameters; {} steps of {} images an epoch, {} dispatches a step, products {}{}",
        plan.model,
        thousands(parameters as u64),
        thousands(trainer.steps_per_epoch() as u64),
        trainer.images_per_step(),
        trainer.dispatches_per_step(),
        plan.target.family,
        if plan.is_tuned() { ", tuned" } else { "" }
    )
}
