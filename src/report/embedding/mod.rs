//! Examples on a plane as one page: what a model sees as alike lies together.

use serde::Serialize;

use super::draw::viridis;
use super::page::render_with_script;
use super::percent;
use crate::explain::Embedding;
use crate::plan::thousands;

/// An example on the plane.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// Number of its group: its class, or which labels it has.
    pub group: Option<usize>,
    /// What is known of it, in words; nothing where nothing is.
    pub truth: String,
    /// What is answered, in words; nothing where nothing is.
    pub answer: String,
    /// Whether the answer is wrong.
    pub is_wrong: bool,
    /// Its numbers, one of each scale.
    pub values: Vec<f32>,
    /// Its file, or its split and number.
    pub name: String,
    /// Its text, if it is one.
    pub text: Option<String>,
}

/// A number by which marks are coloured.
#[derive(Clone, Debug)]
pub struct Shade {
    /// What it is.
    pub name: String,
    /// Its ends in words, from dark to bright.
    pub ends: [String; 2],
}

/// Small pictures of the examples as one, row by row.
#[derive(Clone, Debug)]
pub struct Sprite {
    /// The picture as a data URI.
    pub picture: String,
    /// Side of the square of each.
    pub side: u32,
    /// How many are in a row.
    pub columns: usize,
}

/// What is on the page.
#[derive(Clone, Debug)]
pub struct Scatter<'a> {
    /// Name of the run.
    pub run: &'a str,
    /// Lines below it: data, model.
    pub sub: Vec<String>,
    /// What a group is, one and several: `class` and `Classes`.
    pub kind: [&'static str; 2],
    /// Names of the groups, as points number them.
    pub groups: &'a [String],
    /// Numbers by which marks are coloured, where there are no groups.
    pub shades: &'a [Shade],
    /// The examples.
    pub points: &'a [Point],
    /// Where they are.
    pub embedding: &'a Embedding,
    /// How many of the ten nearest on the plane are near among features, of PCA and t-SNE; none of too few examples.
    pub trust: Option<[f64; 2]>,
    /// What they look like; none of texts.
    pub sprite: Option<Sprite>,
}

/// Colours and shapes of marks: a class has one of each, so that as many as the product can be told apart.
const COLOURS: usize = 8;
const SHAPES: usize = 6;
/// Steps of a scale of colours.
const STEPS: usize = 32;
/// Sides of the plane on the page, and how far from its border points stay.
const PLANE: f64 = 1000.0;
const BORDER: f64 = 24.0;

#[derive(Serialize)]
struct Page<'a> {
    run: &'a str,
    sub: &'a [String],
    count: String,
    kind: [&'static str; 2],
    legend: Vec<Legend<'a>>,
    shades: Vec<ShadeView<'a>>,
    /// The colours of a scale, from dark to bright.
    colours: Vec<String>,
    has_wrong: bool,
    wrong: String,
    views: [View; 2],
    marks: Vec<Mark<'a>>,
    sprite: Option<&'a str>,
    side: u32,
    columns: usize,
}

#[derive(Serialize)]
struct Legend<'a> {
    number: usize,
    name: &'a str,
    count: String,
    colour: usize,
    shape: usize,
}

#[derive(Serialize)]
struct ShadeView<'a> {
    name: &'a str,
    ends: &'a [String; 2],
}

#[derive(Serialize)]
struct View {
    id: &'static str,
    name: &'static str,
    caption: String,
}

/// A mark, with its places in both views.
#[derive(Serialize)]
struct Mark<'a> {
    tsne: [String; 2],
    pca: [String; 2],
    class: usize,
    colour: usize,
    shape: usize,
    is_wrong: bool,
    /// Steps of the scales.
    steps: Vec<usize>,
    truth: &'a str,
    answer: &'a str,
    name: &'a str,
    text: Option<&'a str>,
}

/// The page as HTML.
pub fn page(scatter: &Scatter) -> String {
    let templates = [("page.html.j2", include_str!("page.html.j2"))];
    render_with_script(&templates, include_str!("page.css"), include_str!("script.js"), content(scatter))
}

