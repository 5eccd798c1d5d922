//! The definition of augmentation: one image after the other, whole, step by step.

use super::draw::{Drawn, Operation, draw};
use super::policy::{ONE, Outside};
use super::{Augment, PLACES};
use crate::data_set;
use crate::data_set::NOBODY;
use crate::{Array, Shape, Step};

/// An image as values 0..255, `[h, w, c]`.
struct Picture {
    size: [usize; 3],
    data: Vec<f64>,
}

impl Picture {
    fn pixels(&mut self) -> impl Iterator<Item = &mut [f64]> {
        self.data.chunks_exact_mut(self.size[2])
    }
}

/// The place that stands in for one outside.
fn mirror(mut i: i64, n: i64, outside: Outside) -> usize {
    if outside == Outside::Reflect && n > 1 {
        while i < 0 || i >= n {
            i = if i < 0 { -i } else { 2 * (n - 1) - i };
        }
    }
    i.clamp(0, n - 1) as usize
}

/// The source resampled.
fn resampled(source: &[f64], size: [usize; 3], drawn: &Drawn, outside: Outside) -> Picture {
    let [h, w, c] = size;
    let mut data = vec![0.0; h * w * c];
    for (i, value) in data.iter_mut().enumerate() {
        let centred = [(i / c / w) as f64 - (h - 1) as f64 / 2.0, (i / c % w) as f64 - (w - 1) as f64 / 2.0];
        let place: [f64; 2] = std::array::from_fn(|axis| {
            let row = drawn.matrix[axis].map(|m| m as f64 / ONE as f64);
            let exact = drawn.centre[axis] as f64 / ONE as f64 / 2.0 + row[0] * centred[0] + row[1] * centred[1];
            (exact * 256.0 + 0.5).floor() / 256.0
        });
        let beyond = |axis: usize| place[axis] < -0.5 || place[axis] >= size[axis] as f64 - 0.5;
        if outside == Outside::Zero && (beyond(0) || beyond(1)) {
            continue;
        }
        for (dy, dx) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let near = [place[0].floor() + f64::from(dy), place[1].floor() + f64::from(dx)];
            let weight = (1.0 - (place[0] - near[0]).abs()) * (1.0 - (place[1] - near[1]).abs());
            let y = mirror(near[0] as i64, h as i64, outside);
            let x = mirror(near[1] as i64, w as i64, outside);
            *value += weight * source[(y * w + x) * c + i % c];
        }
    }
    Picture { size, data }
}

fn luminance(pixel: &[f64]) -> f64 {
    match pixel {
        [r, g, b] => ((19595.0 * r + 38470.0 * g + 7471.0 * b + 32768.0) / 65536.0).floor(),
        _ => pixel[0],
    }
}

/// One of the list, on whole numbers 0..255, as Pillow does it.
fn operate(picture: &mut Picture, operation: Operation) {
    let blend = |value: f64, other: f64, factor: i64| {
        let factor = factor as f64 / ONE as f64;
        (value * factor + other * (1.0 - factor) + 0.5).floor().clamp(0.0, 255.0)
    };
    let count = (picture.size[0] * picture.size[1]) as f64;
    let each = |picture: &mut Picture, f: &dyn Fn(f64) -> f64| picture.data.iter_mut().for_each(|v| *v = f(*v));
    match operation {
        Operation::None => {}
        Operation::Brightness(factor) => each(picture, &|v| blend(v, 0.0, factor)),
        Operation::Colour(factor) => picture.pixels().for_each(|pixel| {
            let grey = luminance(pixel);
            pixel.iter_mut().for_each(|v| *v = blend(*v, grey, factor));
        }),
        Operation::Contrast(factor) => {
            let mean = (picture.pixels().map(|pixel| luminance(pixel)).sum::<f64>() / count + 0.5).floor();
            each(picture, &|v| blend(v, mean, factor));
        }
        Operation::Posterize(bits) => {
            let step = f64::from(1 << (8 - bits));
            each(picture, &|v| (v / step).floor() * step);
        }
        Operation::Solarize(from) => each(picture, &|v| if v >= f64::from(from) { 255.0 - v } else { v }),
        Operation::AutoContrast => {
            for c in 0..picture.size[2] {
                let channel: Vec<f64> = picture.data.iter().skip(c).step_by(picture.size[2]).copied().collect();
                let least = channel.iter().copied().fold(255.0, f64::min);
                let largest = channel.iter().copied().fold(0.0, f64::max);
                if largest > least {
                    picture.pixels().for_each(|p| p[c] = ((p[c] - least) * 255.0 / (largest - least)).floor());
                }
            }
        }
    }
}

fn grey(pixel: &[f64]) -> f64 {
    match pixel {
        [r, g, b] => 0.2989 * r + 0.587 * g + 0.114 * b,
        _ => pixel[0],
    }
}

