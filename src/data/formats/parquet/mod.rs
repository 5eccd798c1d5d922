//! Parquet files of images as the common dataset hubs have them: a column of encoded images, as bytes or as a struct
//! `{bytes, path}`, and one of labels, whose names stand in the file's metadata. Rows are read when they are needed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use rayon::prelude::*;

mod column;
mod features;
mod pages;
mod values;

use super::shards::{self, Labelled, Labels, ShardError, Shards};
use super::{Detected, Format, Loading};
use crate::data::io::io_error;
use crate::data::picture::Rows;
use crate::data::pictures::{Catalog, Part};
use crate::data::{DataError, DataKind, Dataset, LoadOptions, TableOptions};
use crate::platform::{files, without_panic};
use column::Columns;
use features::Features;

pub(super) const FORMAT: Format = Format {
    name: "parquet",
    what: "Parquet files of images (train-00000-of-00002.parquet, or a folder of them)",
    kind: DataKind::Pictures,
    detect,
    load,
    list: Some(list),
};

/// The first and the last bytes of each such file.
const MAGIC: &[u8] = b"PAR1";

fn is_shard(path: &Path) -> bool {
    shards::ends_with(path, &[".parquet"])
}

fn detect(path: &Path, _: &TableOptions) -> Detected {
    if path.is_file() {
        let start = crate::data::picture::Place::from(path).start(MAGIC.len());
        return if start.is_ok_and(|start| start == MAGIC) || is_shard(path) {
            Detected::ByContent
        } else {
            Detected::No
        };
    }
    if Shards::find(path, is_shard).is_some() { Detected::ByContent } else { Detected::No }
}

fn load(path: &Path, loading: &Loading) -> Result<Dataset, DataError> {
    list(path, loading.options)?.load(loading.options, loading.cache, loading.on_pictures)
}

/// A file that was looked at.
struct Looked {
    path: PathBuf,
    part: Part,
    rows: Arc<Rows>,
    labels: Vec<Option<String>>,
    /// What numbers stand for in it, if it says so.
    names: Option<Vec<String>>,
}

/// Lists the rows of all files with their labels; no image is read.
///
/// # Errors
/// A file cannot be read or is missing, or it does not say which columns hold the images and their labels.
fn list(path: &Path, options: &LoadOptions) -> Result<Catalog, DataError> {
    let found = Shards::of_path(path, is_shard)?;
    let (first, _) = found.files.first().ok_or_else(|| ShardError::NoPictures {
        path: path.to_path_buf(),
        members: 0,
        what: "Parquet files",
    })?;
    let (reader, metadata) = open(first)?;
    let features = Features::of(&metadata);
    let columns = Columns::find(first, &metadata, &features, options)?;
    drop(reader);
    let mut looked: Vec<Looked> = found
        .files
        .par_iter()
        .map(|(file, part)| look(file, *part, &columns, options))
        .collect::<Result<_, DataError>>()?;
    let names = one_numbering(&mut looked)?;
    let name = columns.label.clone().unwrap_or_else(|| "label".into());
    let labels = Labels {
        are_classes: names.is_some() && !columns.is_list,
        are_several: columns.is_list,
        name,
        names,
        missing: "no label in this row",
    };
    let rows = looked.into_iter().flat_map(|Looked { part, rows, labels, .. }| {
        let mut labels = labels.into_iter();
        let places: Vec<_> = rows.places().collect();
        places.into_iter().map(move |place| Labelled { place, part, label: labels.next().flatten() })
    });
    let mut catalog = shards::catalog(path, rows.collect(), labels, options)?;
    catalog.notes.splice(0..0, found.notes.into_iter().chain(columns.note()));
    Ok(catalog)
}

