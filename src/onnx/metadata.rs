//! What a file says about its model beside the graph, as `metadata_props`: texts as they are, everything else as JSON.

use super::proto::Entry;
use crate::data::{Fit, NormalizeConfig, NormalizeFrom};

/// Names of inputs and outputs.
pub mod names {
    /// Images `[n, c, h, w]`, scaled.
    pub const IMAGES: &str = "images";
    /// Images `[n, h, w, c]` of bytes.
    pub const PIXELS: &str = "pixels";
    /// Tokens `[n, length]`.
    pub const TOKENS: &str = "tokens";
    /// Random numbers `[n, count]`.
    pub const NOISE: &str = "noise";
    /// What a classifier gives before softmax or sigmoid, `[n, classes]`.
    pub const LOGITS: &str = "logits";
    /// The probability of each class or label, `[n, classes]`.
    pub const PROBABILITIES: &str = "probabilities";
    /// Numbers, `[n, count]`.
    pub const VALUES: &str = "values";
    /// What an autoencoder makes of its input, `[n, c, h, w]`, scaled as that.
    pub const RECONSTRUCTION: &str = "reconstruction";
    /// A generator's images, `[n, c, h, w]`, scaled.
    pub const GENERATED: &str = "generated";
    /// Images `[n, h, w, c]` of bytes that come out.
    pub const OUTPUT_PIXELS: &str = "output_pixels";
}

/// What a file says about its model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// What the model was trained for, such as `classify`.
    pub task: String,
    /// What goes in, for people.
    pub input: String,
    /// Size of an image, `[h, w, c]`.
    pub size: Option<[usize; 3]>,
    /// Means of pixels from 0 to 1, a channel each.
    pub mean: Option<Vec<f32>>,
    /// Their standard deviations.
    pub std: Option<Vec<f32>>,
    /// How pictures of another shape fill an image: `crop`, `stretch` or `pad`.
    pub fit: Option<Fit>,
    /// Names of the outputs, in their order.
    pub classes: Option<Vec<String>>,
    /// Words by token.
    pub vocabulary: Option<Vec<String>>,
}

impl Metadata {
    /// As a file has them.
    pub fn entries(&self) -> Vec<Entry> {
        let json = |value: Option<serde_json::Value>| value.map(|value| value.to_string());
        let rows = [
            ("task", Some(self.task.clone())),
            ("input", Some(self.input.clone())),
            ("size", json(self.size.map(|size| size.to_vec().into()))),
            ("mean", json(self.mean.clone().map(Into::into))),
            ("std", json(self.std.clone().map(Into::into))),
            ("fit", self.fit.and_then(|fit| Some(serde_json::to_value(fit).ok()?.as_str()?.to_string()))),
            ("classes", json(self.classes.clone().map(Into::into))),
            ("vocabulary", json(self.vocabulary.clone().map(Into::into))),
        ];
        let entry = |(key, value): (&str, Option<String>)| Some(Entry { key: key.into(), value: value? });
        rows.into_iter().filter_map(entry).collect()
    }

    /// Of a file's entries those that are known here; what another program wrote under these names in another form is not.
    pub fn read(entries: &[Entry]) -> Self {
        let find = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
        fn json<T: serde::de::DeserializeOwned>(text: Option<&str>) -> Option<T> {
            serde_json::from_str(text?).ok()
        }
        Metadata {
            task: find("task").unwrap_or_default().into(),
            input: find("input").unwrap_or_default().into(),
            size: json(find("size")),
            mean: json(find("mean")),
            std: json(find("std")),
            fit: find("fit").and_then(|fit| serde_json::from_value(fit.into()).ok()),
            classes: json(find("classes")),
            vocabulary: json(find("vocabulary")),
        }
    }

    /// How pixels are scaled, if the numbers are there and can be used for so many channels.
    pub fn normalize(&self, channels: usize) -> Option<NormalizeConfig> {
        let (mean, std) = (self.mean.clone()?, self.std.clone()?);
        let plain = mean.iter().all(|&mean| mean == 0.0) && std.iter().all(|&std| std == 1.0);
        let config = match plain {
            true => NormalizeConfig::default(),
            false => NormalizeConfig { from: NormalizeFrom::Given, mean, std, sample: None },
        };
        let fits = config.mean.is_empty() || config.mean.len() == channels;
        (fits && config.check().is_ok()).then_some(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let metadata = Metadata {
            task: "classify".into(),
            input: "pixels".into(),
            size: Some([2, 3, 1]),
            mean: Some(vec![0.1]),
            std: Some(vec![0.3]),
            fit: Some(Fit::Pad),
            classes: Some(vec!["a \"b\"".into(), "ü".into()]),
            vocabulary: None,
        };
        let entries = metadata.entries();
        assert_eq!(Metadata::read(&entries), metadata);
        assert!(entries.iter().any(|entry| entry.key == "classes" && entry.value == r#"["a \"b\"","ü"]"#));
        assert_eq!(metadata.normalize(1).unwrap().mean, [0.1]);
        assert_eq!(metadata.normalize(2), None);
    }
}
