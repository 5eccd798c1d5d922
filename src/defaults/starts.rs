//! What runs start from: the table, first row first.

use super::{Aim, Facts, Source};

/// What a run starts from.
pub struct Start {
    /// What it is for.
    pub fits: fn(&Facts) -> bool,
    /// Whether it starts from trained weights.
    pub is_trained: bool,
    /// Its model, if the row is for one; it does not fit where another one was typed.
    pub model: Option<&'static str>,
    /// What else is set.
    pub settings: &'static [(&'static str, &'static str)],
    /// Steps that it needs at least, however few examples there are.
    pub steps: usize,
    /// The fewest and the most epochs.
    pub epochs: [usize; 2],
    /// How strongly training images are changed at random.
    pub augment: Augment,
    /// Why, after a colon.
    pub why: &'static str,
}

/// How strongly training images are changed at random.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Augment {
    No,
    /// Flips alone: what is kept of an image is computed twice and not in every epoch.
    Flips,
    /// Flips and shifts by an eighth: images that show one thing in the middle.
    Standard,
    /// Flips and crops of half the area or more: photos.
    Photos,
}

/// What a run starts from, the first row that fits. A learning rate is the highest of one cycle.
pub const STARTS: &[Start] = &[
    Start {
        fits: |facts| facts.aim == Aim::Images,
        is_trained: false,
        model: None,
        settings: &[],
        steps: 0,
        epochs: [5, 5],
        augment: Augment::No,
        why: "",
    },
    Start {
        fits: |facts| facts.aim == Aim::Input,
        is_trained: false,
        model: None,
        settings: &[("learning_rate", "0.002"), ("schedule", "one-cycle")],
        steps: 1500,
        epochs: [10, 200],
        augment: Augment::No,
        why: "",
    },
    Start {
        fits: |facts| facts.typed("init").is_some(),
        is_trained: true,
        model: None,
        settings: TUNED,
        steps: 250,
        epochs: [3, 30],
        augment: Augment::Photos,
        why: "",
    },
    // the diameters of 1,500 circles: R2 0.979 after 600 steps, 0.99 after 2,300
    Start {
        fits: |facts| freezes_body(facts) && facts.aim == Aim::Numbers,
        is_trained: true,
        model: Some("photo-lite0"),
        settings: HEAD,
        steps: 2400,
        epochs: [12, 300],
        augment: Augment::Flips,
        why: "trained on a million photos; only a new head is learned",
    },
    // on a CPU what the frozen layers give is computed once; on TrashNet a head on features of six depths gives 90.6 % (three seeds),
    // on the last ones alone 83.2 %, and tuning the last five blocks takes as long an epoch as all of it
    Start {
        fits: freezes_body,
        is_trained: true,
        model: Some("photo-lite0"),
        settings: HEAD,
        steps: 600,
        epochs: [12, 300],
        augment: Augment::Flips,
        why: "trained on a million photos; only a new head is learned",
    },
    Start {
        fits: has_backbone,
        is_trained: true,
        model: Some(BACKBONE),
        settings: TUNED,
        steps: 500,
        epochs: [6, 60],
        augment: Augment::Photos,
        why: "trained on a million photos",
    },
    Start {
        fits: |facts| facts.source == Source::Texts,
        is_trained: false,
        model: Some("text-small"),
        settings: &[("learning_rate", "0.003"), ("schedule", "one-cycle")],
        steps: 600,
        epochs: [5, 60],
        augment: Augment::No,
        why: "enough for texts of a few words to a few hundred",
    },
    Start {
        fits: is_pictures,
        is_trained: false,
        model: Some("photo-norm"),
        settings: PHOTOS,
        steps: 1500,
        epochs: [12, 150],
        augment: Augment::Photos,
        why: "a small network with batch norm",
    },
    // deeper networks, at a lower rate
    Start {
        fits: is_pictures,
        is_trained: false,
        model: None,
        settings: DEEP,
        steps: 1500,
        epochs: [12, 150],
        augment: Augment::Photos,
        why: "",
    },
    Start {
        fits: |facts| facts.source == Source::Images([28, 28, 1]),
        is_trained: false,
        model: Some("seed-mnist"),
        settings: SMALL,
        steps: 700,
        epochs: [5, 60],
        augment: Augment::No,
        why: "enough for images of 28x28 pixels",
    },
    Start {
        fits: |facts| facts.source == Source::Images([32, 32, 3]),
        is_trained: false,
        model: Some("seed-cifar"),
        settings: SMALL,
        steps: 1500,
        epochs: [10, 60],
        augment: Augment::Standard,
        why: "enough for images of 32x32 pixels",
    },
    Start {
        fits: |facts| matches!(facts.source, Source::Images([_, _, 1 | 3])),
        is_trained: false,
        model: Some("photo-norm"),
        settings: PHOTOS,
        steps: 1500,
        epochs: [10, 60],
        augment: Augment::No,
        why: "a small network with batch norm, at the images' own size",
    },
    Start {
        fits: |_| true,
        is_trained: false,
        model: None,
        settings: &[("learning_rate", "0.001"), ("schedule", "one-cycle")],
        steps: 700,
        epochs: [5, 60],
        augment: Augment::No,
        why: "",
    },
];

const PHOTOS: &[(&str, &str)] = &[
    ("optimizer.name", "adamw"),
    ("optimizer.weight_decay", "0.05"),
    ("learning_rate", "0.002"),
    ("schedule", "one-cycle"),
    ("normalize", "dataset"),
];
const DEEP: &[(&str, &str)] = &[
    ("optimizer.name", "adamw"),
    ("optimizer.weight_decay", "0.05"),
    ("learning_rate", "0.001"),
    ("schedule", "one-cycle"),
    ("normalize", "dataset"),
];
/// Trained weights: the head has learned on features before, and the body learns at a lower rate than it.
const TUNED: &[(&str, &str)] = &[
    ("init", BACKBONE),
    ("optimizer.name", "adamw"),
    ("optimizer.weight_decay", "0.01"),
    ("learning_rate", "0.002"),
    ("schedule", "one-cycle"),
    ("body_lr", "0.25"),
];
/// The preset whose weights are in the program.
const BACKBONE: &str = "efficientnet-lite0";
/// A head on the features of frozen layers.
const HEAD: &[(&str, &str)] = &[
    ("init", BACKBONE),
    ("freeze", "body"),
    ("optimizer.name", "adamw"),
    ("learning_rate", "0.002"),
    ("schedule", "one-cycle"),
];
/// Small networks without norms.
const SMALL: &[(&str, &str)] = &[("learning_rate", "0.002"), ("schedule", "one-cycle"), ("normalize", "dataset")];

/// Whether photos may start from the weights in the program.
fn has_backbone(facts: &Facts) -> bool {
    is_pictures(facts) && facts.backbone == Some(BACKBONE) && facts.typed("from_scratch").is_none()
}

/// Whether only a head is learned: on a CPU, unless something else is to be frozen.
fn freezes_body(facts: &Facts) -> bool {
    has_backbone(facts) && facts.is_software && facts.typed("freeze").is_none_or(|what| what == "body")
}

/// Whether examples are pictures of any size.
pub fn is_pictures(facts: &Facts) -> bool {
    matches!(facts.source, Source::Pictures { .. })
}
