//! A model as data: an input and named layers.

use super::generator::Generator;
use super::input::{Given, InputKind, Tokens};
use super::layer_spec::LayerSpec;
use super::layers::is_own;

/// A model as data.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// The model's name, which runs and messages show.
    pub name: String,
    /// Image size `[h, w, c]`; texts are `[1, length, 1]`, features `[1, 1, length]`.
    pub input: [usize; 3],
    /// Whether these are pixels, tokens or features.
    pub(crate) given: Given,
    /// Its layers, in the order in which they run; the last one gives the logits. Beside a generator they are the
    /// discriminator and give one number: how real the image is.
    pub layers: Vec<LayerSpec>,
    /// What makes images, if the layers are a discriminator.
    pub generator: Option<Generator>,
}

/// One of a model's networks.
#[cfg(feature = "cli")]
pub(crate) struct Network<'a> {
    /// What its first layer reads.
    pub reads: NetworkInput,
    /// What stands before the names of its layers.
    pub prefix: &'static str,
    /// Its layers.
    pub layers: &'a [LayerSpec],
}

/// What the first layer of a network reads.
#[cfg(feature = "cli")]
#[derive(Clone, Copy)]
pub(crate) enum NetworkInput {
    /// So many random numbers.
    Noise(usize),
    /// The model's input.
    Input,
    /// An image like the model's input, real or generated.
    Image,
}

impl ModelSpec {
    /// Words of a text for a model of `tokens = "auto"` until the data are known: what `inspect` shows.
    pub const UNKNOWN_LENGTH: usize = 64;

    /// Whether it reads images, texts or features.
    pub fn input_kind(&self) -> InputKind {
        match self.given {
            Given::Images => InputKind::Images,
            Given::Texts(_) => InputKind::Texts,
            Given::Features => InputKind::Features,
        }
    }

    /// Words of a text, for a model of texts of one length; `None` if it takes texts as long as the data's, or images.
    pub fn text_length(&self) -> Option<usize> {
        if self.given == Given::Texts(Tokens::Fixed) { Some(self.input[1]) } else { None }
    }

    /// Its networks in the order in which they run: a generator, if there is one, and its own layers.
    #[cfg(feature = "cli")]
    pub(crate) fn networks(&self) -> Vec<Network<'_>> {
        let own = |reads| Network { reads, prefix: "", layers: &self.layers };
        match &self.generator {
            None => vec![own(NetworkInput::Input)],
            Some(Generator { noise, layers }) => {
                let generator = Network { reads: NetworkInput::Noise(*noise), prefix: Generator::PREFIX, layers };
                vec![generator, own(NetworkInput::Image)]
            }
        }
    }

    /// Whether a layer's type is an application's own, and not of [`LAYERS`](super::LAYERS).
    pub fn has_own_layers(&self) -> bool {
        let generator = self.generator.iter().flat_map(|generator| &generator.layers);
        self.layers.iter().chain(generator).any(|layer| is_own(layer.layer.kind()))
    }

    /// The layers before number `first` and those from there on, which read `length` features: each a model.
    pub(crate) fn cut(&self, first: usize, length: usize) -> [ModelSpec; 2] {
        let (before, after) = self.layers.split_at(first);
        let last = before.last().map(|layer| layer.name.clone());
        let mut after = after.to_vec();
        let inputs = after.iter_mut().flat_map(|layer| &mut layer.inputs);
        inputs.filter(|input| Some(&**input) == last.as_ref()).for_each(|input| *input = "input".into());
        let part = |layers| ModelSpec { layers, generator: None, ..self.clone() };
        let head = ModelSpec { input: [1, 1, length], given: Given::Features, ..part(after) };
        [part(before.to_vec()), head]
    }

    /// The model for any number of classes: where its last layer with `units` has so many of them, it gets as many as the data.
    #[must_use]
    pub fn for_any_classes(&self, classes: usize) -> Self {
        let mut model = self.clone();
        let last = model.layers.iter_mut().rev().find(|spec| spec.layer.attributes().contains_key("units"));
        if let Some(spec) = last {
            spec.layer = spec.layer.with_open_units(classes);
        }
        model
    }

    /// The model for a data set of so many classes: layers with `units = "classes"` get that many.
    #[must_use]
    pub fn for_classes(&self, classes: usize) -> Self {
        let layers =
            self.layers.iter().map(|spec| LayerSpec { layer: spec.layer.for_classes(classes), ..spec.clone() });
        ModelSpec { layers: layers.collect(), ..self.clone() }
    }

    /// The model for texts of so many words, whose vocabulary has so many tokens: `tokens` and `vocabulary` that are
    /// `"auto"` get these numbers.
    #[must_use]
    pub fn for_texts(&self, length: usize, vocabulary: usize) -> Self {
        let layer = |spec: &LayerSpec| LayerSpec { layer: spec.layer.for_vocabulary(vocabulary), ..spec.clone() };
        let (input, given) = match self.given {
            Given::Texts(Tokens::Auto) => ([1, length, 1], Given::Texts(Tokens::Fixed)),
            given => (self.input, given),
        };
        ModelSpec { input, given, layers: self.layers.iter().map(layer).collect(), ..self.clone() }
    }
}
