//! Models as data: named layers in TOML, presets, starting weights, and the summary that `inspect` prints.

mod builder;
mod generator;
mod init;
mod jacobi;
mod layers;
mod presets;
mod reference;
mod spec;
mod summary;
mod whitening;

pub use builder::{ModelBuilder, NewLayer, layer};
pub use generator::Generator;
pub use init::initial_values;
pub use layers::{
    Activation, Build, Init, LAYERS, Layer, LayerBuilder, LayerNode, LayerType, OptionDoc, ParameterSpec, Reads,
    RegisterError, Value, parse, register,
};
pub use presets::{PRESETS, Preset, preset};
pub use reference::{layers_markdown, layers_text};
pub use spec::{LayerSpec, ModelError, ModelSpec, Tokens};
pub use summary::{parameters, summary, thousands};
pub use whitening::{Sample, WHITENED, starting_values};
