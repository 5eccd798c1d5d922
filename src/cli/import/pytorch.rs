//! Weights in a .safetensors file, with PyTorch's names and layouts or our own.

use super::super::CliError;
use super::super::args::ImportArgs;
use super::Incoming;
use super::hub::HubConfig;
use crate::checkpoint::Checkpoint;
use crate::model::ModelSpec;
use crate::weights::WeightsError;
use crate::weights::foreign::{self, ForeignFile, Translated};

pub(super) fn read(args: &ImportArgs, bytes: &[u8]) -> Result<Incoming, CliError> {
    let origin = args.file.display().to_string();
    let file = ForeignFile::parse(bytes, &origin).map_err(WeightsError::from)?;
    if file.metadata.contains_key(Checkpoint::KEY) {
        let way = format!("lepton-gpu predict {origin} photo.jpg");
        return Err(CliError::Usage(format!("{origin} is a checkpoint of this program already\n  try: {way}")));
    }
    let model = args.model.as_deref().map(ModelSpec::open).transpose()?;
    let hub = HubConfig::beside(&args.file).unwrap_or_default();
    let hints: Vec<&str> = hub.architecture.as_deref().into_iter().chain([origin.as_str()]).collect();
    let taken = foreign::translate(&file, model.as_ref(), &hints).map_err(WeightsError::from)?;
    let Translated { mut weights, source, usual, run, missing: _, counters } = taken;
    let mut normalize_from =
        if usual.is_some() { "usual for these names; --normalize says otherwise" } else { "of the file" };
    if let (Some(_), Some(normalize)) = (usual, hub.normalize()) {
        (weights.normalize, normalize_from) = (Some(normalize), "of config.json beside the file");
    }
    if weights.classes.is_empty() {
        weights.classes = hub.classes().to_vec();
    }
    if let (Some([h, w]), Some(model)) = (hub.size(), &mut weights.model) {
        model.input = [h, w, model.input[2]];
    }
    let taken = weights.tensors.len();
    let counted =
        if counters > 0 { format!(" and {counters} counters of steps, which nothing needs") } else { String::new() };
    let lines = vec![("file", format!("{origin}: {taken} tensors under {source}'s names{counted}"))];
    Ok(Incoming { weights, lines, normalize_from, fit: None, loss: None, run })
}
