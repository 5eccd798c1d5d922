//! `explain`

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};

use super::DeviceArgs;
use crate::explain::{METHODS, Search, Settings};

/// `explain`
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// A run folder, whose best checkpoint is used, or a .safetensors file.
    pub run: PathBuf,
    /// Image files (PNG, JPEG, WebP, BMP, GIF, TIFF or PNM), folders of them, patterns such as 'new/*.jpg', text files that list
    /// one path a line, tables of images, or - for a list on standard input; texts for a text model.
    #[arg(required_unless_present_any = ["maximise", "feature_maps", "embedding"], value_name = "IMAGES|TEXTS")]
    pub images: Vec<PathBuf>,
    /// How the map is made [default: grad-cam; occlusion for texts].
    #[arg(long, value_parser = methods())]
    pub method: Option<String>,
    /// Explain this class instead of the answer.
    #[arg(long, value_name = "NAME")]
    pub class: Option<String>,
    /// Layer to look at, by methods that look at one [default: the last one whose output has pixels].
    #[arg(long, value_name = "NAME")]
    pub layer: Option<String>,
    /// Draw the outputs of layers for each image, channel by channel, instead of a map; separate layers with commas [default: the
    /// last layer of each size].
    #[arg(long, value_name = "LAYER", num_args = 0..=1, value_delimiter = ',')]
    #[arg(conflicts_with_all = ["method", "class", "layer", "no_trust"])]
    pub feature_maps: Option<Vec<String>>,
    /// Find an image that a class, or a channel of a layer, responds to most strongly, by gradient ascent from noise; takes no
    /// images. May be given several times.
    #[arg(long, alias = "maximize", value_name = "CLASS|LAYER:CHANNEL")]
    #[arg(conflicts_with_all = ["images", "method", "class", "layer", "no_trust", "feature_maps", "invert"])]
    pub maximise: Vec<String>,
    /// Folder for the pictures.
    #[arg(long, value_name = "DIR", default_value = "explained")]
    pub out: PathBuf,
    /// Leave out the trust score, which takes 45 more evaluations of each image.
    #[arg(long)]
    pub no_trust: bool,
    /// Instead of a map, show the N training images that the network sees as most like the image, with their labels.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=50),
        conflicts_with_all = ["method", "class", "layer", "no_trust", "maximise", "feature_maps"])]
    pub nearest: Option<u16>,
    /// Instead of maps, write a page that shows the run's data on a plane, with those together that the network sees as alike.
    #[arg(long, conflicts_with_all = ["images", "nearest", "method", "class", "layer", "no_trust", "maximise", "feature_maps"])]
    pub embedding: bool,
    /// Most examples on that page, drawn at random from all of them [default: 2000].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=5000))]
    pub most: Option<u16>,
    /// Data for --nearest and --embedding, instead of the run's own.
    #[arg(long, value_name = "DATA")]
    pub data: Option<String>,
    /// Points of integrated gradients [default: 50], or steps of --maximise [default: 128].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub steps: Option<u32>,
    /// Noisy copies of smoothgrad.
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub samples: u32,
    /// Standard deviation of the noise of smoothgrad, as a share of the range of the image's values.
    #[arg(long, default_value_t = 0.15, value_parser = share)]
    pub noise: f64,
    /// Side of the square of occlusion, in pixels of the model's input [default: a seventh of the shorter side].
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub window: Option<u32>,
    /// Pixels from one square to the next [default: half of its side].
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub stride: Option<u32>,
    /// Random seed of the noise, of the random maps of the trust score, and of what --maximise begins with.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Invert the images first, for dark ink on light paper if the model was trained on light on dark.
    #[arg(long)]
    pub invert: bool,
    /// Print JSON, with the numbers of the maps.
    #[arg(long)]
    pub json: bool,
    /// Which adapter to use.
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// The names of methods, with what help says of each.
fn methods() -> PossibleValuesParser {
    let name = |method: &'static crate::explain::Method| PossibleValue::new(method.name).help(method.summary);
    METHODS.iter().map(name).collect::<Vec<_>>().into()
}

fn share(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 1".into())
}

impl ExplainArgs {
    /// What methods depend on.
    pub fn settings(&self) -> Settings {
        let size = |pixels: Option<u32>| pixels.map(|pixels| pixels as usize);
        Settings {
            steps: self.steps.map_or(Settings::default().steps, |steps| steps as usize),
            samples: self.samples as usize,
            noise: self.noise,
            window: size(self.window),
            stride: size(self.stride),
            seed: self.seed,
        }
    }

    /// How far --maximise looks.
    pub fn search(&self) -> Search {
        Search { steps: self.steps.map_or(Search::default().steps, |steps| steps as usize), seed: self.seed }
    }
}
