//! Recipes: complete configurations with a name, what they reproduce and where that was published. A new one is a file in
//! `recipes/` and a line here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ConfigError, NormalizeConfig, NormalizeFrom, RunConfig, TargetsConfig, UpdateConfig};
use crate::data::known;
use crate::hint::{Hint, Hints};
use crate::model::preset;

/// `(name, file)` of every recipe in the binary.
pub const RECIPES: &[(&str, &str)] = &[
    ("mnist-seed", include_str!("../../recipes/mnist-seed.toml")),
    ("mnist-lenet5", include_str!("../../recipes/mnist-lenet5.toml")),
    ("mnist-dcgan", include_str!("../../recipes/mnist-dcgan.toml")),
    ("cifar10-seed", include_str!("../../recipes/cifar10-seed.toml")),
    ("cifar10-resnet20", include_str!("../../recipes/cifar10-resnet20.toml")),
    ("cifar10-resnet32", include_str!("../../recipes/cifar10-resnet32.toml")),
    ("cifar10-resnet44", include_str!("../../recipes/cifar10-resnet44.toml")),
    ("cifar10-resnet56", include_str!("../../recipes/cifar10-resnet56.toml")),
    ("cifar10-resnet110", include_str!("../../recipes/cifar10-resnet110.toml")),
    ("cifar10-resnet18", include_str!("../../recipes/cifar10-resnet18.toml")),
    ("cifar10-wide-resnet-28-10", include_str!("../../recipes/cifar10-wide-resnet-28-10.toml")),
    ("cifar10-speednet", include_str!("../../recipes/cifar10-speednet.toml")),
    ("fashion-autoencoder", include_str!("../../recipes/fashion-autoencoder.toml")),
    ("trashnet-photo", include_str!("../../recipes/trashnet-photo.toml")),
    ("mr-text-cnn", include_str!("../../recipes/mr-text-cnn.toml")),
    ("trec-text-cnn", include_str!("../../recipes/trec-text-cnn.toml")),
];

/// A recipe: a file with these keys, or the `config.toml` of a run, which is `run` alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Its name, after which run folders are named; that of its file by default.
    #[serde(default)]
    pub name: String,
    /// What is trained, in a line.
    #[serde(default)]
    pub summary: String,
    /// Where the result was published.
    #[serde(default)]
    pub source: String,
    /// The published result, with its unit.
    #[serde(default)]
    pub published: String,
    /// What data to give, where `run` names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The configuration of the run; defaults where the file sets nothing.
    #[serde(default)]
    pub run: RunConfig,
    /// The model of the run whose configuration this is, with the sizes that it had; otherwise `run.model` says which.
    #[serde(skip)]
    pub model_file: Option<PathBuf>,
    /// Keys of `run` that the file sets; the others have their defaults.
    #[serde(skip)]
    keys: BTreeSet<String>,
}

/// A recipe that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// Neither a recipe nor a file.
    #[error("unknown recipe `{name}`: neither a built-in recipe nor a file")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The system cannot read it.
    #[error("{path}: {source}")]
    Unreadable {
        /// Path of the file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not a recipe.
    #[error("{origin}: {problem}")]
    Malformed {
        /// Path of the file, or the name of a built-in recipe.
        origin: String,
        /// What is wrong with it, and on which line.
        problem: String,
    },
    /// A value of it makes no sense.
    #[error("{origin}: {line}{error}")]
    Invalid {
        /// Path of the file, or the name of a built-in recipe.
        origin: String,
        /// `line 7: `, where it is known.
        line: String,
        /// Which value, and why it makes no sense.
        error: ConfigError,
    },
}

impl Hints for RecipeError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            RecipeError::Unknown { name } => vec![
                Hint::one_listed(name, RECIPES.iter().map(|(name, _)| *name), &["recipes"]),
                Hint::advice("the path of a recipe file or of a run"),
            ],
            RecipeError::Unreadable { .. } => vec![Hint::advice("a recipe file, or the config.toml of a run")],
            RecipeError::Malformed { .. } | RecipeError::Invalid { .. } => {
                vec![Hint::advice("compare it with a built-in one: `lepton-gpu recipes mnist-seed`")]
            }
        }
    }
}

impl Recipe {
    /// The recipe of this name, or the one in the file at this path. A file's model and data are looked up beside it.
    ///
    /// # Errors
    /// [`RecipeError::Unknown`] if there is neither such a recipe nor such a file, [`RecipeError::Unreadable`] if the system
    /// cannot read the file, and those of [`parse`](Self::parse).
    pub fn open(name: &str) -> Result<Self, RecipeError> {
        if let Some((name, text)) = RECIPES.iter().find(|(known, _)| *known == name) {
            return Self::parse(text, name);
        }
        let mut path = Path::new(name);
        let of_run = path.join("config.toml");
        if of_run.is_file() {
            path = &of_run;
        }
        if !path.exists() {
            return Err(RecipeError::Unknown { name: name.into() });
        }
        let name = path.to_string_lossy();
        let text = crate::platform::files::read_text(path)
            .map_err(|source| RecipeError::Unreadable { path: name.to_string(), source })?;
        Ok(Self::parse(&text, &name)?.at(path))
    }

