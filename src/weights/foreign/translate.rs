//! Weights of another program in our names and layouts.

use std::collections::HashSet;

use super::super::Weights;
use super::architecture::{Architecture, Parameter, own_names};
use super::architectures;
use super::error::ForeignError;
use super::file::ForeignFile;
use crate::checkpoint::{Meta, NamedTensor};
use crate::config::NormalizeConfig;
use crate::model::{ModelError, ModelSpec};

/// The metadata key of what this program knows of a run whose tensors it wrote with PyTorch's layouts: [`Meta`] as JSON.
pub const KEY: &str = "lepton_run";

/// Weights of another program, in our names and layouts.
#[derive(Clone, Debug)]
pub struct Translated {
    /// The weights with the model that they belong to; a layer of it may take any number of classes, whatever theirs is.
    pub weights: Weights,
    /// Whose names the file has.
    pub source: &'static str,
    /// How the network's published weights want pixels scaled, as `--normalize` says it, where the file does not.
    pub usual: Option<&'static str>,
    /// The run that this program exported.
    pub run: Option<Meta>,
    /// Parameters of the model that the file lacks, by our names.
    pub missing: Vec<String>,
    /// Counters of steps that the file has, which nothing is taken from.
    pub counters: usize,
}

/// A model and whose names it may have in a file.
struct Candidate {
    model: ModelSpec,
    architecture: Option<&'static Architecture>,
    parameters: Vec<Parameter>,
}

/// How far the tensors of a file are those of a candidate.
struct Fit {
    found: usize,
    of: usize,
    unused: usize,
    /// The first tensor that is not as it should be.
    parts: Option<String>,
}

/// Translates a file's weights for `model`, or for the network whose tensors they are.
///
/// # Errors
/// [`ForeignError::Unknown`] and [`ForeignError::OtherModel`] with what is nearest; [`ForeignError::Ambiguous`] if the tensors do
/// not tell which network it is and neither do `hints`, such as a name of the file; and those of [`ForeignFile::values`].
pub fn translate(file: &ForeignFile, model: Option<&ModelSpec>, hints: &[&str]) -> Result<Translated, ForeignError> {
    let (run, told) = exported(file)?.unzip();
    let model = model.or(told.as_ref());
    let mut candidates = candidates(model).map_err(|error| ForeignError::Model(error.to_string()))?;
    let mut fits: Vec<(Fit, Candidate)> =
        candidates.drain(..).map(|candidate| (candidate.fit(file), candidate)).collect();
    // of the networks of which nothing is missing, those that leave least over; otherwise the nearest
    fits.sort_by(|(a, _), (b, _)| {
        let share = |fit: &Fit| fit.found as f64 / fit.of as f64;
        share(b).total_cmp(&share(a)).then(a.unused.cmp(&b.unused)).then(b.found.cmp(&a.found))
    });
    let Some((best, _)) = fits.first() else { return Err(unknown(file, &fits, model)) };
    if best.found < best.of {
        return Err(unknown(file, &fits, model));
    }
    let unused = best.unused;
    fits.retain(|(fit, _)| fit.found == fit.of && fit.unused == unused);
    let chosen = choose(file, fits.into_iter().map(|(_, candidate)| candidate).collect(), hints)?;
    chosen.take(file, run)
}

/// The run that the file is of, if this program wrote it, with its model.
fn exported(file: &ForeignFile) -> Result<Option<(Meta, ModelSpec)>, ForeignError> {
    let Some(json) = file.metadata.get(KEY) else { return Ok(None) };
    let damaged = |problem: String| {
        let problem = format!("its `{KEY}` metadata: {problem}");
        ForeignError::Damaged { origin: file.origin.clone(), problem }
    };
    let run: Meta = serde_json::from_str(json).map_err(|error| damaged(error.to_string()))?;
    run.config.normalize.check().map_err(|error| damaged(error.to_string()))?;
    let model = run.model().map_err(|error| damaged(error.to_string()))?;
    Ok(Some((run, model)))
}

/// The models that a file may hold, under each of their names.
fn candidates(model: Option<&ModelSpec>) -> Result<Vec<Candidate>, ModelError> {
    let mut all = Vec::new();
    for architecture in architectures() {
        for (preset, _) in architecture.models {
            if model.is_none_or(|model| model.name == *preset) {
                let model = model.cloned().map_or_else(|| ModelSpec::open(preset), Ok)?;
                let parameters = architecture.parameters(&model)?;
                all.push(Candidate { model, architecture: Some(architecture), parameters });
            }
        }
    }
    if let Some(model) = model {
        let parameters = own_names(model)?;
        all.push(Candidate { model: model.clone(), architecture: None, parameters });
    }
    Ok(all)
}

