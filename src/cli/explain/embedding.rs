//! `explain --embedding`: a page of examples on a plane, those together that a model sees as alike.

use std::collections::BTreeMap;

use image::{DynamicImage, GrayImage, RgbImage, imageops};
use serde_json::json;

use super::super::args::ExplainArgs;
use super::super::features::features;
use super::super::pictures::under_bar;
use super::super::started::called;
use super::super::tasks;
use super::super::thresholds::Thresholds;
use super::super::truth::Truth;
use super::super::{CliError, Exit, open, weights};
use super::nearest::{data_of, texts_of};
use crate::checkpoint::{Checkpoint, write_atomically};
use crate::config::RunConfig;
use crate::data::{Dataset, Input, Split, shuffled_indices};
use crate::explain::{Embedding, embedding_told, trustworthiness};
use crate::losses::TargetKind;
use crate::plan::thousands;
use crate::platform::files::make_output_folder;
use crate::report::chart::near;
use crate::report::embedding::{Point, Scatter, Shade, Sprite, page};
use crate::report::run::{jpeg, name_of};
use crate::report::{Document, aside, percent, say};
use crate::train::{Answer, Embedder, check_data};

/// Neighbours that trustworthiness counts.
const NEIGHBOURS: usize = 10;
/// Examples of a page, where nobody says how many.
const MOST: u16 = 2000;
/// Sets of labels that have a colour and shape of their own.
const SETS: usize = 48;
/// The longest side of a small picture, and how many are in a row.
const SIDE: u32 = 48;
const COLUMNS: usize = 40;

pub fn run(args: &ExplainArgs, checkpoint: &Checkpoint, adapter: Option<&str>) -> Result<Exit, CliError> {
    let data = data_of(args, checkpoint)?;
    check_data(checkpoint, &data)?;
    let all = data.all_examples();
    let mut wanted = shuffled_indices(all.len());
    wanted.truncate(args.most.unwrap_or(MOST).into());
    wanted.sort_unstable();
    let split = all.select(&wanted);
    let thresholds = Thresholds::of_run(&args.run, &[], &checkpoint.meta)?;
    let gpu = open(adapter)?;
    weights::tell_who(&gpu, checkpoint);
    thresholds.lines.iter().for_each(|line| aside!("{line}"));
    let mut embedder = Embedder::new(&gpu, checkpoint)?;
    let found = features((checkpoint, &gpu), &mut embedder, &split, args.json)?;
    let head = embedder.head_of(&gpu, checkpoint)?.with_thresholds(thresholds.own);
    let answers = head.predict(bytemuck::cast_slice(&found))?;
    let length = embedder.length();
    let plane = under_bar("t-SNE", |tell| embedding_told(&found, length, tell));
    let trust = (split.len() > 2 * NEIGHBOURS)
        .then(|| [&plane.pca, &plane.tsne].map(|places| trustworthiness(&found, length, places, NEIGHBOURS)));
    let (config, run) = (&checkpoint.meta.config, name_of(&args.run));
    let texts = texts_of(&data, &split, config);
    let seen = Seen { data: &data, split: &split, numbers: &wanted, answers: &answers, texts: &texts, config };
    let truths: Vec<Truth> = (0..split.len()).map(|i| seen.truth(i)).collect();
    let groups = Groups::of(&truths, data.classes());
    let points: Vec<Point> = truths.iter().enumerate().map(|(i, truth)| seen.point(i, truth, &groups)).collect();
    let scatter = Scatter {
        run: &run,
        sub: vec![
            format!("{}: {} of {} examples", data.name(), thousands(split.len() as u64), thousands(all.len() as u64)),
            format!("model {}, {} features each", checkpoint.meta.model()?.name, thousands(length as u64)),
        ],
        kind: groups.kind,
        groups: &groups.names,
        shades: &shades(&points, data.classes(), &truths),
        points: &points,
        embedding: &plane,
        trust,
        sprite: sprite(&split)?,
    };
    make_output_folder(&args.out).map_err(CliError::file(&args.out))?;
    let out = args.out.join("embedding.html");
    write_atomically(&out, page(&scatter).as_bytes())?;
    tell(args, &out.display().to_string(), &scatter, (length, &truths, &answers));
    Ok(Exit::Done)
}

/// The examples of a page, and what is answered.
struct Seen<'a> {
    data: &'a Dataset,
    split: &'a Split,
    /// Their numbers among all.
    numbers: &'a [usize],
    answers: &'a [Answer],
    texts: &'a BTreeMap<String, String>,
    config: &'a RunConfig,
}

impl Seen<'_> {
    fn truth(&self, i: usize) -> Truth<'_> {
        Truth::of(self.data, self.split, i, self.config.loss.target_kind())
    }

    fn point(&self, i: usize, truth: &Truth, groups: &Groups) -> Point {
        let (answer, name) = (&self.answers[i], self.split.name(i));
        let values = match truth {
            Truth::Values(values) => {
                values.iter().zip(&answer.outputs).flat_map(|((_, value), out)| [*value, *out]).collect()
            }
            _ => Vec::new(),
        };
        Point {
            group: groups.number(truth),
            truth: truth.in_words(),
            answer: match self.config.loss.target_kind() {
                TargetKind::Input | TargetKind::Nothing => String::new(),
                _ => tasks::of(crate::tasks::of(&self.config.loss)).line(answer, 1),
            },
            is_wrong: truth.agrees(answer) == Some(false),
            values,
            name: called(self.data, name, self.numbers[i]),
            text: name.and_then(|name| self.texts.get(name)).map(|text| cut(text)),
        }
    }
}

