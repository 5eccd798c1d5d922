//! Tables of pictures: a CSV file, one row for each picture, paths from where the file is or from a folder that is said.
//!
//! One column names the picture, at most one the split; a column of labels gives classes, or several labels with a separator
//! between them; other columns of numbers are values to predict, or labels where all of them are 0 or 1. A column of labels that
//! are numbers with a fraction, or as good as a number for each row, is one of values, too.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

mod files;
mod read;
mod targets;
mod values;

use files::{Files, is_picture_name};
pub(super) use read::Table;
pub(super) use targets::{labels as labels_of, targets as targets_of};

use super::{Detected, Format, Loading};
use crate::data::pictures::{Catalog, Damaged, Entry, FileType, Part, PictureError, Target, listed};
use crate::data::plain_text;
use crate::data::tabular::{Role, Sheet, TableError};
use crate::data::{DataError, DataKind, Dataset, LoadOptions, TableOptions};

pub(super) const FORMAT: Format = Format {
    name: "table",
    what: "a table of images (a .csv or .tsv file with a header such as image,label)",
    kind: DataKind::Pictures,
    detect,
    load,
    list: Some(list),
};

/// By a column that names pictures, in a file of any name; a `.csv` file without one is a table that says what is missing.
fn detect(path: &Path, options: &TableOptions) -> Detected {
    if !path.is_file() {
        return Detected::No;
    }
    let text = plain_text::start_of(path);
    if options.image_column.is_some() {
        // what is no text may be of another format with columns
        return if text.is_some() { Detected::ByContent } else { Detected::ByName };
    }
    let ends_with = |end: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(end));
    let is_table = ends_with("csv") || ends_with("tsv");
    let start = text.and_then(|text| Sheet::parse(path, &text.content).ok());
    let named = start.is_some_and(|sheet| names_pictures(path, &sheet, is_table, options));
    match named {
        true => Detected::ByContent,
        false if ends_with("csv") => Detected::ByName,
        false => Detected::No,
    }
}

/// Whether a column of a table names pictures: by its header, or by what is in it.
fn names_pictures(path: &Path, sheet: &Sheet, is_table: bool, options: &TableOptions) -> bool {
    let Some(first) = sheet.rows.first().filter(|row| row.fields.len() > 1) else { return false };
    if is_table && first.fields.iter().any(|name| Role::IMAGE.names.contains(&name.trim().to_lowercase().as_str())) {
        return true;
    }
    let mut files = Files::new(path, options.images.as_deref());
    let mut is_picture = |name: &str| is_picture_name(name) || files.is_there(name);
    let rows: Vec<_> = sheet.rows.iter().skip(1).take(20).collect();
    let rows = if rows.is_empty() { vec![first] } else { rows };
    let mut holds =
        |column: usize| rows.iter().all(|row| row.fields.get(column).is_some_and(|field| is_picture(field.trim())));
    if (0..first.fields.len()).any(&mut holds) {
        return true;
    }
    // an `id` names pictures where there is no text
    let other = first.fields.iter().any(|name| Role::IMAGE.is_called(name));
    is_table && other && !is_of_texts(sheet, options)
}

#[cfg(feature = "text")]
fn is_of_texts(sheet: &Sheet, options: &TableOptions) -> bool {
    super::text::Layout::of_table(sheet, options).is_some()
}

/// A build that reads no texts does not tell.
#[cfg(not(feature = "text"))]
fn is_of_texts(_: &Sheet, _: &TableOptions) -> bool {
    false
}

fn load(path: &Path, loading: &Loading) -> Result<Dataset, DataError> {
    list(path, loading.options)?.load(loading.options, loading.cache, loading.on_pictures)
}

