//! Facts and what must follow from them.

use super::*;

const PHOTOS: Source = Source::Pictures { side: 384, ratio: 1.33, colour: true };

/// Facts about `counts` photos of each class, on a CPU.
fn photos(counts: &[usize]) -> Facts {
    Facts {
        aim: Aim::Classes,
        source: PHOTOS,
        names: (0..counts.len()).map(|i| format!("class {i}")).collect(),
        counts: counts.to_vec(),
        examples: Examples { train: counts.iter().sum(), ..Examples::default() },
        is_software: true,
        backbone: Some("efficientnet-lite0"),
        is_bounded: false,
        typed: [("from_scratch".to_string(), "true".to_string())].into(),
    }
}

fn images(size: [usize; 3], train: usize, test: usize) -> Facts {
    let examples = Examples { train, test, ..Examples::default() };
    Facts { source: Source::Images(size), examples, ..photos(&[train / 2, train / 2]) }
}

fn typed(facts: Facts, settings: &[(&str, &str)]) -> Facts {
    let own = settings.iter().map(|(key, text)| (key.to_string(), text.to_string()));
    let typed = facts.typed.clone().into_iter().chain(own).collect();
    Facts { typed, ..facts }
}

/// Checks what is decided for some keys; an empty text is for a key that is left alone.
#[track_caller]
fn decides(facts: &Facts, expected: &[(&str, &str)]) {
    let decision = decide(facts);
    for (key, text) in expected {
        assert_eq!(decision.get(key).unwrap_or(""), *text, "{key} in {decision:#?}");
    }
}

#[test]
fn photos_from_scratch_get_steps_whatever_their_number() {
    let trashnet = photos(&[403, 501, 410, 594, 482, 137]);
    let expected = [
        ("model", "photo-norm"),
        ("size", "64x64x3"),
        ("batch", "32"),
        ("epochs", "24"),
        ("learning_rate", "0.002"),
        ("schedule", "one-cycle"),
        ("optimizer.name", "adamw"),
        ("normalize", "dataset"),
        ("augment", "flip,resized-crop=0.5"),
        ("validation", "0.2"),
        ("loss.label_smoothing", "0.1"),
        ("loss.class_weights", ""),
    ];
    decides(&trashnet, &expected);
    // 40 people, ten each; ten a class; two a class; 150 classes; thousands
    for (counts, batch, epochs) in [
        (vec![10; 40], "16", "75"),
        (vec![10; 6], "16", "150"),
        (vec![2; 3], "16", "150"),
        (vec![16; 150], "32", "25"),
        (vec![20_000; 2], "64", "12"),
    ] {
        decides(&photos(&counts), &[("batch", batch), ("epochs", epochs), ("validation", "0.2")]);
    }
}

#[test]
fn photos_start_from_the_backbone_unless_they_cannot() {
    let started = |counts: &[usize]| Facts { typed: [].into(), ..photos(counts) };
    let facts = || started(&[403, 501, 410, 594, 482, 137]);
    let expected = [
        ("model", "photo-lite0"),
        ("init", "efficientnet-lite0"),
        ("freeze", "body"),
        ("size", "160x160x3"),
        ("batch", "64"),
        ("epochs", "19"),
        ("learning_rate", "0.002"),
        ("augment", "flip"),
        ("head.versions", ""),
        ("normalize", ""),
        ("loss.label_smoothing", "0.1"),
    ];
    decides(&facts(), &expected);
    // few photos get more versions, on features
    let cropped = ("augment", "flip,resized-crop=0.5");
    for (count, versions) in [(8, "12"), (20, "12"), (60, "6"), (100, "4")] {
        decides(&started(&[count; 6]), &[cropped, ("head.versions", versions)]);
    }
    decides(&started(&[150; 6]), &[("augment", "flip"), ("head.versions", "")]);
    let sides = Facts { names: vec!["left".into(), "right".into()], ..started(&[2_000; 2]) };
    decides(&sides, &[("augment", "crop=10,fill=reflect"), ("head.versions", "2")]);
    decides(&Facts { is_software: false, ..facts() }, &[("freeze", ""), ("body_lr", "0.25"), ("size", "224x224x3")]);
    // many photos are smaller; grey ones get three channels
    for (counts, size) in [(vec![10; 6], "224x224x3"), (vec![20_000; 2], "128x128x3")] {
        let source = Source::Pictures { side: 100, ratio: 1.0, colour: false };
        decides(
            &Facts { typed: [].into(), source, ..photos(&counts) },
            &[("size", size), ("init", "efficientnet-lite0")],
        );
    }
    for own in [("from_scratch", "true"), ("model", "photo-norm")] {
        decides(&typed(facts(), &[own]), &[("init", ""), ("freeze", "")]);
    }
    decides(&Facts { backbone: None, ..facts() }, &[("init", ""), ("model", "photo-norm")]);
    decides(&typed(facts(), &[("model", "photo-lite0")]), &[("init", "efficientnet-lite0"), ("size", "160x160x3")]);
    // other weights bring their model
    decides(&typed(facts(), &[("init", "runs/one")]), &[("model", ""), ("size", ""), ("freeze", ""), ("batch", "32")]);
    decides(
        &typed(facts(), &[("freeze", "none")]),
        &[("freeze", ""), ("init", "efficientnet-lite0"), ("model", "efficientnet-lite0"), ("body_lr", "0.25")],
    );
}

