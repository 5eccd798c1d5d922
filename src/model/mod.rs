//! Models as data: named layers in TOML, presets, starting weights, and the summary that `inspect` prints.

mod builder;
mod counts;
mod generator;
mod init;
mod input;
mod jacobi;
mod layers;
mod presets;
mod reference;
mod spec;
#[cfg(feature = "cli")]
mod summary;
mod whitening;

pub use builder::{ModelBuilder, NewLayer, layer};
pub use counts::{parameters, thousands};
pub use generator::Generator;
pub use init::initial_values;
pub use input::InputKind;
pub use layers::{
    Activation, Build, Init, LAYERS, Layer, LayerBuilder, LayerNode, LayerType, OptionDoc, ParameterSpec, Reads,
    RegisterError, Value, parse, register,
};
pub use presets::{PRESETS, Preset, preset};
pub use reference::{layers_markdown, layers_text};
pub use spec::{LayerSpec, ModelError, ModelSpec};
#[cfg(feature = "cli")]
pub use summary::summary;
pub use whitening::{Sample, WHITENED, starting_values};
