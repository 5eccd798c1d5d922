//! The loss of `train`: what was typed, and what the data asks for.

use clap::ValueEnum;

use super::CliError;
use super::args::{LossArgs, LossName, TargetName};
use super::tasks::generate;
use crate::config::{LossConfig, LossTarget, TargetKind};
use crate::data::{Dataset, Split};
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

fn usage<T>(message: String) -> Result<T, CliError> {
    Err(CliError::Usage(message))
}

/// The loss for a model and the first `limit` training images of a data set.
///
/// # Errors
/// [`CliError::Usage`] if flags contradict each other, or if the data allows several losses and none was named.
pub fn resolve(
    args: &LossArgs,
    model: &ModelSpec,
    data: &Dataset,
    limit: Option<usize>,
) -> Result<LossConfig, CliError> {
    let train = data.train.as_ref();
    let values = train.and_then(|split| split.values.as_ref());
    // such a model can be trained in no other way
    let gives_image = of_layers(model).targets().contains(&TargetKind::Input);
    let name = match args.loss {
        Some(name) => name,
        None if gives_image || (values.is_none() && args.target == Some(TargetName::Input)) => LossName::Mse,
        None => {
            let loss = default_loss(model, data).map_err(TrainError::from)?;
            LossName::from_str(loss.name(), false).expect("every loss that data ask for has a flag")
        }
    };
    check_flags(args, name)?;
    let gamma = in_range("--focal-gamma", args.focal_gamma.unwrap_or(2.0), 0.0..=100.0)?;
    let delta = in_range("--huber-delta", args.huber_delta.unwrap_or(1.0), 1e-6..=1e6)?;
    let alpha = in_range("--focal-alpha", args.focal_alpha.unwrap_or(0.25), -1.0..=1.0)?;
    let label_smoothing = in_range("--label-smoothing", args.label_smoothing.unwrap_or(0.0), 0.0..=1.0)?;
    let count = |split: &Split| limit.map_or(split.count, |limit| limit.min(split.count));
    let target = match args.target {
        Some(TargetName::Input) => LossTarget::Input,
        None if gives_image => LossTarget::Input,
        _ => LossTarget::Values,
    };
    let weights = |positives: bool| match (&args.class_weights, train) {
        (None, _) => Ok(Vec::new()),
        (Some(text), Some(split)) if text == "balanced" && positives => balanced_positives(split, count(split)),
        (Some(text), Some(split)) if text == "balanced" => balanced(split, count(split), data.classes.len()),
        (Some(text), _) => numbers(text),
    };
    Ok(match name {
        LossName::CrossEntropy => {
            let distribution = values.is_some();
            LossConfig::CrossEntropy { label_smoothing, class_weights: weights(false)?, distribution }
        }
        LossName::Focal => LossConfig::Focal { gamma, class_weights: weights(false)? },
        LossName::Bce => LossConfig::Bce { pos_weight: weights(true)? },
        LossName::SigmoidFocal => LossConfig::SigmoidFocal { gamma, alpha },
        LossName::Mse => LossConfig::Mse { target },
        LossName::Mae => LossConfig::Mae { target },
        LossName::Huber => LossConfig::Huber { delta, target },
        LossName::SmoothL1 => LossConfig::SmoothL1 { beta: delta, target },
    })
}

/// Refuses flags that the loss would not look at.
fn check_flags(args: &LossArgs, name: LossName) -> Result<(), CliError> {
    use LossName::{Bce, CrossEntropy, Focal, Huber, Mae, Mse, SigmoidFocal, SmoothL1};
    let users: [&[LossName]; 7] = [
        &[],
        &[CrossEntropy],
        &[CrossEntropy, Focal, Bce],
        &[Focal, SigmoidFocal],
        &[SigmoidFocal],
        &[Huber, SmoothL1],
        &[Mse, Mae, Huber, SmoothL1],
    ];
    let mut flags = typed(args).into_iter().zip(users).skip(1);
    match flags.find(|((_, typed), users)| *typed && !users.contains(&name)) {
        Some(((flag, _), users)) => {
            let spelled = |name: &LossName| {
                clap::ValueEnum::to_possible_value(name).map_or(String::new(), |value| value.get_name().to_string())
            };
            let names: Vec<String> = users.iter().map(spelled).collect();
            usage(format!(
                "{flag} does not belong to the loss {}\n  try: --loss {}, or without {flag}",
                spelled(&name),
                names.join(" or --loss ")
            ))
        }
        None => Ok(()),
    }
}

fn in_range(flag: &str, value: f32, range: std::ops::RangeInclusive<f32>) -> Result<f32, CliError> {
    match range.contains(&value) {
        true => Ok(value),
        false => usage(format!("{flag} {value} must be from {} to {}", range.start(), range.end())),
    }
}

fn numbers(text: &str) -> Result<Vec<f32>, CliError> {
    let parse = |part: &str| part.trim().parse::<f32>().ok().filter(|w| w.is_finite() && *w >= 0.0);
    let weights: Option<Vec<f32>> = text.split(',').map(parse).collect();
    match weights {
        Some(weights) if weights.iter().any(|&w| w > 0.0) => Ok(weights),
        _ => usage(format!(
            "--class-weights {text} is neither `balanced` nor a number of 0 or more for each class\n  try: --class-weights balanced, or --class-weights 1,0.5,2"
        )),
    }
}

