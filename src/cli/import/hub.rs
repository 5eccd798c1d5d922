//! `config.json` beside a file of weights: what a model hub says of it, as timm writes it.

use std::path::Path;

use serde::Deserialize;

use super::super::pictures::SIDES;
use crate::config::{NormalizeConfig, NormalizeFrom};
use crate::platform::files;

/// What is taken from a `config.json`; whatever else it has is left alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HubConfig {
    /// The network, as timm calls it.
    pub architecture: Option<String>,
    pretrained_cfg: Pretrained,
    label_names: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pretrained {
    mean: Vec<f32>,
    std: Vec<f32>,
    /// Channels, height, width.
    input_size: Option<[usize; 3]>,
    label_names: Vec<String>,
}

impl HubConfig {
    /// That beside a file, if there is one.
    pub fn beside(file: &Path) -> Option<Self> {
        let text = files::read_text(&file.with_file_name("config.json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// How pixels are scaled.
    pub fn normalize(&self) -> Option<NormalizeConfig> {
        let Pretrained { mean, std, .. } = &self.pretrained_cfg;
        let config = NormalizeConfig { from: NormalizeFrom::Given, mean: mean.clone(), std: std.clone(), sample: None };
        config.check().is_ok().then_some(config)
    }

    /// Height and width of the images.
    pub fn size(&self) -> Option<[usize; 2]> {
        let size = self.pretrained_cfg.input_size.map(|[_, h, w]| [h, w]);
        size.filter(|size| size.iter().all(|side| SIDES.contains(side)))
    }

    /// The names of the classes, if it has them.
    pub fn classes(&self) -> &[String] {
        if self.label_names.is_empty() { &self.pretrained_cfg.label_names } else { &self.label_names }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_hub_says_is_read_and_the_rest_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model.safetensors");
        assert!(HubConfig::beside(&file).is_none());
        let text = r#"{"architecture": "resnet18", "num_classes": 2, "label_names": ["cat", "dog"], "pretrained_cfg": {"tag": "x",
            "input_size": [3, 160, 128], "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.2, 0.1], "crop_pct": 0.95}}"#;
        std::fs::write(folder.path().join("config.json"), text).unwrap();
        let hub = HubConfig::beside(&file).unwrap();
        assert_eq!((hub.architecture.as_deref(), hub.size()), (Some("resnet18"), Some([160, 128])));
        assert_eq!(hub.classes(), ["cat", "dog"]);
        assert_eq!(hub.normalize().unwrap().mean, [0.5, 0.4, 0.3]);
        std::fs::write(folder.path().join("config.json"), text.replace("160", "1099511627776")).unwrap();
        assert_eq!(HubConfig::beside(&file).unwrap().size(), None, "no image is that large");
        std::fs::write(folder.path().join("config.json"), "{}").unwrap();
        let hub = HubConfig::beside(&file).unwrap();
        assert!(hub.normalize().is_none() && hub.size().is_none() && hub.classes().is_empty());
    }
}
