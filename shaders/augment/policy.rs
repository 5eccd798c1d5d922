//! Which transforms a run draws from, and the whole numbers that kernels are built with.
//!
//! Every draw and every decision about a pixel is made on whole numbers: fractions are multiples of 2^-14, places of
//! 1/256 pixel. So every adapter takes the same decisions, and none depends on how a device computes a sine.

use serde::{Deserialize, Serialize};

use crate::dispatch::Constant;

/// 1 in the fixed point of matrices and factors.
pub const ONE: i64 = 1 << 14;
/// Angles of a whole turn.
pub const TURN: usize = 4096;
/// Steps of a drawn area and of a drawn ratio.
pub const STEPS: usize = 256;
/// Words of the table that a policy gives to the device.
pub const TABLE: usize = TURN + 6 * STEPS;
/// Most operations of [`RandAugment`].
pub const MOST_OPERATIONS: usize = 4;
/// Height and width may not pass this: positions are 32 bits.
pub const LARGEST: usize = 4096;

/// What is seen outside of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// Black: bytes of 0, before normalisation.
    #[default]
    Zero,
    /// The image mirrored at its border, the border itself once (`reflect` in numpy and torchvision).
    Reflect,
    /// The border's pixels (`edge` in torchvision, `replicate` in PyTorch).
    Edge,
}

/// Horizontal flips.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flip {
    /// With this probability (`torchvision.transforms.RandomHorizontalFlip`).
    Random(f32),
    /// Every image is flipped in every second epoch, half of them in even ones (airbench, Jordan 2024).
    Alternating,
}

/// A box of a random size and shape: its area is a share of the image's, uniform; its ratio width to height log-uniform.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boxes {
    /// Least and most share of the area.
    pub scale: [f32; 2],
    /// Least and most ratio of width to height.
    pub ratio: [f32; 2],
}

/// Random erasing (`torchvision.transforms.RandomErasing` with value 0 after normalisation; Zhong 2017).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erase {
    /// Its probability.
    pub probability: f32,
    /// The box.
    pub boxes: Boxes,
}

/// Factors are drawn from `max(0, 1 - x) ..= 1 + x`, hue from `-x ..= x` turns, and applied in a random order
/// (`torchvision.transforms.ColorJitter`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jitter {
    /// Brightness.
    pub brightness: f32,
    /// Contrast, around the image's mean grey.
    pub contrast: f32,
    /// Saturation, around each pixel's grey.
    pub saturation: f32,
    /// Hue, at most 0.5.
    pub hue: f32,
}

/// `operations` out of a list, each drawn for every image (Cubuk 2019), with the strengths of
/// `torchvision.transforms.RandAugment`: identity, rotate, shear x and y, translate x and y, brightness, colour, contrast,
/// posterize, solarize, autocontrast. Geometric ones are part of the one resampling and so come before the others; sharpness
/// and equalize are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandAugment {
    /// How many, at most [`MOST_OPERATIONS`].
    pub operations: u32,
    /// Strength, 0..=30.
    pub magnitude: u32,
}

/// The transforms of a run. The default does nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Horizontal flip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flip: Option<Flip>,
    /// Probability of a vertical flip.
    pub flip_vertical: f32,
    /// Pixels by which a crop of the image's own size may leave it on each side (`RandomCrop(padding)`).
    pub crop: u32,
    /// A crop of random size, scaled to the image's size (`RandomResizedCrop`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resized_crop: Option<Boxes>,
    /// Largest angle in degrees, either way, around the centre.
    pub rotate: f32,
    /// Largest shift as a share of height and of width, in whole pixels.
    pub translate: f32,
    /// Largest shear in degrees along x, either way.
    pub shear: f32,
    /// Least and most enlargement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoom: Option<[f32; 2]>,
    /// What is seen outside of the image.
    pub outside: Outside,
    /// Operations from a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub randaugment: Option<RandAugment>,
    /// Colours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Jitter>,
    /// Probability that an image turns grey after all other changes of its colours (`RandomGrayscale`).
    #[serde(skip_serializing_if = "is_zero")]
    pub grayscale: f32,
    /// Erases a box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erase: Option<Erase>,
    /// Side in pixels of a square that is erased around a random pixel (DeVries 2017); 0 for none.
    pub cutout: u32,
    /// Mixup's alpha (Zhang 2017); 0 for none.
    pub mixup: f32,
    /// CutMix's alpha (Yun 2019); 0 for none.
    pub cutmix: f32,
}

