//! Shapes worth testing, one or more for every transform.

use super::Augment;
use super::policy::{Boxes, Erase, Flip, Jitter, Outside, Policy, RandAugment, TABLE};
use crate::case::Fill;
use crate::data_set::NOBODY;
use crate::{Case, Step, random};

/// Bytes that change slowly, as in photographs.
fn photographs([images, h, w, c]: [usize; 4]) -> Fill {
    let value = |i: usize| {
        let (n, y, x, channel) = (i / c / w / h, i / c / w % h, i / c % w, i % c);
        let wave = (0.5 * y as f64 + n as f64 + 2.0 * channel as f64).sin() + (0.4 * x as f64 + channel as f64).cos();
        (127.5 + 60.0 * wave + 15.0 * (random::uniform(9, 0, i as u64) - 0.5)).clamp(0.0, 255.0).floor()
    };
    Fill::Exactly((0..images * h * w * c).map(value).collect())
}

fn case(policy: Policy, data: [usize; 4], step: Step, reason: &'static str) -> Case {
    let [images, h, w, c] = data;
    let rows = 9;
    // seven rows hold somebody; an image may come twice
    let numbers = (0..rows).map(|i| if i < 7 { ((i * 5 + 1) % images) as f64 } else { f64::from(NOBODY) }).collect();
    let table = policy.table([h, w]).into_iter().map(f64::from).collect();
    let norm = (0..2 * c).map(|i| if i < c { 0.45 + 0.02 * i as f64 } else { 0.2 + 0.03 * i as f64 }).collect();
    let step = Step { batch_length: 7, augment_key: random::key(3, 4, 1), ..step };
    Case::new(Augment::new(policy), &[&data, &[rows], &[rows], &[2, c], &[TABLE]], reason)
        .fill(0, photographs(data))
        .fill(1, Fill::Exactly(numbers))
        .fill(2, Fill::Below(10))
        .fill(3, Fill::Exactly(norm))
        .fill(4, Fill::Exactly(table))
        .step(step)
}

/// Images in a window of the data set: each lies elsewhere than its number says.
fn windowed(policy: Policy, data: [usize; 4], step: Step, reason: &'static str) -> Case {
    let [images, h, w, c] = data;
    let rows = 9;
    let place = |row: usize| if row < 7 { ((row + 3) % images) as f64 } else { f64::from(NOBODY) };
    let inputs: [&[usize]; 6] = [&data, &[rows], &[rows], &[2, c], &[TABLE], &[rows]];
    let mut case = Case::new(Augment { policy: policy.clone(), windowed: true }, &inputs, reason);
    let plain = self::case(policy, [images, h, w, c], step, reason);
    for (input, from) in case.inputs.iter_mut().zip(plain.inputs) {
        input.fill = from.fill;
    }
    case.fill(5, Fill::Exactly((0..rows).map(place).collect())).step(plain.step)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = geometry();
    cases.extend(colours());
    cases.extend(mixing());
    cases
}

const GREY: [usize; 4] = [11, 9, 7, 1];
const COLOUR: [usize; 4] = [11, 7, 10, 3];

fn geometry() -> Vec<Case> {
    let none = Policy::default;
    let plain = Step::default();
    let crop = |outside, crop| Policy { flip: Some(Flip::Random(0.5)), crop, outside, ..Policy::default() };
    let boxes = Boxes { scale: [0.08, 1.0], ratio: [0.75, 4.0 / 3.0] };
    let erase = Erase { probability: 0.8, boxes: Boxes { scale: [0.02, 0.33], ratio: [0.3, 3.3] } };
    let odd = Step { epoch: 1, ..plain };
    vec![
        case(none(), GREY, plain, "nothing: as batch_images"),
        case(Policy { flip: Some(Flip::Random(0.5)), ..none() }, COLOUR, plain, "a random flip"),
        case(Policy { flip: Some(Flip::Alternating), ..none() }, COLOUR, odd, "an alternating flip in an odd epoch"),
        case(Policy { flip: Some(Flip::Alternating), ..none() }, GREY, plain, "an alternating flip in an even epoch"),
        case(Policy { flip_vertical: 0.5, ..none() }, [11, 5, 8, 4], plain, "a vertical flip, four channels"),
        case(crop(Outside::Zero, 4), COLOUR, plain, "a crop with black around"),
        case(crop(Outside::Reflect, 2), COLOUR, plain, "a crop from a data set in four parts").in_parts(),
        case(crop(Outside::Reflect, 4), GREY, plain, "a crop with a mirror around"),
        case(crop(Outside::Reflect, 12), [11, 3, 2, 2], plain, "a crop that the mirror mirrors again"),
        case(crop(Outside::Reflect, 2), [11, 1, 5, 1], plain, "a mirror of a single row"),
        case(crop(Outside::Edge, 4), [11, 6, 4, 3], plain, "a crop with the border around, rows of whole runs"),
        case(Policy { resized_crop: Some(boxes), ..none() }, COLOUR, plain, "a resized crop"),
        case(
            Policy { resized_crop: Some(boxes), flip: Some(Flip::Random(0.5)), ..none() },
            [11, 16, 13, 1],
            plain,
            "a resized crop, flipped",
        ),
        case(Policy { rotate: 30.0, ..none() }, COLOUR, plain, "a rotation with black around"),
        case(
            Policy { rotate: 180.0, outside: Outside::Reflect, ..none() },
            GREY,
            plain,
            "any rotation, a mirror around",
        ),
        case(Policy { translate: 0.3, ..none() }, COLOUR, plain, "a translation"),
        case(Policy { shear: 20.0, outside: Outside::Edge, ..none() }, GREY, plain, "a shear"),
        case(Policy { zoom: Some([0.6, 1.5]), ..none() }, COLOUR, plain, "a zoom"),
        case(
            Policy { rotate: 15.0, translate: 0.1, shear: 8.0, zoom: Some([0.8, 1.25]), ..crop(Outside::Reflect, 2) },
            [11, 12, 17, 3],
            plain,
            "everything geometric in one map",
        ),
        case(Policy { erase: Some(erase), ..none() }, COLOUR, plain, "an erased box"),
        case(Policy { cutout: 4, ..none() }, GREY, plain, "a square cut out, also over the border"),
    ]
}

