//! Labels that a run doubts, for `data check --run`.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::{Value, json};

use super::super::args::LayoutOptions;
use super::super::{CliError, open, pictures};
use crate::checkpoint::{Checkpoint, locate};
use crate::data::doctor::{Member, listed};
use crate::data::picture::Place;
use crate::data::{self, LoadOptions, Places, TableOptions};
use crate::losses::Records;
use crate::metrics::{LabelErrors, Suspect};
use crate::plan::thousands;
use crate::report::{percent, say};
use crate::session::check_pictures;
use crate::train::{Predictor, TrainError};

/// Images that are decoded and answered at once.
const CHUNK: usize = 256;

/// Labels that a run doubts.
pub struct Doubted {
    /// The run.
    run: PathBuf,
    /// The surest first.
    found: Vec<Suspect>,
    /// All examples that were asked about.
    members: Vec<Member>,
    classes: Vec<String>,
}

/// Asks a run about the labels of data.
pub fn find(
    spec: &str,
    (table, layout): (&TableOptions, &LayoutOptions),
    run: &Path,
    adapter: Option<&str>,
) -> Result<Doubted, CliError> {
    let checkpoint = Checkpoint::read(&locate(run)?)?;
    let config = &checkpoint.meta.config;
    if config.loss.target_kind().row().records != Some(Records::Answers) {
        let problem = format!("--run {}: this run does not choose one class for each image or text", run.display());
        return Err(CliError::Usage(problem + "\n  try: a run that was trained on classes"));
    }
    let model = checkpoint.meta.model()?;
    let mut options = LoadOptions::of_checkpoint(&checkpoint.meta)?.for_other_data();
    options.table = table.clone().or(options.table);
    options.images.layout = layout.layout;
    let gpu = open(adapter)?;
    let predictor = Predictor::new(&gpu, &checkpoint, None)?;
    let (mut rows, mut labels, mut members) = (Vec::new(), Vec::new(), Vec::<Member>::new());
    let mut answer = |inputs: &[u8]| -> Result<(), CliError> {
        rows.extend(predictor.predict(inputs)?.into_iter().map(|answer| answer.probabilities));
        Ok(())
    };
    match listed(spec, &options)? {
        Some(files) => {
            check_pictures(&model).map_err(TrainError::from)?;
            for chunk in files.chunks(CHUNK) {
                let read = |place: &Place| pictures::decode(place, &model, &config.images, false).ok();
                let images: Vec<_> = chunk.par_iter().map(|listed| read(&listed.place)).collect();
                let known = || chunk.iter().zip(&images).filter(|(_, image)| image.is_some());
                answer(&images.iter().flatten().flatten().copied().collect::<Vec<u8>>())?;
                labels.extend(known().map(|(listed, _)| listed.class));
                members.extend(known().map(|(listed, _)| listed.member.clone()));
            }
        }
        None => {
            let data = data::load_with(Some(spec), &options, &Places::from_env(), &|_, _| {})?;
            if data.splits().iter().any(|(_, split)| split.values().is_some() || split.targets() == 0) {
                let problem =
                    format!("--run {}: this run chooses one of several classes, but {spec} has none", run.display());
                return Err(CliError::Usage(problem + "\n  try: without --run"));
            }
            for (part, (name, split)) in data.splits().iter().enumerate() {
                split.in_pieces(&mut answer)?;
                labels.extend(split.labels().iter().map(|&label| label as usize));
                for i in 0..split.len() {
                    let words = match data.texts() {
                        Some(texts) => format!(" ({})", texts.vocabulary.decode(&split.example(i)?).join(" ")),
                        None => String::new(),
                    };
                    members.push(Member { name: format!("{name} {i}{words}"), label: String::new(), part });
                }
            }
        }
    }
    let found = LabelErrors::find(&rows, &labels, checkpoint.meta.classes.len()).suspects;
    Ok(Doubted { run: run.to_path_buf(), found, members, classes: checkpoint.meta.classes })
}

impl Doubted {
    /// Prints them, so many at the most.
    pub fn say(&self, shown: usize) {
        let Doubted { run, found, members, classes } = self;
        let (count, all) = (thousands(found.len() as u64), thousands(members.len() as u64));
        say!(
            "suspect  labels that {} doubts: {count} of {all} (too few of those it was trained on; `lepton-gpu errors` finds these too)",
            run.display()
        );
        for suspect in found.iter().take(shown) {
            let [given, likely] = suspect.probabilities.map(percent);
            say!(
                "         {}: labelled `{}` ({given}), looks like `{}` ({likely})",
                members[suspect.index].name,
                classes[suspect.given],
                classes[suspect.likely]
            );
        }
        super::check::more(found.len(), shown);
    }

    /// All of them for a document.
    pub fn rows(&self) -> Vec<Value> {
        let of = |suspect: &Suspect| {
            let [given, likely] = suspect.probabilities;
            json!({
                "image": self.members[suspect.index].name, "label": self.classes[suspect.given], "label_probability": given,
                "likely": self.classes[suspect.likely], "likely_probability": likely,
            })
        };
        self.found.iter().map(of).collect()
    }
}