/// The bit beside the order of jitter that says that an image turns grey.
const TURNED_GREY: u32 = 1 << 8;

fn is_zero(value: &f32) -> bool {
    *value == 0.0
}

/// A fraction in fixed point.
pub(super) fn fixed(value: f32) -> i64 {
    (f64::from(value) * ONE as f64).round() as i64
}

/// A probability as the kernels compare it, in units of 2^-24.
pub(super) fn threshold(probability: f32) -> u32 {
    (f64::from(probability) * f64::from(1 << 24)).round() as u32
}

/// Degrees as angles of the table.
pub(super) fn angles(degrees: f32) -> i64 {
    (f64::from(degrees) / 360.0 * TURN as f64).round() as i64
}

/// Strength of the operations on colours, shears and angles at `magnitude`, by torchvision's table.
pub(super) struct Strength {
    /// Angle.
    pub angle: i64,
    /// Shear.
    pub shear: i64,
    /// What a factor differs from 1.
    pub factor: i64,
    /// Bits that posterize keeps.
    pub bits: u32,
    /// Solarize inverts bytes from here on.
    pub solarize: u32,
}

impl RandAugment {
    pub(super) fn strength(self) -> Strength {
        let share = self.magnitude as f32 / 30.0;
        Strength {
            angle: angles(30.0 * share),
            shear: fixed(0.3 * share),
            factor: fixed(0.9 * share),
            bits: 8 - (4.0 * share).round() as u32,
            solarize: (255.0 * (1.0 - share)).round() as u32,
        }
    }

    /// Whole pixels of a translation along an axis of `size`.
    pub(super) fn shift(self, size: usize) -> i64 {
        (150.0 / 331.0 * size as f64 * f64::from(self.magnitude) / 30.0) as i64
    }
}

impl Policy {
    /// Whether it changes colours, which images of 1 or 3 channels have.
    pub(super) fn changes_colours(&self) -> bool {
        self.jitter.is_some() || self.randaugment.is_some() || self.grayscale > 0.0
    }

    /// Whether rows are mixed.
    pub fn mixes(&self) -> bool {
        self.mixup > 0.0 || self.cutmix > 0.0
    }

    /// Whether a pixel lies between pixels of its image.
    pub(super) fn resamples(&self) -> bool {
        self.resized_crop.is_some()
            || self.rotate > 0.0
            || self.shear > 0.0
            || self.zoom.is_some()
            || self.randaugment.is_some()
    }

    /// Colour operations drawn for an image.
    pub(super) fn operations(&self) -> usize {
        self.randaugment.map_or(0, |r| r.operations as usize)
    }

    /// Jitter on images of `channels`; saturation and hue leave grey as it is.
    pub(super) fn jitter_of(&self, channels: usize) -> Option<Jitter> {
        let jitter = self.jitter?;
        Some(if channels == 3 { jitter } else { Jitter { saturation: 0.0, hue: 0.0, ..jitter } })
    }

    /// Pixels of the largest shift along an axis of `size`.
    pub(super) fn shift(&self, size: usize) -> i64 {
        (f64::from(self.translate) * size as f64).round() as i64
    }

