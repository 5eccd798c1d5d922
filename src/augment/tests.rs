//! The table of transforms, lists of them, and what is refused.

use super::*;
use lepton_kernels::augment::{Boxes, Flip, Jitter, Outside, RandAugment};

fn message(error: &AugmentError) -> String {
    let hints: Vec<String> = error.hints().iter().map(|hint| format!("{hint:?}")).collect();
    format!("{error}\n{}", hints.join("\n"))
}

#[test]
fn the_table_is_complete() {
    let names: Vec<&str> = AUGMENTATIONS.iter().map(|row| row.name).chain(PRESETS.iter().map(|p| p.name)).collect();
    for (i, name) in names.iter().enumerate() {
        assert!(!names[..i].contains(name), "{name} is listed twice");
    }
    let mut keys = toml::Table::try_from(Policy::default()).unwrap();
    for row in AUGMENTATIONS {
        assert!((row.get)(&Policy::default()).is_none(), "{}: the default does nothing", row.name);
        assert!(row.typed.iter().all(|&count| count <= row.options.len()), "{}", row.name);
        // every number of a row reaches the policy: the least and the most that may be typed come back
        for &count in row.typed {
            let ends: fn(&Field) -> [f64; 2] = |field| match field.takes {
                Takes::Number { min, max } => [min, max],
                Takes::Whole { min, max } => [min as f64, max as f64],
                _ => panic!("{} is no number", field.key),
            };
            for end in [0, 1] {
                let numbers: Vec<f32> = row.options[..count].iter().map(|field| ends(field)[end] as f32).collect();
                let typed: Vec<String> = numbers.iter().map(f32::to_string).collect();
                let value = (count > 0).then(|| typed.join(":"));
                let mut policy = Policy::default();
                row.apply(&mut policy, row.name, value.as_deref()).unwrap();
                let found = (row.get)(&policy).unwrap_or_default();
                assert!(found.is_empty() && end == 0 || found[..count] == numbers[..], "{}: {found:?}", row.name);
                check_policy(&policy).unwrap();
                keys.extend(toml::Table::try_from(&policy).unwrap());
            }
        }
        for (_, set) in row.words {
            let mut policy = Policy::default();
            set(&mut policy);
            check_policy(&policy).unwrap();
        }
    }
    // every key of a policy belongs to a transform
    let text: String = AUGMENTATIONS.iter().map(|row| format!("{} {}", row.name, row.about)).collect();
    let renamed = [("flip_vertical", "vflip"), ("resized_crop", "resized-crop"), ("outside", "fill")];
    for key in keys.keys() {
        let name = renamed.iter().find(|(of, _)| of == key).map_or(key.as_str(), |(_, name)| name);
        assert!(names.contains(&name), "no transform sets `{key}`; there are {text}");
    }
    assert_eq!(keys.len(), AUGMENTATIONS.len());
}

#[test]
fn a_list_says_what_it_means() {
    let policy = parse_augment("flip,crop=4,cutout=8,mixup=0.2,rotate=15,jitter=0.4,randaugment=2:9", [32, 32]);
    let jitter = Jitter { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };
    let expected = Policy {
        flip: Some(Flip::Random(0.5)),
        crop: 4,
        cutout: 8,
        mixup: 0.2,
        rotate: 15.0,
        jitter: Some(jitter),
        randaugment: Some(RandAugment { operations: 2, magnitude: 9 }),
        ..Policy::default()
    };
    assert_eq!(policy.unwrap(), expected);
}

#[test]
fn policies_follow_the_size_and_can_be_changed() {
    let small = parse_augment("standard", [32, 32]).unwrap();
    assert_eq!((small.crop, small.outside, small.resized_crop), (4, Outside::Reflect, None));
    assert_eq!(parse_augment("standard,crop=2", [32, 32]).unwrap().crop, 2);
    let large = parse_augment("standard", [224, 160]).unwrap();
    assert_eq!((large.crop, large.resized_crop), (0, Some(Boxes { scale: [0.08, 1.0], ratio: [0.75, 4.0 / 3.0] })));
    assert_eq!(parse_augment("none", [8, 8]).unwrap(), Policy::default());
}

#[test]
fn a_mistake_is_named_with_its_range() {
    for (list, words) in [
        ("flap", &["flap", "unknown transform", "randaugment"][..]),
        ("crop", &["crop", "needs a value", "crop=4"]),
        ("rotate=200", &["200", "0..180", "from 0 to 180"]),
        ("rotate=x", &["`x` is neither a number nor"]),
        (
            "flip,randaugment=9:9",
            &["randaugment=9:9", "`randaugment.operations` is 9, but must be a whole number from 1 to 4"],
        ),
        ("randaugment=2", &["takes 2 numbers", "1 were given"]),
        ("cutout=2.5", &["`cutout` is 2.5, but must be a whole number"]),
        ("crop=9", &["8x8", "at most 8"]),
        ("standard=3", &["takes no value"]),
        ("zoom=2:1", &["2 is more than 1"]),
        ("", &["unknown transform"]),
        ("mixup=nan", &["neither a number"]),
        ("fill=blue", &["`blue` is neither a number nor one of its keywords", "fill=reflect"]),
        ("jitter=0.1:0.2", &["takes 1 or 4 numbers"]),
    ] {
        let message = message(&parse_augment(list, [8, 8]).unwrap_err());
        assert!(words.iter().all(|word| message.contains(word)), "{list}: {message}");
    }
}

#[test]
fn a_policy_survives_being_written_and_read() {
    let list = "strong,vflip=0.1,zoom=0.8:1.2,jitter=0.1:0.2:0.3:0.4,cutmix=1,fill=edge,flip=alternate";
    let policy = parse_augment(list, [80, 90]).unwrap();
    let text = toml::to_string(&policy).unwrap();
    assert_eq!(policy, toml::from_str(&text).unwrap(), "{text}");
}

#[test]
fn numbers_of_a_file_are_checked() {
    for (text, key) in [
        ("rotate = 200.0", "augment.rotate"),
        ("mixup = -1.0", "augment.mixup"),
        ("crop = 129", "augment.crop"),
        ("zoom = [2.0, 1.0]", "augment.zoom"),
        ("zoom = [0.8, nan]", "augment.zoom"),
        ("[flip]\nrandom = 1.5", "augment.flip.random"),
        ("[randaugment]\noperations = 9\nmagnitude = 1", "augment.randaugment.operations"),
        ("[resized_crop]\nscale = [0.5, 0.4]\nratio = [1.0, 1.0]", "augment.resized_crop.scale"),
        ("[erase]\nprobability = 0.5\nboxes = { scale = [0.1, 0.2], ratio = [0.0, 1.0] }", "augment.erase.boxes.ratio"),
    ] {
        assert_eq!(check_policy(&toml::from_str(text).unwrap()).expect_err(text).0, key);
    }
    for list in ["strong,zoom=0.5:4,jitter=1,mixup=0.01,cutmix=100", "resized-crop=0.01,erase,cutout=16", "none"] {
        check_policy(&parse_augment(list, [32, 32]).unwrap()).unwrap_or_else(|(_, error)| panic!("{error}"));
    }
}
