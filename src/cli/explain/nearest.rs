//! `explain --nearest`: the training images or texts that a model sees as most like another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::args::ExplainArgs;
use super::super::error::save_png;
use super::super::features::features;
use super::super::started::below;
use super::super::tasks::{self, TaskView, drawn};
use super::super::text::texts_by_name;
use super::super::thresholds::Thresholds;
use super::super::truth::Truth;
use super::super::{CliError, Exit, open, pictures, weights};
use super::one_by_one::{OneByOne, Shown};
use super::unique;
use crate::checkpoint::Checkpoint;
use crate::config::RunConfig;
use crate::data::{Dataset, Split, TableOptions};
use crate::explain::{Neighbour, nearest};
use crate::losses::TargetKind;
use crate::platform::files::make_output_folder;
use crate::report::chart::near;
use crate::report::draw::{Captioned, Gallery, Mark, gallery};
use crate::report::{Document, Listing, aside, say};
use crate::train::{Answer, Embedder, Predictor, check_data};

/// Rows of the sheet of all images at the most: beyond, a file is too large to look at.
const SHEET: usize = 30;

/// Images that are farther apart are not looked at byte by byte.
const SAME: f64 = 1e-3;

/// An image or text with what is near.
struct Found {
    id: String,
    /// Pixels, or tokens.
    input: Vec<u8>,
    answer: Answer,
    near: Vec<Neighbour>,
    /// Training examples that were left out: the image or text itself.
    itself: usize,
    /// Where it was drawn; texts are not.
    picture: Option<PathBuf>,
}

/// The examples that were learned.
struct Learned<'a> {
    data: &'a Dataset,
    split: &'a Split,
    /// `[n, length]`
    features: Vec<f32>,
    /// Texts by their names; nothing of images.
    texts: BTreeMap<String, String>,
    view: &'static dyn TaskView,
    kind: TargetKind,
}

/// What finds neighbours.
struct Finder<'a> {
    embedder: Embedder,
    head: Predictor,
    learned: Learned<'a>,
    count: usize,
}

pub fn run(args: &ExplainArgs, count: usize, checkpoint: &Checkpoint, adapter: Option<&str>) -> Result<Exit, CliError> {
    let (config, vocabulary) = (&checkpoint.meta.config, &checkpoint.meta.vocabulary);
    let pictures = if vocabulary.is_none() { Some(OneByOne::find(args, checkpoint)?) } else { None };
    let data = data_of(args, checkpoint)?;
    check_data(checkpoint, &data)?;
    let split = data.train().ok_or_else(|| {
        let problem = format!("{} has nothing to train on", data.name());
        CliError::Usage(format!("{problem}\n  try: --data with what it learned"))
    })?;
    let thresholds = Thresholds::of_run(&args.run, &[], &checkpoint.meta)?;
    let gpu = open(adapter)?;
    weights::tell_who(&gpu, checkpoint);
    thresholds.lines.iter().for_each(|line| aside!("{line}"));
    let mut embedder = Embedder::new(&gpu, checkpoint)?;
    let head = embedder.head_of(&gpu, checkpoint)?.with_thresholds(thresholds.own);
    let features = features((checkpoint, &gpu), &mut embedder, split, args.json)?;
    let (view, kind) = (tasks::of(crate::tasks::of(&config.loss)), config.loss.target_kind());
    let texts = texts_of(&data, split, config);
    let learned = Learned { data: &data, split, features, texts, view, kind };
    let finder = Finder { embedder, head, learned, count };
    match pictures {
        Some(pictures) => of_pictures(args, &pictures, finder),
        None => of_texts(args, checkpoint, finder),
    }
}

fn of_pictures(args: &ExplainArgs, pictures: &OneByOne, mut finder: Finder) -> Result<Exit, CliError> {
    make_output_folder(&args.out).map_err(CliError::file(&args.out))?;
    let (mut shown, mut rows) = (Shown::at_most(SHEET), Listing::default());
    let mut names = super::beside_sheet();
    let exit = pictures.each(|_, input, pixels| {
        let picture = args.out.join(format!("{}.nearest.png", unique(input, &mut names)));
        let one = Found { picture: Some(picture.clone()), ..finder.find(&input.id, pixels)? };
        save_png(&sheet(std::slice::from_ref(&one), &finder.learned, &one.id)?, &picture)?;
        match args.json {
            true => say!("{}", rows.push(&as_json(&one, &finder.learned))),
            false => tell(&one, &finder.learned),
        }
        shown.push(one);
        Ok(())
    })?;
    if args.json {
        say!("{}", rows.end());
    }
    let title = format!("{} images and the training images most like them", shown.done());
    shown.save(&args.out.join("sheet.nearest.png"), |all| sheet(all, &finder.learned, &title))?;
    Ok(exit)
}

