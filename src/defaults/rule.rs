//! The rule. What a run starts from is the first row of [`STARTS`] that fits; the tables below it hold what follows from the number
//! of examples, their size and their names.

use super::starts::{Augment, STARTS, Start, is_pictures};
use super::{Aim, Decision, Facts, Source};
use crate::data::advised_weights;

/// Images of a batch where at most so many are learned: small folders get more steps of an epoch. Batch norm needs some.
const BATCHES: [(usize, usize); 3] = [(640, 16), (6_400, 32), (usize::MAX, 64)];
/// Sides of images, of which the largest is taken that neither device nor pictures are too small for.
const SIDES: [usize; 5] = [32, 48, 64, 96, 128];
/// The largest side on a GPU, and on a CPU: a step of 128 pixels takes four times as long as one of 64.
const LARGEST: [usize; 2] = [128, 64];
/// Sides for the backbone, which was trained at 224 pixels: on a CPU by how many images there are at most, since what the frozen
/// layers give of each is to be computed within a few minutes.
const BACKBONE_SIDES: [(usize, usize); 3] = [(1_000, 224), (4_000, 160), (usize::MAX, 128)];
/// The largest side that is chosen for any model.
pub const LARGEST_SIDE: usize = BACKBONE_SIDE;
/// On a GPU: the size that it was trained at.
const BACKBONE_SIDE: usize = 224;
/// Features of few photos are computed of more versions than the photo and its mirror image: of so many all together, and of so many
/// of one photo at most. In PyTorch twelve crops of half a photo or more gave about a point more with 60 photos of TrashNet.
const VERSIONS: (usize, usize) = (2_000, 12);
/// Held out where the data say nothing, and the fewest examples of which some are.
const HELD_OUT: (f64, usize) = (0.2, 5);
/// Of photos. Not together with weights, which it would give the rare classes of every image: with 19 images to one, the
/// commonest class had a recall of 0.44.
const SMOOTHING: f64 = 0.1;
/// Pictures longer than this are padded where numbers are learned of them: a crop may cut off what is measured.
const LONG: f64 = 1.05;
/// Names of classes no longer than this are letters or digits, which no mirror leaves what they are.
const GLYPH: usize = 2;

/// Keys that may be decided; help says so of them.
pub const DECIDES: &[&str] = &[
    "augment",
    "batch",
    "body_lr",
    "epochs",
    "freeze",
    "head.versions",
    "images.fit",
    "init",
    "learning_rate",
    "loss.class_weights",
    "loss.label_smoothing",
    "model",
    "normalize",
    "optimizer.name",
    "optimizer.weight_decay",
    "schedule",
    "size",
    "targets",
    "validation",
];

/// Decides everything that was not typed.
pub fn decide(facts: &Facts) -> Decision {
    let mut decision = Decision::default();
    let named = |row: &Start| match (facts.typed("model"), row.model) {
        (Some(typed), Some(own)) => typed == own,
        _ => true,
    };
    let start = STARTS.iter().find(|row| (row.fits)(facts) && named(row)).expect("the last row fits everything");
    validation(facts, &mut decision);
    settings(start, facts, &mut decision);
    model(start, facts, &mut decision);
    if facts.aim != Aim::Images {
        length(start, facts, &mut decision);
    }
    images(start, facts, &mut decision);
    targets(facts, &mut decision);
    decision
}

/// Whoever types an optimiser gets its own rate, and whoever types a schedule that of the optimiser.
fn settings(start: &Start, facts: &Facts, decision: &mut Decision) {
    let own_optimizer = facts.typed("optimizer.name").is_some();
    for &(key, text) in start.settings {
        let keeps = match key {
            "learning_rate" => own_optimizer || facts.typed("schedule").is_some(),
            _ => own_optimizer && key.starts_with("optimizer."),
        };
        if !keeps {
            decision.set(facts, key, text);
        }
    }
}

/// Which examples validate.
fn validation(facts: &Facts, decision: &mut Decision) {
    let (share, fewest) = HELD_OUT;
    let labelled = matches!(facts.aim, Aim::Classes | Aim::Labels | Aim::Numbers);
    if labelled && facts.examples.validation + facts.examples.test == 0 && facts.used() >= fewest {
        decision.set(facts, "validation", share);
    }
}

