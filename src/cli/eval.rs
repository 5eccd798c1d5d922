//! `lepton-gpu eval`

use std::path::Path;

use super::args::EvalArgs;
use super::error::save_png;
use super::learned::Learned;
use super::thresholds::{Row, Thresholds, answers_on, class_of, keep};
use super::weights::{Weights, say_who};
use super::wrong::Answered;
use super::{CliError, Exit, open, pictures, scaling};
use crate::checkpoint::{Checkpoint, locate};
use crate::data::{Dataset, Split};
use crate::gpu::Gpu;
use crate::metrics::{Aim, Answers, CONFUSION_LIMIT, Interval, LabelMeasures, Measures, Metrics, Numbers, find};
use crate::model::InputKind;
use crate::report::chart::confusion;
use crate::report::shell_word;
use crate::report::{Document, aside, percent, print_measures, say};
use crate::tasks::Examined;
use crate::train::{Answer, Evaluator, Predictor, check_held_out, validating};

pub fn run(args: &EvalArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let path = locate(&args.run)?;
    let mut checkpoint = Checkpoint::read(&path)?;
    let model = checkpoint.meta.model()?;
    if let Some(normalize) = &args.normalize {
        scaling::check(normalize, &model)?;
        checkpoint.meta.config.normalize = normalize.clone();
    }
    let dataset = pictures::of_run(&checkpoint, args.data.as_deref(), &args.table.options()?)?;
    let (split, split_name) = dataset.unseen();
    let learned = args.data.as_deref().map(|spec| Learned::of(&checkpoint, spec, split)).transpose()?;
    let gpu = open(adapter)?;
    let found = find_threshold(args, &checkpoint, &gpu, &dataset)?;
    let thresholds = Thresholds::of_run(&path, &args.threshold, &checkpoint.meta)?;
    let looked = look(args, &checkpoint, (&gpu, &dataset, split), &thresholds)?;
    let Looked { metrics, measures, .. } = &looked;
    if !metrics.loss.is_finite() {
        return Err(CliError::Usage(format!("the loss of {} is NaN or infinite", path.display())));
    }
    let wrong = tell_wrong(args, &checkpoint, (&dataset, split, split_name), &looked, &thresholds)?;
    split.problem().iter().for_each(|problem| aside!("note: {problem}"));
    let names = &checkpoint.meta.classes;
    if let Some(out) = &args.confusion {
        let title = format!("{} · {} {split_name} images", model.name, split.len());
        draw_confusion(&title, measures.as_ref(), names, out)?;
    }
    if args.json {
        let value = serde_json::json!({
            "checkpoint": path, "weights": Weights::of(&checkpoint.meta), "data": dataset.name(), "split": split_name, "images": split.len(),
            "notes": dataset.notes(), "learned": learned.as_ref().and_then(Learned::count),
            "loss": metrics.loss, "accuracy": metrics.accuracy, "summary": metrics.more,
            "measures": measures, "names": names, "thresholds": by_name(&thresholds, names), "found": found, "normalize": checkpoint.meta.config.normalize, "adapter": gpu.summary(),
        });
        say!("{:#}", Document::of(value).value());
        return Ok(Exit::Done);
    }
    let what = if dataset.texts().is_some() { "texts" } else { "images" };
    say_who(&gpu, &checkpoint, 12);
    say!("checkpoint  {}", path.display());
    say!("data        {} {split_name} {what} of {} ({})", split.len(), dataset.name(), dataset.source());
    dataset.notes().iter().for_each(|note| say!("{:<12}{note}", "note"));
    let told = learned.as_ref().and_then(|learned| Some((learned.count().is_some(), learned.line(split.len(), what)?)));
    told.iter().for_each(|(is_known, line)| say!("{:<12}{line}", if *is_known { "WARNING" } else { "note" }));
    if model.input_kind() == InputKind::Images {
        let whose = if args.normalize.is_some() { "as typed" } else { "the run's" };
        say!("normalize   {} ({whose})", scaling::in_words(&checkpoint.meta.config.normalize));
    }
    found.iter().flat_map(found_lines).for_each(|line| say!("{line}"));
    thresholds.lines.iter().for_each(|line| say!("{}", widened(line)));
    match metrics.accuracy {
        Some(accuracy) => say!("loss: {:.4} - accuracy: {accuracy:.4} ({})", metrics.loss, percent(accuracy)),
        None => say!("loss: {:.4}", metrics.loss),
    }
    if let Some(measures) = measures {
        print_measures(measures, names);
    }
    wrong.iter().for_each(|line| say!("{line}"));
    Ok(Exit::Done)
}