fn colours() -> Vec<Case> {
    let plain = Step::default();
    let jitter = |brightness, contrast, saturation, hue| Policy {
        jitter: Some(Jitter { brightness, contrast, saturation, hue }),
        ..Policy::default()
    };
    let randaugment = |operations, magnitude| Policy {
        randaugment: Some(RandAugment { operations, magnitude }),
        ..Policy::default()
    };
    let other = |index| Step { augment_key: random::key(3, 4, index), ..plain };
    vec![
        case(jitter(0.4, 0.0, 0.0, 0.0), COLOUR, plain, "brightness"),
        case(jitter(0.0, 0.9, 0.0, 0.0), COLOUR, plain, "contrast"),
        case(jitter(0.0, 0.9, 0.0, 0.0), COLOUR, plain, "contrast, from a data set in four parts").in_parts(),
        case(jitter(0.0, 0.0, 0.9, 0.0), COLOUR, plain, "saturation"),
        case(jitter(0.0, 0.0, 0.0, 0.5), COLOUR, plain, "hue"),
        case(jitter(0.4, 0.4, 0.4, 0.1), [11, 9, 9, 3], plain, "jitter in many orders"),
        case(jitter(0.4, 0.4, 0.4, 0.1), GREY, plain, "jitter of grey images"),
        case(
            Policy { rotate: 20.0, ..jitter(0.5, 0.5, 0.0, 0.0) },
            COLOUR,
            plain,
            "the mean grey is that of the rotated image",
        ),
        case(Policy { grayscale: 0.5, ..Policy::default() }, [11, 9, 9, 3], plain, "some images turn grey"),
        case(Policy { grayscale: 0.7, ..jitter(0.4, 0.4, 0.4, 0.1) }, COLOUR, plain, "grey after jitter"),
        case(Policy { grayscale: 0.5, ..Policy::default() }, GREY, plain, "grey images stay as they are"),
        case(randaugment(1, 9), COLOUR, plain, "one operation"),
        case(randaugment(2, 9), COLOUR, other(5), "two operations"),
        case(randaugment(4, 30), COLOUR, other(7), "four operations at their strongest"),
        case(randaugment(4, 14), [11, 8, 9, 3], other(11), "four operations, statistics of each on the one before"),
        case(randaugment(3, 20), GREY, other(9), "operations on grey images"),
        case(
            Policy { cutout: 3, flip: Some(Flip::Random(0.5)), ..jitter(0.3, 0.3, 0.3, 0.1) },
            COLOUR,
            plain,
            "erased after its colour changed",
        ),
        case(
            Policy { jitter: jitter(0.4, 0.6, 0.4, 0.1).jitter, ..randaugment(2, 12) },
            COLOUR,
            other(2),
            "operations, then jitter",
        ),
    ]
}

fn mixing() -> Vec<Case> {
    let mix = Policy { mixup: 0.2, crop: 2, flip: Some(Flip::Random(0.5)), ..Policy::default() };
    let part = |mix_other| Step { mix_other, ..Step::default() };
    let boxed = |rows: [u32; 2], columns: [u32; 2], mix_other| Step {
        mix_other,
        mix_rows: rows[0] | rows[1] << 16,
        mix_columns: columns[0] | columns[1] << 16,
        ..Step::default()
    };
    vec![
        case(mix.clone(), COLOUR, part(0.3), "mixup: the row's own label first"),
        case(mix.clone(), GREY, part(0.7), "mixup: the other label first"),
        case(mix.clone(), GREY, part(0.0), "a step that does not mix"),
        windowed(mix.clone(), COLOUR, part(0.3), "mixup from a window: drawn by number, read by place"),
        windowed(mix.clone(), COLOUR, part(0.3), "mixup from a window in four parts").in_parts(),
        case(mix.clone(), COLOUR, boxed([2, 5], [3, 10], 0.3), "cutmix: a box up to the border"),
        case(
            Policy { jitter: Some(Jitter { contrast: 0.5, ..Jitter::default() }), cutmix: 1.0, ..mix },
            COLOUR,
            boxed([0, 6], [1, 10], 54.0 / 70.0),
            "cutmix: each side with the statistics of its own image",
        ),
    ]
}
