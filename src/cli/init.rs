//! Weights that `train` starts from: found, described, and what became of them.

use std::path::Path;

use super::CliError;
use super::args::TrainArgs;
use crate::checkpoint::write_atomically;
use crate::config::{Recipe, RunConfig};
use crate::model::{ModelSpec, preset};
use crate::plan::thousands;
use crate::report::say;
use crate::weights::{self, Anew, Fit, Reason, Weights, WeightsError};

/// Opens the weights that a configuration names, and sets what was not typed to what they were trained with.
pub fn open(args: &TrainArgs, recipe: Option<&Recipe>, config: &mut RunConfig) -> Result<Option<Weights>, CliError> {
    let Some(name) = config.init.clone() else { return Ok(None) };
    let weights = weights::open(&name)?;
    if let (Some(expected), Some(found), false) = (&config.init_sha256, &weights.sha256, args.typed.has("init"))
        && expected != found
    {
        let (expected, found) = (expected.clone(), found.clone());
        return Err(WeightsError::Changed { path: weights.origin, expected, found }.into());
    }
    config.init_sha256 = weights.sha256.clone();
    if let Ok(path) = std::fs::canonicalize(&name) {
        config.init = Some(path.to_string_lossy().into_owned());
    }
    let says = |key: &str| args.typed.has(key) || recipe.is_some_and(|recipe| recipe.sets(key));
    if let (false, Some(normalize)) = (says("normalize"), &weights.normalize) {
        config.normalize = normalize.as_given();
    }
    if !says("model") {
        let model = weights.model.as_ref().ok_or_else(|| {
            CliError::Usage(format!("the weights {name} do not say which model they belong to\n  try: --model NAME"))
        })?;
        config.model = match preset(&model.name) {
            Some(_) => model.name.clone(),
            None => config.init.clone().unwrap_or_default(),
        };
    }
    Ok(Some(weights))
}

/// The model of a run: that of its weights unless one is named.
pub fn model(weights: Option<&Weights>, file: &str, is_named: bool) -> Result<ModelSpec, CliError> {
    match weights.and_then(|weights| weights.model.as_ref()) {
        Some(model) if !is_named => Ok(model.clone()),
        _ => Ok(ModelSpec::open(file)?),
    }
}

/// Says that a run named as a model gives its architecture alone.
pub fn note_of_model(args: &TrainArgs) {
    let Some(run) = args.typed.text("model").filter(|_| !args.typed.has("init")) else { return };
    if ["best.safetensors", "last.safetensors"].iter().any(|file| Path::new(run).join(file).is_file()) {
        say!("note     --model takes only the architecture of {run}; to start from its weights as well: --init {run}");
    }
}

/// Where the weights come from, in a line.
pub fn describe(weights: &Weights) -> String {
    let mut line = weights.origin.clone();
    if let Some(about) = &weights.about {
        line += &format!(": {about}");
    }
    line
}

/// Names that a line shows; the others are counted.
const SHOWN: usize = 4;

fn some(names: &[String]) -> String {
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", names[..SHOWN].join(", ")),
        _ => names.join(", "),
    }
}

/// What became of them, in a line or two.
pub fn report(fit: &Fit) -> Vec<String> {
    let all = fit.used.len() + fit.anew.len();
    let mut line = format!("{} of {} tensors taken", thousands(fit.used.len() as u64), thousands(all as u64));
    let anew: Vec<String> = fit.anew.iter().map(in_words).collect();
    if !anew.is_empty() {
        line += &format!("; anew: {}", some(&anew));
    }
    let unused = (!fit.unused.is_empty()).then(|| format!("no place for: {}", some(&fit.unused)));
    std::iter::once(line).chain(unused).collect()
}

fn in_words(Anew { name, shape, reason }: &Anew) -> String {
    match reason {
        Reason::Missing => format!("{name} (missing)"),
        Reason::Shape(found) => format!("{name} {shape:?} (there {found:?})"),
        Reason::Head => format!("{name} (other classes)"),
    }
}

/// Writes everything about it into the run folder.
pub fn save(fit: &Fit, out: &Path) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(fit).expect("names are plain data");
    Ok(write_atomically(&out.join("init.json"), text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_and_reasons_are_said() {
        let anew = |name: &str, reason| Anew { name: name.into(), shape: vec![4, 6], reason };
        let fit = Fit {
            used: (0..1310).map(|i| i.to_string()).collect(),
            anew: vec![anew("a", Reason::Missing), anew("b", Reason::Shape(vec![4, 1000])), anew("c", Reason::Head)],
            unused: (0..6).map(|i| format!("u{i}")).collect(),
        };
        assert_eq!(
            report(&fit),
            [
                "1,310 of 1,313 tensors taken; anew: a (missing), b [4, 6] (there [4, 1000]), c (other classes)",
                "no place for: u0, u1, u2, u3 and 2 more",
            ]
        );
        assert_eq!(report(&Fit { used: vec!["a".into()], ..Fit::default() }), ["1 of 1 tensors taken"]);
    }
}
