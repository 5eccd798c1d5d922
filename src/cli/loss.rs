//! The loss of `train`: what was typed, and what the data asks for.

use super::CliError;
use super::args::LossArgs;
use super::optimizer::decimal;
use super::tasks::generate;
use crate::config::{LossConfig, TargetKind};
use crate::data::{Dataset, Split};
use crate::losses::{LossTarget, Mse, balanced};
use crate::model::ModelSpec;
use crate::tasks::{default_loss, of_model as of_layers};
use crate::train::TrainError;

/// The flags, and whether they were typed.
pub fn typed(args: &LossArgs) -> [(&'static str, bool); 7] {
    [
        ("--loss", args.loss.is_some()),
        ("--label-smoothing", args.label_smoothing.is_some()),
        ("--class-weights", args.class_weights.is_some()),
        ("--focal-gamma", args.focal_gamma.is_some()),
        ("--focal-alpha", args.focal_alpha.is_some()),
        ("--huber-delta", args.huber_delta.is_some()),
        ("--target", args.target.is_some()),
    ]
}

/// The loss of a model before its data are read: that of two networks, or the default, which data and flags replace.
///
/// # Errors
/// [`CliError::Usage`] if flags do not go with two networks.
pub fn of_model(args: &LossArgs, model: &ModelSpec) -> Result<LossConfig, CliError> {
    if of_layers(model).evaluates() { Ok(LossConfig::default()) } else { generate::loss(args) }
}

/// The loss for a model and the first `limit` training images of a data set.
///
/// # Errors
/// If flags contradict each other, or if the data allows several losses and none was named.
pub fn resolve(
    args: &LossArgs,
    model: &ModelSpec,
    data: &Dataset,
    limit: Option<usize>,
) -> Result<LossConfig, CliError> {
    let train = data.train();
    let has_values = train.is_some_and(|split| split.values().is_some());
    let gives_image = of_layers(model).targets().contains(&TargetKind::Input);
    let mut loss = match &args.loss {
        Some(name) => LossConfig::named(name)?,
        None if args.target.as_deref() == Some("input") && !has_values => Mse { target: LossTarget::Input }.into(),
        None => default_loss(model, data).map_err(TrainError::from)?,
    };
    let member = loss.entry();
    // such a model can be trained in no other way
    if gives_image && member.option("target").is_some() {
        loss = loss.with("target", "input")?;
    }
    if has_values && member.option("distribution").is_some() {
        loss = loss.with("distribution", true)?;
    }
    let given = [
        ("label-smoothing", args.label_smoothing.map(decimal)),
        ("focal-gamma", args.focal_gamma.map(decimal)),
        ("focal-alpha", args.focal_alpha.map(decimal)),
        ("huber-delta", args.huber_delta.map(decimal)),
        ("target", args.target.as_deref().map(Into::into)),
        ("class-weights", args.class_weights.as_deref().map(Into::into)),
    ];
    for (flag, value) in given {
        let Some(value) = value else { continue };
        let key = loss.option_of_flag(flag)?.key;
        let value = match (flag, value) {
            ("class-weights", toml::Value::String(text)) => weights(&text, &loss, train, limit, data.classes().len())?,
            (_, value) => value,
        };
        loss = loss.with(key, value)?;
    }
    Ok(loss)
}

/// `balanced`, or numbers.
fn weights(
    text: &str,
    loss: &LossConfig,
    train: Option<&Split>,
    limit: Option<usize>,
    classes: usize,
) -> Result<toml::Value, CliError> {
    let weights = match train {
        Some(split) if text == "balanced" => {
            let count = limit.map_or(split.len(), |limit| limit.min(split.len()));
            balanced(split, count, classes, loss.target_kind())?
        }
        _ => numbers(text)?,
    };
    Ok(weights.into_iter().map(decimal).collect::<Vec<_>>().into())
}

fn numbers(text: &str) -> Result<Vec<f32>, CliError> {
    let parse = |part: &str| part.trim().parse::<f32>().ok().filter(|w| w.is_finite() && *w >= 0.0);
    let weights: Option<Vec<f32>> = text.split(',').map(parse).collect();
    match weights {
        Some(weights) if weights.iter().any(|&w| w > 0.0) => Ok(weights),
        _ => Err(CliError::Usage(format!(
            "--class-weights {text} is neither `balanced` nor a number of 0 or more for each class\n  try: --class-weights balanced, or --class-weights 1,0.5,2"
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

    #[test]
    fn balanced_weights_are_those_of_scikit_learn() {
        let args = LossArgs { class_weights: Some("balanced".into()), ..LossArgs::default() };
        let loss = resolve(&args, &linear(), &data(vec![0, 0, 1, 0, 1, 0]), None).unwrap();
        assert_eq!(loss.weights(), [0.5, 1.0, 1.0]);
        let loss = resolve(&args, &linear(), &data(vec![0, 0, 1, 0, 1, 0]), Some(3)).unwrap();
        assert_eq!(loss.weights(), [0.5, 1.0, 1.0]);
        let args = LossArgs { loss: Some("bce".into()), ..args };
        let loss = resolve(&args, &linear(), &with_values(2, &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]), None).unwrap();
        assert_eq!(loss.weights(), [3.0, 1.0]);
    }

    #[test]
    fn the_data_says_which_loss_unless_it_can_be_several() {
        let usual = |data: &Dataset| resolve(&LossArgs::default(), &linear(), data, None);
        assert_eq!(usual(&data(vec![0, 1])).unwrap(), LossConfig::default());
        assert_eq!(usual(&with_values(2, &[1.0, 1.0, 0.0, 0.0])).unwrap().name(), "bce");
        assert_eq!(usual(&with_values(1, &[0.3, 7.0])).unwrap().name(), "mse");
        let error = message(&usual(&with_values(2, &[0.25, 0.75, 0.0, 1.0])).unwrap_err());
        assert!(error.contains("sum to 1") && error.contains("--loss bce"), "{error}");
    }

    #[test]
    fn a_model_that_gives_an_image_is_held_against_its_input() {
        let (model, classes) = (ModelSpec::open("autoencoder").unwrap(), data(vec![0, 1]));
        let input: LossConfig = Mse { target: LossTarget::Input }.into();
        let resolve = |args: &LossArgs, data: &Dataset| resolve(args, &model, data, None).unwrap();
        assert_eq!(resolve(&LossArgs::default(), &classes), input);
        assert_eq!(resolve(&LossArgs::default(), &with_values(1, &[0.3, 7.0])), input);
        let mae = LossArgs { loss: Some("mae".into()), ..LossArgs::default() };
        assert_eq!(resolve(&mae, &classes), Mae { target: LossTarget::Input }.into());
        let values = LossArgs { target: Some("values".into()), ..LossArgs::default() };
        assert_eq!(resolve(&values, &classes), Mse::default().into());
    }

    #[test]
    fn flags_that_do_nothing_are_refused() {
        let cases = [
            (LossArgs { huber_delta: Some(2.0), ..LossArgs::default() }, "try: --loss huber, or --loss smooth-l1"),
            (LossArgs { label_smoothing: Some(1.5), ..LossArgs::default() }, "must be from 0 to 1"),
            (LossArgs { class_weights: Some("1,x".into()), ..LossArgs::default() }, "--class-weights balanced"),
            (LossArgs { class_weights: Some("0,0,0".into()), ..LossArgs::default() }, "neither `balanced`"),
        ];
        for (args, part) in cases {
            let error = message(&resolve(&args, &linear(), &data(vec![0, 1, 2]), None).unwrap_err());
            assert!(error.contains(part), "{error}\nshould say: {part}");
        }
    }
}
