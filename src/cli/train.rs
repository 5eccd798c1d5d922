//! `lepton-gpu train`

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::args::TrainArgs;
use super::curve::RunCurve;
use super::described::{describe, describe_model};
use super::error::save_png;
use super::logs::Logs;
use super::run_folder::{LAST, claimed, prepare, save};
use super::saving::Saving;
use super::shared::Shared;
use super::start::{Start, fresh, resumed};
use super::sweep::Turn;
use super::tasks::{self, TaskView};
use super::verdict::{self, Ending, told_last};
use super::{CliError, Exit, auto, dashboard, first_screen, init, loss, memory, pictures, report, started};
use crate::checkpoint::{Checkpoint, CheckpointError, write_atomically};
use crate::config::RunConfig;
use crate::data::{Dataset, Listing, LoadOptions, Looked};
use crate::gpu::Gpu;
use crate::model::ModelSpec;
use crate::plan::mib;
use crate::platform::{Duration, calendar};
use crate::report::watch::{Dashboard, LOG, restore};
use crate::report::{
    EventLog, Log, Terminal, aside, be_quiet, lr_range_curve, print_lr_range_test, print_profile, say, to_continue,
};
use crate::tasks::of;
use crate::train::{Control, Event, Outcome, State, StopHandle, TrainError, Trainer};
use crate::weights::Weights;

pub fn run(args: &TrainArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    run_among(args, &mut Shared::new(adapter), None)
}

/// A run by itself, or a turn of one of a sweep's.
pub fn run_among(args: &TrainArgs, shared: &mut Shared, mut turn: Option<&mut Turn>) -> Result<Exit, CliError> {
    let (began, begun, saving) = (calendar::now(), Instant::now(), Saving::of(args)?);
    if ["quiet", "json_progress"].iter().any(|flag| args.typed.has(flag)) {
        be_quiet();
    }
    dashboard::prepare(args)?;
    let Ready { out, mut config, model, weights, from, gpu, dataset } = ready(args, shared)?;
    if turn.is_none() {
        shared.forget_data();
    }
    auto::numbers(args, begun, &gpu, &dataset, &model, weights.as_ref(), &mut config)?;
    if args.typed.has("lr_find") {
        return find_rate(auto::trial(&gpu, &dataset, &model, weights.as_ref(), &config)?, &own_folder(args, out)?);
    }
    // what is told before there is a log
    let mut told: Vec<(Duration, Event)> = Vec::new();
    let make = (&gpu, &dataset, &model, &config);
    let mut trainer =
        made(make, from.as_ref(), weights.as_ref(), &mut |event| told.push((calendar::now(), event.clone())))?;
    if let Some(turn) = &turn {
        trainer = turn.joined(trainer)?;
    }
    verdict::recall(&mut trainer, &out);
    let view = tasks::of(trainer.task());
    say_model(&trainer, view);
    if let Some(state) = from.as_ref().map(|c| &c.meta.state).filter(|s| s.epoch >= config.epochs) {
        let more = config.epochs + 5;
        say!("{} has finished its {} epochs; to continue: --epochs {more}", out.display(), state.epoch);
        let whole = turn.as_ref().map(|turn| turn.is_winner);
        end_late(&mut trainer, view, &out, (begun, whole))?;
        if whole == Some(true) {
            report::at_end(args, &mut trainer, &dataset, &out);
        }
        verdict::say_next(&trainer, view, &out);
        return Ok(Exit::Done);
    }
    let out = own_folder(args, out)?;
    let log = opened_log(&out, (&trainer, &gpu, &dataset), args, (began, &told))?;
    say!("run      {}", out.display());
    from.iter().for_each(|checkpoint| tell_resumed(&trainer, checkpoint));
    if args.typed.has("profile") {
        profile(&mut trainer, &out)?;
    }
    let whole = turn.as_ref().is_none_or(|turn| turn.is_winner);
    let ending = Ending { out: &out, view, begun, tests: whole, logged: None };
    let mut logs = Logs::open(&out, &args.typed, &trainer, args.resume().then(|| out.join(LOG)))?;
    logs.begin(&gpu, &trainer, &dataset)?;
    let outcome = train(&mut trainer, &ending, log, args, saving, &mut logs, turn.as_deref_mut())?;
    if outcome == Outcome::Finished {
        if whole {
            report::at_end(args, &mut trainer, &dataset, &out);
        }
        verdict::say_next(&trainer, view, &out);
        logs.finish(&gpu, &trainer, &dataset);
        return Ok(Exit::Done);
    }
    if turn.is_some_and(|turn| !turn.stop.is_stopped()) {
        return Ok(Exit::Done);
    }
    let (step, out) = (trainer.state().step, out.display().to_string());
    say!("stopped at step {step}; {}", to_continue(&out));
    Ok(Exit::Interrupted)
}

