//! What images undergo in training. A new transform is a file with its row, a line in [`AUGMENTATIONS`], and its part of the
//! kernel (`shaders/augment`).
//!
//! On the command line augmentation is a list: `flip,crop=4,cutout=8`, or a named one.

use lepton_kernels::augment::Policy;

use crate::config::field::{Field, OutOfRange, Takes};
use crate::hint::{Hint, Hints};

mod boxes;
mod crop;
mod cutmix;
mod cutout;
mod erase;
mod fill;
mod flip;
mod jitter;
mod mixup;
mod presets;
mod randaugment;
mod resized_crop;
mod rotate;
mod shear;
mod translate;
mod vflip;
mod zoom;

pub use presets::{PRESETS, Preset};

/// Every transform, in the order in which they are listed for people.
pub const AUGMENTATIONS: &[Augmentation] = &[
    flip::ENTRY,
    vflip::ENTRY,
    crop::ENTRY,
    resized_crop::ENTRY,
    rotate::ENTRY,
    translate::ENTRY,
    shear::ENTRY,
    zoom::ENTRY,
    fill::ENTRY,
    jitter::ENTRY,
    randaugment::ENTRY,
    erase::ENTRY,
    cutout::ENTRY,
    mixup::ENTRY,
    cutmix::ENTRY,
];

/// A transform: how it is written, what its numbers may be, and what it sets in a policy.
pub struct Augmentation {
    /// Its name in a list.
    pub name: &'static str,
    /// What it does and how it is written, in a line.
    pub about: &'static str,
    /// Its numbers: the keys of a configuration file below `augment`, and what they may be.
    pub options: &'static [Field],
    /// How many of them may be typed after `=`, the first ones; 0 where it can stand alone.
    pub typed: &'static [usize],
    /// Words that may be typed instead.
    pub words: &'static [(&'static str, fn(&mut Policy))],
    /// Options of which the first may not be larger than the second, by their numbers.
    pub ordered: &'static [[usize; 2]],
    /// Puts it into a policy, with the numbers that were typed.
    pub set: fn(&mut Policy, &[f32]),
    /// The values of its options in a policy; none where it is off.
    pub get: fn(&Policy) -> Option<Vec<f32>>,
    /// Checks what depends on the size of the images, `[h, w]`.
    pub fits: fn(&Policy, [usize; 2]) -> Result<(), AugmentError>,
}

/// Why a list of transforms, or a policy, makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the transform `{item}`: {problem}")]
pub struct AugmentError {
    /// The part of the list.
    pub item: String,
    /// What is wrong with it.
    pub problem: Problem,
    /// How it is written; of an unknown one how all of them are.
    pub about: String,
}

/// What is wrong with a transform.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is none of this name.
    #[error("there is no such transform")]
    Unknown,
    /// It cannot stand alone.
    #[error("it needs a value")]
    NeedsValue,
    /// It stands alone.
    #[error("it takes no value")]
    TakesNoValue,
    /// No number, and no word that it takes.
    #[error("`{0}` is neither a number nor a word that it takes")]
    NotANumber(String),
    /// Too many numbers, or too few.
    #[error("it takes {} numbers, and there are {found}", takes.iter().map(usize::to_string).collect::<Vec<_>>().join(" or "))]
    Count {
        /// How many it takes.
        takes: &'static [usize],
        /// How many there are.
        found: usize,
    },
    /// A number outside of its range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// A range upside down.
    #[error("{least} is more than {most}")]
    Order {
        /// The key of both.
        key: &'static str,
        /// What should be the least.
        least: f32,
        /// What should be the most.
        most: f32,
    },
    /// A crop that leaves images by more than they are large.
    #[error("the images are {h}x{w}, and a crop may leave them by {most} at the most")]
    CropTooLarge {
        /// Height.
        h: usize,
        /// Width.
        w: usize,
        /// What is possible.
        most: usize,
    },
    /// Images in which there is no room.
    #[error("the images are {h}x{w}, and it needs 3x3 or more")]
    TooSmall {
        /// Height.
        h: usize,
        /// Width.
        w: usize,
    },
}

