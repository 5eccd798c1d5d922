//! Weights inside the program.

/// The presets that have weights in the program: the name of the model, and the bytes of a file as
/// [`Weights::from_bytes`](super::Weights::from_bytes) reads it.
pub static BUILTIN: &[(&str, &[u8])] = &[];

/// The built-in weights of a preset, if it has any.
pub fn builtin(name: &str) -> Option<&'static [u8]> {
    BUILTIN.iter().find(|(model, _)| *model == name).map(|(_, bytes)| *bytes)
}
