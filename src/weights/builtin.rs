//! Weights inside the program.

/// The presets that have weights in the program: the name of the model, and the bytes of a file as
/// [`Weights::from_bytes`](super::Weights::from_bytes) reads it.
pub static BUILTIN: &[(&str, &[u8])] = &[
    // scripts/make_weights.py wrote it
    #[cfg(feature = "pretrained")]
    ("efficientnet-lite0", include_bytes!("../../models/weights/efficientnet-lite0.safetensors")),
];

/// The built-in weights of a preset, if it has any: those of EfficientNet-Lite0, with the feature `pretrained`.
pub fn builtin(name: &str) -> Option<&'static [u8]> {
    BUILTIN.iter().find(|(model, _)| *model == name).map(|(_, bytes)| *bytes)
}