    /// Cosines of all angles in fixed point, then for the crop and for the erased box each: the root of the area in 1/256
    /// pixel, the root of the ratio and of its inverse in units of 2^-10. For images `[h, w]`.
    pub fn table(&self, [h, w]: [usize; 2]) -> Vec<u32> {
        let cosine = |i: usize| (i as f64 / TURN as f64 * std::f64::consts::TAU).cos() * ONE as f64;
        let mut table: Vec<u32> = (0..TURN).map(|i| cosine(i).round() as i32 as u32).collect();
        let none = Boxes { scale: [1.0, 1.0], ratio: [1.0, 1.0] };
        for boxes in [self.resized_crop.unwrap_or(none), self.erase.map_or(none, |e| e.boxes)] {
            let [scale, ratio] = [boxes.scale, boxes.ratio].map(|range| range.map(f64::from));
            let middle = |k: usize| (k as f64 + 0.5) / STEPS as f64;
            let area = |k| (scale[0] + (scale[1] - scale[0]) * middle(k)) * (h * w) as f64;
            let shape = |k| (ratio[0].ln() + (ratio[1].ln() - ratio[0].ln()) * middle(k)).exp();
            table.extend((0..STEPS).map(|k| (area(k).sqrt() * 256.0).round() as u32));
            table.extend((0..STEPS).map(|k| (shape(k).sqrt() * 1024.0).round() as u32));
            table.extend((0..STEPS).map(|k| (1024.0 / shape(k).sqrt()).round() as u32));
        }
        table
    }

    /// Constants of the draws.
    pub(super) fn draw_constants(&self, [h, w, c]: [usize; 3]) -> Vec<(&'static str, Constant)> {
        let strength = self.randaugment.map(RandAugment::strength);
        let magnitude = |pick: fn(&Strength) -> i64| strength.as_ref().map_or(0, pick);
        let jitter = self.jitter_of(c).unwrap_or_default();
        let zoom = self.zoom.unwrap_or([1.0, 1.0]);
        let number = |value: i64| Constant::U32(value as u32);
        vec![
            ("H", h.into()),
            ("W", w.into()),
            ("FLIP", if let Some(Flip::Random(p)) = self.flip { threshold(p) } else { 0 }.into()),
            ("ALTERNATE", (self.flip == Some(Flip::Alternating)).into()),
            ("FLIP_VERTICAL", threshold(self.flip_vertical).into()),
            ("CROP", self.crop.into()),
            ("RESIZED", self.resized_crop.is_some().into()),
            ("ROTATE", number(angles(self.rotate))),
            ("SHIFT_Y", number(self.shift(h))),
            ("SHIFT_X", number(self.shift(w))),
            ("SHEAR", number(fixed(self.shear.to_radians().tan()))),
            ("ZOOM", number(fixed(zoom[0]))),
            ("ZOOM_RANGE", number(fixed(zoom[1]) - fixed(zoom[0]))),
            ("ERASE", self.erase.map_or(0, |e| threshold(e.probability)).into()),
            ("CUTOUT", self.cutout.into()),
            ("OPERATIONS", self.operations().into()),
            ("RA_ANGLE", number(magnitude(|s| s.angle))),
            ("RA_SHEAR", number(magnitude(|s| s.shear))),
            ("RA_SHIFT_Y", number(self.randaugment.map_or(0, |r| r.shift(h)))),
            ("RA_SHIFT_X", number(self.randaugment.map_or(0, |r| r.shift(w)))),
            ("RA_FACTOR", number(magnitude(|s| s.factor))),
            ("RA_BITS", number(magnitude(|s| s.bits.into()))),
            ("RA_SOLARIZE", number(magnitude(|s| s.solarize.into()))),
            ("BRIGHTNESS", number(fixed(jitter.brightness))),
            ("CONTRAST", number(fixed(jitter.contrast))),
            ("SATURATION", number(fixed(jitter.saturation))),
            ("HUE", number(fixed(jitter.hue))),
            ("GRAYSCALE", threshold(self.grayscale).into()),
            ("TURNED_GREY", TURNED_GREY.into()),
        ]
    }

    /// Constants of what reads the images.
    pub(super) fn pixel_constants(&self, [h, w, c]: [usize; 3]) -> Vec<(&'static str, Constant)> {
        let outside: u32 = match self.outside {
            Outside::Zero => 0,
            Outside::Reflect => 1,
            Outside::Edge => 2,
        };
        vec![
            ("H", h.into()),
            ("W", w.into()),
            ("C", c.into()),
            ("OUTSIDE", outside.into()),
            ("BETWEEN", self.resamples().into()),
            ("OPERATIONS", self.operations().into()),
            ("JITTER", self.jitter_of(c).is_some().into()),
            ("TURNS_GREY", (self.grayscale > 0.0).into()),
            ("TURNED_GREY", TURNED_GREY.into()),
        ]
    }
}
