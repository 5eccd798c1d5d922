//! `explain --embedding`: a page of examples on a plane, those together that a model sees as alike.

use image::{DynamicImage, GrayImage, RgbImage, imageops};
use serde_json::json;

use super::super::args::ExplainArgs;
use super::super::started::called;
use super::super::thresholds::Thresholds;
use super::super::{CliError, Exit, open, weights};
use super::nearest::{data_of, features};
use crate::checkpoint::{Checkpoint, write_atomically};
use crate::data::{Dataset, Input, Split, shuffled_indices};
use crate::explain::{Embedding, embedding, trustworthiness};
use crate::losses::TargetKind;
use crate::plan::thousands;
use crate::report::embedding::{Point, Scatter, Sprite, page};
use crate::report::run::{jpeg, name_of};
use crate::report::{Document, aside, percent, say};
use crate::train::{Answer, Embedder, check_data};

/// Neighbours that trustworthiness counts.
const NEIGHBOURS: usize = 10;
/// Examples of a page, where nobody says how many.
const MOST: u16 = 2000;
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
    let found = features(&mut embedder, &split, args.json)?;
    let head = embedder.head_of(&gpu, checkpoint)?.with_thresholds(thresholds.own);
    let answers = head.predict(bytemuck::cast_slice(&found))?;
    let length = embedder.length();
    let plane = embedding(&found, length);
    let trust = (split.len() > 2 * NEIGHBOURS)
        .then(|| [&plane.pca, &plane.tsne].map(|places| trustworthiness(&found, length, places, NEIGHBOURS)));
    let is_classes = checkpoint.meta.config.loss.target_kind() == TargetKind::Label;
    let points: Vec<Point> =
        (0..split.len()).map(|i| point((i, wanted[i]), &split, &data, &answers[i], is_classes)).collect();
    let sprite = sprite(&split)?;
    let run = name_of(&args.run);
    let model = checkpoint.meta.model()?.name;
    let scatter = Scatter {
        run: &run,
        sub: vec![
            format!("{}: {} of {} examples", data.name(), thousands(split.len() as u64), thousands(all.len() as u64)),
            format!("model {model}, {} features each", thousands(length as u64)),
        ],
        classes: if is_classes { data.classes() } else { &[] },
        points: &points,
        embedding: &plane,
        trust,
        sprite,
    };
    std::fs::create_dir_all(&args.out).map_err(CliError::file(&args.out))?;
    let out = args.out.join("embedding.html");
    write_atomically(&out, page(&scatter).as_bytes())?;
    tell(args, &out.display().to_string(), &scatter, length);
    Ok(Exit::Done)
}

/// An example by its number in the drawn split, and among all.
fn point((i, number): (usize, usize), split: &Split, data: &Dataset, answer: &Answer, is_classes: bool) -> Point {
    let best = answer.best().filter(|_| is_classes);
    Point {
        class: is_classes.then(|| split.labels()[i] as usize),
        answer: best.map(|best| (best.class, best.probability)),
        name: called(data, split.name(i), number),
    }
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

fn tell(args: &ExplainArgs, out: &str, scatter: &Scatter, length: usize) {
    let (Embedding { explained, perplexity, pca, tsne }, trust) = (scatter.embedding, scatter.trust);
    if args.json {
        let name = |class: usize| scatter.classes.get(class);
        let points = scatter.points.iter().enumerate().map(|(i, point)| {
            json!({
                "name": point.name, "label": point.class.and_then(name), "answer": point.answer.and_then(|(class, _)| name(class)),
                "pca": pca[i], "tsne": tsne[i],
            })
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
