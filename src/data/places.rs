//! Where data sets are looked up and put.

use std::path::PathBuf;

use super::known::Known;
use crate::platform::environment;

/// Folders that may hold `<name>/<files>`.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// `$LEPTON_DATA`.
    pub lepton_data: Option<PathBuf>,
    /// `data` in the user's cache folder for this program.
    pub cache: Option<PathBuf>,
    /// `pictures` in the user's cache folder: images of folders and tables, decoded; nothing is kept without it.
    pub pictures: Option<PathBuf>,
}

impl Places {
    /// The places of this user.
    pub fn from_env() -> Self {
        let lepton_data = std::env::var_os("LEPTON_DATA").filter(|value| !value.is_empty());
        let cache = environment::folders().map(|[cache, _]| cache);
        Self {
            lepton_data: lepton_data.map(PathBuf::from),
            cache: cache.as_ref().map(|cache| cache.join("data")),
            pictures: cache.map(|cache| cache.join("pictures")),
        }
    }

    /// Folders to look in for a data set, in order: `$LEPTON_DATA`, the cache, the system package's.
    pub fn candidates(&self, known: &Known) -> Vec<PathBuf> {
        let own = [&self.lepton_data, &self.cache];
        let own = own.into_iter().flatten().map(|folder| folder.join(&known.name));
        own.chain(known.system_folder.as_ref().map(PathBuf::from)).collect()
    }

    /// Folder to put a downloaded data set in: under `$LEPTON_DATA` where that is set, otherwise in the cache.
    pub fn download_folder(&self, name: &str) -> Option<PathBuf> {
        let folder = self.lepton_data.as_ref().or(self.cache.as_ref());
        folder.map(|folder| folder.join(name))
    }
}
