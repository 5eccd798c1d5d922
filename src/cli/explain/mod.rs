//! `lepton-gpu explain`: what in an image speaks for the answer, as a map over it; which words of a text do.

mod embedding;
mod features;
mod maximise;
mod nearest;
mod one_by_one;
mod texts;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::ExplainArgs;
use super::error::save_png;
use super::predict::inputs::Input;
use super::thresholds::Thresholds;
use super::{CliError, Exit, open, weights};
use crate::checkpoint::{Checkpoint, locate};
use crate::data::file_names::FileNames;
use crate::explain::{Asked, Completeness, ExplainError, Explainer, Explanation, METHODS, Reads, Trust, method};
use crate::platform::Instant;
use crate::platform::files::make_output_folder;
use crate::report::draw::{ExplainedCell, Picture, explanation_sheet};
use crate::report::{Document, Listing, aside, percent, say};
use crate::train::Answer;
use one_by_one::{OneByOne, Shown};

/// Images of a sheet at the most: beyond, a file is too large to look at.
const SHEET: usize = 60;

/// An image with what was found.
struct Explained {
    id: String,
    pixels: Vec<u8>,
    explanation: Explanation,
    trust: Option<Trust>,
    seconds: f64,
    picture: PathBuf,
}

pub fn run(args: &ExplainArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let checkpoint = Checkpoint::read(&locate(&args.run)?)?;
    if args.embedding {
        return embedding::run(args, &checkpoint, adapter);
    }
    if args.most.is_some() {
        let problem = "--most says how many examples --embedding shows";
        return Err(CliError::Usage(format!("{problem}\n  try: --embedding --most N, or without --most")));
    }
    if let Some(count) = args.nearest {
        return nearest::run(args, usize::from(count), &checkpoint, adapter);
    }
    if args.data.is_some() {
        let problem = "--data names what --nearest and --embedding show; a map is of the images that are named";
        return Err(CliError::Usage(format!("{problem}\n  try: --nearest 5, or without --data")));
    }
    if checkpoint.meta.vocabulary.is_some() {
        return texts::run(args, &checkpoint, adapter);
    }
    if !args.maximise.is_empty() {
        return maximise::run(args, &checkpoint, adapter);
    }
    if args.images.is_empty() {
        return Err(no_image(args));
    }
    match &args.feature_maps {
        Some(layers) => features::run(args, layers, &checkpoint, adapter),
        None => maps(args, &checkpoint, adapter),
    }
}

/// Maps of what speaks for an answer.
fn maps(args: &ExplainArgs, checkpoint: &Checkpoint, adapter: Option<&str>) -> Result<Exit, CliError> {
    let method = args.method.as_deref().map_or(Ok(&METHODS[0]), method)?;
    if args.layer.is_some() && method.reads != Reads::Layer {
        return Err(CliError::Usage(format!(
            "--layer is for methods that look at a layer, and {} looks at none\n  try: without it, or --method {}",
            method.name, METHODS[0].name
        )));
    }
    let pictures = OneByOne::find(args, checkpoint)?;
    let thresholds = Thresholds::of_run(&args.run, &[], &checkpoint.meta)?;
    let gpu = open(adapter)?;
    let mut explainer = Explainer::new(&gpu, checkpoint)?.with_thresholds(thresholds.own);
    let class = args.class.as_deref().map(|name| explainer.class(name)).transpose()?;
    let asked = Asked { class, layer: args.layer.clone(), settings: args.settings(), method };
    let (mut shown, mut rows) = (Shown::at_most(SHEET), Listing::default());
    let size = explainer.model().input;
    let mut names = beside_sheet();
    let exit = pictures.each(|number, input, pixels| {
        let begun = Instant::now();
        let explanation = explainer.explain(pixels, &asked)?;
        let seconds = begun.elapsed().as_secs_f64();
        let trust = if args.no_trust { None } else { explainer.trust(pixels, &explanation, args.seed)? };
        if number == 0 {
            weights::tell_who(&gpu, checkpoint);
            thresholds.lines.iter().for_each(|line| aside!("{line}"));
            make_output_folder(&args.out).map_err(CliError::file(&args.out))?;
        }
        let picture = args.out.join(format!("{}.{}.png", unique(input, &mut names), method.name));
        let one = Explained { id: input.id.clone(), pixels: pixels.to_vec(), explanation, trust, seconds, picture };
        save_png(&draw(std::slice::from_ref(&one), &size, 1), &one.picture)?;
        match args.json {
            true => say!("{}", rows.push(&as_json(&one))),
            false => tell(&one),
        }
        shown.push(one);
        Ok(())
    })?;
    if args.json {
        say!("{}", rows.end());
    }
    shown.save(&args.out.join(format!("sheet.{}.png", method.name)), |all| Ok(draw(all, &size, 3)))?;
    Ok(exit)
}

/// What is missing without an image.
fn no_image(args: &ExplainArgs) -> CliError {
    let read = args.feature_maps.as_deref().unwrap_or_default().join(",");
    CliError::Usage(format!(
        "no image was given: {read:?} was read as the layer of --feature-maps\n  try: put the images first, or --feature-maps=LAYER"
    ))
}

/// A name for an image's picture: that of its file, with a number if another image has it.
fn unique(input: &Input, names: &mut FileNames) -> String {
    let stem = input.place.name().file_stem().map(|stem| stem.to_string_lossy().into_owned());
    names.new_of(stem.as_deref().unwrap_or("image"))
}