#[test]
fn almost_nothing_is_decided_too() {
    // nothing is held out of four, of one, of none
    for counts in [&[2, 2][..], &[1], &[0, 0], &[]] {
        decides(&photos(counts), &[("validation", ""), ("batch", "16"), ("epochs", "150"), ("loss.class_weights", "")]);
    }
    decides(&photos(&[3, 0, 2]), &[("validation", "0.2"), ("loss.class_weights", "")]);
}

#[test]
fn the_size_follows_pictures_and_device() {
    let with = |side, colour, is_software| Facts {
        source: Source::Pictures { side, ratio: 1.0, colour },
        is_software,
        ..photos(&[50, 50])
    };
    for (side, colour, is_software, size) in [
        (3024, true, true, "64x64x3"),
        (3024, true, false, "128x128x3"),
        (112, true, false, "96x96x3"),
        (50, false, true, "48x48x1"),
        (24, false, false, "32x32x1"),
        (0, true, true, "32x32x3"),
    ] {
        decides(&with(side, colour, is_software), &[("size", size)]);
    }
}

#[test]
fn what_is_typed_wins_and_the_rest_adapts() {
    let facts = || photos(&[403, 501, 410, 594, 482, 137]);
    decides(
        &typed(facts(), &[("model", "resnet18"), ("batch", "128")]),
        &[
            ("model", ""),
            ("size", ""),
            ("batch", ""),
            ("epochs", "94"),
            ("learning_rate", "0.001"),
            ("augment", "flip,resized-crop=0.5"),
        ],
    );
    decides(&typed(facts(), &[("size", "96")]), &[("model", "photo-norm"), ("size", "")]);
    decides(
        &typed(facts(), &[("optimizer.name", "sgd")]),
        &[("optimizer.name", ""), ("optimizer.weight_decay", ""), ("learning_rate", ""), ("schedule", "one-cycle")],
    );
    decides(&typed(facts(), &[("schedule", "constant")]), &[("learning_rate", ""), ("optimizer.name", "adamw")]);
    decides(&typed(facts(), &[("validation", "test")]), &[("validation", ""), ("epochs", "19")]);
    decides(&typed(facts(), &[("loss.gamma", "1")]), &[("loss.label_smoothing", ""), ("loss.class_weights", "")]);
    decides(&typed(facts(), &[("limit", "100")]), &[("batch", "16"), ("epochs", "150")]);
    decides(&typed(facts(), &[("steps", "9000")]), &[("epochs", "141")]);
    decides(&typed(facts(), &[("update.accumulate", "4")]), &[("epochs", "94")]);
    for key in ["epochs", "time"] {
        decides(&typed(facts(), &[(key, "3")]), &[("epochs", "")]);
    }
    let everything =
        ["model", "batch", "epochs", "learning_rate", "schedule", "optimizer.name", "normalize", "augment"];
    let everything =
        everything.map(|key| (key, "1")).into_iter().chain([("validation", "0.5"), ("loss.name", "focal")]);
    assert_eq!(decide(&typed(facts(), &everything.collect::<Vec<_>>())).settings, []);
}