impl Hints for AugmentError {
    fn hints(&self) -> Vec<Hint> {
        match &self.problem {
            Problem::CropTooLarge { most, .. } => vec![Hint::advice(format!("crop={}", (most / 8).max(1)))],
            Problem::TooSmall { .. } => vec![Hint::advice("larger images")],
            _ => vec![Hint::advice(self.about.clone())],
        }
    }
}

impl Augmentation {
    fn error(&self, item: &str, problem: impl Into<Problem>) -> AugmentError {
        AugmentError { item: item.into(), problem: problem.into(), about: self.about.into() }
    }

    /// Puts it into a policy as an item of a list says: its name, or `name=value`.
    fn apply(&self, policy: &mut Policy, item: &str, value: Option<&str>) -> Result<(), AugmentError> {
        let Some(value) = value else {
            return match self.typed.contains(&0) {
                true => {
                    (self.set)(policy, &[]);
                    Ok(())
                }
                false => Err(self.error(item, Problem::NeedsValue)),
            };
        };
        if let Some((_, set)) = self.words.iter().find(|(word, _)| *word == value) {
            set(policy);
            return Ok(());
        }
        let number = |part: &str| {
            let parsed = part.parse::<f32>().ok().filter(|number| number.is_finite());
            parsed.ok_or_else(|| self.error(item, Problem::NotANumber(part.into())))
        };
        let numbers: Vec<f32> = value.split(':').map(number).collect::<Result<_, _>>()?;
        if !self.typed.contains(&numbers.len()) {
            return Err(self.error(item, Problem::Count { takes: self.typed, found: numbers.len() }));
        }
        self.check_numbers(&numbers).map_err(|problem| self.error(item, problem))?;
        (self.set)(policy, &numbers);
        Ok(())
    }

    /// Checks numbers against the rows.
    fn check_numbers(&self, numbers: &[f32]) -> Result<(), Problem> {
        for (field, &number) in self.options.iter().zip(numbers) {
            field.check(decimal(number))?;
        }
        for &[first, second] in self.ordered {
            if let (Some(&least), Some(&most)) = (numbers.get(first), numbers.get(second))
                && least > most
            {
                return Err(Problem::Order { key: self.options[first].key, least, most });
            }
        }
        Ok(())
    }
}

/// The number that a list says, and not the f32 beside it.
fn decimal(number: f32) -> f64 {
    number.to_string().parse().unwrap_or(f64::NAN)
}

/// Every transform and every named list with what it is, a line each.
pub fn transforms() -> String {
    let rows = AUGMENTATIONS.iter().map(|row| (row.name, row.about));
    let lines = rows.chain(PRESETS.iter().map(|preset| (preset.name, preset.about)));
    lines.map(|(name, about)| format!("  {name:<13} {about}")).collect::<Vec<_>>().join("\n")
}

/// The transforms of a comma list, for images of `[h, w]`. Of a transform named twice the later one counts, so a named
/// list can be changed: `standard,crop=2`.
///
/// # Errors
/// [`AugmentError`].
pub fn parse_augment(list: &str, size: [usize; 2]) -> Result<Policy, AugmentError> {
    let mut policy = Policy::default();
    if list != "none" {
        add(&mut policy, list, size)?;
    }
    check_sizes(&policy, size)?;
    Ok(policy)
}

fn add(policy: &mut Policy, list: &str, size: [usize; 2]) -> Result<(), AugmentError> {
    for item in list.split(',').map(str::trim) {
        let (name, value) = item.split_once('=').map_or((item, None), |(name, value)| (name, Some(value)));
        if let Some(preset) = PRESETS.iter().find(|preset| preset.name == name) {
            if value.is_some() {
                let about = preset.about.into();
                return Err(AugmentError { item: item.into(), problem: Problem::TakesNoValue, about });
            }
            add(policy, &(preset.list)(size), size)?;
            continue;
        }
        let Some(row) = AUGMENTATIONS.iter().find(|row| row.name == name) else {
            let about = format!("none, or a list of\n{}", transforms());
            return Err(AugmentError { item: item.into(), problem: Problem::Unknown, about });
        };
        row.apply(policy, item, value)?;
    }
    Ok(())
}