/// `images / (classes * images of the class)`, as scikit-learn's `balanced`; 1 for a class without images.
fn balanced(split: &Split, count: usize, classes: usize) -> Result<Vec<f32>, CliError> {
    if split.values.is_some() {
        return usage("--class-weights balanced counts classes, and these images have values\n  try: numbers".into());
    }
    let mut images = vec![0usize; classes];
    split.labels[..count].iter().for_each(|&label| images[label as usize] += 1);
    let weight = |&own: &usize| if own == 0 { 1.0 } else { count as f64 / (classes * own) as f64 };
    Ok(images.iter().map(|own| weight(own) as f32).collect())
}

/// `negatives / positives` of each label, as PyTorch's documentation of `pos_weight` advises; 1 for a label without both.
fn balanced_positives(split: &Split, count: usize) -> Result<Vec<f32>, CliError> {
    let Some(values) = &split.values else {
        return usage("--class-weights balanced counts labels for this loss, and these images have a class\n  try: --loss cross-entropy".into());
    };
    let positives = |label: usize| {
        let own = values.data.iter().skip(label).step_by(values.width).take(count);
        own.filter(|&&value| value > 0.5).count()
    };
    let weight = |own: usize| if own == 0 || own == count { 1.0 } else { (count - own) as f32 / own as f32 };
    Ok((0..values.width).map(|label| weight(positives(label))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Values;

    fn data(labels: Vec<u32>, values: Option<Values>) -> Dataset {
        let count = labels.len();
        let split = Split {
            images: vec![0; count],
            labels,
            values,
            count,
            height: 1,
            width: 1,
            channels: 1,
            ..Split::default()
        };
        let classes = ["a", "b", "c"].map(String::from).into();
        Dataset { name: "d".into(), classes, train: Some(split), ..Dataset::default() }
    }

    fn linear() -> ModelSpec {
        ModelSpec::open("linear").unwrap()
    }

    fn with_values(width: usize, numbers: &[f32]) -> Dataset {
        data(vec![0; numbers.len() / width], Some(Values { width, data: numbers.to_vec() }))
    }

    #[test]
    fn balanced_weights_are_those_of_scikit_learn() {
        let args = LossArgs { class_weights: Some("balanced".into()), ..LossArgs::default() };
        let loss = resolve(&args, &linear(), &data(vec![0, 0, 1, 0, 1, 0], None), None).unwrap();
        assert_eq!(loss.weights(), [0.5, 1.0, 1.0]);
        let loss = resolve(&args, &linear(), &data(vec![0, 0, 1, 0, 1, 0], None), Some(3)).unwrap();
        assert_eq!(loss.weights(), [0.5, 1.0, 1.0]);
        let args = LossArgs { loss: Some(LossName::Bce), ..args };
        let loss = resolve(&args, &linear(), &with_values(2, &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]), None).unwrap();
        assert_eq!(loss.weights(), [3.0, 1.0]);
    }

    #[test]
    fn the_data_says_which_loss_unless_it_can_be_several() {
        let usual = |data: &Dataset| resolve(&LossArgs::default(), &linear(), data, None);
        assert_eq!(usual(&data(vec![0, 1], None)).unwrap(), LossConfig::default());
        assert_eq!(usual(&with_values(2, &[1.0, 1.0, 0.0, 0.0])).unwrap().name(), "bce");
        assert_eq!(usual(&with_values(1, &[0.3, 7.0])).unwrap().name(), "mse");
        let error = crate::cli::hint::message(&usual(&with_values(2, &[0.25, 0.75, 0.0, 1.0])).unwrap_err());
        assert!(error.contains("sum to 1") && error.contains("--loss bce"), "{error}");
    }

    #[test]
    fn a_model_that_gives_an_image_is_held_against_its_input() {
        let (model, classes) = (ModelSpec::open("autoencoder").unwrap(), data(vec![0, 1], None));
        let input = LossConfig::Mse { target: LossTarget::Input };
        let resolve = |args: &LossArgs, data: &Dataset| resolve(args, &model, data, None).unwrap();
        assert_eq!(resolve(&LossArgs::default(), &classes), input);
        assert_eq!(resolve(&LossArgs::default(), &with_values(1, &[0.3, 7.0])), input);
        let mae = LossArgs { loss: Some(LossName::Mae), ..LossArgs::default() };
        assert_eq!(resolve(&mae, &classes), LossConfig::Mae { target: LossTarget::Input });
        let values = LossArgs { target: Some(TargetName::Values), ..LossArgs::default() };
        assert_eq!(resolve(&values, &classes), LossConfig::Mse { target: LossTarget::Values });
    }

    #[test]
    fn flags_that_do_nothing_are_refused() {
        let cases = [
            (LossArgs { huber_delta: Some(2.0), ..LossArgs::default() }, "try: --loss huber or --loss smooth-l1"),
            (LossArgs { label_smoothing: Some(1.5), ..LossArgs::default() }, "from 0 to 1"),
            (LossArgs { class_weights: Some("1,x".into()), ..LossArgs::default() }, "--class-weights balanced"),
            (LossArgs { class_weights: Some("0,0,0".into()), ..LossArgs::default() }, "neither `balanced`"),
        ];
        for (args, part) in cases {
            let error = resolve(&args, &linear(), &data(vec![0, 1, 2], None), None).unwrap_err().to_string();
            assert!(error.contains(part), "{error}\nshould say: {part}");
        }
    }
}