fn content<'a>(scatter: &'a Scatter) -> Page<'a> {
    let Scatter { groups, shades, points, embedding, .. } = scatter;
    let [tsne, pca] = [&embedding.tsne, &embedding.pca].map(|places| placed(places));
    let scales: Vec<Vec<usize>> = (0..shades.len()).map(|k| steps(points, k)).collect();
    let mark = |i: usize| {
        let (point, group) = (&points[i], points[i].group.unwrap_or(0));
        Mark {
            tsne: tsne[i].clone(),
            pca: pca[i].clone(),
            class: group,
            colour: group % COLOURS,
            shape: group / COLOURS % SHAPES,
            is_wrong: point.is_wrong,
            steps: scales.iter().map(|scale| scale[i]).collect(),
            truth: &point.truth,
            answer: &point.answer,
            name: &point.name,
            text: point.text.as_deref(),
        }
    };
    let marks: Vec<Mark> = (0..points.len()).map(mark).collect();
    let count = |group: usize| points.iter().filter(|point| point.group == Some(group)).count();
    let legend = groups.iter().enumerate().map(|(number, name)| Legend {
        number,
        name,
        count: thousands(count(number) as u64),
        colour: number % COLOURS,
        shape: number / COLOURS % SHAPES,
    });
    let wrong = marks.iter().filter(|mark| mark.is_wrong).count();
    Page {
        run: scatter.run,
        sub: &scatter.sub,
        count: thousands(points.len() as u64),
        kind: scatter.kind,
        legend: legend.filter(|entry| entry.count != "0").collect(),
        shades: shades.iter().map(|Shade { name, ends }| ShadeView { name, ends }).collect(),
        colours: (0..STEPS).map(colour).collect(),
        has_wrong: wrong > 0,
        wrong: thousands(wrong as u64),
        views: views(scatter),
        marks,
        sprite: scatter.sprite.as_ref().map(|sprite| sprite.picture.as_str()),
        side: scatter.sprite.as_ref().map_or(1, |sprite| sprite.side),
        columns: scatter.sprite.as_ref().map_or(1, |sprite| sprite.columns),
    }
}

/// The step of each point on a scale, from the smallest number to the largest.
fn steps(points: &[Point], scale: usize) -> Vec<usize> {
    let values = || points.iter().map(|point| f64::from(point.values[scale]));
    let [low, high] = [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)];
    let step = |value: f64| ((value - low) / (high - low) * STEPS as f64) as usize;
    values().map(|value| if high > low { step(value).min(STEPS - 1) } else { 0 }).collect()
}

/// The colour of a step.
fn colour(step: usize) -> String {
    let [r, g, b] = viridis((step * 255 / (STEPS - 1)) as u8).0;
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn views(Scatter { embedding, trust, .. }: &Scatter) -> [View; 2] {
    let trusted = |k: usize| {
        trust.map_or_else(String::new, |trust| {
            format!(
                " Its trustworthiness is {}: how well the ten nearest marks of each are nearest among the features, too.",
                percent(trust[k])
            )
        })
    };
    let [first, second] = embedding.explained.map(percent);
    let tsne = format!(
        "t-SNE keeps neighbours together, with perplexity {:.0}. How far groups are from each other, how large they are and how \
         dense means little.{}",
        embedding.perplexity,
        trusted(1)
    );
    let pca = format!(
        "The first two principal components have {first} and {second} of the variance of the features; what is in the others is not seen.{}",
        trusted(0)
    );
    [View { id: "tsne", name: "t-SNE", caption: tsne }, View { id: "pca", name: "PCA", caption: pca }]
}

/// Places on the page: one scale for both axes, so that distances stay in proportion.
fn placed(places: &[[f64; 2]]) -> Vec<[String; 2]> {
    let range = |k: usize| {
        let of = |from: f64, pick: fn(f64, f64) -> f64| places.iter().map(|place| place[k]).fold(from, pick);
        [of(f64::INFINITY, f64::min), of(f64::NEG_INFINITY, f64::max)]
    };
    let ranges = [range(0), range(1)];
    let widest = ranges.iter().map(|[low, high]| high - low).fold(0.0, f64::max);
    let scale = if widest > 0.0 { (PLANE - 2.0 * BORDER) / widest } else { 0.0 };
    let place = |place: &[f64; 2]| {
        [0, 1].map(|k| {
            let offset = (place[k] - f64::midpoint(ranges[k][0], ranges[k][1])) * scale;
            // the second axis points up
            format!("{:.1}", PLANE / 2.0 + if k == 0 { offset } else { -offset })
        })
    };
    places.iter().map(place).collect()
}

#[cfg(test)]
pub(in crate::report) mod tests;