/// Lists a table.
///
/// # Errors
/// [`TableError`] with line and column, or what is wrong with the classes.
fn list(path: &Path, options: &LoadOptions) -> Result<Catalog, DataError> {
    if let Some(folder) = options.table.images.as_ref().filter(|folder| !Path::new(folder).is_dir()) {
        return Err(TableError::NoFolder { path: path.to_path_buf(), folder: folder.into() }.into());
    }
    let mut files = Files::new(path, options.table.images.as_deref());
    let table = read::read(path, options, &mut files)?;
    let mut catalog = Catalog::new(path);
    catalog.notes.clone_from(&table.notes);
    let targets = match targets::targets(path, &table, &mut catalog, options) {
        // where no image is there at all, that is what is wrong
        Err(error @ DataError::Pictures(PictureError::OneClass { .. })) => {
            return without_files(&table, &mut files, catalog, options).and(Err(error));
        }
        targets => targets?,
    };
    if matches!(targets.first(), Some(Target::Class(_))) {
        catalog.notes.extend(targets::numbered_classes(&table, options));
        catalog.notes.extend(targets::doubtful_classes(&table, options));
    }
    let unused = table.roles.unused();
    if !unused.is_empty() {
        catalog.notes.push(format!("columns ignored: {}", unused.join(", ")));
    }
    let (mut seen, mut missing) = (Seen::default(), Vec::new());
    for (row, target) in table.rows.iter().zip(targets) {
        let part = part(path, &table, row)?;
        let name = row.fields[table.roles.main].trim();
        if name.is_empty() {
            return Err(
                targets::field(path, &table, table.roles.main, row.line, "empty", "the path of an image").into()
            );
        }
        let reason = |reason: String| format!("line {}: {reason}", row.line);
        let shortened = files.shortened();
        let picture = match files.find(name) {
            Ok(picture) => picture,
            Err((path, cause)) => {
                missing.push(name.to_string());
                catalog.missing.push(Damaged { place: path.into(), reason: reason(cause) });
                continue;
            }
        };
        let said = Said { line: row.line, part, target, name, is_shortened: files.shortened() > shortened };
        if let Some(other) = seen.other_name(&picture, &said) {
            let problem = format!("`{name}` would be the same file as `{}` in line {}", other.name, other.line);
            let hint = "--images with the folder that the names start from";
            return Err(targets::field(path, &table, table.roles.main, row.line, &problem, hint).into());
        }
        let target = said.target.clone();
        if seen.is_repeated(&picture, said) {
            continue;
        }
        let (place, kind) = listed(picture);
        let damaged = match kind {
            FileType::Picture => None,
            FileType::Damaged(cause) => Some(cause),
            FileType::Other => Some("not an image in a supported format".to_string()),
        };
        match damaged {
            None => catalog.entries.push(Entry { place, part, target }),
            Some(cause) => catalog.damaged.push(Damaged { place, reason: reason(cause) }),
        }
    }
    catalog.elsewhere = files.elsewhere(&missing, &|file| seen.pictures.contains_key(file));
    catalog.notes.extend(files.note());
    catalog.notes.extend(seen.notes(path));
    Ok(catalog)
}

/// Checks that a file of any row is there.
///
/// # Errors
/// None is.
fn without_files(
    table: &Table,
    files: &mut Files,
    mut catalog: Catalog,
    options: &LoadOptions,
) -> Result<Catalog, DataError> {
    let mut names = Vec::new();
    for row in &table.rows {
        let name = row.fields[table.roles.main].trim();
        let Err((place, cause)) = files.find(name) else { return Ok(catalog) };
        names.push(name.to_string());
        let reason = format!("line {}: {cause}", row.line);
        catalog.missing.push(Damaged { place: place.into(), reason });
    }
    catalog.elsewhere = files.elsewhere(&names, &|_| false);
    catalog.check_missing(options)?;
    Ok(catalog)
}

/// What a row says about its picture.
struct Said<'a> {
    line: u64,
    part: Part,
    target: Target,
    name: &'a str,
    /// Whether folders in front of the name were left out to find its file.
    is_shortened: bool,
}

impl Said<'_> {
    /// The folders in front of its name.
    fn folders(&self) -> String {
        let name = self.name.replace('\\', "/").to_lowercase();
        name.rsplit_once('/').map_or(String::new(), |(folders, _)| folders.trim_start_matches("./").to_string())
    }
}

/// Rows that name a picture again.
#[derive(Default)]
struct Seen<'a> {
    pictures: HashMap<PathBuf, Said<'a>>,
    /// Rows that say again what another one says, and the first of them.
    repeated: Vec<String>,
    /// Rows that contradict another one.
    differing: Vec<String>,
}

impl<'a> Seen<'a> {
    /// An earlier row of the same picture that names it in another folder, so that one of the two has a picture that it does not mean.
    fn other_name(&self, picture: &Path, said: &Said) -> Option<&Said<'a>> {
        let first = self.pictures.get(picture)?;
        let is_guess = (said.is_shortened || first.is_shortened) && said.folders() != first.folders();
        is_guess.then_some(first)
    }

    /// Whether a row says what an earlier one says.
    fn is_repeated(&mut self, picture: &Path, said: Said<'a>) -> bool {
        let Said { line, part, .. } = said;
        let Some(first) = self.pictures.get(picture) else {
            self.pictures.insert(picture.to_path_buf(), said);
            return false;
        };
        let name = picture.file_name().unwrap_or_default().to_string_lossy();
        if (first.part, &first.target) == (part, &said.target) {
            self.repeated.push(format!("line {line} repeats line {}: {name}", first.line));
            return true;
        }
        let how = if first.part == part { "another label" } else { "another split" };
        self.differing.push(format!("line {line} gives {name} {how} than line {}", first.line));
        false
    }

    fn notes(&self, path: &Path) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(first) = self.repeated.first() {
            notes.push(format!("rows ignored because they repeat an earlier one: {} ({first})", self.repeated.len()));
        }
        if let Some(first) = self.differing.first() {
            notes.push(format!(
                "rows that contradict an earlier one: {} ({first}); `data check {}` lists them",
                self.differing.len(),
                path.display()
            ));
        }
        notes
    }
}

fn part(path: &Path, table: &Table, row: &crate::data::tabular::Row) -> Result<Part, TableError> {
    let Some(column) = table.roles.split else { return Ok(Part::Unknown) };
    let name = row.fields[column].trim();
    Part::of_field(&table.roles.names[column], name).ok_or_else(|| {
        let problem = if name.is_empty() { "empty".into() } else { format!("`{name}` is not a split") };
        targets::field(path, table, column, row.line, &problem, "train, val or test")
    })
}