#[test]
fn unequal_classes_are_weighted_from_a_ratio_on() {
    for (counts, weights) in [(&[950, 50][..], "balanced"), (&[500, 100], "balanced"), (&[499, 100], ""), (&[7, 7], "")]
    {
        let smoothing = if weights.is_empty() { "0.1" } else { "" };
        decides(&photos(counts), &[("loss.class_weights", weights), ("loss.label_smoothing", smoothing)]);
    }
    let texts = Facts { source: Source::Texts, ..photos(&[950, 50]) };
    decides(&texts, &[("loss.class_weights", "sqrt"), ("loss.label_smoothing", "")]);
}

#[test]
fn nothing_is_mirrored_whose_name_tells_left_from_right_or_is_a_letter() {
    let named = |names: &[&str]| Facts {
        names: names.iter().map(|name| name.to_string()).collect(),
        ..photos(&vec![30; names.len()])
    };
    for (names, augment) in [
        (&["a", "b"][..], "crop=4,fill=reflect"),
        (&["0", "10"], "crop=4,fill=reflect"),
        (&["left-turn", "straight on"], "crop=4,fill=reflect"),
        (&["ok", "crack"], "flip,resized-crop=0.5"),
    ] {
        decides(&named(names), &[("augment", augment)]);
    }
}

#[test]
fn each_task_has_its_own() {
    let labels = Facts { aim: Aim::Labels, ..photos(&[100, 100]) };
    decides(&labels, &[("augment", "flip,crop=4,fill=reflect"), ("loss.label_smoothing", ""), ("targets", "")]);
    let numbers = Facts { aim: Aim::Numbers, counts: vec![], ..photos(&[700, 800]) };
    let expected = [("augment", "none"), ("targets", "standardized"), ("images.fit", "pad"), ("validation", "0.2")];
    decides(&numbers, &expected);
    let square = Source::Pictures { side: 80, ratio: 1.0, colour: true };
    decides(&Facts { source: square, ..numbers.clone() }, &[("images.fit", "")]);
    decides(&Facts { is_bounded: true, ..numbers }, &[("targets", "")]);
    let texts = Facts { source: Source::Texts, ..photos(&[4827, 747]) };
    decides(&texts, &[("model", "text-small"), ("size", ""), ("validation", "0.2"), ("augment", ""), ("batch", "32")]);
    let input = typed(Facts { aim: Aim::Input, ..photos(&[500]) }, &[("model", "autoencoder")]);
    decides(&input, &[("schedule", "one-cycle"), ("validation", ""), ("augment", ""), ("normalize", "")]);
    let two = typed(Facts { aim: Aim::Images, ..images([28, 28, 1], 60_000, 0) }, &[("model", "dcgan")]);
    assert_eq!(decide(&two), Decision::default());
}

#[test]
fn known_sizes_keep_their_small_models() {
    decides(&images([28, 28, 1], 60_000, 10_000), &[("model", "seed-mnist"), ("epochs", "5"), ("validation", "")]);
    decides(&images([32, 32, 3], 50_000, 10_000), &[("model", "seed-cifar"), ("augment", "standard")]);
    decides(&images([64, 48, 1], 500, 0), &[("model", "photo-norm"), ("size", "64x48x1"), ("validation", "0.2")]);
    decides(&images([8, 8, 2], 500, 0), &[("model", ""), ("schedule", "one-cycle")]);
}

#[test]
fn every_setting_has_a_row_and_every_decision_a_few_short_lines() {
    let table = [
        photos(&[403, 501, 410, 594, 482, 137]),
        photos(&[950, 50]),
        Facts { aim: Aim::Numbers, ..photos(&[700, 800]) },
        Facts { source: Source::Texts, ..photos(&[4827, 747]) },
        images([28, 28, 1], 60_000, 10_000),
        typed(photos(&[9, 9]), &[("time", "5m"), ("learning_rate", "auto")]),
        Facts { typed: [].into(), ..photos(&[403, 501, 137]) },
        Facts { typed: [].into(), is_software: false, ..photos(&[403, 501, 137]) },
    ];
    for facts in table {
        let Decision { settings, lines } = decide(&facts);
        for (key, _) in &settings {
            let known = crate::config::setting(key).is_some() || *key == "size";
            assert!(known, "{key} is the key of no row");
            assert!(DECIDES.contains(key), "help does not say that {key} may be decided");
        }
        assert!((3..=7).contains(&lines.len()), "{lines:#?}");
        for Line { heading, text } in &lines {
            assert!(heading.len() <= 8 && text.len() < 120 && !text.ends_with('.'), "{heading}: {text}");
        }
    }
}