/// Examples that are learned: without those that are held out.
fn learned(facts: &Facts, decision: &Decision) -> usize {
    let share = decision.holds(facts, "validation").and_then(|text| text.parse().ok());
    let share: f64 = if facts.examples.validation == 0 { share.unwrap_or(0.0) } else { 0.0 };
    let without_share = |count: usize| count - (count as f64 * share.clamp(0.0, 1.0)).round() as usize;
    // pictures are held out before they are limited
    if is_pictures(facts) { facts.used().min(without_share(facts.examples.train)) } else { without_share(facts.used()) }
}

/// Model and size.
fn model(start: &Start, facts: &Facts, decision: &mut Decision) {
    let Some(model) = start.model else {
        if let Some(weights) = facts.typed("init") {
            decision.say("start", format!("the weights of {weights}, as asked"));
        }
        return;
    };
    decision.set(facts, "model", model);
    let size = match facts.source {
        Source::Pictures { .. } if start.is_trained => {
            let on_cpu = BACKBONE_SIDES.into_iter().find(|&(most, _)| facts.used() <= most).map(|(_, side)| side);
            let side = on_cpu.filter(|_| facts.is_software).unwrap_or(BACKBONE_SIDE);
            Some([side, side, 3])
        }
        Source::Pictures { side, colour, .. } => {
            let most = side.min(LARGEST[usize::from(facts.is_software)]);
            let side = SIDES.into_iter().rfind(|&own| own <= most).unwrap_or(SIDES[0]);
            Some([side, side, if colour { 3 } else { 1 }])
        }
        Source::Images(size) => Some(size),
        Source::Texts => None,
    };
    if let Some([h, w, c]) = size.filter(|_| start.is_trained || facts.typed("model").is_none()) {
        decision.set(facts, "size", format!("{h}x{w}x{c}"));
    }
    let size = decision.holds(facts, "size").map_or(String::new(), |size| format!(" at {size}"));
    let why = match facts.typed("model") {
        Some(_) => "",
        None => start.why,
    };
    let colon = if why.is_empty() { "" } else { ": " };
    let model = decision.holds(facts, "model").unwrap_or(model).to_string();
    let from = if start.is_trained { "with its weights from ImageNet" } else { "from scratch" };
    decision.say("start", format!("{model}{size}, {from}{colon}{why}"));
}

/// Batch, epochs and learning rate.
fn length(start: &Start, facts: &Facts, decision: &mut Decision) {
    let learned = learned(facts, decision).max(1);
    let batch = BATCHES.into_iter().find(|&(most, _)| learned <= most).map_or(64, |(_, batch)| batch);
    // frozen layers have no statistics of a batch
    let batch = if decision.holds(facts, "freeze") == Some("body") { 64 } else { batch };
    decision.set(facts, "batch", batch);
    let batch = decision.number(facts, "batch").unwrap_or(batch).max(1);
    let each = batch * decision.number(facts, "update.accumulate").unwrap_or(1).max(1);
    let steps = learned.div_ceil(each);
    let [fewest, most] = start.epochs;
    let enough = start.steps.div_ceil(steps);
    let asked = facts.typed("steps").and_then(|text| text.parse::<usize>().ok()).map_or(0, |n| n.div_ceil(steps));
    let of = format!("of {steps} step{} of {each}", if steps == 1 { "" } else { "s" });
    if let Some(budget) = facts.typed("time").filter(|_| decision.holds(facts, "freeze") != Some("body")) {
        decision.say("length", format!("as many epochs {of} as fit into {budget}, measured before the first one"));
    } else if let Some(epochs) = facts.typed("epochs") {
        let s = if epochs == "1" { "" } else { "s" };
        decision.say("length", format!("{epochs} epoch{s} {of}, as asked"));
    } else {
        let epochs = enough.clamp(fewest, most).max(asked);
        let why = match enough {
            _ if asked > enough.clamp(fewest, most) => "for the steps asked for".to_string(),
            enough if enough > most => "more would repeat too few examples".into(),
            enough if enough > fewest => format!("about {} steps, which even few examples need", start.steps),
            _ => "each example a few times".into(),
        };
        decision.set(facts, "epochs", epochs);
        decision.say("length", format!("{epochs} epochs {of}: {why}"));
    }
    decision.say("rate", rate(facts, decision));
}

