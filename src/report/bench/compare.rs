//! Two results side by side.

use super::format::{began, ceiling_value, duration, grouped, host, maybe, verdict};
use super::screen::{KERNEL, kernel, shape, source};
use super::table::{Column, left, paragraph, right, table};
use super::verdict::of_two;
use crate::bench::{BenchResult, KernelResult, Sampled, Score, TrainingResult};
use crate::plan::mib;

/// Prints what differs between two results, and every row that both have.
pub fn compare(a: &BenchResult, b: &BenchResult) {
    say!("{}", text(a, b).trim_end());
}

fn text(a: &BenchResult, b: &BenchResult) -> String {
    let verdict = paragraph("verdict", &of_two(a, b));
    let parts =
        [verdict, surroundings(a, b), ceilings(a, b), kernels(a, b), training(a, b), only_one(a, b), scores(a, b)];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

/// What differs around the numbers, and what does not.
fn surroundings(a: &BenchResult, b: &BenchResult) -> String {
    let of = |r: &BenchResult| {
        [
            ("adapter", format!("{} ({}, {})", r.adapter.name, r.adapter.kind, r.adapter.backend)),
            ("driver", r.adapter.driver.clone()),
            ("host", host(&r.host)),
            ("version", r.run.version.clone()),
            ("preset", r.run.preset.clone()),
            ("began", began(&r.run)),
        ]
    };
    let (mut differs, mut same) = (String::new(), Vec::new());
    for ((what, in_a), (_, in_b)) in of(a).into_iter().zip(of(b)) {
        if in_a == in_b {
            same.push(what);
        } else {
            differs += &paragraph(what, &format!("A {in_a}"));
            differs += &paragraph("", &format!("B {in_b}"));
        }
    }
    if !same.is_empty() {
        differs += &paragraph("same", &same.join(", "));
    }
    differs
}

/// Which way a quantity is better.
#[derive(Clone, Copy, PartialEq)]
enum Better {
    Higher,
    Lower,
}

/// How much faster B is, above 1 where it is, and what may be concluded from it.
fn judge(a: &Sampled, b: &Sampled, better: Better) -> [String; 2] {
    let speed = match better {
        Better::Higher => b.median / a.median,
        Better::Lower => a.median / b.median,
    };
    if !(speed.is_finite() && speed > 0.0) {
        return ["-".into(), "no ratio".into()];
    }
    let ((a_low, a_high), (b_low, b_high)) = (a.range(), b.range());
    let conclusion = match () {
        // one sample has no range, so nothing says how far it would move
        () if a.samples.len() < 2 || b.samples.len() < 2 => "one sample",
        () if a_low <= b_high && b_low <= a_high => "within noise",
        () if speed > 1.0 => "faster",
        () => "slower",
    };
    [format!("{speed:.2}x"), conclusion.into()]
}

/// The rows of `b` that belong to rows of `a`. Each is used once, so that rows with the same name pair in their order.
fn pairs<'a, T, K: PartialEq>(a: &'a [T], b: &'a [T], key: impl Fn(&T) -> K) -> Pairs<'a, T> {
    let mut free: Vec<&T> = b.iter().collect();
    let (mut both, mut only_a) = (Vec::new(), Vec::new());
    for row in a {
        match free.iter().position(|other| key(other) == key(row)) {
            Some(i) => both.push((row, free.remove(i))),
            None => only_a.push(row),
        }
    }
    Pairs { both, only_a, only_b: free }
}

struct Pairs<'a, T> {
    both: Vec<(&'a T, &'a T)>,
    only_a: Vec<&'a T>,
    only_b: Vec<&'a T>,
}

fn kernel_key(k: &KernelResult) -> [String; 5] {
    [&k.op, &k.direction, &k.source, &k.shape, &k.precision].map(String::clone)
}

fn workload(t: &TrainingResult) -> String {
    format!("{}, batch {}, {}", t.model, t.batch, t.precision)
}

fn ceilings(a: &BenchResult, b: &BenchResult) -> String {
    const COLUMNS: [Column; 5] =
        [left("ceilings", 2, 40), right("A", 2, 16), right("B", 2, 16), right("speed B/A", 2, 9), left("", 0, 12)];
    let pairs = pairs(&a.ceilings, &b.ceilings, |c| [c.id.clone(), c.unit.clone()]);
    let rows = pairs.both.into_iter().map(|(a, b)| {
        let better = if a.unit == "us" { Better::Lower } else { Better::Higher };
        let [ratio, conclusion] = judge(&a.value, &b.value, better);
        vec![a.name.clone(), ceiling_value(a), ceiling_value(b), ratio, conclusion]
    });
    filled(&COLUMNS, 0, rows.collect())
}

/// A table, or nothing where it would be empty.
fn filled(columns: &[Column], flexible: usize, rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() { String::new() } else { table(columns, flexible, rows) }
}

