//! A result as one page without anything from elsewhere. Everything that is computed is computed here; the template
//! only says where it stands, and escapes it.

use serde::Serialize;

use super::format::{
    began, bound, duration, figure, grouped, host, in_unit, loss, maybe, operations, rate, share, time, verdict,
};
use super::roofline::{Roofline, intensity, roofline, shown};
use crate::bench::{BenchResult, Ceiling, KernelResult, Run, Sampled, Score, TrainingResult};
use crate::gpu::AdapterSummary;
use crate::plan::mib;
use crate::report::page::render;
use crate::report::seconds;

/// The page as HTML.
pub fn page(result: &BenchResult) -> String {
    let templates = [
        ("page.html.j2", include_str!("page.html.j2")),
        ("charts.html.j2", include_str!("charts.html.j2")),
        ("tables.html.j2", include_str!("tables.html.j2")),
    ];
    render(&templates, include_str!("page.css"), Page::new(result))
}

/// What the templates may use.
#[derive(Serialize)]
struct Page<'a> {
    adapter: &'a AdapterSummary,
    run: &'a Run,
    began: String,
    took: String,
    command: String,
    facts: Vec<[String; 2]>,
    score: Option<ScoreView>,
    ceilings: Vec<CeilingGroup>,
    /// One drawing for wide windows and one for narrow ones: text in a drawing shrinks with it.
    charts: [Option<Roofline>; 2],
    /// How many kernels they show.
    shown: usize,
    legend: Vec<&'static str>,
    precisions: Vec<&'a str>,
    kernels: Vec<KernelRow>,
    models: Vec<&'a str>,
    training: Vec<TrainingRow>,
    losses: usize,
    wrong: usize,
    left_out: &'a [String],
}