/// How the weights are changed.
fn rate(facts: &Facts, decision: &Decision) -> String {
    let optimizer = decision.holds(facts, "optimizer.name").unwrap_or("adam");
    let decay = decision
        .holds(facts, "optimizer.weight_decay")
        .map_or(String::new(), |decay| format!(", weight decay {decay}"));
    let schedule = decision.holds(facts, "schedule").unwrap_or("constant");
    let peak = match decision.holds(facts, "learning_rate") {
        Some("auto") => ", the rate found by a test".to_string(),
        Some(rate) if schedule == "one-cycle" => format!(" up to {rate}"),
        Some(rate) => format!(" from {rate}"),
        None => String::new(),
    };
    format!("{schedule}{peak} with {optimizer}{decay}")
}

/// What is done to training images.
fn images(start: &Start, facts: &Facts, decision: &mut Decision) {
    if let Source::Pictures { ratio, .. } = facts.source
        && facts.aim == Aim::Numbers
        && ratio > LONG
    {
        decision.set(facts, "images.fit", "pad");
    }
    let side = match (facts.source, decision.holds(facts, "size")) {
        (Source::Texts, _) => return,
        (_, Some(size)) => size.split('x').filter_map(|side| side.parse::<usize>().ok()).next().unwrap_or(64),
        (Source::Images([h, w, _]), _) => h.min(w),
        (Source::Pictures { .. }, _) => 64,
    };
    let shift = format!("crop={},fill=reflect", (side / 16).clamp(1, 128));
    let left_right = facts.names.iter().any(|name| {
        let name = name.to_lowercase();
        name.contains("left") || name.contains("right")
    });
    let glyphs = facts.names.len() > 1 && facts.names.iter().all(|name| name.chars().count() <= GLYPH);
    let versions = match start.augment {
        Augment::Flips => (VERSIONS.0 / learned(facts, decision).max(1)).min(VERSIONS.1),
        _ => 0,
    };
    let augment = if versions > 2 { Augment::Photos } else { start.augment };
    let (list, why) = match (augment, facts.aim) {
        (Augment::No, _) => return,
        (_, Aim::Numbers) => ("none".to_string(), "as they are: a change could change their numbers"),
        (_, _) if left_right => (shift, "shifted at random and not mirrored: their names tell left from right"),
        (_, _) if glyphs => (shift, "shifted at random and not mirrored: their names are those of letters or digits"),
        (Augment::Flips, _) => ("flip".into(), "mirrored at random"),
        (Augment::Standard, _) => ("standard".into(), "mirrored and shifted at random"),
        (Augment::Photos, Aim::Labels) => {
            (format!("flip,{shift}"), "mirrored and shifted at random; a crop could lose a label")
        }
        (Augment::Photos, _) => ("flip,resized-crop=0.5".into(), "mirrored and cropped at random"),
    };
    decision.set(facts, "augment", &list);
    if start.augment == Augment::Flips && list.contains('=') {
        decision.set(facts, "head.versions", versions.max(2).to_string());
    }
    if facts.typed("augment").is_none() {
        let padded = if decision.get("images.fit").is_some() { "; padded, so that nothing is cut off" } else { "" };
        decision.say("images", format!("{why}{padded}"));
    }
}

/// What is learned of them, and how it is checked.
fn targets(facts: &Facts, decision: &mut Decision) {
    let own_loss = facts.types_any("loss.");
    // a delta is in the data's units, and not every loss takes every number
    let own_units = own_loss && !matches!(facts.typed("loss.name"), Some("mse" | "mae"));
    match facts.aim {
        Aim::Classes if !own_loss => {
            let ratio = facts.extremes().map_or(1.0, |(most, fewest)| most as f64 / fewest as f64);
            if let Some(weights) = advised_weights(ratio, is_pictures(facts)) {
                decision.set(facts, "loss.class_weights", weights);
                let why = format!("the commonest has {ratio:.0} times the examples of the rarest");
                decision.say("loss", format!("classes weighted, for {why}"));
            } else if is_pictures(facts) {
                decision.set(facts, "loss.label_smoothing", SMOOTHING);
                decision.say("loss", format!("label smoothing {SMOOTHING}"));
            }
        }
        Aim::Numbers if !facts.is_bounded && !own_units => {
            decision.set(facts, "targets", "standardized");
            if facts.typed("targets").is_none() {
                decision
                    .say("loss", "of numbers scaled to mean 0 and deviation 1; answers are in their own units".into());
            }
        }
        _ => {}
    }
    if let Some(share) = decision.get("validation") {
        let of = if facts.aim == Aim::Classes && is_pictures(facts) { " of each class" } else { "" };
        decision.say(
            "check",
            format!("{:.0} %{of} is held out and tells the best epoch", 100.0 * share.parse().unwrap_or(HELD_OUT.0)),
        );
    }
}