fn kernels(a: &BenchResult, b: &BenchResult) -> String {
    const COLUMNS: [Column; 8] = [
        left("kernel", 1, KERNEL),
        left("type", 2, 4),
        left("from", 2, 40),
        left("shape", 1, 24),
        right("A", 1, 8),
        right("B", 1, 8),
        right("B/A", 2, 7),
        left("", 0, 12),
    ];
    let pairs = pairs(&a.kernels, &b.kernels, kernel_key);
    let rows = pairs.both.iter().map(|(a, b)| {
        let [ratio, conclusion] = judge(&a.seconds, &b.seconds, Better::Lower);
        let times = [duration(a.seconds.median), duration(b.seconds.median)];
        [vec![kernel(a), a.precision.clone(), source(a), shape(a)], times.into(), vec![ratio, conclusion]].concat()
    });
    let mut out = filled(&COLUMNS, 2, rows.collect());
    for (a, b) in pairs.both.iter().filter(|(a, b)| a.kernel != b.kernel) {
        let tile = |k: &KernelResult| k.kernel.trim_start_matches(&format!("{}/", k.direction)).to_string();
        let what = format!("{} {} {}: A {}, B {}", kernel(a), a.precision, shape(a), tile(a), tile(b));
        out += &paragraph("chosen", &what);
    }
    out
}

fn training(a: &BenchResult, b: &BenchResult) -> String {
    const COLUMNS: [Column; 9] = [
        left("training", 2, 40),
        right("images/s A", 2, 11),
        right("B", 2, 11),
        right("B/A", 2, 7),
        left("", 2, 14),
        right("memory A", 1, 10),
        right("B", 2, 10),
        right("cold A", 1, 8),
        right("B", 0, 8),
    ];
    let pairs = pairs(&a.training, &b.training, workload);
    let rows = pairs.both.into_iter().map(|(a, b)| {
        let [ratio, mut conclusion] = judge(&a.step_seconds, &b.step_seconds, Better::Lower);
        // a step that computes something else has no speed
        if let Some(whose) = wrong(a, b) {
            conclusion = format!("{whose} is WRONG");
        }
        vec![
            format!("{} b{} {}", a.model, a.batch, a.precision),
            grouped(a.images_per_second),
            grouped(b.images_per_second),
            ratio,
            conclusion,
            mib(a.device_bytes),
            mib(b.device_bytes),
            maybe(a.first_step_cold_seconds),
            maybe(b.first_step_cold_seconds),
        ]
    });
    filled(&COLUMNS, 0, rows.collect())
}

/// Whose loss is wrong.
fn wrong(a: &TrainingResult, b: &TrainingResult) -> Option<&'static str> {
    match (verdict(&a.loss), verdict(&b.loss)) {
        ("WRONG", "WRONG") => Some("A, B"),
        ("WRONG", _) => Some("A"),
        (_, "WRONG") => Some("B"),
        _ => None,
    }
}

/// Rows without a partner.
fn only_one(a: &BenchResult, b: &BenchResult) -> String {
    let ceilings = pairs(&a.ceilings, &b.ceilings, |c| [c.id.clone(), c.unit.clone()]);
    let kernels = pairs(&a.kernels, &b.kernels, kernel_key);
    let training = pairs(&a.training, &b.training, workload);
    let list = |label: &str, c: Vec<_>, k: Vec<_>, t: Vec<_>| {
        let c = c.into_iter().map(|c: &crate::bench::Ceiling| c.name.clone());
        let k = k.into_iter().map(|k: &KernelResult| kernel_key(k).join(", "));
        let t = t.into_iter().map(|t: &TrainingResult| format!("training {}", workload(t)));
        c.chain(k).chain(t).map(|row| paragraph(label, &row)).collect::<String>()
    };
    list("only in A", ceilings.only_a, kernels.only_a, training.only_a)
        + &list("only in B", ceilings.only_b, kernels.only_b, training.only_b)
}

fn scores(a: &BenchResult, b: &BenchResult) -> String {
    let one = |score: &Option<Score>| score.as_ref().map_or("none".into(), |s| grouped(s.value));
    let (in_a, in_b) = (one(&a.score), one(&b.score));
    let conclusion = match (&a.score, &b.score) {
        (Some(a), Some(b)) if a.definition != b.definition || workloads(a) != workloads(b) => {
            "; they are defined differently and cannot be compared".into()
        }
        (Some(a), Some(b)) => format!(", B/A {:.2}x; {}", b.value / a.value, a.definition),
        _ => "; a loss was wrong or a workload did not run, so they cannot be compared".into(),
    };
    paragraph("score", &format!("A {in_a}, B {in_b}{conclusion}"))
        + &paragraph("", "B/A above 1: B is faster. Within noise: the ranges of the samples overlap.")
}

fn workloads(score: &Score) -> Vec<(&str, f64)> {
    score.parts.iter().map(|part| (part.workload.as_str(), part.baseline)).collect()
}