/// Names of pictures in a folder that holds a sheet of all of them, too.
fn beside_sheet() -> FileNames {
    let mut names = FileNames::default();
    names.new_of("sheet");
    names
}

/// A class with its probability or number: `glass 97.10 %`.
fn headline(answer: &Answer, class: usize) -> String {
    let name = &answer.names()[class];
    match answer.probabilities.get(class) {
        Some(&probability) => format!("{name} {}", percent(probability)),
        None => format!("{name} {:.4}", answer.outputs[class]),
    }
}

/// A line about the answer, where something else is explained.
fn other_answer(answer: &Answer, class: usize) -> Option<String> {
    let best = answer.best().filter(|best| best.class != class)?;
    Some(format!("the answer is {} {}", best.name, percent(best.probability)))
}

/// What was made how: `Grad-CAM of last_norm`.
fn how(explanation: &Explanation) -> String {
    let layer = explanation.layer.as_ref().map(|layer| format!(" of {layer}")).unwrap_or_default();
    format!("{}{layer}", explanation.method.title)
}

/// A number with its sign, and two digits; a nought has no minus.
fn signed(value: f64) -> String {
    format!("{:+.2}", (value * 100.0).round() / 100.0 + 0.0)
}

/// Lines about a map: how it was made, and what was measured of it.
fn lines(explanation: &Explanation, trust: Option<&Trust>) -> Vec<String> {
    let mut lines = vec![how(explanation)];
    lines.extend(other_answer(&explanation.answer, explanation.class));
    if explanation.map.values.iter().all(|&value| value <= 0.0) {
        let name = explanation.class_name();
        lines.push(format!("no place speaks for {name} here: another layer or method may show more"));
    }
    if let Some(whole) = explanation.completeness.filter(|whole| whole.error().is_finite()) {
        let Completeness { attributed: sum, difference } = whole;
        let error = percent(whole.error());
        lines.push(format!(
            "the pixels add up to {sum:.3}, and the score differs from a plain image's by {difference:.3}: {error} off"
        ));
    }
    if let Some(trust) = trust {
        let Trust { map, random } = trust;
        let whole = |share: f64| format!("{:.0} %", 100.0 * share);
        lines.push(format!("trust {}: {}", signed(trust.advantage()), trust.verdict()));
        let [own, other] = [map.deletion, random.deletion].map(whole);
        lines.push(format!("covering what it marks first leaves {own} on average; covering random places, {other}"));
        let [own, other] = [map.insertion, random.insertion].map(whole);
        lines.push(format!("showing what it marks first gives {own} on average; showing random places, {other}"));
    }
    lines
}

fn tell(one: &Explained) {
    let Explained { id, explanation, trust, seconds, picture, .. } = one;
    let headline = headline(&explanation.answer, explanation.class);
    say!("{id}: {headline}   {seconds:.2} s   {}", picture.display());
    lines(explanation, trust.as_ref()).iter().for_each(|line| say!("  {line}"));
}

fn as_json(one: &Explained) -> Value {
    let Explained { id, explanation, trust, seconds, picture, .. } = one;
    let best = explanation.answer.best();
    let map = &explanation.map;
    let document = Document::of(json!({
        "image": id,
        "answer": best.map(|best| json!({ "class": best.name, "probability": best.probability })),
        "class": explanation.class_name(),
        "probability": explanation.probability(),
        "output": explanation.answer.outputs[explanation.class],
        "method": explanation.method.name,
        "layer": explanation.layer,
        "completeness": explanation.completeness.map(|whole| json!({
            "attributed": whole.attributed, "difference": whole.difference, "error": whole.error(),
        })),
        "trust": trust.map(|trust| json!({
            "deletion": trust.map.deletion,
            "insertion": trust.map.insertion,
            "random": { "deletion": trust.random.deletion, "insertion": trust.random.insertion },
            "advantage": trust.advantage(),
            "verdict": trust.verdict(),
        })),
        "seconds": seconds,
        "picture": picture.display().to_string(),
        "map": { "height": map.height, "width": map.width, "values": map.values },
    }));
    document.value()
}

/// A page with these images and their maps.
fn draw(all: &[Explained], &[height, width, channels]: &[usize; 3], columns: usize) -> image::RgbImage {
    let maps: Vec<Vec<f32>> =
        all.iter().map(|one| one.explanation.map.resized([height, width]).for_the_class().values).collect();
    let cells: Vec<ExplainedCell> = all
        .iter()
        .zip(&maps)
        .map(|(one, map)| ExplainedCell {
            picture: Picture { pixels: &one.pixels, height, width, channels },
            map,
            headline: match headline(&one.explanation.answer, one.explanation.class) {
                headline if all.len() == 1 => headline,
                headline => format!("{headline} · {}", name(&one.id)),
            },
            lines: lines(&one.explanation, one.trust.as_ref()),
        })
        .collect();
    let title = match all {
        [one] => name(&one.id).to_string(),
        _ => format!("{} images · {}", all.len(), how(&all[0].explanation)),
    };
    explanation_sheet(&title, &cells, columns)
}

/// A file's name without its folders.
fn name(id: &str) -> std::borrow::Cow<'_, str> {
    Path::new(id).file_name().map_or(id.into(), |name| name.to_string_lossy())
}

impl From<ExplainError> for CliError {
    fn from(error: ExplainError) -> Self {
        CliError::Explain(Box::new(error))
    }
}