    /// Reads a recipe's text; `origin` names it in errors.
    ///
    /// # Errors
    /// [`RecipeError::Malformed`] if the text is not a recipe, with what is wrong and on which line.
    pub fn parse(text: &str, origin: &str) -> Result<Self, RecipeError> {
        let fail = |problem: String| RecipeError::Malformed { origin: origin.into(), problem };
        let unread = |error: toml::de::Error| fail(error.to_string().trim_end().into());
        let table: toml::Table = text.parse().map_err(unread)?;
        let is_recipe = ["run", "name", "summary", "source", "published"].iter().any(|key| table.contains_key(*key));
        let mut recipe: Recipe = if is_recipe {
            toml::from_str(text).map_err(unread)?
        } else {
            Recipe {
                name: name_of(Path::new(origin)),
                summary: format!("the settings of {origin}"),
                source: String::new(),
                published: String::new(),
                data: None,
                run: toml::from_str(text).map_err(unread)?,
                model_file: None,
                keys: BTreeSet::new(),
            }
        };
        if is_recipe && !table.contains_key("name") {
            recipe.name = name_of(Path::new(origin));
        }
        let run = if is_recipe { table.get("run").and_then(toml::Value::as_table) } else { Some(&table) };
        recipe.keys = run.into_iter().flatten().map(|(key, _)| key.clone()).collect();
        if !recipe.sets("learning_rate") {
            recipe.run.learning_rate = recipe.run.optimizer.default_learning_rate();
        }
        // what names an optimiser alone says how it updates, as published recipes do
        if !recipe.sets("optimizer") && !recipe.sets("update") {
            recipe.run.update = UpdateConfig::default();
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if recipe.name.is_empty() || recipe.name.starts_with('.') || !recipe.name.chars().all(plain) {
            let problem = format!(
                "{}`name` is {:?}; names may contain letters, digits, -, _ and .",
                line_of(text, "name"),
                recipe.name
            );
            return Err(fail(problem));
        }
        recipe.run.check().map_err(|error| {
            let line = line_of(text, &error.key());
            RecipeError::Invalid { origin: origin.into(), line, error }
        })?;
        Ok(recipe)
    }

    /// Whether the file sets a key of `run`, such as `model`; otherwise it has its default.
    pub fn sets(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// With the model and the data that lie beside the file.
    fn at(mut self, path: &Path) -> Self {
        let folder = path.parent().unwrap_or(Path::new(""));
        let beside = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let of_run = path.file_name().is_some_and(|name| name == "config.toml") && folder.join("model.toml").is_file();
        if of_run {
            self.model_file = Some(folder.join("model.toml"));
            self.run = self.run.with_labels_in(folder);
        } else if preset(&self.run.model).is_none() {
            self.run.model = beside(&self.run.model);
        }
        // a run's configuration has its data's numbers; other data have others
        if self.run.normalize.from == NormalizeFrom::Dataset {
            self.run.normalize = NormalizeConfig { from: NormalizeFrom::Dataset, ..NormalizeConfig::default() };
        }
        if !self.run.targets.is_given() {
            self.run.targets = TargetsConfig::standardized();
        }
        self.run.data = self.run.data.map(|data| if known::find(&data).is_some() { data } else { beside(&data) });
        self
    }
}

/// What a configuration without a name is called: after its run folder, or its file.
fn name_of(path: &Path) -> String {
    let folder = if path.ends_with("config.toml") { path.parent().and_then(Path::file_name) } else { None };
    let name = folder.or(path.file_stem()).unwrap_or_default().to_string_lossy();
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    name.chars().map(plain).collect()
}

/// `line 7: `, where the text sets `key`, or the key of a table: `warmup.epochs`.
fn line_of(text: &str, key: &str) -> String {
    let (table, key) = key.rsplit_once('.').map_or((None, key), |(table, key)| (Some(format!("{table}]")), key));
    let mut lines = text.lines().enumerate();
    if let Some(table) = table {
        lines.find(|(_, line)| line.trim_end().ends_with(&table));
    }
    let sets = |line: &str| {
        let line = line.trim_start_matches(['[', ' ']).trim_start_matches("run.");
        line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', ']']))
    };
    lines.find(|(_, line)| sets(line)).map_or(String::new(), |(number, _)| format!("line {}: ", number + 1))
}
