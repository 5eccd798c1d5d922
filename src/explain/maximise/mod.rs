//! Activation maximisation (Erhan, Bengio, Courville and Vincent 2009): an image that a class's score, or a channel of a layer,
//! responds to most strongly. Found by gradient ascent on frequencies of the image, through views that are turned, scaled and shifted
//! at random (Olah, Mordvintsev and Schubert 2017), so that forms appear instead of noise that no camera could take.

mod ascent;
mod cosine;
mod painting;
mod target;
mod view;

pub use target::Target;

use super::network::Network;
use super::{ExplainError, Explainer};
use crate::plan::Explain;
use ascent::Ascent;
use painting::Painting;
use view::View;

/// How far and from where an image is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// Steps of gradient ascent.
    pub steps: usize,
    /// Where the image to begin with and the views come from.
    pub seed: u64,
}

impl Default for Search {
    fn default() -> Self {
        Search { steps: 128, seed: 0 }
    }
}

/// An image that raises what was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Maximised {
    /// The image, bytes `[h, w, c]` of the model's size.
    pub image: Vec<u8>,
    /// The image that ascent began with: nearly grey.
    pub start: Vec<u8>,
    /// The score of the first image: the class's output, or the channel's mean over all places.
    pub before: f64,
    /// The score of the image that was found.
    pub after: f64,
    /// The probability of the class for both images, if it is a class and the model gives probabilities.
    pub probabilities: Option<[f64; 2]>,
}

/// Starts that are tried until one has a gradient: a rectifier that is closed everywhere passes none.
const STARTS: u64 = 8;

impl Explainer {
    /// An image that raises a class's score or a layer's channel as far as so many steps go.
    ///
    /// # Errors
    /// [`ExplainError`] if the target is not there, the outputs are not finite, or the device is lost.
    pub fn maximise(&mut self, target: &Target, search: &Search) -> Result<Maximised, ExplainError> {
        let (mut network, output) = self.network_of(target)?;
        let [h, w, c] = self.model.input;
        let margin = view::margin([h, w]);
        let (inner, outer) = ([h, w], [h + 2 * margin, w + 2 * margin]);
        let middle = View::middle(inner, outer);
        let painting = Painting::new([outer[0], outer[1], c]);
        // what black is for the model, and by how much white is more
        let [black, white] = [0, 255].map(|value| self.checkpoint.meta.config.normalize.inputs(&vec![value; c], c));
        let range: Vec<f32> = white.iter().zip(&black).map(|(white, black)| white - black).collect();
        let input = |seen: &[f32]| -> Vec<f32> {
            seen.iter().enumerate().map(|(i, value)| black[i % c] + value * range[i % c]).collect()
        };
        let mut gradient = |numbers: &[f32], view: &View| -> Result<Vec<f32>, ExplainError> {
            let image = painting.image(numbers);
            let looked = network.gradients(&input(&view.of(&image, c)), output)?;
            let seen: Vec<f32> = looked.gradients.iter().enumerate().map(|(i, g)| g * range[i % c]).collect();
            Ok(painting.gradient(&image, &view.gradient(&seen, outer[0] * outer[1], c)))
        };
        let mut ascent = Ascent::random(outer[0] * outer[1] * c, search.seed, 0);
        for start in 1..STARTS {
            if gradient(&ascent.numbers, &middle)?.iter().any(|&gradient| gradient != 0.0) {
                break;
            }
            ascent = Ascent::random(outer[0] * outer[1] * c, search.seed, start);
        }
        let pixels = |numbers: &[f32]| -> Vec<u8> {
            let seen = middle.of(&painting.image(numbers), c);
            seen.iter().map(|value| (value * 255.0).round().clamp(0.0, 255.0) as u8).collect()
        };
        let start = pixels(&ascent.numbers);
        for step in 0..search.steps {
            let view = View::random(inner, outer, search.seed, step as u64);
            let gradient = gradient(&ascent.numbers, &view)?;
            ascent.step(&gradient);
        }
        let image = pixels(&ascent.numbers);
        let images =
            [start.as_slice(), image.as_slice()].map(|image| self.checkpoint.meta.config.normalize.inputs(image, c));
        let outputs = [network.outputs(&images[0])?, network.outputs(&images[1])?];
        if outputs.iter().flatten().any(|output| !output.is_finite()) {
            return Err(ExplainError::NotFinite);
        }
        let probability = |outputs: &Vec<f32>| match target {
            Target::Class(class) => self.task.probabilities(outputs).get(*class).copied(),
            Target::Channel { .. } => None,
        };
        let probabilities = match outputs.each_ref().map(probability) {
            [Some(before), Some(after)] => Some([before, after]),
            _ => None,
        };
        let [before, after] = outputs.map(|outputs| f64::from(outputs[output]));
        Ok(Maximised { image, start, before, after, probabilities })
    }

    /// A network that gives the target's score, and the number of its output.
    fn network_of(&self, target: &Target) -> Result<(Network, usize), ExplainError> {
        let network = |model| Network::new(&self.gpu, &self.checkpoint, model, &Explain::default(), 1);
        match target {
            Target::Class(class) if *class < self.names.len() => {
                let network = network(&self.model)?;
                network.check(&self.checkpoint, self.task)?;
                Ok((network, *class))
            }
            Target::Class(class) => Err(ExplainError::Class { class: class.to_string(), classes: self.names.to_vec() }),
            Target::Channel { layer, channel } => {
                let network = network(&target::up_to(&self.model, layer)?)?;
                let channels = network.outputs_each();
                if *channel >= channels {
                    return Err(ExplainError::Channel { layer: layer.clone(), channel: *channel, channels });
                }
                Ok((network, *channel))
            }
        }
    }
}
