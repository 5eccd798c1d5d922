//! What `train` says before its first step: what chooses the best epoch, what is wrong with the classes, and how the learning rate
//! goes on.

use crate::checkpoint::Checkpoint;
use crate::config::RunConfig;
use crate::data::{Balance, Dataset, FEW};
use crate::plan::thousands;
use crate::report::names_of;
use crate::tasks::{Judging, Why};
use crate::train::Trainer;

/// Lines about a run that is about to begin.
pub fn lines(trainer: &Trainer) -> Vec<String> {
    let plural = trainer.model().input_kind().plural();
    let names = trainer.outputs();
    let balance = trainer.balance();
    let judged = trainer.judging().map(|judging| format!("best by  {}", judged(judging, &balance, names, plural)));
    let scaled = trainer.config().normalize.sample.map(scaled);
    scaled.into_iter().chain(judged).chain(classes(&balance, names, trainer.config())).collect()
}

/// That the scaling of pixels was not measured on all images.
fn scaled(sample: usize) -> String {
    format!("scaling  mean and deviation of {} training images, spread evenly over all", thousands(sample as u64))
}

/// Classes in their order, which `--class-weights` and reports follow: the first and the last of many.
pub fn order(dataset: &Dataset) -> Option<String> {
    let is_classes = dataset.splits().iter().all(|(_, split)| split.values().is_none() && split.targets() > 0);
    is_classes.then(|| ordered(dataset.classes()))
}

/// Names of classes in their order, as many as a line has room for.
fn ordered(names: &[String]) -> String {
    const ROOM: usize = 71;
    let all = names.join(", ");
    if all.chars().count() <= ROOM {
        return all;
    }
    let end = format!(" … {}", names.last().map_or("", String::as_str));
    let mut line = String::new();
    for name in names {
        let longer = if line.is_empty() { name.clone() } else { format!("{line}, {name}") };
        if longer.chars().count() + end.chars().count() > ROOM && !line.is_empty() {
            break;
        }
        line = longer;
    }
    line + &end
}

/// What chooses the best epoch, and why.
fn judged(judging: Judging, balance: &Balance, names: &[String], plural: &str) -> String {
    let by = judging.by.name();
    match (judging.why, balance.extremes()) {
        (Why::Unequal(ratio), Some([most, fewest])) => {
            let images = |class: usize| format!("{} {}", names[class], thousands(balance.learned[class] as u64));
            let places = usize::from(ratio < 9.95);
            format!("{by}: classes are imbalanced {ratio:.places$}:1 ({}, {})", images(most), images(fewest))
        }
        (Why::Unequal(_) | Why::Usual, _) => by.into(),
        (Why::Weighted, _) => format!("{by}: the loss is weighted"),
        (Why::Asked, _) => format!("{by} (--best-by)"),
        (Why::NotValidated, _) => format!("training {by}: no {plural} are held out (--val-split 0.1 holds some out)"),
        (Why::Few(count), _) => format!("{by}: accuracy on {count} {plural} is mostly chance"),
    }
}

/// What is wrong with the classes.
fn classes(balance: &Balance, names: &[String], config: &RunConfig) -> Vec<String> {
    let few = |classes: &[usize]| {
        names_of(classes.iter().map(|&class| format!("{} ({})", names[class], balance.learned[class])))
    };
    let named = |classes: &[usize]| names_of(classes.iter().map(|&class| names[class].clone()));
    let (missing, small, unvalidated) = (balance.missing(), balance.small(), balance.unvalidated());
    let count = |classes: &[usize]| match classes.len() {
        1 => "1 class".to_string(),
        count => format!("{count} classes"),
    };
    let mut lines = Vec::new();
    if !missing.is_empty() && missing.len() < names.len() {
        let why = config.limit.map_or("no training images of".into(), |limit| format!("--limit {limit} leaves out"));
        lines.push(format!("WARNING  {why} {} of {}: {}", missing.len(), names.len(), named(&missing)));
    }
    if !small.is_empty() {
        lines.push(format!("WARNING  fewer than {FEW} training images of {}: {}", count(&small), few(&small)));
    }
    if !unvalidated.is_empty() {
        lines.push(format!("WARNING  no validation image of {}: {}", count(&unvalidated), named(&unvalidated)));
    }
    lines
}

/// How the learning rate of a run goes on that has another number of epochs than before.
pub fn rate(trainer: &Trainer, from: &Checkpoint) -> Option<String> {
    let (before, now) = (&from.meta.config, trainer.config());
    if before.epochs == now.epochs || trainer.state().step == 0 {
        return None;
    }
    let [last, next] = trainer.rates(before);
    let name = now.schedule.name();
    if last == next {
        return Some(format!("rate     stays at {} ({name})", digits(next)));
    }
    Some(format!(
        "rate     {} until now, {} from here: {name} spans {} epochs instead of {}",
        digits(last),
        digits(next),
        now.epochs,
        before.epochs
    ))
}

/// A number with three digits that count.
fn digits(rate: f32) -> String {
    if rate == 0.0 {
        return "0".into();
    }
    let places = (2 - f64::from(rate).abs().log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{rate:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Criterion;

    fn names(count: usize) -> Vec<String> {
        ["ok", "crack", "hole", "dent"][..count].iter().map(|name| name.to_string()).collect()
    }

    fn balance(learned: &[usize], validated: &[usize]) -> Balance {
        Balance { learned: learned.to_vec(), validated: validated.to_vec() }
    }

    #[test]
    fn imbalance_and_small_classes_are_told() {
        let unequal = balance(&[950, 50], &[190, 10]);
        let told = judged(Judging { by: Criterion::MacroF1, why: Why::Unequal(19.0) }, &unequal, &names(2), "images");
        assert_eq!(told, "macro F1: classes are imbalanced 19:1 (ok 950, crack 50)");
        assert!(classes(&unequal, &names(2), &RunConfig::default()).is_empty());
        let told = classes(&balance(&[90, 3, 9, 0], &[9, 0, 1, 0]), &names(4), &RunConfig::default());
        assert_eq!(
            told,
            [
                "WARNING  no training images of 1 of 4: dent",
                "WARNING  fewer than 10 training images of 2 classes: crack (3), hole (9)",
                "WARNING  no validation image of 1 class: crack",
            ]
        );
        let limited = RunConfig { limit: Some(100), ..RunConfig::default() };
        let told = classes(&balance(&[100, 0], &[]), &names(2), &limited);
        assert_eq!(told, ["WARNING  --limit 100 leaves out 1 of 2: crack"]);
        assert!(classes(&Balance::default(), &[], &limited).is_empty(), "no classes, no warning");
    }

    #[test]
    fn classes_are_told_in_their_order() {
        assert_eq!(ordered(&names(3)), "ok, crack, hole");
        let many: Vec<String> = (0..1000).map(|i| format!("class {i}")).collect();
        let line = ordered(&many);
        assert!(line.starts_with("class 0, class 1, ") && line.ends_with(" … class 999"), "{line}");
        assert!(line.chars().count() <= 71, "{line}");
    }

    #[test]
    fn rates_have_three_digits_that_count() {
        for (rate, text) in
            [(0.01, "0.01"), (1.234e-5, "0.0000123"), (0.1, "0.1"), (3.0, "3"), (0.0, "0"), (1000.0, "1000")]
        {
            assert_eq!(digits(rate), text);
        }
    }
}
