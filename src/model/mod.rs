//! Models as data: named layers in TOML, presets, starting weights, and the summary that `inspect` prints.

mod builder;
mod error;
mod file;
mod generator;
mod init;
mod input;
mod jacobi;
mod layer_spec;
mod layers;
mod presets;
mod reference;
mod spec;
mod whitening;

pub use builder::{ModelBuilder, NewLayer, layer};
pub use error::ModelError;
pub use generator::Generator;
pub use init::initial_values;
pub use input::InputKind;
pub(crate) use jacobi::eigenvectors;
pub use layer_spec::LayerSpec;
pub use layers::{
    Activation, Build, Init, LAYERS, Layer, LayerBuilder, LayerNode, LayerType, OptionDoc, ParameterSpec, Reads,
    RegisterError, Value, parse, register,
};
pub use presets::{PRESETS, Preset, preset};
pub use reference::{layers_markdown, layers_text};
pub use spec::ModelSpec;
#[cfg(feature = "cli")]
pub(crate) use spec::NetworkInput;
pub use whitening::{Sample, WHITENED, starting_values};
