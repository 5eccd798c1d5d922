//! What `--augment` says, as transforms: `flip,crop=4,cutout=8`, or a named policy.

use lepton_kernels::augment::{
    Boxes, Erase, Flip, Jitter, MOST_OPERATIONS, Outside, Policy as AugmentConfig, RandAugment,
};

/// What is wrong with a list of transforms.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("--augment {item}: {problem}\n  try: {hint}")]
pub struct AugmentError {
    /// The part of the list.
    pub item: String,
    /// What is wrong with it.
    pub problem: String,
    /// A way out.
    pub hint: String,
}

impl crate::hint::Hints for AugmentError {}

/// A transform's name in a list, and what it takes.
const TRANSFORMS: [(&str, &str); 18] = [
    ("flip", "flip left to right: flip, flip=P with a probability 0..1, or flip=alternate"),
    ("vflip", "flip top to bottom: vflip or vflip=P"),
    ("crop", "a crop that may leave the image by N pixels: crop=4, 1..128"),
    ("resized-crop", "a crop of random size, scaled: resized-crop or resized-crop=LEAST share of the area, 0.01..1"),
    ("rotate", "a rotation by up to DEGREES: rotate=15, 0..180"),
    ("translate", "a shift by up to a SHARE of the size: translate=0.1, 0..1"),
    ("shear", "a shear by up to DEGREES: shear=10, 0..45"),
    ("zoom", "an enlargement LEAST:MOST: zoom=0.8:1.25, 0.5..4"),
    ("fill", "what is outside: fill=zero, fill=reflect or fill=edge"),
    ("jitter", "colours: jitter=X, or BRIGHTNESS:CONTRAST:SATURATION:HUE, 0..1 and hue 0..0.5"),
    ("randaugment", "OPERATIONS:MAGNITUDE: randaugment=2:9, 1..4 and 0..30"),
    ("erase", "erase a box of random shape: erase or erase=P"),
    ("cutout", "erase a square of N pixels: cutout=8, 1..4096"),
    ("mixup", "blend two images: mixup=ALPHA, 0.01..100"),
    ("cutmix", "paste a box of another image: cutmix=ALPHA, 0.01..100"),
    ("light", "policy: flip, and a crop by a sixteenth of the size"),
    ("standard", "policy: flip, and a crop by an eighth (4 for 32x32); above 64 pixels a resized crop"),
    ("strong", "policy: standard, randaugment=2:9 and erase=0.25"),
];

/// Every transform with what it takes, a line each.
pub fn transforms() -> String {
    TRANSFORMS.iter().map(|(name, about)| format!("  {name:<13} {about}")).collect::<Vec<_>>().join("\n")
}

fn error(item: &str, problem: impl Into<String>, hint: impl Into<String>) -> AugmentError {
    AugmentError { item: item.into(), problem: problem.into(), hint: hint.into() }
}

/// One `name=value` of a list.
struct Item<'a> {
    text: &'a str,
    value: Option<&'a str>,
    about: &'static str,
}

impl Item<'_> {
    fn hint(&self) -> String {
        self.about.into()
    }

    fn numbers(&self) -> Result<Vec<f32>, AugmentError> {
        let value = self.value.ok_or_else(|| error(self.text, "it needs a value", self.hint()))?;
        let number = |part: &str| {
            let parsed = part.parse::<f32>().ok().filter(|number| number.is_finite());
            parsed.ok_or_else(|| error(self.text, format!("`{part}` is no number"), self.hint()))
        };
        value.split(':').map(number).collect()
    }

    fn several<const N: usize>(&self, ranges: [[f32; 2]; N]) -> Result<[f32; N], AugmentError> {
        let numbers = self.numbers()?;
        let wrong =
            |found: usize| error(self.text, format!("it takes {N} numbers, and there are {found}"), self.hint());
        let numbers: [f32; N] = numbers.try_into().map_err(|all: Vec<f32>| wrong(all.len()))?;
        for (number, [least, most]) in numbers.iter().zip(ranges) {
            if !(least..=most).contains(number) {
                return Err(error(self.text, format!("{number} is not in {least}..{most}"), self.hint()));
            }
        }
        Ok(numbers)
    }

    fn one(&self, least: f32, most: f32) -> Result<f32, AugmentError> {
        Ok(self.several([[least, most]])?[0])
    }

    fn one_or(&self, default: f32, least: f32, most: f32) -> Result<f32, AugmentError> {
        if self.value.is_none() { Ok(default) } else { self.one(least, most) }
    }

    fn whole(&self, number: f32) -> Result<u32, AugmentError> {
        match number.fract() == 0.0 {
            true => Ok(number as u32),
            false => Err(error(self.text, format!("{number} is no whole number"), self.hint())),
        }
    }
}

