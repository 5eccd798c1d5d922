//! `explain --nearest`: the training images that a model sees as most like an image.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use super::super::args::ExplainArgs;
use super::super::error::save_png;
use super::super::started::below;
use super::super::tasks::drawn;
use super::super::thresholds::Thresholds;
use super::super::{CliError, Exit, open, pictures, weights};
use super::one_by_one::{OneByOne, Shown};
use super::unique;
use crate::checkpoint::Checkpoint;
use crate::data::{Dataset, Split, TableOptions};
use crate::explain::{Neighbour, nearest};
use crate::report::draw::{Captioned, Mark, gallery};
use crate::report::{Document, Listing, Terminal, aside, percent, say};
use crate::train::{Answer, Embedder, Event, TrainError, check_data};

/// Rows of the sheet of all images at the most: beyond, a file is too large to look at.
const SHEET: usize = 30;

/// Images that are farther apart are not looked at byte by byte.
const SAME: f64 = 1e-3;

/// An image with what is near.
struct Found {
    id: String,
    pixels: Vec<u8>,
    answer: Answer,
    near: Vec<Neighbour>,
    /// Training images that were left out: the image itself.
    itself: usize,
    picture: PathBuf,
}

/// The examples that were learned.
struct Learned<'a> {
    data: &'a Dataset,
    split: &'a Split,
    /// `[n, length]`
    features: Vec<f32>,
}

pub fn run(args: &ExplainArgs, count: usize, checkpoint: &Checkpoint, adapter: Option<&str>) -> Result<Exit, CliError> {
    let pictures = OneByOne::find(args, checkpoint)?;
    let data = data_of(args, checkpoint)?;
    check_data(checkpoint, &data)?;
    let split = data.train().ok_or_else(|| {
        let problem = format!("{} has no training images", data.name());
        CliError::Usage(format!("{problem}\n  try: --data with the images that it learned"))
    })?;
    let thresholds = Thresholds::of_run(&args.run, &[], &checkpoint.meta)?;
    let gpu = open(adapter)?;
    weights::tell_who(&gpu, checkpoint);
    thresholds.lines.iter().for_each(|line| aside!("{line}"));
    let mut embedder = Embedder::new(&gpu, checkpoint)?;
    let head = embedder.head_of(&gpu, checkpoint)?.with_thresholds(thresholds.own);
    let features = features(&mut embedder, split, args.json)?;
    let learned = Learned { data: &data, split, features };
    std::fs::create_dir_all(&args.out).map_err(CliError::file(&args.out))?;
    let (mut shown, mut rows) = (Shown::at_most(SHEET), Listing::default());
    let mut names = HashSet::from(["sheet".to_string()]);
    let exit = pictures.each(|_, input, pixels| {
        let own = embedder.embed(pixels)?;
        let answer = head.predict(bytemuck::cast_slice(&own))?.pop().expect("one input has one answer");
        let (near, itself) = learned.others(&input.id, pixels, &own, count)?;
        let picture = args.out.join(format!("{}.nearest.png", unique(input, &mut names)));
        let one = Found { id: input.id.clone(), pixels: pixels.to_vec(), answer, near, itself, picture };
        save_png(&sheet(std::slice::from_ref(&one), &learned, &one.id)?, &one.picture)?;
        match args.json {
            true => say!("{}", rows.push(&as_json(&one, &learned))),
            false => tell(&one, &learned),
        }
        shown.push(one);
        Ok(())
    })?;
    if args.json {
        say!("{}", rows.end());
    }
    let title = format!("{} images and the training images most like them", shown.done());
    shown.save(&args.out.join("sheet.nearest.png"), |all| sheet(all, &learned, &title))?;
    Ok(exit)
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

/// Features of a split, with a bar.
pub fn features(embedder: &mut Embedder, split: &Split, quiet: bool) -> Result<Vec<f32>, TrainError> {
    let (begun, images) = (Instant::now(), split.len());
    let mut terminal = (!quiet).then(|| Terminal::new(1, embedder.what(), None));
    embedder.embed_split(split, |seen| {
        let seconds = begun.elapsed().as_secs_f64();
        terminal.iter_mut().for_each(|terminal| terminal.show(&Event::Features { seen, images, seconds }));
    })
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

    /// Whether an example has the class that is answered; none where nothing is answered, or examples have no class.
    fn agrees(&self, index: usize, answer: &Answer) -> Option<bool> {
        let best = answer.best().filter(|_| self.split.values().is_none() && self.split.targets() > 0)?;
        Some(best.class == self.split.labels()[index] as usize)
    }

    fn label(&self, index: usize) -> Option<&str> {
        let has_classes = self.split.values().is_none() && self.split.targets() > 0;
        has_classes.then(|| self.data.classes()[self.split.labels()[index] as usize].as_str())
    }

    fn name(&self, index: usize) -> Option<String> {
        self.split.name(index).map(|name| below(self.data, name))
    }
}

fn file_name(name: &str) -> String {
    Path::new(name).file_name().map_or_else(|| name.to_string(), |file| file.to_string_lossy().into_owned())
}

fn headline(answer: &Answer) -> String {
    match answer.best() {
        Some(best) => format!("{} {}", best.name, percent(best.probability)),
        None => String::new(),
    }
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
        let lines = vec![headline(&one.answer), file_name(&one.id)];
        let mut row = vec![Captioned { picture: drawn(&one.pixels, shape)?, mark: Mark::Plain, lines }];
        for (near, pixels) in one.near.iter().zip(&mut pictures) {
            let mark = match learned.agrees(near.index, &one.answer) {
                Some(true) => Mark::Right,
                Some(false) => Mark::Wrong,
                None => Mark::Plain,
            };
            let name = learned.name(near.index).map_or_else(|| learned.numbered(near.index), |name| file_name(&name));
            let lines = vec![
                learned.label(near.index).unwrap_or_default().to_string(),
                format!("distance {:.3}", near.distance),
                name,
            ];
            row.push(Captioned { picture: drawn(pixels, shape)?, mark, lines });
        }
        rows.push(row);
    }
    let about = "left: the image and its answer; then the nearest training images with their labels, by the angle between features";
    Ok(gallery(&file_name(title), about, &rows, true))
}

