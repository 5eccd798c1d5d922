//! How pixels are scaled for weights that are there already: as it is typed, and in words.

use super::CliError;
use crate::config::{NormalizeConfig, NormalizeFrom};
use crate::model::{InputKind, ModelSpec};
use crate::plan::thousands;

/// Checks a scaling that was typed for a trained model.
///
/// # Errors
/// If it needs the training images, or has numbers for another number of channels than the model reads.
pub fn check(normalize: &NormalizeConfig, model: &ModelSpec) -> Result<(), CliError> {
    if normalize.from == NormalizeFrom::Dataset {
        let problem = "--normalize dataset needs the images that the weights were trained on";
        return Err(CliError::Usage(format!("{problem}\n  try: --normalize imagenet, or means and deviations")));
    }
    let (means, channels) = (normalize.mean.len(), model.input[2]);
    if model.input_kind() != InputKind::Images {
        let problem = format!("model `{}` reads no images, whose pixels --normalize would scale", model.name);
        return Err(CliError::Usage(format!("{problem}\n  try: without --normalize")));
    }
    if means != 0 && means != channels {
        return Err(CliError::Usage(format!(
            "--normalize has numbers for {means} channels, but model `{}` reads images of {channels}\n  try: --normalize none, or \
             {channels} means and {channels} deviations",
            model.name
        )));
    }
    Ok(())
}

/// A scaling of pixels in words.
pub fn in_words(normalize: &NormalizeConfig) -> String {
    let numbers = |list: &[f32]| list.iter().map(|number| format!("{number:.4}")).collect::<Vec<_>>().join(", ");
    match normalize.from {
        NormalizeFrom::None => "none: pixels go from 0 to 1".into(),
        _ => {
            let of = normalize
                .sample
                .map_or_else(String::new, |sample| format!(" (of {} images)", thousands(sample as u64)));
            format!("mean {}, std {}{of}", numbers(&normalize.mean), numbers(&normalize.std))
        }
    }
}