/// The transforms of a comma list, for images of `[h, w]`. Of a transform named twice the later one counts, so a named
/// policy can be changed: `standard,crop=2`.
///
/// # Errors
/// [`AugmentError`].
pub fn parse_augment(list: &str, size: [usize; 2]) -> Result<AugmentConfig, AugmentError> {
    let mut config = AugmentConfig::default();
    if list == "none" {
        return Ok(config);
    }
    for text in list.split(',').map(str::trim) {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let known = TRANSFORMS.iter().find(|(known, _)| *known == name);
        let Some((_, about)) = known else {
            return Err(error(text, "no such transform", format!("none, or a list of\n{}", transforms())));
        };
        let item = Item { text, value, about };
        match name {
            "light" | "standard" | "strong" if value.is_some() => {
                return Err(error(text, "a policy takes no value", item.hint()));
            }
            "light" | "standard" | "strong" => named(&mut config, name, size),
            _ => apply(&mut config, name, &item)?,
        }
    }
    check_sizes(&config, size)?;
    Ok(config)
}

/// A named policy, on top of what is there.
fn named(config: &mut AugmentConfig, name: &str, [h, w]: [usize; 2]) {
    let small = h.min(w);
    config.flip = Some(Flip::Random(0.5));
    if name == "light" || small <= 64 {
        let part = if name == "light" { 16 } else { 8 };
        config.crop = (small / part).max(1) as u32;
        config.outside = Outside::Reflect;
    } else {
        config.resized_crop = Some(RESIZED);
    }
    if name == "strong" {
        config.randaugment = Some(RandAugment { operations: 2, magnitude: 9 });
        config.erase = Some(Erase { probability: 0.25, boxes: ERASED });
    }
}

/// `torchvision.transforms.RandomResizedCrop`'s defaults.
const RESIZED: Boxes = Boxes { scale: [0.08, 1.0], ratio: [0.75, 4.0 / 3.0] };
/// `torchvision.transforms.RandomErasing`'s defaults.
const ERASED: Boxes = Boxes { scale: [0.02, 0.33], ratio: [0.3, 3.3] };

fn apply(config: &mut AugmentConfig, name: &str, item: &Item) -> Result<(), AugmentError> {
    match name {
        "flip" if item.value == Some("alternate") => config.flip = Some(Flip::Alternating),
        "flip" => config.flip = Some(Flip::Random(item.one_or(0.5, 0.0, 1.0)?)),
        "vflip" => config.flip_vertical = item.one_or(0.5, 0.0, 1.0)?,
        "crop" => config.crop = item.whole(item.one(1.0, 128.0)?)?,
        "resized-crop" => {
            config.resized_crop = Some(Boxes { scale: [item.one_or(0.08, 0.01, 1.0)?, 1.0], ..RESIZED });
        }
        "rotate" => config.rotate = item.one(0.0, 180.0)?,
        "translate" => config.translate = item.one(0.0, 1.0)?,
        "shear" => config.shear = item.one(0.0, 45.0)?,
        "zoom" => {
            let [least, most] = item.several([[0.5, 4.0]; 2])?;
            if least > most {
                return Err(error(item.text, format!("{least} is more than {most}"), item.hint()));
            }
            // at most 3.5 apart: fractions of 2^-14 are drawn from 16 bits
            config.zoom = Some([least, most]);
        }
        "fill" => {
            config.outside = match item.value {
                Some("zero") => Outside::Zero,
                Some("reflect") => Outside::Reflect,
                Some("edge") => Outside::Edge,
                _ => return Err(error(item.text, "no such filling", item.hint())),
            }
        }
        "jitter" => {
            let single = item.numbers()?.len() == 1;
            let [brightness, contrast, saturation, hue] = match single {
                true => {
                    let all = item.one(0.0, 1.0)?;
                    [all, all, all, (all / 4.0).min(0.5)]
                }
                false => item.several([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [0.0, 0.5]])?,
            };
            config.jitter = Some(Jitter { brightness, contrast, saturation, hue });
        }
        "randaugment" => {
            let [operations, magnitude] = item.several([[1.0, MOST_OPERATIONS as f32], [0.0, 30.0]])?;
            let (operations, magnitude) = (item.whole(operations)?, item.whole(magnitude)?);
            config.randaugment = Some(RandAugment { operations, magnitude });
        }
        "erase" => config.erase = Some(Erase { probability: item.one_or(0.5, 0.0, 1.0)?, boxes: ERASED }),
        "cutout" => config.cutout = item.whole(item.one(1.0, 4096.0)?)?,
        "mixup" => config.mixup = item.one(0.01, 100.0)?,
        "cutmix" => config.cutmix = item.one(0.01, 100.0)?,
        other => unreachable!("{other} is in the table"),
    }
    Ok(())
}