/// A line with its text where `eval` has it.
fn widened(line: &str) -> String {
    match line.split_once(' ') {
        Some((heading, text)) => format!("{heading:<12}{}", text.trim_start()),
        None => line.into(),
    }
}

/// What was found, and on how few examples it rests.
fn found_lines(row: &Row) -> Vec<String> {
    let (found, class) = (&row.found, &row.class);
    let within = |interval: Interval| format!("95 %: {} to {}", percent(interval.low), percent(interval.high));
    vec![
        format!(
            "{:<12}{class} from {:.4}: {}, on {} {} examples",
            "found",
            found.threshold,
            row.wanted(),
            found.examples,
            row.on
        ),
        format!(
            "{:<12}{} of {} found, recall {} ({})",
            "",
            found.right,
            found.positives,
            percent(found.recall()),
            within(found.recall_interval())
        ),
        format!(
            "{:<12}{} of {} answers right, precision {} ({})",
            "",
            found.right,
            found.answered,
            percent(found.precision()),
            within(found.precision_interval())
        ),
    ]
}

/// Thresholds with the names of their classes.
fn by_name(thresholds: &Thresholds, names: &[String]) -> Vec<serde_json::Value> {
    let named = |(class, least): (usize, f64)| serde_json::json!({ "class": names[class], "threshold": least });
    thresholds.own.iter().map(named).collect()
}

/// `--recall` and `--precision`: finds a threshold on the examples that validated the run, and keeps it with the run.
fn find_threshold(
    args: &EvalArgs,
    checkpoint: &Checkpoint,
    gpu: &Gpu,
    dataset: &Dataset,
) -> Result<Option<Row>, CliError> {
    let aim = Aim { recall: args.recall, precision: args.precision };
    let Some(name) = &args.of else { return Ok(None) };
    let meta = &checkpoint.meta;
    let class = class_of(name, meta)?;
    for (flag, share) in [("recall", aim.recall), ("precision", aim.precision)] {
        if let Some(share) = share.filter(|share| !(*share > 0.0 && *share <= 1.0)) {
            let way = format!("--{flag} 0.95");
            return Err(CliError::Usage(format!(
                "invalid --{flag} {share}: a share is above 0 and at most 1\n  try: {way}"
            )));
        }
    }
    if aim == Aim::default() {
        return Err(CliError::Usage(format!(
            "--of {name} needs what to reach\n  try: --recall 0.95 --of {}",
            shell_word(name)
        )));
    }
    let own = match &args.data {
        None => None,
        Some(_) => Some(pictures::of_run(checkpoint, None, &Default::default())?),
    };
    if args.tta.is_some() || args.normalize.is_some() {
        let problem = "a threshold is kept for answers without these";
        return Err(CliError::Usage(format!("--of {name} with --tta or --normalize: {problem}\n  try: without them")));
    }
    let dataset = own.as_ref().unwrap_or(dataset);
    let validating = validating(dataset, &meta.config)?.ok_or_else(|| {
        let problem = "the run has no images that validate, and a threshold is found on those";
        CliError::Usage(format!(
            "--of {name}: {problem}\n  try: train with --val-split 0.2, or give --threshold {}",
            shell_word(&format!("{name}=0.3"))
        ))
    })?;
    check_held_out(dataset, &meta.config, &meta.data)?;
    let split = validating.split();
    let answers = answers_on(&Predictor::new(gpu, checkpoint, None)?, split, &validating.examples)?;
    let is_of = |example: usize| match split.values() {
        Some(values) => values.data[example * values.width + class] > 0.5,
        None => split.labels()[example] as usize == class,
    };
    let scored = answers.iter().zip(&validating.examples).map(|(answer, &i)| (answer.probabilities[class], is_of(i)));
    let on = if validating.part == "training" { "held-out" } else { validating.part };
    let found = find(&scored.collect::<Vec<_>>(), aim);
    let found =
        found.map_err(|error| CliError::Usage(format!("no threshold of {name} on the {on} images: {error}")))?;
    let row = Row { class: name.clone(), aim, on: on.into(), found };
    keep(&args.run, row.clone(), meta)?;
    Ok(Some(row))
}