/// As much of a text as a card has room for.
fn cut(text: &str) -> String {
    const LETTERS: usize = 600;
    text.char_indices().nth(LETTERS).map_or_else(|| text.to_string(), |(end, _)| format!("{}…", text[..end].trim_end()))
}

/// What a page calls examples that are alike by what is known of them: their class, or the labels that they have together.
struct Groups {
    kind: [&'static str; 2],
    names: Vec<String>,
    /// The number of what has no group of its own.
    others: Option<usize>,
}

impl Groups {
    fn of(truths: &[Truth], classes: &[String]) -> Self {
        match truths.first() {
            Some(Truth::Class(_)) => Groups { kind: ["class", "Classes"], names: classes.to_vec(), others: None },
            Some(Truth::Labels(_)) => {
                let mut counts = BTreeMap::<String, usize>::new();
                truths.iter().for_each(|truth| *counts.entry(truth.in_words()).or_default() += 1);
                let mut names: Vec<(String, usize)> = counts.into_iter().collect();
                names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                let mut names: Vec<String> = names.into_iter().map(|(name, _)| name).collect();
                let others = (names.len() > SETS).then_some(SETS - 1);
                if let Some(number) = others {
                    names.truncate(number);
                    names.push("other labels together".into());
                }
                Groups { kind: ["labels", "Labels"], names, others }
            }
            Some(Truth::Values(_)) => Groups { kind: ["value", "Values"], names: Vec::new(), others: None },
            _ => Groups { kind: ["class", "Classes"], names: Vec::new(), others: None },
        }
    }

    fn number(&self, truth: &Truth) -> Option<usize> {
        let name = truth.in_words();
        self.names.iter().position(|other| *other == name).or(self.others)
    }
}

/// The scales of numbers: of each what is true, and what is answered.
fn shades(points: &[Point], names: &[String], truths: &[Truth]) -> Vec<Shade> {
    let Some(Truth::Values(_)) = truths.first() else { return Vec::new() };
    let shade = |k: usize| {
        let values = || points.iter().map(|point| point.values[k]);
        let ends = [values().reduce(f32::min), values().reduce(f32::max)];
        let answered = if k.is_multiple_of(2) { "" } else { ", answered" };
        Shade { name: format!("{}{answered}", names[k / 2]), ends: ends.map(|end| end.map(near).unwrap_or_default()) }
    };
    (0..2 * names.len()).map(shade).collect()
}

/// All examples as one picture; none where they are no images of 1 or 3 channels.
fn sprite(split: &Split) -> Result<Option<Sprite>, CliError> {
    let Input::Images { height, width, channels } = split.input() else { return Ok(None) };
    let side = SIDE.min(height.max(width) as u32);
    let columns = COLUMNS.min(split.len());
    let mut whole = RgbImage::new(side * columns as u32, side * split.len().div_ceil(columns) as u32);
    for i in 0..split.len() {
        let (w, h, pixels) = (width as u32, height as u32, split.example(i)?.into_owned());
        let picture: Option<DynamicImage> = match channels {
            1 => GrayImage::from_raw(w, h, pixels).map(DynamicImage::from),
            3 => RgbImage::from_raw(w, h, pixels).map(DynamicImage::from),
            _ => None,
        };
        let Some(picture) = picture else { return Ok(None) };
        let small = picture.resize(side, side, imageops::FilterType::Triangle).to_rgb8();
        let (left, top) = ((i % columns) as u32 * side, (i / columns) as u32 * side);
        let [x, y] = [(left, small.width()), (top, small.height())].map(|(at, own)| i64::from(at + (side - own) / 2));
        imageops::replace(&mut whole, &small, x, y);
    }
    Ok(Some(Sprite { picture: jpeg(&whole.into(), u32::MAX), side, columns }))
}

fn tell(args: &ExplainArgs, out: &str, scatter: &Scatter, (length, truths, answers): (usize, &[Truth], &[Answer])) {
    let (Embedding { explained, perplexity, pca, tsne }, trust) = (scatter.embedding, scatter.trust);
    if args.json {
        let points = scatter.points.iter().zip(truths).enumerate().map(|(i, (point, truth))| {
            let answer = match truth {
                Truth::Class(_) => json!(answers[i].best().map(|best| best.name)),
                _ => json!(point.answer),
            };
            let mut one = json!({ "name": point.name, "answer": answer, "pca": pca[i], "tsne": tsne[i] });
            truth.add_to(&mut one);
            one
        });
        let document = Document::of(json!({
            "page": out,
            "features": length,
            "explained": explained,
            "perplexity": perplexity,
            "trustworthiness": trust.map(|[pca, tsne]| json!({ "pca": pca, "tsne": tsne })),
            "points": points.collect::<Vec<_>>(),
        }));
        say!("{}", serde_json::to_string_pretty(&document).expect("it is JSON"));
        return;
    }
    let [first, second] = explained.map(percent);
    say!(
        "pca      the two components hold {first} and {second} of the variance of {} features",
        thousands(length as u64)
    );
    if let Some([pca, tsne]) = trust.map(|trust| trust.map(percent)) {
        say!(
            "trust    {tsne} of t-SNE and {pca} of PCA: how far neighbours on the plane are neighbours by their features, too"
        );
    }
    say!("page     {out}");
}
