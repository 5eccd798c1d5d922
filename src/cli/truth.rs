//! What is known of an example, in the form of its task: a class, the labels that it has, or numbers.

use serde_json::{Value, json};

use crate::data::{Dataset, Split, Values};
use crate::losses::TargetKind;
use crate::report::chart::exact;
use crate::train::Answer;

/// What is known of an example.
#[derive(Clone, Debug, PartialEq)]
pub enum Truth<'a> {
    /// Its class.
    Class(&'a str),
    /// Those of several labels that it has.
    Labels(Vec<&'a str>),
    /// Numbers with their names.
    Values(Vec<(&'a str, f32)>),
    /// Nothing.
    Nothing,
}

impl<'a> Truth<'a> {
    /// That of an example of a split.
    pub fn of(data: &'a Dataset, split: &Split, example: usize, kind: TargetKind) -> Self {
        let names = data.classes().iter().map(String::as_str);
        match split.values() {
            Some(values) => {
                let own = names.zip(values.data[example * values.width..][..values.width].iter().copied());
                match kind {
                    TargetKind::Labels => {
                        Truth::Labels(own.filter(|(_, value)| *value > 0.5).map(|(name, _)| name).collect())
                    }
                    _ => Truth::Values(own.collect()),
                }
            }
            None if split.targets() > 0 => Truth::Class(&data.classes()[split.labels()[example] as usize]),
            None => Truth::Nothing,
        }
    }

    /// That of an example of data that no task is known for: numbers that are 0 or 1 in all examples are labels.
    pub fn shown(data: &'a Dataset, split: &Split, example: usize) -> Self {
        let are_labels = split.values().is_some_and(Values::are_labels);
        Self::of(data, split, example, if are_labels { TargetKind::Labels } else { TargetKind::Numbers })
    }

    /// It in words; nothing where nothing is known.
    pub fn in_words(&self) -> String {
        match self {
            Truth::Class(name) => (*name).to_string(),
            Truth::Labels(labels) if labels.is_empty() => "none of the labels".into(),
            Truth::Labels(labels) => labels.join(", "),
            Truth::Values(values) => match values[..] {
                [(_, only)] => exact(only),
                _ => values
                    .iter()
                    .map(|(name, value)| format!("{name} {}", exact(*value)))
                    .collect::<Vec<_>>()
                    .join(", "),
            },
            Truth::Nothing => String::new(),
        }
    }

    /// Whether an answer says the same; none where nothing is answered, and of numbers, which are never quite the same.
    pub fn agrees(&self, answer: &Answer) -> Option<bool> {
        match self {
            Truth::Class(name) => answer.best().map(|best| best.name == *name),
            Truth::Labels(labels) => {
                let names = answer.names().iter().enumerate();
                Some(names.filter(|(label, _)| answer.is_there(*label)).map(|(_, name)| name).eq(labels.iter()))
            }
            Truth::Values(_) | Truth::Nothing => None,
        }
    }

    /// The number of these values that stands first.
    pub fn value(&self) -> Option<f32> {
        if let Truth::Values(values) = self { values.first().map(|(_, value)| *value) } else { None }
    }

    /// Adds it to a JSON object: `label`, and the labels or numbers where there are several or such.
    pub fn add_to(&self, object: &mut Value) {
        object["label"] = if let Truth::Class(name) = self { json!(name) } else { Value::Null };
        match self {
            Truth::Labels(labels) => object["labels"] = json!(labels),
            Truth::Values(values) => object["values"] = values.iter().map(|(_, value)| json!(value)).collect(),
            Truth::Class(_) | Truth::Nothing => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Splits;

    #[test]
    fn each_task_has_its_form() {
        let names = || ["cat", "dog"].map(String::from);
        let of = |values: Vec<f32>, kind| {
            let data = Dataset::from_images_with_values([1, 1, 1], vec![0; values.len() / 2], values, names()).unwrap();
            let truth = Truth::of(&data, data.train().unwrap(), 0, kind);
            (truth.in_words(), truth.value())
        };
        assert_eq!(of(vec![1.0, 1.0], TargetKind::Labels), ("cat, dog".into(), None));
        assert_eq!(of(vec![0.0, 0.0], TargetKind::Labels), ("none of the labels".into(), None));
        assert_eq!(of(vec![1.5, 20.0], TargetKind::Numbers), ("cat 1.5, dog 20".into(), Some(1.5)));
        let answer =
            |probabilities: [f64; 2]| Answer::new(vec![0.0; 2], probabilities.to_vec(), names().to_vec().into());
        let labels = |labels: &[&'static str]| Truth::Labels(labels.to_vec());
        assert_eq!(labels(&["dog"]).agrees(&answer([0.2, 0.9])), Some(true));
        assert_eq!(labels(&["dog"]).agrees(&answer([0.7, 0.9])), Some(false));
        assert_eq!(labels(&[]).agrees(&answer([0.2, 0.3])), Some(true), "none is an answer");
        assert_eq!(Truth::Class("dog").agrees(&answer([0.2, 0.9])), Some(true));
        assert_eq!(Truth::Values(vec![("cat", 1.0)]).agrees(&answer([0.2, 0.9])), None);
        let split = Split::images([1, 1, 1], vec![0], crate::data::Targets::Nothing { examples: 1 }).unwrap();
        let data = Dataset::new("d", Vec::new(), Splits::from(split)).unwrap();
        assert_eq!(Truth::of(&data, data.train().unwrap(), 0, TargetKind::Input), Truth::Nothing);
    }
}