/// The run's folder; without `--out` one that nobody else takes.
fn own_folder(args: &TrainArgs, planned: PathBuf) -> Result<PathBuf, CliError> {
    if args.out().is_none() && !args.resume() { claimed(&planned) } else { Ok(planned) }
}

/// Says what is trained, and from which weights.
fn say_model(trainer: &Trainer, view: &dyn TaskView) {
    let origin = trainer.origin().map_or_else(Vec::new, init::report);
    origin.iter().for_each(|line| say!("weights  {line}"));
    say!("model    {}", describe_model(trainer));
    if let Some((heading, line)) = view.describe(trainer) {
        say!("{heading:<8} {line}");
    }
    say!("memory   {} on the device, allocated once", mib(trainer.plan().bytes()));
    first_screen::lines(trainer).iter().for_each(|line| say!("{line}"));
}

/// A run whose data are read.
struct Ready {
    out: PathBuf,
    config: RunConfig,
    model: ModelSpec,
    weights: Option<Weights>,
    from: Option<Checkpoint>,
    gpu: Gpu,
    dataset: Dataset,
}

/// Decides what a run will do, and reads its data.
fn ready(args: &TrainArgs, shared: &mut Shared) -> Result<Ready, CliError> {
    // before anything is read or downloaded
    let memory = memory::of(args)?;
    let start = if args.resume() { resumed(args)? } else { fresh(args, shared)? };
    let Start { out, mut config, model, weights, from, has_loss, typed, seen } = start;
    if !has_loss {
        // what is held out depends on it; data and flags say the rest
        config.loss = loss::of_model(&typed, &model)?;
    }
    let (gpu, data) = seen.map_or((None, Looked::Nothing), |seen| (Some(seen.gpu), seen.data));
    let dataset = match data {
        Looked::Read(read) => pictures::shuffled(*read, &config),
        Looked::Listed(listing) => load(&config, &model, from.as_ref(), memory, Some(listing), shared),
        Looked::Nothing => load(&config, &model, from.as_ref(), memory, None, shared),
    }?;
    if !has_loss && of(&config.loss).evaluates() {
        config.loss = loss::resolve(&typed, &model, &dataset, config.limit)?;
    }
    let gpu = gpu.map_or_else(|| shared.gpu(), Ok)?;
    say!("data     {}", describe(&dataset, &config));
    first_screen::order(&dataset).iter().for_each(|line| say!("classes  {line}"));
    dataset.notes().iter().for_each(|note| say!("note     {note}"));
    Ok(Ready { out, config, model, weights, from, gpu, dataset })
}

/// Where a run goes on, and how its learning rate does.
fn tell_resumed(trainer: &Trainer, checkpoint: &Checkpoint) {
    let state = &checkpoint.meta.state;
    say!("resume   at step {}, epoch {} of {}", state.step, state.epoch + 1, trainer.config().epochs);
    first_screen::rate(trainer, checkpoint).iter().for_each(|line| say!("{line}"));
}