fn of_texts(args: &ExplainArgs, checkpoint: &Checkpoint, mut finder: Finder) -> Result<Exit, CliError> {
    let vocabulary = checkpoint.meta.vocabulary.as_ref().expect("a model of texts has one");
    let [_, length, _] = finder.learned.split.input().shape();
    let mut rows = Listing::default();
    for text in &args.images {
        let text = text.to_string_lossy();
        let one = finder.find(&text, &vocabulary.encode(&text, length))?;
        match args.json {
            true => say!("{}", rows.push(&as_json(&one, &finder.learned))),
            false => tell(&one, &finder.learned),
        }
    }
    if args.json {
        say!("{}", rows.end());
    }
    Ok(Exit::Done)
}

impl Finder<'_> {
    /// The answer on an image or text, and what is near.
    fn find(&mut self, id: &str, input: &[u8]) -> Result<Found, CliError> {
        let own = self.embedder.embed(input)?;
        let answer = self.head.predict(bytemuck::cast_slice(&own))?.pop().expect("one input has one answer");
        let (near, itself) = self.learned.others(id, input, &own, self.count)?;
        Ok(Found { id: id.into(), input: input.to_vec(), answer, near, itself, picture: None })
    }
}

/// The texts of examples by their names; nothing of images.
pub fn texts_of(data: &Dataset, split: &Split, config: &RunConfig) -> BTreeMap<String, String> {
    let names = (0..split.len()).filter_map(|i| split.name(i));
    if data.texts().is_some() { texts_by_name(names, &config.table) } else { BTreeMap::new() }
}

/// The beginning of a text, as much as a line of a list has room for.
pub fn beginning(text: &str) -> String {
    const SHOWN: usize = 70;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// The run's own data, or those that were named.
pub fn data_of(args: &ExplainArgs, checkpoint: &Checkpoint) -> Result<Dataset, CliError> {
    match &args.data {
        Some(spec) => pictures::of_run(checkpoint, Some(spec), &TableOptions::default()),
        None if checkpoint.meta.data == crate::checkpoint::DatasetFingerprint::NONE => Err(CliError::Usage(
            "the weights were imported, so the run has no data of its own\n  try: --data PHOTOS".into(),
        )),
        None => pictures::still_there(checkpoint).and_then(|()| pictures::learned_by_run(checkpoint)),
    }
}

impl Learned<'_> {
    /// The nearest examples but for those that are the image itself, and how many of these were left out.
    fn others(&self, id: &str, pixels: &[u8], own: &[f32], count: usize) -> Result<(Vec<Neighbour>, usize), CliError> {
        let whole = Path::new(id).canonicalize().ok();
        let (mut near, mut itself) = (Vec::new(), 0);
        for one in nearest(&self.features, own, usize::MAX) {
            if near.len() == count {
                break;
            }
            let is_file = || whole.is_some() && self.split.name(one.index).map(Path::new) == whole.as_deref();
            let is_same = one.distance < SAME && (is_file() || *self.split.example(one.index)? == *pixels);
            if is_same {
                itself += 1;
            } else {
                near.push(one);
            }
        }
        Ok((near, itself))
    }

    /// An example without a file for people.
    fn numbered(&self, index: usize) -> String {
        format!("training {}", self.data.number_before("training", index))
    }

    fn truth(&self, index: usize) -> Truth<'_> {
        Truth::of(self.data, self.split, index, self.kind)
    }

    fn text(&self, index: usize) -> Option<&str> {
        self.split.name(index).and_then(|name| self.texts.get(name)).map(String::as_str)
    }

    fn is_of_texts(&self) -> bool {
        self.data.texts().is_some()
    }

    fn name(&self, index: usize) -> Option<String> {
        self.split.name(index).map(|name| below(self.data, name))
    }
}

fn file_name(name: &str) -> String {
    Path::new(name).file_name().map_or_else(|| name.to_string(), |file| file.to_string_lossy().into_owned())
}

