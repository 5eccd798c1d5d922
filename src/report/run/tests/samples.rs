//! Facts of runs that never were: every task, few classes and many, names that are hard to show.

use std::collections::BTreeMap;

use lepton_kernels::random::hash64;

use super::super::facts::{DataFacts, Facts, Filters, ModelFacts, ProfileFacts, Sheet, SplitFacts};
use super::super::predictions::{Example, Predictions};
use super::super::{choose, pictures};
use crate::metrics::{
    Answers, Assessment, Best, ClassAnswer, Criterion, Errors, Examined, Metrics, Numbers, Threshold,
};
use crate::report::History;
use crate::report::run::facts::Look;
use crate::train::Place;

/// Names that are markup, are quoted, run from right to left and would have what follows do so, have wide letters, or are long.
const HARD: [&str; 5] = [
    "<script>alert(\"x\")</script>",
    "O'Neill & \"Söhne\"",
    "שלום עולם\u{202e}",
    "紙くずと段ボール",
    "a class with a name that is much longer than anybody would want to type",
];

/// From 0 to 1, always the same for a number.
pub fn chance(number: usize) -> f64 {
    (hash64(number as u64) >> 11) as f64 / (1u64 << 53) as f64
}

pub fn names(count: usize) -> Vec<String> {
    let plain = |i: usize| format!("class {i}");
    (0..count).map(|i| HARD.get(i).filter(|_| count > 2).map_or_else(|| plain(i), |name| name.to_string())).collect()
}

fn history(epochs: u32) -> History {
    let mut lines = String::new();
    for epoch in 1..=epochs {
        let fall = 2.0 / f64::from(epoch) + 0.1 * chance(epoch as usize);
        lines += &format!(
            "{{\"event\":\"progress\",\"epoch\":{epoch},\"step\":9,\"steps\":9,\"images\":576,\"seen\":576,\"seconds\":{},\"loss\":{fall}}}\n",
            0.4 + 0.1 * chance(epoch as usize + 900)
        );
        lines += &format!(
            "{{\"event\":\"epoch\",\"epoch\":{epoch},\"learning_rate\":{},\"loss\":{fall},\"accuracy\":{},\"best\":{},\"validation\":{{\"loss\":{},\"accuracy\":{},\"macro_f1\":{}}}}}\n",
            0.002 * (1.0 - f64::from(epoch) / f64::from(epochs + 1)),
            1.0 - 0.4 / f64::from(epoch),
            epoch + 1 == epochs,
            fall + 0.2,
            0.9 - 0.4 / f64::from(epoch),
            0.88 - 0.42 / f64::from(epoch)
        );
    }
    History::of(&crate::report::Log::parse(lines.as_bytes()))
}

fn picture(number: usize, small: bool) -> Look {
    let shape = if small { [28, 28, 1] } else { [96, 72, 3] };
    let size = shape.iter().product();
    let shade = |i: usize| (255.0 * chance(number * 7 + i / 97)) as u8;
    let pixels: Vec<u8> = (0..size).map(shade).collect();
    pictures::of_pixels(&pixels, shape).expect("1 or 3 channels")
}

/// Facts with these answers, everything else made up.
pub fn facts(answers: Answers, names: Vec<String>, what: &str) -> Facts {
    let count = answers.len();
    let place = |i: usize| Place { split: Examined::Validation, index: i };
    let name = |i: usize| match what {
        "texts" => format!("/data/messages/sms.tsv:{i}"),
        _ => format!("/data/photos/{}/it's \"{i}\" & <b>.jpg", HARD[i % HARD.len()]),
    };
    let examples = (0..count).map(|i| Example { place: place(i), name: name(i) }).collect();
    let measures = answers.measures(true);
    let best = Best { epoch: Some(11), by: Criterion::MacroF1, score: 0.5, loss: Some(0.5) };
    let on = (Examined::Validation, count);
    let threshold = Threshold { score: 0.05, images: 40, held_out: true };
    let assessment = Assessment::new(Some(best), 12, on, true, &Metrics::default(), Some(&measures), &names);
    let mut facts = Facts {
        run: "photos <1> & \"more\"".into(),
        what: what.into(),
        threshold: matches!(answers, Answers::Errors(_)).then_some(threshold),
        assessment: Some(assessment),
        measures: Some(measures),
        answers: Some(Predictions { of: Examined::Validation, examples, answers }),
        history: history(12),
        names,
        ..around()
    };
    let shown: Vec<usize> = choose::chosen(&facts).into_iter().flat_map(|group| group.examples).collect();
    let look = |i: usize| match what {
        "texts" => Look {
            text: Some(format!("{} </blockquote> free entry {i} in a weekly competition", HARD[i % 5])),
            ..Look::default()
        },
        _ => picture(i, count % 2 == 1),
    };
    facts.looks = shown.into_iter().filter(|i| i % 11 != 5).map(|i| (i, look(i))).collect::<BTreeMap<_, _>>();
    facts
}

