//! What images undergo in training. A new transform is a file with its row, a line in [`AUGMENTATIONS`], and its part of the
//! kernel (`shaders/augment`).
//!
//! On the command line augmentation is a list: `flip,crop=4,cutout=8`, or a named one.

use lepton_kernels::augment::Policy;

use crate::hint::{Hint, Hints};
use crate::table::{Field, OutOfRange, Takes};

mod boxes;
mod crop;
mod cutmix;
mod cutout;
mod erase;
mod fill;
mod flip;
mod grayscale;
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
    grayscale::ENTRY,
    randaugment::ENTRY,
    erase::ENTRY,
    cutout::ENTRY,
    mixup::ENTRY,
    cutmix::ENTRY,
];

/// A word that may be typed after `=`, and what it sets.
pub type Word = (&'static str, fn(&mut Policy));

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
    pub words: &'static [Word],
    /// Options of which the first may not be larger than the second, by their numbers.
    pub ordered: &'static [[usize; 2]],
    /// Puts it into a policy, with the numbers that were typed and the defaults of those after them.
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
    #[error("unknown transform")]
    Unknown,
    /// It cannot stand alone.
    #[error("it needs a value")]
    NeedsValue,
    /// A transform without a number was given one.
    #[error("it takes no value")]
    TakesNoValue,
    /// No number, and no word that it takes.
    #[error("`{0}` is neither a number nor one of its keywords")]
    NotANumber(String),
    /// Too many numbers, or too few.
    #[error("it takes {} numbers, but {found} were given", takes.iter().map(usize::to_string).collect::<Vec<_>>().join(" or "))]
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
    #[error("the images are {h}x{w}, so the crop padding may be at most {most}")]
    CropTooLarge {
        /// Height of the images in pixels.
        h: usize,
        /// Width of the images in pixels.
        w: usize,
        /// The largest crop that these images allow, in pixels.
        most: usize,
    },
    /// Images in which there is no room.
    #[error("it needs images of at least 3x3, but these are {h}x{w}")]
    TooSmall {
        /// Height of the images in pixels.
        h: usize,
        /// Width of the images in pixels.
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
            if !self.typed.contains(&0) {
                return Err(self.error(item, Problem::NeedsValue));
            }
            (self.set)(policy, &self.with_defaults(Vec::new()));
            return Ok(());
        };
        if let Some((_, set)) = self.words.iter().find(|(word, _)| *word == value) {
            set(policy);
            return Ok(());
        }
        if self.typed.is_empty() {
            return Err(self.error(item, Problem::NotANumber(value.into())));
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
        (self.set)(policy, &self.with_defaults(numbers));
        Ok(())
    }

    /// Numbers that were typed, and the defaults of those after them up to the first that has none.
    fn with_defaults(&self, mut numbers: Vec<f32>) -> Vec<f32> {
        let left = &self.options[numbers.len()..];
        numbers.extend(left.iter().map_while(|field| field.default.parse::<f32>().ok()));
        numbers
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
/// [`AugmentError`] with the first item that has an unknown name or a value out of range, or that does not fit the size.
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
/// [`AugmentError`] if the images are too small for a transform, or a crop moves them by too much.
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
mod tests;