/// What came of evaluating a split.
struct Looked {
    metrics: Metrics,
    measures: Option<Measures>,
    answers: Option<Answers>,
    /// The answers with all probabilities, where they are needed: of classes with thresholds, or to tell which are wrong.
    probabilities: Vec<Answer>,
}

fn look(
    args: &EvalArgs,
    checkpoint: &Checkpoint,
    (gpu, dataset, split): (&Gpu, &Dataset, &Split),
    thresholds: &Thresholds,
) -> Result<Looked, CliError> {
    let Examined { metrics, measures, answers } = Evaluator::new(gpu, checkpoint, dataset, args.tta)?.examine()?;
    let mut looked = Looked { metrics, measures, answers, probabilities: Vec::new() };
    let tells_wrong = args.wrong.is_some() || args.wrong_sheet.is_some();
    match &mut looked.answers {
        Some(Answers::Classes { answers, .. }) if tells_wrong || !thresholds.own.is_empty() => {
            let all: Vec<usize> = (0..split.len()).collect();
            looked.probabilities = answers_on(&thresholds.predictor(gpu, checkpoint, args.tta)?, split, &all)?;
            if thresholds.own.is_empty() {
                return Ok(looked);
            }
            for (answer, with) in answers.iter_mut().zip(&looked.probabilities) {
                let best = with.best().expect("a model of classes answers one");
                (answer.answer, answer.confidence) = (best.class as u32, best.probability as f32);
            }
            looked.measures = looked.answers.as_ref().map(|answers| answers.measures(true));
            if let Some(Measures::Classes(measured)) = &looked.measures {
                looked.metrics.accuracy = Some(measured.top1);
            }
        }
        Some(Answers::Labels(Numbers { outputs, targets, width })) if !thresholds.own.is_empty() => {
            let is_there =
                |label: usize, output: f32| thresholds.own.is_there(label, 1.0 / (1.0 + (-f64::from(output)).exp()));
            let measured = LabelMeasures::with(outputs, targets, *width, &is_there);
            looked.metrics.accuracy = Some(measured.all_right);
            looked.measures = Some(Measures::Labels(measured));
        }
        _ => return Ok(looked),
    }
    looked.metrics.more = looked.measures.as_ref().map(Measures::summary).unwrap_or_default();
    Ok(looked)
}

/// `--wrong` and `--wrong-sheet`
fn tell_wrong(
    args: &EvalArgs,
    checkpoint: &Checkpoint,
    (dataset, split, split_name): (&Dataset, &Split, &str),
    looked: &Looked,
    thresholds: &Thresholds,
) -> Result<Vec<String>, CliError> {
    let Some(answers) = &looked.answers else { return Ok(Vec::new()) };
    let (meta, probabilities, thresholds) = (&checkpoint.meta, &looked.probabilities[..], &thresholds.own);
    let answered = Answered { dataset, split, meta, answers, probabilities, thresholds };
    let mut lines = Vec::new();
    if let Some(path) = &args.wrong {
        let rows = answered.write_table(path)?;
        let what =
            if matches!(answers, Answers::Values(_)) { "numbers, the largest errors first" } else { "wrong answers" };
        lines.push(format!("wrong: {} ({rows} {what})", path.display()));
    }
    if let Some(path) = &args.wrong_sheet {
        let title = format!("{} · {split_name} images of {}", meta.model()?.name, dataset.name());
        match answered.draw_sheet(&title, path)? {
            0 => lines.push("wrong sheet: nothing to draw, every answer is right".into()),
            drawn => lines.push(format!("wrong sheet: {} ({drawn} images)", path.display())),
        }
    }
    Ok(lines)
}

fn draw_confusion(title: &str, measures: Option<&Measures>, names: &[String], out: &Path) -> Result<(), CliError> {
    let Some(Measures::Classes(measured)) = measures else {
        return Err(CliError::Usage("--confusion: this model does not choose one class per image".into()));
    };
    let Some(matrix) = &measured.confusion else {
        let classes = names.len();
        return Err(CliError::Usage(format!(
            "--confusion: the data set has {classes} classes, but at most {CONFUSION_LIMIT} can be drawn"
        )));
    };
    save_png(&confusion(title, matrix, names).to_picture(), out)
}