/// What depends on the size of the images, `[h, w]`.
///
/// # Errors
/// [`AugmentError`].
pub fn check_sizes(config: &AugmentConfig, [h, w]: [usize; 2]) -> Result<(), AugmentError> {
    let small = h.min(w);
    if config.crop as usize > small {
        let problem = format!("the images are {h}x{w}, and a crop may leave them by {small} at the most");
        return Err(error(&format!("crop={}", config.crop), problem, format!("crop={}", (small / 8).max(1))));
    }
    if config.erase.is_some() && small < 3 {
        return Err(error("erase", format!("the images are {h}x{w}"), "images of 3x3 or more"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_what_it_means() {
        let config = parse_augment("flip,crop=4,cutout=8,mixup=0.2,rotate=15,jitter=0.4,randaugment=2:9", [32, 32]);
        let jitter = Jitter { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };
        let expected = AugmentConfig {
            flip: Some(Flip::Random(0.5)),
            crop: 4,
            cutout: 8,
            mixup: 0.2,
            rotate: 15.0,
            jitter: Some(jitter),
            randaugment: Some(RandAugment { operations: 2, magnitude: 9 }),
            ..AugmentConfig::default()
        };
        assert_eq!(config.unwrap(), expected);
    }

    #[test]
    fn policies_follow_the_size_and_can_be_changed() {
        let small = parse_augment("standard", [32, 32]).unwrap();
        assert_eq!((small.crop, small.outside, small.resized_crop), (4, Outside::Reflect, None));
        assert_eq!(parse_augment("standard,crop=2", [32, 32]).unwrap().crop, 2);
        let large = parse_augment("standard", [224, 160]).unwrap();
        assert_eq!((large.crop, large.resized_crop), (0, Some(RESIZED)));
        assert_eq!(parse_augment("none", [8, 8]).unwrap(), AugmentConfig::default());
    }

    #[test]
    fn a_mistake_is_named_with_its_range() {
        for (list, words) in [
            ("flap", &["flap", "no such transform", "randaugment"][..]),
            ("crop", &["crop", "needs a value", "crop=4"]),
            ("rotate=200", &["200", "0..180"]),
            ("rotate=x", &["`x` is no number"]),
            ("flip,randaugment=9:9", &["randaugment=9:9", "9 is not in 1..4"]),
            ("randaugment=2", &["takes 2 numbers", "there are 1"]),
            ("cutout=2.5", &["2.5 is no whole number"]),
            ("crop=9", &["8x8", "8 at the most"]),
            ("standard=3", &["takes no value"]),
            ("zoom=2:1", &["2 is more than 1"]),
            ("", &["no such transform"]),
            ("mixup=nan", &["no number"]),
            ("fill=blue", &["no such filling"]),
        ] {
            let message = parse_augment(list, [8, 8]).unwrap_err().to_string();
            assert!(words.iter().all(|word| message.contains(word)), "{list}: {message}");
        }
    }

    #[test]
    fn a_policy_survives_being_written_and_read() {
        let list = "strong,vflip=0.1,zoom=0.8:1.2,jitter=0.1:0.2:0.3:0.4,cutmix=1,fill=edge,flip=alternate";
        let config = parse_augment(list, [80, 90]).unwrap();
        let text = toml::to_string(&config).unwrap();
        assert_eq!(config, toml::from_str(&text).unwrap(), "{text}");
    }
}
