//! What others have published for the same work: `benches/published.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::TrainingResult;

/// A published rate of training.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Name of the built-in model that is the same network on images of the same size.
    pub model: String,
    /// The device, and what PyTorch ran it by.
    pub device: String,
    /// The program.
    #[serde(default = "pytorch")]
    pub program: String,
    /// `f32`, or `f16` for mixed precision.
    pub precision: String,
    /// Images in a batch, where it is stated.
    pub batch: Option<usize>,
    /// Images a second.
    pub images_per_second: f64,
    /// Who published it, where and when.
    pub source: String,
    /// What is not as in the benchmark.
    #[serde(default)]
    pub differs: String,
}

fn pytorch() -> String {
    "PyTorch".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    figure: Vec<Published>,
}

/// All that is known.
pub static PUBLISHED: LazyLock<Vec<Published>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../benches/published.toml")).expect("the file is tested");
    file.figure
});

impl Published {
    /// Those on the same work as a result: its model and precision, and its batch where one is stated.
    pub fn beside(result: &TrainingResult) -> impl Iterator<Item = &'static Published> + use<'_> {
        PUBLISHED.iter().filter(|figure| {
            let batch = figure.batch.is_none_or(|batch| batch == result.batch);
            batch && figure.model == result.model && figure.precision == result.precision
        })
    }
}