/// Checks the numbers of a policy, as a configuration file has them.
///
/// # Errors
/// The key of the first one that makes no sense, and what is wrong.
pub fn check_policy(policy: &Policy) -> Result<(), (String, AugmentError)> {
    for row in AUGMENTATIONS {
        let Some(numbers) = (row.get)(policy) else { continue };
        row.check_numbers(&numbers).map_err(|problem| {
            let key = match &problem {
                Problem::OutOfRange(error) => error.key.as_str(),
                Problem::Order { key, .. } => key,
                _ => row.name,
            };
            (format!("augment.{key}"), row.error(row.name, problem))
        })?;
    }
    Ok(())
}

/// What depends on the size of the images, `[h, w]`.
///
/// # Errors
/// [`AugmentError`].
pub fn check_sizes(policy: &Policy, size: [usize; 2]) -> Result<(), AugmentError> {
    AUGMENTATIONS.iter().try_for_each(|row| (row.fits)(policy, size))
}

/// Fits images of all sizes.
fn any_size(_policy: &Policy, _size: [usize; 2]) -> Result<(), AugmentError> {
    Ok(())
}

/// A value, unless it is 0 and the transform off.
fn unless_zero(value: f32) -> Option<Vec<f32>> {
    if value == 0.0 { None } else { Some(vec![value]) }
}

/// The row of a number.
const fn number(key: &'static str, min: f64, max: f64, default: &'static str, doc: &'static str) -> Field {
    Field { key, flag: None, takes: Takes::Number { min, max }, default, doc }
}

/// The row of a whole number.
const fn whole(key: &'static str, min: u64, max: u64, doc: &'static str) -> Field {
    Field { key, flag: None, takes: Takes::Whole { min, max }, default: "", doc }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lepton_kernels::augment::{Flip, Jitter, Outside, RandAugment};

    fn message(error: &AugmentError) -> String {
        let hints: Vec<String> = error.hints().iter().map(|hint| format!("{hint:?}")).collect();
        format!("{error}\n{}", hints.join("\n"))
    }

    #[test]
    fn the_table_is_complete() {
        let names: Vec<&str> = AUGMENTATIONS.iter().map(|row| row.name).chain(PRESETS.iter().map(|p| p.name)).collect();
        for (i, name) in names.iter().enumerate() {
            assert!(!names[..i].contains(name), "{name} stands twice");
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
        assert_eq!((large.crop, large.resized_crop), (0, Some(resized_crop::DEFAULT)));
        assert_eq!(parse_augment("none", [8, 8]).unwrap(), Policy::default());
    }

    #[test]
    fn a_mistake_is_named_with_its_range() {
        for (list, words) in [
            ("flap", &["flap", "no such transform", "randaugment"][..]),
            ("crop", &["crop", "needs a value", "crop=4"]),
            ("rotate=200", &["200", "0..180", "from 0 to 180"]),
            ("rotate=x", &["`x` is neither a number nor"]),
            (
                "flip,randaugment=9:9",
                &["randaugment=9:9", "`randaugment.operations` is 9 and must be a whole number from 1 to 4"],
            ),
            ("randaugment=2", &["takes 2 numbers", "there are 1"]),
            ("cutout=2.5", &["`cutout` is 2.5 and must be a whole number"]),
            ("crop=9", &["8x8", "8 at the most"]),
            ("standard=3", &["takes no value"]),
            ("zoom=2:1", &["2 is more than 1"]),
            ("", &["no such transform"]),
            ("mixup=nan", &["neither a number"]),
            ("fill=blue", &["`blue` is neither a number nor a word that it takes", "fill=reflect"]),
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
            (
                "[erase]\nprobability = 0.5\nboxes = { scale = [0.1, 0.2], ratio = [0.0, 1.0] }",
                "augment.erase.boxes.ratio",
            ),
        ] {
            assert_eq!(check_policy(&toml::from_str(text).unwrap()).expect_err(text).0, key);
        }
        for list in ["strong,zoom=0.5:4,jitter=1,mixup=0.01,cutmix=100", "resized-crop=0.01,erase,cutout=16", "none"] {
            check_policy(&parse_augment(list, [32, 32]).unwrap()).unwrap_or_else(|(_, error)| panic!("{error}"));
        }
    }
}