fn tell(one: &Found, learned: &Learned) {
    let agree: Vec<bool> = one.near.iter().filter_map(|near| learned.agrees(near.index, &one.answer)).collect();
    let mut line = format!("{}: {}", one.id, headline(&one.answer));
    if let (Some(best), false) = (one.answer.best(), agree.is_empty()) {
        let (same, all) = (agree.iter().filter(|agrees| **agrees).count(), agree.len());
        let are = if same == 1 { "is" } else { "are" };
        line += &format!("; {same} of the {all} nearest training images {are} labelled {}", best.name);
    }
    say!("{line}  ({})", one.picture.display());
    match one.itself {
        0 => {}
        1 => say!("  left out: the image itself, which is among the training images"),
        copies => say!("  left out: the image itself, which occurs {copies} times among the training images"),
    }
    for near in &one.near {
        let name = learned.name(near.index).unwrap_or_else(|| learned.numbered(near.index));
        say!("  {:.3}  {}  {name}", near.distance, learned.label(near.index).unwrap_or_default());
    }
}

fn as_json(one: &Found, learned: &Learned) -> Value {
    let best = one.answer.best();
    let near = |near: &Neighbour| {
        json!({
            "file": learned.name(near.index), "number": learned.data.number_before("training", near.index), "label": learned.label(near.index),
            "distance": near.distance, "agrees": learned.agrees(near.index, &one.answer),
        })
    };
    Document::of(json!({
        "image": one.id,
        "picture": one.picture.display().to_string(),
        "answer": best.map(|best| json!({ "class": best.name, "probability": best.probability })),
        "itself": one.itself,
        "nearest": one.near.iter().map(near).collect::<Vec<_>>(),
    }))
    .value()
}