/// What every run has.
fn around() -> Facts {
    let split = |name: &str, examples| SplitFacts { name: name.into(), examples, classes: Vec::new() };
    let layer = |i: usize| [format!("conv{i}"), "conv2d".to_string(), "9,248".to_string()];
    let filters = picture(3, true).picture.expect("it was just drawn");
    Facts {
        data: DataFacts {
            name: "photos".into(),
            source: "/data/a very long folder name without end/photos of everything that was thrown away".into(),
            splits: vec![split("training", 2022), split("validation", 505)],
        },
        model: ModelFacts {
            name: "photo-lite0".into(),
            input: "160 × 160 × 3".into(),
            parameters: 3_891_978,
            layers: (0..30).map(layer).collect(),
        },
        training: [
            ("Began", "2026-11-30 14:10:00 UTC"),
            ("Took", "2 min 34 s"),
            ("Epochs", "12"),
            ("Device", "A Maker's Card <9090> (discrete GPU, vulkan, driver 1.2.3)"),
            ("Program", "lepton-gpu 0.1.0"),
        ]
        .map(|(name, value)| [name.to_string(), value.to_string()])
        .into(),
        settings: "data = \"photos\"\nepochs = 12\nname = \"</code><script>alert(1)</script>\"\n".into(),
        command: Some("lepton-gpu train '/data/it'\\''s <photos>' --out runs/a".into()),
        reproduce: vec!["lepton-gpu train --recipe runs/a --out a-again".into()],
        notes: vec!["3 of 54 images to show were not found where they were in training.".into()],
        filters: Some(Filters { layer: "conv1".into(), size: [32, 3, 3], picture: filters, width: 576 }),
        profile: Some(ProfileFacts {
            steps: 20,
            kernels: (0..20).map(|i| (format!("a_kernel_with_a_name_{i}"), 0.01 / (i + 1) as f64)).collect(),
            layers: (0..5).map(|i| (format!("layer{i}"), 0.004 / (i + 1) as f64)).collect(),
            memory: (0..6).map(|i| (format!("slot {i}"), 4_000_000 / (i + 1))).collect(),
        }),
        version: "0.1.0".into(),
        ..Facts::default()
    }
}

/// A classification of so many examples.
pub fn classes(count: usize, examples: usize, what: &str) -> Facts {
    let answer = |i: usize| {
        let label = (chance(i) * chance(i + 5) * count as f64) as u32;
        let right = chance(i + 1_000_000) < 0.85;
        let other = (label + 1 + (chance(i + 2_000_000) * chance(i + 7) * (count - 1) as f64) as u32) % count as u32;
        let confidence = (0.4 + 0.6 * chance(i + 3_000_000)) as f32;
        let answer = if right { label } else { other };
        let sign = if answer == 1 { 1.0 } else { -1.0 };
        ClassAnswer { label, answer, before: u32::from(!right), confidence, margin: sign * (confidence - 0.4) * 5.0 }
    };
    facts(Answers::Classes { answers: (0..examples).map(answer).collect(), classes: count }, names(count), what)
}

fn numbers(width: usize, examples: usize, target: impl Fn(usize) -> f32, off: f32) -> Numbers {
    let targets: Vec<f32> = (0..width * examples).map(target).collect();
    let outputs = targets.iter().enumerate().map(|(i, t)| t + off * (chance(i + 77) - 0.5) as f32).collect();
    Numbers { outputs, targets, width }
}

fn labels() -> Facts {
    let mut kept = numbers(7, 200, |i| f32::from(u8::from(chance(i) < 0.3)), 0.0);
    kept.outputs =
        kept.targets.iter().enumerate().map(|(i, t)| 4.0 * (t - 0.5) + 5.0 * (chance(i + 77) - 0.5) as f32).collect();
    facts(Answers::Labels(kept), names(7), "images")
}

fn anomalies(normal: bool) -> Facts {
    let error = |i: usize| ((0.02 + 0.04 * chance(i) + if i % 4 == 3 { 0.03 } else { 0.0 }) as f32, (i % 4) as u32);
    let errors = (0..150).map(error).collect();
    let mut facts = facts(
        Answers::Errors(Errors { errors, classes: names(4), normal: normal.then(|| vec![0, 1, 2]) }),
        names(4),
        "images",
    );
    facts.threshold = facts.threshold.filter(|_| normal);
    facts
}

fn generator() -> Facts {
    let sheet = |i: usize| Sheet { name: format!("Epoch {i}"), picture: picture(i, false).picture.expect("drawn") };
    Facts {
        run: "gan".into(),
        what: "images".into(),
        history: history(3),
        sheets: (1..=6).map(sheet).collect(),
        ..around()
    }
}

/// A run that answers the same for everything, tested at its end, with counts of its classes.
fn hopeless() -> Facts {
    let answer = |i: usize| ClassAnswer {
        label: (i % 3) as u32,
        answer: 0,
        before: (i % 3) as u32,
        confidence: 0.4,
        margin: 0.0,
    };
    let mut facts = facts(Answers::Classes { answers: (0..90).map(answer).collect(), classes: 3 }, names(3), "images");
    facts.test = Some("33.33 % right on 30 test images".into());
    facts.data.splits.iter_mut().for_each(|split| split.classes = vec![7, 1_000, 0]);
    facts
}

/// Facts of every kind with a name for each.
pub fn all() -> Vec<(&'static str, Facts)> {
    let unfinished = Facts { run: "unfinished".into(), what: "images".into(), ..around() };
    vec![
        ("two", classes(2, 300, "images")),
        ("ten", classes(10, 1001, "images")),
        ("forty", classes(40, 3000, "images")),
        ("many", classes(150, 6000, "images")),
        ("thousand", classes(1000, 4000, "images")),
        ("hopeless", hopeless()),
        ("texts", classes(3, 200, "texts")),
        ("labels", labels()),
        (
            "number",
            facts(
                Answers::Values(numbers(1, 120, |i| 100.0 * chance(i) as f32, 20.0)),
                vec!["diameter".into()],
                "images",
            ),
        ),
        ("numbers", facts(Answers::Values(numbers(3, 90, |i| chance(i) as f32 - 0.5, 0.3)), names(3), "images")),
        ("anomalies", anomalies(true)),
        ("errors", anomalies(false)),
        ("generator", generator()),
        ("unfinished", unfinished),
    ]
}