/// The trainer of a run that goes on, that starts from weights, or that is new; `told` gets what happens before its first step.
fn made(
    (gpu, dataset, model, config): (&Gpu, &Dataset, &ModelSpec, &RunConfig),
    from: Option<&Checkpoint>,
    weights: Option<&Weights>,
    told: &mut dyn FnMut(&Event),
) -> Result<Trainer, TrainError> {
    match (from, weights) {
        (Some(checkpoint), _) => Trainer::resume(gpu, dataset, checkpoint, config.clone()),
        (None, Some(weights)) => {
            say!("init     {}", init::describe(weights));
            let mut terminal = Terminal::new(config.epochs, model.input_kind().plural(), None);
            Trainer::from_weights(gpu, dataset, model.clone(), config.clone(), weights, |event| {
                terminal.show(event);
                told(event);
            })
        }
        (None, None) => Trainer::new(gpu, dataset, model.clone(), config.clone()),
    }
}

/// The run's data.
fn load(
    config: &RunConfig,
    model: &ModelSpec,
    from: Option<&Checkpoint>,
    memory: Option<u64>,
    listing: Option<Listing>,
    shared: &mut Shared,
) -> Result<Dataset, CliError> {
    let cuts = config.text.max_length.is_none() || from.is_some();
    let length = if cuts { model.text_length() } else { None };
    let options = LoadOptions { length, memory, ..of(&config.loss).load_options(config, model) };
    let options = match from {
        Some(checkpoint) => options.with_names_of(&checkpoint.meta),
        None => options,
    };
    pictures::shuffled(shared.load(config.data.as_deref(), listing, &options)?, config)
}

