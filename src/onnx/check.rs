//! A file that was written is read back and compared with the model: both answer the same inputs on the engine.

use half::f16;
use lepton_kernels::random;

use super::answers::{Inputs, answers, tensors_of};
use super::array::Array;
use super::error::OnnxError;
use super::export::{Options, is_halved};
use super::import::{Reading, import};
use super::source::{Reads, Source};
use crate::checkpoint::Checkpoint;
use crate::gpu::Gpu;

/// How far a file's answers lie from the model's, as a part of the largest answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// How many inputs were answered.
    pub inputs: usize,
    /// The largest difference from the model with its weights as they are stored.
    pub difference: f64,
    /// The largest difference from the model itself, where weights were rounded to f16.
    pub rounding: Option<f64>,
}

/// The largest difference from the model that a file may have, as a part of the largest answer.
pub const LIMIT: f64 = 1e-4;

/// How many inputs are answered.
const SAMPLES: usize = 4;

/// A number from 0 to 255 for each value, smooth over the image as photos are, and noisy.
fn pixel(sample: usize, i: usize, [_, w, c]: [usize; 3]) -> u8 {
    let (y, x, channel) = (i / (w * c), i / c % w, i % c);
    let wave = |size: usize, period: f64, phase: f64| (size as f64 / period + phase).sin();
    let phase = (sample * 3 + channel) as f64;
    let smooth = 110.0 * wave(y, 5.0 + sample as f64, phase) * wave(x, 9.0 - sample as f64, 2.0 * phase);
    let noise = f64::from(random::mix((sample << 24 | i) as u32) % 64) - 32.0;
    (128.0 + smooth + noise).clamp(0.0, 255.0) as u8
}

impl Source {
    /// Inputs that look like those that a model reads.
    pub(super) fn samples(&self, checkpoint: &Checkpoint) -> Inputs {
        let each: usize = self.model.input.iter().product();
        let every = (0..SAMPLES).flat_map(|sample| (0..each).map(move |i| (sample, i)));
        let noise = |(sample, i)| {
            // the sum of four numbers that are alike to a normal one of deviation 1
            let draw = |k: u32| f64::from(random::mix(k << 28 | (sample << 20 | i) as u32)) / f64::from(u32::MAX) - 0.5;
            ((0..4).map(draw).sum::<f64>() * 3f64.sqrt()) as f32
        };
        match self.reads {
            Reads::Images => {
                let pixels = every.map(|(sample, i)| pixel(sample, i, self.model.input)).collect();
                Inputs::Pixels(pixels, checkpoint.meta.config.normalize.clone())
            }
            Reads::Tokens => {
                let count = checkpoint.meta.vocabulary.as_ref().map_or(2, |vocabulary| vocabulary.len());
                // shorter texts end with padding
                let token = |(sample, i)| {
                    let length = each * (sample + 1) / SAMPLES;
                    if i < length { random::mix((sample << 20 | i) as u32) % count as u32 } else { 0 }
                };
                Inputs::Tokens(every.map(token).collect(), count)
            }
            Reads::Noise => Inputs::Numbers(every.map(noise).collect()),
        }
    }
}

/// The largest difference of two lists, as a part of the largest number of the first.
fn difference(a: &[f32], b: &[f32]) -> f64 {
    if a.len() != b.len() {
        return f64::INFINITY;
    }
    let largest = a.iter().fold(0f32, |largest, a| largest.max(a.abs()));
    let apart = |(a, b): (&f32, &f32)| f64::from((a - b).abs());
    let furthest =
        a.iter().zip(b).map(apart).fold(0.0, |far: f64, d| if d.is_nan() { f64::INFINITY } else { far.max(d) });
    if furthest == 0.0 { 0.0 } else { furthest / f64::from(largest.max(f32::MIN_POSITIVE)) }
}

/// Reads a file back and lets it answer what the model answers.
///
/// # Errors
/// [`OnnxError::Differs`] if its answers lie further than [`LIMIT`] from the model's; or if it cannot be read, or the device
/// fails.
pub fn check(gpu: &Gpu, checkpoint: &Checkpoint, bytes: &[u8], options: Options) -> Result<Comparison, OnnxError> {
    let source = Source::of(checkpoint)?;
    let inputs = source.samples(checkpoint);
    let read = import(bytes, &Reading::default())?;
    let theirs = match &inputs {
        // the file's own scaling, which the check is also of
        Inputs::Pixels(pixels, _) => Inputs::Pixels(pixels.clone(), read.normalize.clone().unwrap_or_default()),
        other => other.clone(),
    };
    let own = |round: bool| -> Result<Vec<f32>, OnnxError> {
        let mut tensors = tensors_of(&source.model, &source.parameters)?;
        for tensor in tensors.iter_mut().filter(|_| round) {
            let values: Vec<f32> = bytemuck::pod_collect_to_vec(&tensor.data);
            if is_halved(&tensor.shape, &values) {
                tensor.data = values.iter().flat_map(|&value| f16::from_f32(value).to_f32().to_le_bytes()).collect();
            }
        }
        let mut found = answers(gpu, &source.model, &tensors, &inputs)?;
        checkpoint.meta.config.targets.restore(&mut found);
        Ok(found)
    };
    let found = answers(gpu, &read.model, &read.tensors, &theirs)?;
    let stored = own(options.half)?;
    let apart = difference(&stored, &found);
    if apart > LIMIT {
        return Err(OnnxError::Differs { difference: apart, limit: LIMIT });
    }
    let rounding = if options.half { Some(difference(&own(false)?, &found)) } else { None };
    Ok(Comparison { inputs: SAMPLES, difference: apart, rounding })
}

/// Inputs as a file takes them, and the model's own answers, to check the file elsewhere.
#[derive(Clone, Debug)]
pub struct Example {
    /// Elements of the input, little-endian, of the type that the file's input has.
    pub input: Vec<u8>,
    /// What the model gives, `[n, outputs]`; images are `[n, h, w, c]`.
    pub answers: Vec<f32>,
}

/// An example for a file that was written with these options.
///
/// # Errors
/// If the checkpoint is damaged, or the device fails.
pub fn example(gpu: &Gpu, checkpoint: &Checkpoint, options: Options) -> Result<Example, OnnxError> {
    let source = Source::of(checkpoint)?;
    let inputs = source.samples(checkpoint);
    let tensors = tensors_of(&source.model, &source.parameters)?;
    let mut found = answers(gpu, &source.model, &tensors, &inputs)?;
    checkpoint.meta.config.targets.restore(&mut found);
    let [h, w, c] = source.model.input;
    let input = match inputs {
        Inputs::Pixels(pixels, _) if options.pixels => pixels,
        Inputs::Pixels(pixels, normalize) => {
            let norm: Vec<f32> = bytemuck::pod_collect_to_vec(&normalize.bytes(c));
            let scaled = |(i, &pixel): (usize, &u8)| (f32::from(pixel) / 255.0 - norm[i % c]) / norm[c + i % c];
            let data = pixels.iter().enumerate().map(scaled).collect();
            let images = Array { sizes: vec![SAMPLES, h, w, c], data }.transposed(&[0, 3, 1, 2]);
            bytemuck::cast_slice(&images.data).to_vec()
        }
        Inputs::Tokens(tokens, _) => tokens.iter().flat_map(|&token| i64::from(token).to_le_bytes()).collect(),
        Inputs::Numbers(numbers) => bytemuck::cast_slice(&numbers).to_vec(),
    };
    Ok(Example { input, answers: found })
}