/// A hue turned, by the formula of HSV without its six cases: a channel is `v - v s max(0, min(k, 4 - k, 1))`,
/// `k = (n + 6 h) mod 6`.
fn turn(pixel: &mut [f64], by: f64) {
    let [r, g, b] = [pixel[0], pixel[1], pixel[2]];
    let (value, least) = (r.max(g).max(b), r.min(g).min(b));
    let range = value - least;
    if range == 0.0 {
        return;
    }
    let sixth = if value == r {
        (g - b) / range
    } else if value == g {
        2.0 + (b - r) / range
    } else {
        4.0 + (r - g) / range
    };
    for (channel, n) in pixel.iter_mut().zip([5.0, 3.0, 1.0]) {
        let k = (n + sixth + 6.0 * by).rem_euclid(6.0);
        *channel = value - range * k.min(4.0 - k).clamp(0.0, 1.0);
    }
}

/// Jitter on 0..1, in the drawn order.
fn jitter(picture: &mut Picture, drawn: &Drawn) {
    let factors = drawn.factors.map(|f| f as f64 / ONE as f64);
    let blend = |v: f64, other: f64, factor: f64| (factor * v + (1.0 - factor) * other).clamp(0.0, 1.0);
    let count = (picture.size[0] * picture.size[1]) as f64;
    let colour = picture.size[2] == 3;
    for kind in drawn.order {
        let mean = picture.pixels().map(|pixel| grey(pixel)).sum::<f64>() / count;
        for pixel in picture.pixels() {
            let own = grey(pixel);
            match kind {
                0 => pixel.iter_mut().for_each(|v| *v = blend(*v, 0.0, factors[0])),
                1 => pixel.iter_mut().for_each(|v| *v = blend(*v, mean, factors[1])),
                2 if colour => pixel.iter_mut().for_each(|v| *v = blend(*v, own, factors[2])),
                3 if colour => turn(pixel, factors[3]),
                _ => {}
            }
        }
    }
}

/// The image of a row, before mixing.
fn augmented(op: &Augment, step: &Step, inputs: &[Array], row: usize) -> Vec<f64> {
    let (policy, image) = (&op.policy, inputs[1].data[row] as u32);
    let [_, h, w, c] = inputs[0].shape.nhwc().expect("shapes were checked");
    let size = [h, w, c];
    let drawn = draw(policy, step, image, size);
    let data = data_set::whole(&inputs[0], &inputs[op.more_data()..]);
    let place = if op.windowed { inputs[PLACES].data[row] as usize } else { image as usize };
    let source = &data.data[place * h * w * c..][..h * w * c];
    let mut picture = resampled(source, size, &drawn, policy.outside);
    if policy.randaugment.is_some() {
        picture.data.iter_mut().for_each(|v| *v = (*v + 0.5).floor());
        drawn.operations.iter().for_each(|operation| operate(&mut picture, *operation));
    }
    picture.data.iter_mut().for_each(|v| *v /= 255.0);
    if policy.jitter.is_some() {
        jitter(&mut picture, &drawn);
    }
    if drawn.grey {
        picture.pixels().for_each(|pixel| pixel.fill(grey(pixel)));
    }
    let norm = &inputs[3].data;
    let [top, bottom, left, right] = drawn.erased;
    (picture.data.iter().enumerate())
        .map(|(i, v)| {
            let erased = (top..bottom).contains(&(i / c / w)) && (left..right).contains(&(i / c % w));
            if erased { 0.0 } else { (v - norm[i % c]) / norm[c + i % c] }
        })
        .collect()
}

/// Outputs of the op.
pub(super) fn twin(op: &Augment, inputs: &[Array], step: &Step) -> Vec<Array> {
    let [_, h, w, c] = inputs[0].shape.nhwc().expect("shapes were checked");
    let rows = inputs[1].data.len();
    let images: Vec<Vec<f64>> = (inputs[1].data.iter().enumerate())
        .map(
            |(row, &image)| {
                if image == f64::from(NOBODY) { vec![0.0; h * w * c] } else { augmented(op, step, inputs, row) }
            },
        )
        .collect();
    let shape = Shape::new(&[rows, h, w, c]);
    if !op.policy.mixes() {
        return vec![Array::new(shape, images.concat())];
    }
    let mut outputs = vec![Array::zeros(shape)];
    outputs.extend(vec![Array::zeros(Shape::new(&[rows])); 3]);
    let other = f64::from(step.mix_other);
    let [top, bottom] = [step.mix_rows & 0xffff, step.mix_rows >> 16].map(|i| i as usize);
    let [left, right] = [step.mix_columns & 0xffff, step.mix_columns >> 16].map(|i| i as usize);
    for row in 0..rows {
        let partner = if row < step.batch_length as usize { step.batch_length as usize - 1 - row } else { row };
        for (i, (own, theirs)) in images[row].iter().zip(&images[partner]).enumerate() {
            let within = (top..bottom).contains(&(i / c / w)) && (left..right).contains(&(i / c % w));
            let share = if bottom > 0 { f64::from(u8::from(within)) } else { other };
            outputs[0].data[row * h * w * c + i] = (1.0 - share) * own + share * theirs;
        }
        let partner = if other > 0.0 { partner } else { row };
        let (first, second) = if other > 0.5 { (partner, row) } else { (row, partner) };
        outputs[1].data[row] = inputs[2].data[first];
        outputs[2].data[row] = inputs[2].data[second];
        outputs[3].data[row] = other.max(1.0 - other);
    }
    outputs
}
