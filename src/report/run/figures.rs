//! The figures of a report, by what the run answers. The same are written to `plots/`.

use super::facts::Facts;
use crate::metrics::{
    Answers, BINS, ClassAnswer, ClassMeasures, Errors, Measures, Numbers, Operating, average_precision, bin_of,
    operating,
};
use crate::report::chart::{
    Axis, Bars, Drawing, Flag, Histogram, Ink, Lines, SIZE, Scale, Scatter, Series, confusion, counted, histogram,
    lines, scatter,
};

/// A figure with its name and what to see in it.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Name of its files, such as `roc`.
    pub name: &'static str,
    /// What it shows.
    pub drawing: Drawing,
    /// How to read it, in a sentence or two.
    pub caption: String,
}

fn figure(name: &'static str, drawing: Drawing, caption: impl Into<String>) -> Figure {
    Figure { name, drawing, caption: caption.into() }
}

/// Points of a curve that are drawn.
const POINTS: usize = 200;
/// Outputs that have a scatter of their own.
const OUTPUTS: usize = 6;
/// Bars of a histogram.
const BARS: usize = 30;

/// The curves over epochs.
pub fn of_training(facts: &Facts) -> Vec<Figure> {
    let history = &facts.history;
    let of = |name, chart: Option<Lines>, caption: &str| Some(figure(name, lines(&chart?, SIZE), caption));
    let best = history.epochs().iter().rposition(|epoch| epoch.best).map(|epoch| epoch as f64 + 1.0);
    let marked = |chart: Option<Lines>| {
        chart.map(|mut chart| {
            let inside = best.filter(|best| chart.series.iter().any(|one| one.points.iter().any(|p| p[0] == *best)));
            chart.flags.extend(
                inside.filter(|_| history.epochs().len() > 1).map(|x| Flag { at: (x, None), text: "best".into() }),
            );
            chart
        })
    };
    let losses = history.losses();
    let has = |name: &str| losses.iter().flat_map(|chart| &chart.series).any(|series| series.name == name);
    let about_loss = match (has("generator"), has("validation")) {
        (true, _) => "The two networks play against each other: neither loss says how good the images are.",
        (_, true) => {
            "Mean loss of an example. A validation loss that rises while the training loss falls means overfitting."
        }
        _ => "Mean loss of an example.",
    };
    [
        of("loss", marked(losses.clone()), about_loss),
        of(
            "measures",
            marked(history.measures()),
            "Training values are means while the weights change; validation is measured after the epoch.",
        ),
        of("learning-rate", history.rates(), "The step size of the optimizer."),
        of("speed", history.speeds(), "Examples learned a second, without validation."),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What shows how good the answers are, and how far to trust them.
pub fn of_answers(facts: &Facts) -> Vec<Figure> {
    let (Some(kept), Some(measures)) = (&facts.answers, &facts.measures) else { return Vec::new() };
    match (&kept.answers, measures) {
        (Answers::Classes { answers, .. }, Measures::Classes(measured)) => of_classes(facts, answers, measured),
        (Answers::Labels(numbers), _) => of_labels(facts, numbers),
        (Answers::Values(numbers), _) => of_values(facts, numbers),
        (Answers::Errors(errors), _) => of_errors(facts, errors),
        _ => Vec::new(),
    }
}

/// The confusion matrix as a picture; the page has it as a table.
pub fn matrix(facts: &Facts) -> Option<Figure> {
    let Some(Measures::Classes(ClassMeasures { confusion: Some(counts), .. })) = &facts.measures else { return None };
    Some(figure("confusion", confusion(&format!("{} · confusion", facts.run), counts, &facts.names), ""))
}

fn of_classes(facts: &Facts, answers: &[ClassAnswer], measured: &ClassMeasures) -> Vec<Figure> {
    let bins: Vec<[f64; 3]> =
        measured.calibration.iter().map(|bin| [bin.count as f64, bin.right as f64, bin.confidence]).collect();
    let mut figures = vec![reliability(&bins, &ANSWERS, measured.ece)];
    if answers.iter().all(|a| a.label < 2) && facts.names.len() == 2 {
        let mut scored: Vec<(f32, bool)> = answers.iter().map(|a| (a.margin, a.label == 1)).collect();
        let positive = format!("Positive is “{}”.", facts.names[1]);
        let curve = operating(&mut scored);
        figures.extend(curves(&[("", curve, Ink::A)], Some((0.0, "50 %".into())), &positive));
    }
    figures
}

/// What a reliability diagram is about, in words.
struct Reliable {
    /// `of answers`.
    of: &'static str,
    /// `right`.
    came_true: &'static str,
    /// What is said where more is predicted than comes true, less, and about as much.
    more_less_same: [&'static str; 3],
    /// What bars above and below the line mean.
    bars: &'static str,
}

const ANSWERS: Reliable = Reliable {
    of: "of answers",
    came_true: "right",
    more_less_same: [
        "on the whole the model is too sure of itself",
        "on the whole the model is less sure than it could be",
        "on the whole its probabilities can be taken at face value",
    ],
    bars: "Bars above the line are underconfident, below it overconfident.",
};
const LABELS: Reliable = Reliable {
    of: "of labels",
    came_true: "there",
    more_less_same: [
        "on the whole it predicts labels more often than they are there",
        "on the whole it predicts labels less often than they are there",
        "on the whole its probabilities can be taken at face value",
    ],
    bars: "Bars above the line: there more often than predicted; below it: less often.",
};

/// `bins`: number of answers, how many came true, and the sum of what was predicted.
fn reliability(bins: &[[f64; 3]], words: &Reliable, ece: f64) -> Figure {
    let Reliable { of, came_true, more_less_same: [more, less, same], bars } = words;
    let heights = bins.iter().map(|[count, right, _]| if *count > 0.0 { right / count } else { 0.0 }).collect();
    let share = |name: &str| Axis::new(name, Scale::Share, [0.0, 1.0]);
    let title = "Reliability";
    let chart = Histogram {
        title: title.into(),
        about: format!(
            "Share {of} that are {came_true}, by predicted probability; expected calibration error {ece:.3}."
        ),
        x: share("predicted probability"),
        y: share(&format!("share {of} that are {came_true}")),
        bars: vec![Bars { name: "observed".into(), heights, ink: Ink::A }],
        guide: Some(Series::guide("perfect", vec![[0.0, 0.0], [1.0, 1.0]])),
        flags: Vec::new(),
    };
    let total: f64 = bins.iter().map(|[count, ..]| count).sum();
    let mean = |i: usize| bins.iter().map(|bin| bin[i]).sum::<f64>() / total.max(1.0);
    let (right, sure) = (mean(1), mean(2));
    let which = match sure - right {
        gap if gap > 0.02 => more,
        gap if gap < -0.02 => less,
        _ => same,
    };
    let caption = format!("Expected calibration error (ECE) {ece:.3}: {which}. {bars}");
    figure("reliability", histogram(&chart, SIZE), caption)
}

/// Precision over recall, and the ROC curve, of several things that are told apart; the threshold is marked on the first.
fn curves(all: &[(&str, Vec<Operating>, Ink)], threshold: Option<(f64, String)>, positive: &str) -> Vec<Figure> {
    let all: Vec<_> = all.iter().filter(|(_, curve, _)| !curve.is_empty()).collect();
    let Some((_, first, _)) = all.first() else { return Vec::new() };
    let axis = |name: &str| Axis::new(name, Scale::Share, [0.0, 1.0]);
    let at = threshold.as_ref().and_then(|(score, _)| first.iter().rfind(|point| f64::from(point.score) > *score));
    let flags = |x: fn(&Operating) -> f64, y: fn(&Operating) -> f64| {
        let place = at.zip(threshold.as_ref());
        place
            .map(|(point, (_, text))| Flag { at: (x(point), Some(y(point))), text: format!("threshold {text}") })
            .into_iter()
            .collect()
    };
    let series = |of: fn(&Operating) -> [f64; 2], start: [f64; 2]| {
        let one = |&&(name, ref curve, ink): &&(&str, Vec<Operating>, Ink)| {
            let every = curve.len().div_ceil(POINTS).max(1);
            let last = curve.len() - 1;
            let kept = curve.iter().enumerate().filter(|(i, _)| i % every == 0 || *i == last);
            Series::new(name, std::iter::once(start).chain(kept.map(|(_, point)| of(point))).collect(), ink)
        };
        all.iter().map(one).collect::<Vec<Series>>()
    };
    let precision = average_precision(first);
    let start = [0.0, first.first().map_or(1.0, |point| point.precision)];
    let pr = Lines {
        title: "Precision and recall".into(),
        about: format!("Precision over recall for every threshold; average precision {precision:.3}."),
        x: axis("recall"),
        y: axis("precision"),
        series: series(|p| [p.recall, p.precision], start),
        flags: flags(|p| p.recall, |p| p.precision),
    };
    let mut guides = series(|p| [p.false_positives, p.recall], [0.0, 0.0]);
    let area = roc_area(first);
    guides.push(Series::guide("chance", vec![[0.0, 0.0], [1.0, 1.0]]));
    let roc = Lines {
        title: "ROC".into(),
        about: format!("True over false positives for every threshold; area {area:.3}."),
        x: axis("false positive rate"),
        y: axis("true positive rate (recall)"),
        series: guides,
        flags: flags(|p| p.false_positives, |p| p.recall),
    };
    let marked = at.map_or(String::new(), |p| {
        format!(" At the threshold precision is {:.1} % and recall {:.1} %.", 100.0 * p.precision, 100.0 * p.recall)
    });
    vec![
        figure("precision-recall", lines(&pr, SIZE), format!("{positive} Average precision {precision:.3}.{marked}")),
        figure(
            "roc",
            lines(&roc, SIZE),
            format!("{positive} Area under the curve {area:.3}: 1 is perfect, 0.5 is chance."),
        ),
    ]
}

/// The area under a ROC curve, by trapezia.
fn roc_area(curve: &[Operating]) -> f64 {
    let mut before = (0.0, 0.0);
    let part = |p: &Operating| {
        let (x, y) = std::mem::replace(&mut before, (p.false_positives, p.recall));
        (p.false_positives - x) * (p.recall + y) / 2.0
    };
    curve.iter().map(part).sum()
}

fn of_labels(facts: &Facts, Numbers { outputs, targets, width }: &Numbers) -> Vec<Figure> {
    let mut bins = vec![[0.0; 3]; BINS];
    let (mut total, mut gap) = (0.0, 0.0);
    for (&output, &target) in outputs.iter().zip(targets) {
        let p = 1.0 / (1.0 + (-f64::from(output)).exp());
        let bin = &mut bins[bin_of(p)];
        *bin = [bin[0] + 1.0, bin[1] + f64::from(u8::from(target > 0.5)), bin[2] + p];
        total += 1.0;
    }
    bins.iter().for_each(|bin| gap += (bin[1] - bin[2]).abs());
    let scored = |column: Option<usize>| -> Vec<(f32, bool)> {
        let wanted = |i: usize| column.is_none_or(|column| i % width == column);
        let pairs = outputs.iter().zip(targets).enumerate().filter(|(i, _)| wanted(*i));
        pairs.map(|(_, (&output, &target))| (output, target > 0.5)).collect()
    };
    let mut all = vec![("all labels together", operating(&mut scored(None)), Ink::A)];
    // the hardest ones by name
    let mut hard: Vec<(usize, f64)> = (0..*width)
        .map(|label| (label, operating(&mut scored(Some(label)))))
        .filter(|(_, c)| !c.is_empty())
        .map(|(l, c)| (l, average_precision(&c)))
        .collect();
    hard.sort_by(|a, b| a.1.total_cmp(&b.1));
    for ((label, _), ink) in hard.into_iter().take(3).zip([Ink::B, Ink::C, Ink::D]) {
        all.push((facts.names.get(label).map_or("?", String::as_str), operating(&mut scored(Some(label))), ink));
    }
    let mut figures = vec![reliability(&bins, &LABELS, gap / f64::max(total, 1.0))];
    figures.extend(curves(
        &all,
        Some((0.0, "50 %".into())),
        "All labels together, and the labels that are told worst.",
    ));
    figures
}

fn of_values(facts: &Facts, Numbers { outputs, targets, width }: &Numbers) -> Vec<Figure> {
    let column = |all: &[f32], i: usize| all.iter().skip(i).step_by(*width).map(|&v| f64::from(v)).collect::<Vec<_>>();
    let mut figures = Vec::new();
    for i in 0..(*width).min(OUTPUTS) {
        let (predicted, truth) = (column(outputs, i), column(targets, i));
        let name = if *width == 1 { String::new() } else { facts.names.get(i).cloned().unwrap_or_default() };
        let titled = |title: &str| if name.is_empty() { title.to_string() } else { format!("{title}: {name}") };
        let points = truth.iter().zip(&predicted).map(|(&t, &p)| [t, p]).collect();
        let chart = Scatter {
            title: titled("Predicted and true"),
            about: format!("Predicted over true values of {} examples.", truth.len()),
            axes: ["true".into(), "predicted".into()],
            points,
            is_square: true,
        };
        figures.push(figure(
            SCATTERS[i],
            scatter(&chart, SIZE),
            "Each point is an example; on the dashed line the prediction is exact.",
        ));
        let residuals: Vec<f64> = predicted.iter().zip(&truth).map(|(p, t)| p - t).collect();
        let reach = residuals.iter().filter(|r| r.is_finite()).fold(0.0f64, |most, r| most.max(r.abs())).max(1e-9);
        let counts = counted(residuals.iter().copied(), [-reach, reach], BARS);
        let chart = Histogram {
            title: titled("Residuals"),
            about: "How often predictions are off by how much.".into(),
            x: Axis::new("predicted minus true", Scale::Linear, [-reach, reach]),
            y: Axis::new("examples", Scale::Linear, [0.0, 1.05 * counts.iter().copied().fold(1.0, f64::max)]),
            bars: vec![Bars { name: String::new(), heights: counts, ink: Ink::A }],
            guide: None,
            flags: vec![Flag { at: (0.0, None), text: "exact".into() }],
        };
        let mean = residuals.iter().sum::<f64>() / residuals.len().max(1) as f64;
        let caption = format!(
            "Mean residual {}: {}.",
            crate::report::chart::figure(mean),
            match mean {
                mean if mean > 0.0 => "too high on average",
                mean if mean < 0.0 => "too low on average",
                _ => "neither too high nor too low on average",
            }
        );
        figures.push(figure(RESIDUALS[i], histogram(&chart, SIZE), caption));
    }
    figures
}

const SCATTERS: [&str; OUTPUTS] = ["scatter-1", "scatter-2", "scatter-3", "scatter-4", "scatter-5", "scatter-6"];
const RESIDUALS: [&str; OUTPUTS] =
    ["residuals-1", "residuals-2", "residuals-3", "residuals-4", "residuals-5", "residuals-6"];

fn of_errors(facts: &Facts, Errors { errors, normal, .. }: &Errors) -> Vec<Figure> {
    let of = |wanted: &dyn Fn(u32) -> bool| -> Vec<f64> {
        errors.iter().filter(|(_, class)| wanted(*class)).map(|(error, _)| f64::from(*error)).collect()
    };
    let kinds: Vec<(&str, Vec<f64>, Ink)> = match normal {
        Some(normal) => vec![
            ("normal", of(&|class| normal.contains(&class)), Ink::A),
            ("anomalies", of(&|class| !normal.contains(&class)), Ink::B),
        ],
        None => vec![("images", of(&|_| true), Ink::A)],
    };
    let mut sorted: Vec<f64> = errors.iter().map(|(error, _)| f64::from(*error)).filter(|e| e.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    // the last percent would press all others to the left
    let most = sorted.get(sorted.len().saturating_sub(1) * 99 / 100).copied().unwrap_or(1.0) * 1.05;
    let threshold = facts.threshold.map(|threshold| threshold.score);
    let end = most.max(threshold.unwrap_or(0.0) * 1.1).max(f64::MIN_POSITIVE);
    let share = |values: &[f64]| -> Vec<f64> {
        let total = values.len().max(1) as f64;
        counted(values.iter().copied(), [0.0, end], BARS).into_iter().map(|count| count / total).collect()
    };
    let bars: Vec<Bars> = kinds
        .iter()
        .filter(|(_, values, _)| !values.is_empty())
        .map(|(name, values, ink)| Bars { name: name.to_string(), heights: share(values), ink: *ink })
        .collect();
    let top = bars.iter().flat_map(|bars| &bars.heights).copied().fold(0.01, f64::max);
    let chart = Histogram {
        title: "Reconstruction errors".into(),
        about: "How often errors of each size are.".into(),
        x: Axis::new("error of an image", Scale::Linear, [0.0, end]),
        y: Axis::new("share of images", Scale::Share, [0.0, 1.05 * top]),
        bars,
        guide: None,
        flags: threshold.map(|score| Flag { at: (score, None), text: "threshold".into() }).into_iter().collect(),
    };
    let caption = threshold
        .map_or("The higher the error, the less an image is like those that were learned.".to_string(), |score| {
            format!("Images above the threshold of {} are called anomalies.", crate::report::chart::figure(score))
        });
    let mut figures = vec![figure("errors", histogram(&chart, SIZE), caption)];
    if let Some(normal) = normal {
        let mut scored: Vec<(f32, bool)> =
            errors.iter().map(|&(error, class)| (error, !normal.contains(&class))).collect();
        let at = threshold.map(|score| (score, crate::report::chart::figure(score)));
        figures.extend(curves(&[("", operating(&mut scored), Ink::A)], at, "Positive is an anomaly."));
    }
    figures
}
