//! Examples on a plane as one page: what a model sees as alike lies together.

use serde::Serialize;

use super::page::render_with_script;
use super::percent;
use crate::explain::Embedding;
use crate::plan::thousands;

/// An example on the plane.
#[derive(Clone, Debug)]
pub struct Point {
    /// Number of its class, if it has one.
    pub class: Option<usize>,
    /// The class that is answered and its probability, if there is one.
    pub answer: Option<(usize, f64)>,
    /// Its file, or its split and number.
    pub name: String,
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
    /// Names of the classes.
    pub classes: &'a [String],
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
/// Sides of the plane on the page, and how far from its border points stay.
const PLANE: f64 = 1000.0;
const BORDER: f64 = 24.0;

#[derive(Serialize)]
struct Page<'a> {
    run: &'a str,
    sub: &'a [String],
    count: String,
    legend: Vec<Legend<'a>>,
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
    label: &'a str,
    answer: String,
    name: &'a str,
}

/// The page as HTML.
pub fn page(scatter: &Scatter) -> String {
    let templates = [("page.html.j2", include_str!("page.html.j2"))];
    render_with_script(&templates, include_str!("page.css"), include_str!("script.js"), content(scatter))
}

fn content<'a>(scatter: &'a Scatter) -> Page<'a> {
    let Scatter { classes, points, embedding, .. } = scatter;
    let [tsne, pca] = [&embedding.tsne, &embedding.pca].map(|places| placed(places));
    let mark = |i: usize| {
        let (point, class) = (&points[i], points[i].class.unwrap_or(0));
        let is_wrong = point.class.zip(point.answer).is_some_and(|(class, (answer, _))| class != answer);
        let answer = point.answer.map(|(answer, probability)| format!("{} {}", classes[answer], percent(probability)));
        Mark {
            tsne: tsne[i].clone(),
            pca: pca[i].clone(),
            class,
            colour: class % COLOURS,
            shape: class / COLOURS % SHAPES,
            is_wrong,
            label: point.class.map_or("", |class| &classes[class]),
            answer: answer.unwrap_or_default(),
            name: &point.name,
        }
    };
    let marks: Vec<Mark> = (0..points.len()).map(mark).collect();
    let count = |class: usize| points.iter().filter(|point| point.class == Some(class)).count();
    let legend = classes.iter().enumerate().map(|(number, name)| Legend {
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
        legend: legend.filter(|entry| entry.count != "0").collect(),
        has_wrong: wrong > 0,
        wrong: thousands(wrong as u64),
        views: views(scatter),
        marks,
        sprite: scatter.sprite.as_ref().map(|sprite| sprite.picture.as_str()),
        side: scatter.sprite.as_ref().map_or(1, |sprite| sprite.side),
        columns: scatter.sprite.as_ref().map_or(1, |sprite| sprite.columns),
    }
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
