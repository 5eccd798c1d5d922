//! The loss of `train`: what was typed, and what the data asks for.

use super::CliError;
use super::args::Typed;
use super::optimizer::{options, with};
use super::tasks;
use crate::config::LossConfig;
use crate::data::{Dataset, Split};
use crate::losses::{Balancing, LossTarget, Mse, balanced};
use crate::model::ModelSpec;
use crate::tasks::{default_loss, loss_of_model, of_model as of_layers};
use crate::train::TrainError;

/// The loss of a model before its data are read: that of two networks, or the default, which data and flags replace.
///
/// # Errors
/// [`CliError::Usage`] if flags do not go with two networks.
pub fn of_model(typed: &Typed, model: &ModelSpec) -> Result<LossConfig, CliError> {
    tasks::of(of_layers(model)).loss(typed)
}

/// The loss for a model and the first `limit` training images of a data set.
///
/// # Errors
/// If flags contradict each other, or if the data allows several losses and none was named.
pub fn resolve(typed: &Typed, model: &ModelSpec, data: &Dataset, limit: Option<usize>) -> Result<LossConfig, CliError> {
    let train = data.train();
    let has_values = train.is_some_and(|split| split.values().is_some());
    let mut loss = match typed.text("loss.name") {
        Some(name) => LossConfig::named(name)?,
        None if typed.text("loss.target") == Some("input") && !has_values => Mse { target: LossTarget::Input }.into(),
        None => default_loss(model, data).map_err(TrainError::from)?,
    };
    // a model that gives an image can be trained in no other way
    if let Some(target) = loss_of_model(model).options().remove("target")
        && loss.entry().option("target").is_some()
    {
        loss = loss.with("target", target)?;
    }
    if has_values && loss.entry().option("distribution").is_some() {
        loss = loss.with("distribution", true)?;
    }
    for setting in options("loss") {
        let Some(text) = typed.text(setting.field.key) else { continue };
        let value = match setting.field.flag {
            Some("class-weights") => weights(text, &loss, train, limit, data.classes().len())?,
            _ => typed.value(setting)?.expect("it was typed"),
        };
        loss = with(&loss, setting, value, typed)?;
    }
    Ok(loss)
}

/// A way to balance, or numbers.
fn weights(
    text: &str,
    loss: &LossConfig,
    train: Option<&Split>,
    limit: Option<usize>,
    classes: usize,
) -> Result<toml::Value, CliError> {
    let weights = match (train, Balancing::named(text)) {
        (Some(split), Some(balancing)) => {
            let count = limit.map_or(split.len(), |limit| limit.min(split.len()));
            balanced(split, count, classes, loss.weighs(), balancing)?
        }
        _ => numbers(text)?,
    };
    Ok(weights.into_iter().map(f64::from).collect::<Vec<_>>().into())
}

fn numbers(text: &str) -> Result<Vec<f32>, CliError> {
    let parse = |part: &str| part.trim().parse::<f32>().ok().filter(|w| w.is_finite() && *w >= 0.0);
    let weights: Option<Vec<f32>> = text.split(',').map(parse).collect();
    match weights {
        Some(weights) if weights.iter().any(|&w| w > 0.0) => Ok(weights),
        _ => Err(CliError::Usage(format!(
            "invalid --class-weights {text}: expected `balanced`, `sqrt`, or a number of 0 or more for each class\n  try: --class-weights balanced, or --class-weights 1,0.5,2"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::hint::message;
    use super::*;
    use crate::losses::Mae;

    fn data(labels: Vec<u32>) -> Dataset {
        Dataset::from_images([1, 1, 1], vec![0; labels.len()], labels, ["a", "b", "c"]).unwrap()
    }

    fn linear() -> ModelSpec {
        ModelSpec::open("linear").unwrap()
    }

    fn with_values(width: usize, numbers: &[f32]) -> Dataset {
        let (pixels, names) = (vec![0; numbers.len() / width], &["a", "b"][..width]);
        Dataset::from_images_with_values([1, 1, 1], pixels, numbers.to_vec(), names.to_vec()).unwrap()
    }

    fn typed(settings: &[(&'static str, &str)]) -> Typed {
        let mut typed = Typed::default();
        settings.iter().for_each(|(key, value)| typed.set(key, (*value).into()));
        typed
    }

    #[test]
    fn balanced_weights_are_those_of_scikit_learn() {
        let balanced = ("loss.class_weights", "balanced");
        let six = data(vec![0, 0, 1, 0, 1, 0]);
        let loss = resolve(&typed(&[balanced]), &linear(), &six, None).unwrap();
        assert_eq!(loss.weights(), [0.5, 1.0, 1.0]);
        let loss = resolve(&typed(&[balanced]), &linear(), &six, Some(3)).unwrap();
        assert_eq!(loss.weights(), [0.5, 1.0, 1.0]);
        let labels = with_values(2, &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let loss = resolve(&typed(&[balanced, ("loss.name", "bce")]), &linear(), &labels, None).unwrap();
        assert_eq!(loss.weights(), [3.0, 1.0]);
        let root = ("loss.class_weights", "sqrt");
        let loss = resolve(&typed(&[root]), &linear(), &six, None).unwrap();
        assert_eq!(loss.weights(), [0.5f32.sqrt(), 1.0, 1.0]);
        let given = typed(&[("loss.class_weights", "0.1,1,2")]);
        assert_eq!(resolve(&given, &linear(), &six, None).unwrap().weights(), [0.1, 1.0, 2.0]);
    }

    #[test]
    fn the_data_says_which_loss_unless_it_can_be_several() {
        let default = |data: &Dataset| resolve(&Typed::default(), &linear(), data, None);
        assert_eq!(default(&data(vec![0, 1])).unwrap(), LossConfig::default());
        assert_eq!(default(&with_values(2, &[1.0, 1.0, 0.0, 0.0])).unwrap().name(), "bce");
        assert_eq!(default(&with_values(1, &[0.3, 7.0])).unwrap().name(), "mse");
        let error = message(&default(&with_values(2, &[0.25, 0.75, 0.0, 1.0])).unwrap_err());
        assert!(error.contains("sum to 1") && error.contains("--loss bce"), "{error}");
    }

    #[test]
    fn a_model_that_gives_an_image_is_compared_with_its_input() {
        let (model, classes) = (ModelSpec::open("autoencoder").unwrap(), data(vec![0, 1]));
        let input: LossConfig = Mse { target: LossTarget::Input }.into();
        let resolve = |settings: &[_], data: &Dataset| resolve(&typed(settings), &model, data, None).unwrap();
        assert_eq!(resolve(&[], &classes), input);
        assert_eq!(resolve(&[], &with_values(1, &[0.3, 7.0])), input);
        assert_eq!(resolve(&[("loss.name", "mae")], &classes), Mae { target: LossTarget::Input }.into());
        assert_eq!(resolve(&[("loss.target", "values")], &classes), Mse::default().into());
    }

    #[test]
    fn flags_that_do_nothing_are_refused() {
        let cases = [
            (("loss.delta", "2"), "try: --loss huber, or --loss smooth-l1"),
            (("loss.label_smoothing", "1.5"), "invalid --label-smoothing 1.5: expected from 0 to 1"),
            (("loss.class_weights", "1,x"), "--class-weights balanced"),
            (("loss.class_weights", "0,0,0"), "expected `balanced`"),
        ];
        for (setting, part) in cases {
            let error = message(&resolve(&typed(&[setting]), &linear(), &data(vec![0, 1, 2]), None).unwrap_err());
            assert!(error.contains(part), "{error}\nshould say: {part}");
        }
    }
}
