//! Pictures that were listed to look at a data set, and are not listed again to read it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::pictures::{Catalog, Target};
use super::{DataError, Dataset, LoadOptions, OnPictures, Places, TableOptions, load_with, relabelled};
use super::{FolderLayout, formats::Format, formats::folder};

/// The pictures of a data set, as a [`survey`](super::survey()) listed them. Clones share the list.
#[derive(Clone)]
pub struct Listing {
    format: &'static Format,
    path: PathBuf,
    asked: Asked,
    catalog: Arc<Catalog>,
}

/// What a list depends on.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    table: TableOptions,
    layout: Option<FolderLayout>,
    classes: Option<Vec<String>>,
    unlabelled: bool,
    several_labels: bool,
    values: bool,
}

impl Asked {
    fn of(options: &LoadOptions) -> Self {
        Asked {
            table: options.table.clone(),
            layout: options.images.layout,
            classes: options.classes.clone(),
            unlabelled: options.unlabelled,
            several_labels: options.several_labels,
            values: options.values,
        }
    }
}

impl Listing {
    pub(super) fn new(format: &'static Format, path: &Path, options: &LoadOptions, catalog: Arc<Catalog>) -> Self {
        Listing { format, path: path.to_path_buf(), asked: Asked::of(options), catalog }
    }

    /// Whether reading with these options would list the same.
    fn fits(&self, options: &LoadOptions) -> bool {
        let mut asked = Asked::of(options);
        let has_several = self.catalog.entries.iter().all(|entry| matches!(entry.target, Target::Values(_)));
        // folders have one label each, and what has several or none already, or values, is not asked for more
        if has_several || self.format.name == folder::FORMAT.name {
            (asked.several_labels, asked.values) = (self.asked.several_labels, self.asked.values);
        }
        asked == self.asked
    }

    /// Reads the data set. It is listed again only if `options` ask for something else than when it was.
    ///
    /// # Errors
    /// As [`load_with`].
    pub fn load(self, options: &LoadOptions, places: &Places, on_pictures: OnPictures) -> Result<Dataset, DataError> {
        if !self.fits(options) {
            return load_with(Some(&self.path.to_string_lossy()), options, places, on_pictures);
        }
        let catalog = Arc::unwrap_or_clone(self.catalog);
        relabelled(catalog.load(options, places.pictures.as_deref(), on_pictures)?, options)
    }
}

impl std::fmt::Debug for Listing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listing").field("path", &self.path).field("pictures", &self.catalog.entries.len()).finish()
    }
}