/// The candidate that a hint names, where the tensors leave several that compute differently.
fn choose(file: &ForeignFile, mut candidates: Vec<Candidate>, hints: &[&str]) -> Result<Candidate, ForeignError> {
    let first = candidates[0].model.name.clone();
    if candidates.iter().all(|candidate| candidate.model.name == first) {
        return Ok(candidates.swap_remove(0));
    }
    // the longest name that a hint contains: `tf_efficientnet_lite0` contains `efficientnet_lite0`
    let length = |candidate: &Candidate| {
        let names = candidate.architecture.and_then(|a| a.names(&candidate.model.name)).unwrap_or_default();
        let named = names.iter().filter(|name| hints.iter().any(|hint| hint.contains(**name)));
        named.map(|name| name.len()).max().unwrap_or(0)
    };
    let longest = candidates.iter().map(length).max().unwrap_or(0);
    if longest > 0 {
        candidates.retain(|candidate| length(candidate) == longest);
    }
    if longest == 0 || candidates.len() > 1 {
        let models = candidates.iter().map(|candidate| candidate.model.name.clone()).collect();
        return Err(ForeignError::Ambiguous { origin: file.origin.clone(), models });
    }
    Ok(candidates.remove(0))
}

/// The error that no candidate fits, with the nearest three.
fn unknown(file: &ForeignFile, fits: &[(Fit, Candidate)], model: Option<&ModelSpec>) -> ForeignError {
    let origin = file.origin.clone();
    let describe = |(fit, candidate): &(Fit, Candidate)| {
        let parts = fit.parts.as_deref().unwrap_or_default();
        format!("{}: {} of {} tensors fit; {parts}", candidate.describe(), fit.found, fit.of)
    };
    match model {
        Some(model) => {
            let problem = fits.first().map(describe).unwrap_or_default();
            ForeignError::OtherModel { origin, model: model.name.clone(), problem }
        }
        None => {
            let nearest = fits.iter().filter(|(fit, _)| fit.found > 0).take(3).map(describe).collect();
            ForeignError::Unknown { origin, tensors: file.names().count(), nearest }
        }
    }
}

impl Candidate {
    /// Its name, and whose names its tensors have.
    fn describe(&self) -> String {
        let source = self.architecture.map_or("its layers' own", |architecture| architecture.source);
        format!("{} ({source} names)", self.model.name)
    }

    /// How many classes the file's head has, if it has a head.
    fn classes(&self, file: &ForeignFile) -> Option<usize> {
        let of_head = self.parameters.iter().filter(|parameter| parameter.is_head);
        of_head.filter_map(|parameter| file.shape(&parameter.theirs)?.first()).next().copied()
    }

    /// The head may have any number of classes, all its tensors the same, and may be missing.
    fn fit(&self, file: &ForeignFile) -> Fit {
        let (mut found, mut parts) = (0, None);
        let classes = self.classes(file).filter(|&classes| classes > 0);
        for parameter in &self.parameters {
            let mut wanted = parameter.layout.shape().to_vec();
            if let (true, Some(first), Some(classes)) = (parameter.is_head, wanted.first_mut(), classes) {
                *first = classes;
            }
            let problem = match file.shape(&parameter.theirs) {
                None if parameter.is_head => None,
                None => Some(format!("there is no `{}` {wanted:?}", parameter.theirs)),
                Some(shape) if shape == wanted => None,
                Some(shape) => Some(format!("`{}` is {shape:?}, not {wanted:?}", parameter.theirs)),
            };
            found += usize::from(problem.is_none());
            parts = parts.or(problem);
        }
        let unused = self.unused(file).len();
        Fit { found, of: self.parameters.len(), unused, parts }
    }

    fn unused(&self, file: &ForeignFile) -> Vec<String> {
        let used: HashSet<&str> = self.parameters.iter().map(|p| p.theirs.as_str()).collect();
        file.names().filter(|name| !used.contains(name)).map(String::from).collect()
    }

    fn take(self, file: &ForeignFile, run: Option<Meta>) -> Result<Translated, ForeignError> {
        let (unused, classes) = (self.unused(file), self.classes(file));
        let Candidate { model, architecture, mut parameters } = self;
        if let Some(classes) = classes {
            let sized = model.for_classes(classes);
            parameters = match architecture {
                Some(architecture) => architecture.parameters(&sized),
                None => own_names(&sized),
            }
            .map_err(|error| ForeignError::Model(error.to_string()))?;
        }
        let (mut tensors, mut missing) = (Vec::new(), Vec::new());
        for parameter in parameters {
            if file.shape(&parameter.theirs).is_none() {
                missing.push(parameter.ours);
                continue;
            }
            let ours = parameter.layout.from_pytorch(&file.values(&parameter.theirs)?);
            let (shape, data) = (parameter.shape.sizes().to_vec(), bytemuck::cast_slice(&ours).to_vec());
            tensors.push(NamedTensor { name: parameter.ours, shape, data });
        }
        let usual = architecture.map(|architecture| architecture.normalize).filter(|_| run.is_none());
        let parse = |text| NormalizeConfig::parse(text).expect("a test reads them all");
        let weights = Weights {
            origin: file.origin.clone(),
            sha256: None,
            tensors,
            model: Some(model),
            normalize: run.as_ref().map(|run| run.config.normalize.clone()).or(usual.map(parse)),
            head: None,
            vocabulary: None,
            classes: run.as_ref().map(|run| run.classes.clone()).unwrap_or_default(),
            about: None,
            unused,
        };
        let source = architecture.map_or("lepton-gpu", |architecture| architecture.source);
        Ok(Translated { weights, source, usual, run, missing, counters: file.counters() })
    }
}
