//! Flags of a group of settings, as `train` has them, for commands that read data.

use std::marker::PhantomData;

use clap::{ArgMatches, FromArgMatches};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::CliError;
use super::typed::{self, Typed};
use crate::config::{FIELDS, Setting};
use crate::data::{FolderLayout, ImageOptions, TableOptions};

/// A group of settings.
pub trait Group: DeserializeOwned + Clone {
    /// The key of the group in a configuration.
    const KEY: &'static str;
    /// The one key of it that there is, if there are not all.
    const ONLY: Option<&'static str> = None;
}

impl Group for ImageOptions {
    const KEY: &'static str = "images";
}

impl Group for TableOptions {
    const KEY: &'static str = "table";
}

/// What the folders of images are, of all that `images` says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LayoutOptions {
    /// What folders called train, val or test are, where that is unclear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<FolderLayout>,
}

impl Group for LayoutOptions {
    const KEY: &'static str = "images";
    const ONLY: Option<&'static str> = Some("layout");
}

/// How images are read.
pub type ImageArgs = GroupArgs<ImageOptions>;

/// Which columns of a table hold what.
pub type TableArgs = GroupArgs<TableOptions>;

/// What the folders of images are.
pub type LayoutArgs = GroupArgs<LayoutOptions>;

/// The flags of a group.
#[derive(Clone, Debug)]
pub struct GroupArgs<T>(Typed, PhantomData<T>);

impl<T: Group> GroupArgs<T> {
    fn settings() -> impl Iterator<Item = &'static Setting> {
        let is_own = |(group, key): (&str, &str)| group == T::KEY && T::ONLY.is_none_or(|only| only == key);
        FIELDS.iter().filter(move |setting| setting.field.key.split_once('.').is_some_and(is_own))
    }

    /// What was typed, as a configuration has it.
    pub fn options(&self) -> Result<T, CliError> {
        let mut table = toml::Table::new();
        for setting in Self::settings() {
            let (_, key) = setting.field.key.split_once('.').expect("it is below its group");
            table.extend(self.0.value(setting)?.map(|value| (key.to_string(), value)));
        }
        Ok(table.try_into().expect("rows have the keys of their group"))
    }
}

/// What would have to be typed for these options, as words: `--images`, `pictures`, …
pub fn flags<T: Group + Serialize>(options: &T) -> Vec<String> {
    let table = toml::Table::try_from(options).expect("options are plain data");
    let words = GroupArgs::<T>::settings().filter_map(|setting| {
        let (_, key) = setting.field.key.split_once('.')?;
        let value = table.get(key)?;
        Some([format!("--{}", setting.field.flag?), value.as_str().map_or_else(|| value.to_string(), String::from)])
    });
    words.flatten().collect()
}

impl<T: Group> clap::Args for GroupArgs<T> {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.args(Self::settings().filter_map(typed::arg).map(|arg| arg.help_heading(None::<&str>)))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<T: Group> FromArgMatches for GroupArgs<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(GroupArgs(Typed::of(Self::settings(), matches), PhantomData))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