impl<'a> Page<'a> {
    fn new(result: &'a BenchResult) -> Self {
        let BenchResult { kernels, training, .. } = result;
        Page {
            adapter: &result.adapter,
            run: &result.run,
            began: began(&result.run),
            took: seconds(result.run.seconds),
            command: result.run.command.join(" "),
            facts: facts(result),
            score: result.score.as_ref().map(score),
            ceilings: ceilings(result),
            charts: [roofline(result, 1040.0, 540.0), roofline(result, 380.0, 440.0)],
            shown: shown(kernels),
            legend: distinct(kernels.iter().map(|k| series(&k.direction))),
            precisions: distinct(kernels.iter().map(|k| k.precision.as_str())),
            kernels: kernels.iter().enumerate().map(|(i, k)| kernel(result, i + 1, k)).collect(),
            models: distinct(training.iter().map(|t| t.model.as_str())),
            training: training.iter().map(|t| training_row(t, fastest(result, t))).collect(),
            losses: training.iter().filter(|t| t.loss.is_some()).count(),
            wrong: training.iter().filter(|t| verdict(&t.loss) == "WRONG").count(),
            left_out: &result.left_out,
        }
    }
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut out = Vec::new();
    for text in texts {
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

/// What a row's colour says; directions of a newer program share one.
fn series(direction: &str) -> &'static str {
    ["forward", "grad_input", "grad_weight", "backward", "update"]
        .into_iter()
        .find(|known| *known == direction)
        .unwrap_or("other")
}

/// Length of a bar in percent of its track.
fn length(share: f64) -> f64 {
    if share.is_finite() { (1000.0 * share).clamp(0.0, 1000.0).round() / 10.0 } else { 0.0 }
}

/// `273 – 278 µs (7)`: the smallest and the largest sample, and how many there are.
fn range(value: &Sampled, show: impl Fn(f64) -> [String; 2]) -> String {
    let (low, high) = value.range();
    let ([low, low_unit], [high, unit]) = (show(low), show(high));
    let low = if low_unit == unit { low } else { format!("{low} {low_unit}") };
    match value.samples.len() {
        0 => "no samples".into(),
        1 => "1 sample".into(),
        n => format!("{low} – {high} {unit} ({n})"),
    }
}

#[derive(Serialize)]
struct CeilingGroup {
    title: &'static str,
    rows: Vec<CeilingRow>,
}

#[derive(Serialize)]
struct CeilingRow {
    name: String,
    value: String,
    unit: String,
    range: String,
}

fn ceilings(result: &BenchResult) -> Vec<CeilingGroup> {
    let known = [("Arithmetic", "TFLOP/s"), ("Moving memory", "GB/s"), ("Waiting", "us")];
    let in_group = |title, wanted: &dyn Fn(&Ceiling) -> bool| CeilingGroup {
        title,
        rows: result.ceilings.iter().filter(|c| wanted(c)).map(ceiling).collect(),
    };
    let mut groups: Vec<_> = known.into_iter().map(|(title, unit)| in_group(title, &|c| c.unit == unit)).collect();
    groups.push(in_group("Other", &|c| known.iter().all(|(_, unit)| c.unit != *unit)));
    groups.retain(|group| !group.rows.is_empty());
    groups
}

fn ceiling(ceiling: &Ceiling) -> CeilingRow {
    let [value, unit] = in_unit(ceiling.value.median, &ceiling.unit);
    let range = range(&ceiling.value, |x| in_unit(x, &ceiling.unit));
    CeilingRow { name: ceiling.name.clone(), value, unit, range }
}

#[derive(Serialize)]
struct KernelRow {
    number: usize,
    op: String,
    direction: String,
    series: &'static str,
    precision: String,
    source: String,
    shape: String,
    kernel: String,
    time: String,
    range: String,
    rate: String,
    flops: String,
    bytes: String,
    intensity: String,
    /// Name of the ceiling, and its short name.
    bound: String,
    of: String,
    share: String,
    /// Length of the bar, and where the slowest and the fastest sample would end, in percent.
    bar: [f64; 3],
}

fn kernel(result: &BenchResult, number: usize, k: &KernelResult) -> KernelRow {
    let (fast, slow) = k.seconds.range();
    let at = |seconds: f64| length(k.share * k.seconds.median / seconds);
    KernelRow {
        number,
        op: k.op.clone(),
        direction: k.direction.clone(),
        series: series(&k.direction),
        precision: k.precision.clone(),
        source: k.source.clone(),
        shape: k.shape.clone(),
        kernel: k.kernel.clone(),
        time: duration(k.seconds.median),
        range: range(&k.seconds, time),
        rate: rate(k),
        flops: if k.flops == 0 { "–".into() } else { operations(k.flops as f64) },
        bytes: mib(k.bytes),
        intensity: intensity(k).map_or("–".into(), figure),
        bound: result.ceiling(&k.bound).map_or(bound(&k.bound).into(), |c| c.name.clone()),
        of: bound(&k.bound).into(),
        share: share(k.share),
        bar: [length(k.share), at(slow), at(fast)],
    }
}

#[derive(Serialize)]
struct TrainingRow {
    model: String,
    batch: usize,
    precision: String,
    parameters: String,
    dispatches: usize,
    multiply_adds: String,
    rate: String,
    images: String,
    step: String,
    range: String,
    cold: String,
    warm: String,
    device: String,
    host: String,
    found: String,
    reference: String,
    steps: u32,
    verdict: &'static str,
    /// As for a kernel.
    bar: [f64; 3],
}

/// The highest images a second of a model, by its fastest sample: the end of its scale.
fn fastest(result: &BenchResult, of: &TrainingResult) -> f64 {
    let same = result.training.iter().filter(|t| t.model == of.model);
    same.map(|t| (t.batch as f64 / t.step_seconds.range().0).max(t.images_per_second)).fold(0.0, f64::max)
}

fn training_row(t: &TrainingResult, fastest: f64) -> TrainingRow {
    let (fast, slow) = t.step_seconds.range();
    let at = |images: f64| length(images / fastest);
    TrainingRow {
        model: t.model.clone(),
        batch: t.batch,
        precision: t.precision.clone(),
        parameters: grouped(t.parameters as f64),
        dispatches: t.dispatches,
        multiply_adds: figure(t.multiply_adds as f64 / 1e9),
        rate: in_unit(2.0 * t.multiply_adds as f64 / t.step_seconds.median / 1e12, "TFLOP/s").join(" "),
        images: grouped(t.images_per_second),
        step: duration(t.step_seconds.median),
        range: range(&t.step_seconds, time),
        cold: maybe(t.first_step_cold_seconds),
        warm: maybe(t.first_step_warm_seconds),
        device: mib(t.device_bytes),
        host: t.host_bytes.map_or("–".into(), mib),
        found: t.loss.map_or("–".into(), |l| loss(l.found)),
        reference: t.loss.map_or("–".into(), |l| loss(l.reference)),
        steps: t.loss.map_or(0, |l| l.steps),
        verdict: verdict(&t.loss),
        bar: [at(t.images_per_second), at(t.batch as f64 / slow), at(t.batch as f64 / fast)],
    }
}

#[derive(Serialize)]
struct ScoreView {
    value: String,
    definition: String,
    parts: Vec<PartRow>,
}

#[derive(Serialize)]
struct PartRow {
    workload: String,
    images: String,
    baseline: String,
    times: String,
}

fn score(score: &Score) -> ScoreView {
    let part = |p: &crate::bench::ScorePart| PartRow {
        workload: p.workload.clone(),
        images: grouped(p.images_per_second),
        baseline: grouped(p.baseline),
        times: figure(p.images_per_second / p.baseline),
    };
    ScoreView {
        value: grouped(score.value),
        definition: score.definition.clone(),
        parts: score.parts.iter().map(part).collect(),
    }
}

/// What the machine is, as names and values.
fn facts(result: &BenchResult) -> Vec<[String; 2]> {
    let a = &result.adapter;
    let yes = |flag: bool| if flag { "yes" } else { "no" }.to_string();
    let subgroup = match a.subgroup {
        Some([least, most]) if least == most => format!("{least} lanes"),
        Some([least, most]) => format!("{least} to {most} lanes"),
        None => "none".into(),
    };
    [
        ("Adapter", format!("{} ({})", a.name, a.kind)),
        ("Driver", format!("{}, {}", a.backend, a.driver)),
        ("Host", host(&result.host)),
        ("Subgroups", subgroup),
        ("f16 in shaders", yes(a.f16)),
        ("Cooperative matrices", yes(a.cooperative_matrix)),
        ("Timestamps", yes(a.timestamps)),
        ("Largest binding", mib(a.binding_bytes)),
        ("Largest buffer", mib(a.buffer_bytes)),
        ("Workgroup memory", mib(a.workgroup_bytes.into())),
        ("Matrix products", a.products.clone()),
        ("Program", format!("lepton-gpu {}, result format {}", result.run.version, result.format)),
    ]
    .map(|(name, value)| [name.to_string(), value])
    .into()
}