/// A row for each image: itself, and what is near.
fn sheet(all: &[Found], learned: &Learned, title: &str) -> Result<image::RgbImage, CliError> {
    let (shape, each) = (learned.split.input().shape(), learned.split.example_bytes());
    let wanted: Vec<usize> = all.iter().flat_map(|one| one.near.iter().map(|near| near.index)).collect();
    let mut pixels = vec![0; wanted.len() * each];
    learned.split.read(&wanted, &mut pixels)?;
    let mut pictures = pixels.chunks_exact(each);
    let mut rows = Vec::new();
    for one in all {
        let lines = vec![learned.view.line(&one.answer, 1), file_name(&one.id)];
        let mut row = vec![Captioned { picture: drawn(&one.input, shape)?, mark: Mark::Plain, lines }];
        for (near, pixels) in one.near.iter().zip(&mut pictures) {
            let truth = learned.truth(near.index);
            let mark = match truth.agrees(&one.answer) {
                Some(true) => Mark::Right,
                Some(false) => Mark::Wrong,
                None => Mark::Plain,
            };
            let name = learned.name(near.index).map_or_else(|| learned.numbered(near.index), |name| file_name(&name));
            let mut lines: Vec<String> = Some(truth.in_words()).filter(|words| !words.is_empty()).into_iter().collect();
            lines.extend([format!("distance {:.3}", near.distance), name]);
            row.push(Captioned { picture: drawn(pixels, shape)?, mark, lines });
        }
        rows.push(row);
    }
    let what = if learned.kind == TargetKind::Numbers { "values" } else { "labels" };
    let about = format!(
        "left: the image and its answer; then the nearest training images with their {what}, by the angle between features"
    );
    Ok(gallery(&Gallery { title: &file_name(title), about: &about, first_apart: true, ..Gallery::of(&rows) }))
}

/// What neighbours say beside the answer.
fn compared(one: &Found, learned: &Learned) -> Option<String> {
    let (what, all) = (if learned.is_of_texts() { "texts" } else { "images" }, one.near.len());
    let truths: Vec<Truth> = one.near.iter().map(|near| learned.truth(near.index)).collect();
    let values: Vec<f32> = truths.iter().filter_map(Truth::value).collect();
    if !values.is_empty() && learned.data.classes().len() == 1 {
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let [low, high] = [values.iter().copied().reduce(f32::min), values.iter().copied().reduce(f32::max)];
        let [mean, low, high] = [Some(mean), low, high].map(|value| near(value.expect("there are values")));
        return Some(format!("the {all} nearest training {what} have {mean} on average ({low} to {high})"));
    }
    let agree: Vec<bool> = truths.iter().filter_map(|truth| truth.agrees(&one.answer)).collect();
    if agree.is_empty() {
        return None;
    }
    let same = agree.iter().filter(|agrees| **agrees).count();
    let one_of = |one: &'static str, several: &'static str| if same == 1 { one } else { several };
    Some(match learned.kind {
        TargetKind::Labels => {
            format!("{same} of the {all} nearest training {what} {} just these labels", one_of("has", "have"))
        }
        _ => {
            let name = one.answer.best().map_or("", |best| best.name);
            format!("{same} of the {all} nearest training {what} {} labelled {name}", one_of("is", "are"))
        }
    })
}

fn tell(one: &Found, learned: &Learned) {
    let (what, whats) = if learned.is_of_texts() { ("text", "texts") } else { ("image", "images") };
    let mut line = format!("{}: {}", one.id, learned.view.line(&one.answer, 1));
    line += &compared(one, learned).map_or_else(String::new, |words| format!("; {words}"));
    line += &one.picture.as_ref().map_or_else(String::new, |picture| format!("  ({})", picture.display()));
    say!("{line}");
    match one.itself {
        0 => {}
        1 => say!("  left out: the {what} itself, which is among the training {whats}"),
        copies => say!("  left out: the {what} itself, which occurs {copies} times among the training {whats}"),
    }
    for near in &one.near {
        let name = learned.name(near.index).unwrap_or_else(|| learned.numbered(near.index));
        let text = learned.text(near.index).map_or_else(String::new, |text| format!("  {}", beginning(text)));
        say!("  {:.3}  {}  {name}{text}", near.distance, learned.truth(near.index).in_words());
    }
}

fn as_json(one: &Found, learned: &Learned) -> Value {
    let best = one.answer.best().filter(|_| learned.kind != TargetKind::Labels);
    let near = |near: &Neighbour| {
        let truth = learned.truth(near.index);
        let mut one = json!({
            "file": learned.name(near.index), "number": learned.data.number_before("training", near.index),
            "distance": near.distance, "agrees": truth.agrees(&one.answer),
        });
        truth.add_to(&mut one);
        if let Some(text) = learned.text(near.index) {
            one["text"] = text.into();
        }
        one
    };
    let answer = match best {
        Some(best) => json!({ "class": best.name, "probability": best.probability }),
        None => learned.view.json(&one.answer, 1),
    };
    let mut document = json!({
        "picture": one.picture.as_ref().map(|picture| picture.display().to_string()),
        "answer": answer,
        "itself": one.itself,
        "nearest": one.near.iter().map(near).collect::<Vec<_>>(),
    });
    document[if learned.is_of_texts() { "text" } else { "image" }] = one.id.as_str().into();
    Document::of(document).value()
}