/// The names of classes and where they are from: those of the first file that has some. Numbers of the others become the numbers of their
/// own names among these.
///
/// # Errors
/// [`ShardError::OtherNames`] if a name is not among these.
fn one_numbering(looked: &mut [Looked]) -> Result<Option<(Vec<String>, String)>, ShardError> {
    let Some((names, first)) = looked.iter().find_map(|one| Some((one.names.clone()?, one.path.clone()))) else {
        return Ok(None);
    };
    for Looked { path, labels, names: own, .. } in looked {
        let Some(own) = own.as_ref().filter(|own| **own != names) else { continue };
        let place = |name: &String| names.iter().position(|known| known == name);
        let of = |number: &str| match number.trim().parse::<usize>().ok().and_then(|number| own.get(number)) {
            // what has no name there is told as that
            None => Ok(number.to_string()),
            Some(name) => place(name).map(|place| place.to_string()).ok_or_else(|| ShardError::OtherNames {
                path: path.clone(),
                name: name.clone(),
                first: first.clone(),
                names: names.clone(),
            }),
        };
        for label in labels.iter_mut().flatten() {
            let numbers: Result<Vec<String>, ShardError> = label.split('|').map(of).collect();
            *label = numbers?.join("|");
        }
    }
    Ok(Some((names, format!("the metadata of {}", first.display()))))
}

fn open(path: &Path) -> Result<(SerializedFileReader<File>, Arc<ParquetMetaData>), DataError> {
    let file = files::open(path).map_err(|error| io_error(path, "read", error))?;
    let reader = without_panic(|| SerializedFileReader::new(file)).map_err(|panic| malformed(path, &panic))?;
    let reader = reader.map_err(|error| malformed(path, &error))?;
    let metadata = Arc::new(reader.metadata().clone());
    Ok((reader, metadata))
}

fn malformed(path: &Path, error: &dyn std::fmt::Display) -> ShardError {
    ShardError::Malformed { path: path.to_path_buf(), reason: format!("damaged: {error}") }
}

/// Rows that a file of so many bytes may have: an image takes more than a byte, but rows that are all alike take as good as none.
fn most_rows(bytes: u64) -> u64 {
    bytes.saturating_add(1 << 16)
}

/// Values of a column that such a file may have: rows may have several labels.
fn most_values(bytes: u64) -> u64 {
    most_rows(bytes.saturating_mul(8))
}

/// Checks how many rows a file says that it has, before there is memory for them.
fn check_rows(path: &Path, metadata: &ParquetMetaData, bytes: u64) -> Result<(), ShardError> {
    let mut rows = metadata.row_groups().iter().map(|group| u64::try_from(group.num_rows()).ok());
    let rows = rows.try_fold(0_u64, |all, rows| all.checked_add(rows?));
    match rows {
        Some(rows) if rows <= most_rows(bytes) => Ok(()),
        _ => {
            let rows = rows.map_or("more rows than can be counted".into(), |rows| format!("{rows} rows"));
            Err(malformed(path, &format!("{rows} of images in {bytes} bytes")))
        }
    }
}

fn look(path: &Path, part: Part, columns: &Columns, options: &LoadOptions) -> Result<Looked, DataError> {
    let (reader, metadata) = open(path)?;
    let image = columns.image_of(path, &metadata)?;
    let label = columns.label_of(path, &metadata)?;
    let file = files::open(path).map_err(|error| io_error(path, "read", error))?;
    let bytes = file.metadata().map_err(|error| io_error(path, "read", error))?.len();
    check_rows(path, &metadata, bytes)?;
    let groups = metadata.row_groups().iter();
    let mut chunks =
        groups.flat_map(|group| [Some(image), label].into_iter().flatten().map(|column| group.column(column)));
    chunks.try_for_each(|chunk| pages::check(path, (&file, most_values(bytes)), chunk))?;
    let labels = match label {
        Some(label) => {
            let texts = without_panic(|| values::texts(path, &reader, label, most_values(bytes)));
            texts.map_err(|panic| malformed(path, &panic))??
        }
        None if options.unlabelled => Vec::new(),
        None => return Err(columns.no_label(path, &metadata).into()),
    };
    let names = columns.label.as_ref().and_then(|label| Features::of(&metadata).names(label));
    let rows = Rows::at(path, image, metadata).map_err(|error| io_error(path, "read", error))?;
    Ok(Looked { path: path.to_path_buf(), part, rows, labels, names })
}