/// `--lr-find`
fn find_rate(trainer: Trainer, out: &Path) -> Result<Exit, CliError> {
    let test = trainer.lr_range_test()?;
    let [picture, numbers] = ["lr-find.png", "lr-find.json"].map(|name| out.join(name));
    std::fs::create_dir_all(out).map_err(CliError::file(out))?;
    let text = serde_json::to_string_pretty(&test).expect("a test is plain data");
    write_atomically(&numbers, text.as_bytes())?;
    save_png(&lr_range_curve(&test).to_picture(), &picture)?;
    print_lr_range_test(&test);
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
fn train(
    trainer: &mut Trainer,
    ending: &Ending,
    mut log: EventLog,
    args: &TrainArgs,
    mut saving: Saving,
    logs: &mut Logs,
    mut turn: Option<&mut Turn>,
) -> Result<Outcome, CliError> {
    let Ending { out, view, .. } = *ending;
    let log_path = out.join(LOG);
    let mut curve = RunCurve::open(out, args.resume().then_some(&log_path))?;
    let epochs = trainer.config().epochs;
    let mut terminal = terminal(trainer, epochs);
    if turn.is_none() {
        stop_at_interrupt(trainer.stop_handle());
    }
    let screen = dashboard::open(args, out, trainer.stop_handle())?;
    saving.done();
    let last = out.join(LAST);
    let outcome = trainer.fit(|trainer, event| -> Result<Control, CliError> {
        terminal.show(event);
        match event {
            Event::Epoch { epoch, best, .. } => {
                view.save_epoch(trainer, *epoch, out)?;
                let best_path = out.join("best.safetensors");
                let paths: &[&Path] = if *best { &[&best_path, &last] } else { &[&last] };
                save(trainer, paths)?;
                saving.done();
            }
            Event::Checkpoint { .. } => {
                save(trainer, &[&last])?;
                saving.done();
            }
            _ => {}
        }
        log.write(event).map_err(|error| unwritten(&log_path, error))?;
        curve.take(event)?;
        logs.take(trainer, view, event)?;
        let ends = turn.as_deref_mut().is_some_and(|turn| turn.ends_with(event));
        Ok(if ends {
            Control::Stop
        } else if saving.is_due() || screen.as_ref().is_some_and(Dashboard::wants_save) {
            Control::Save
        } else {
            Control::Continue
        })
    });
    terminal.finish_bar();
    drop(screen);
    // of a run that failed, too: it may show why
    let drawn = curve.finish();
    let outcome = outcome.map_err(of_listener)?;
    save(trainer, &[&last])?;
    if trainer.out_of_patience() && trainer.state().epoch < epochs {
        let (epoch, waited) = (trainer.state().epoch, trainer.state().waited);
        say!("stopped after epoch {epoch}: the last {waited} were not better (--patience)");
    }
    if let Some(path) = drawn? {
        say!("curve    {}", path.display());
    }
    if outcome == Outcome::Finished && trainer.state().step > 0 {
        ending.tell(trainer, &mut terminal, &mut |trainer, event| {
            log.write(event).map_err(|error| unwritten(&log_path, error))?;
            logs.take(trainer, view, event)
        })?;
    }
    Ok(outcome)
}

fn unwritten(path: &Path, source: std::io::Error) -> CheckpointError {
    CheckpointError::Io { path: path.display().to_string(), source }
}

/// The listener's own error, if that is why training stopped.
fn of_listener(error: TrainError) -> CliError {
    match error {
        TrainError::Listener(inner) => match inner.downcast::<CliError>() {
            Ok(own) => *own,
            Err(other) => TrainError::Listener(other).into(),
        },
        other => other.into(),
    }
}

fn terminal(trainer: &Trainer, epochs: u32) -> Terminal {
    let by = trainer.judging().map(|judging| judging.by);
    Terminal::new(epochs, trainer.model().input_kind().plural(), by)
}

/// The end of a run that had finished before; it may have been killed before it told that.
/// `whole` says of a sweep's run whether it is to be tested now, though it told its verdict.
fn end_late(
    trainer: &mut Trainer,
    view: &dyn TaskView,
    out: &Path,
    (begun, whole): (Instant, Option<bool>),
) -> Result<(), CliError> {
    let path = out.join(LOG);
    let State { batch, step, epoch, .. } = *trainer.state();
    if batch > 0 || step == 0 {
        return Ok(());
    }
    let logged = match path.is_file() {
        true => Log::read(&path).map_err(CliError::file(&path))?,
        false => Log::default(),
    };
    let log = EventLog::open(&path).and_then(|log| log.continued(&path));
    let mut log = log.map_err(CliError::file(&path))?;
    let mut terminal = terminal(trainer, epoch);
    let last = told_last(&logged, &mut log, &path, whole == Some(true)).map_err(CliError::file(&path))?;
    Ending { out, view, begun, tests: whole != Some(false), logged: last }.tell(
        trainer,
        &mut terminal,
        &mut |_, event| log.write(event).map_err(CliError::file(&path)),
    )
}

/// The first Ctrl-C stops the run; the second one ends the process at once.
pub(super) fn stop_at_interrupt(run: StopHandle) {
    // a second handler in one process is refused; then Ctrl-C simply ends it
    let _ = ctrlc::set_handler(move || interrupt(&run));
}

/// What Ctrl-C does.
pub(super) fn interrupt(run: &StopHandle) {
    if run.is_stopped() {
        restore();
        std::process::exit(130);
    }
    run.stop();
    aside!("\nfinishing the step, then saving (Ctrl-C again: stop at once)");
}

/// The run's folder and its log, which says what the run is and what happened until now.
fn opened_log(
    out: &Path,
    (trainer, gpu, dataset): (&Trainer, &Gpu, &Dataset),
    args: &TrainArgs,
    (began, told): (Duration, &[(Duration, Event)]),
) -> Result<EventLog, CliError> {
    let start = started::line(trainer, gpu.summary(), dataset, args.resume())?;
    let log = prepare(out, args.resume(), trainer, dataset)?;
    let mut log = log.echoing(args.typed.has("json_progress"));
    let first = log.write_at(began, &start);
    let written = first.and_then(|()| told.iter().try_for_each(|(time, event)| log.write_at(*time, event)));
    written.map_err(|error| unwritten(&out.join(LOG), error))?;
    Ok(log)
}
