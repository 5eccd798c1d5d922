//! Which columns of a Parquet file hold images and labels.

use std::path::Path;

use parquet::basic::{Compression, ConvertedType, LogicalType, Type};
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::ColumnDescriptor;

use super::features::Features;
use crate::data::formats::shards::ShardError;
use crate::data::tabular::{Role, TableError};
use crate::data::{DataError, LoadOptions};

/// The columns that are read, by the names of their fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    image: String,
    pub label: Option<String>,
    /// Whether a row has several labels.
    pub is_list: bool,
    others: Vec<String>,
}

/// The field that a leaf belongs to: `image` of `image.bytes`.
fn field(leaf: &ColumnDescriptor) -> &str {
    leaf.path().parts().first().map_or("", String::as_str)
}

fn leaves(metadata: &ParquetMetaData) -> impl Iterator<Item = &ColumnDescriptor> {
    metadata.file_metadata().schema_descr().columns().iter().map(|leaf| &**leaf)
}

fn fields(metadata: &ParquetMetaData) -> Vec<String> {
    let mut names: Vec<String> = leaves(metadata).map(|leaf| field(leaf).to_string()).collect();
    names.dedup();
    names
}

fn is_text(leaf: &ColumnDescriptor) -> bool {
    matches!(leaf.converted_type(), ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON)
        || matches!(leaf.logical_type_ref(), Some(LogicalType::String | LogicalType::Enum | LogicalType::Json))
}

/// Whether a leaf may hold encoded images: bytes that are no text, once a row, by themselves or as `bytes` of a struct.
fn holds_bytes(leaf: &ColumnDescriptor) -> bool {
    let parts = leaf.path().parts();
    let is_place = parts.len() == 1 || (parts.len() == 2 && parts[1] == "bytes");
    leaf.physical_type() == Type::BYTE_ARRAY && leaf.max_rep_level() == 0 && !is_text(leaf) && is_place
}

impl Columns {
    /// # Errors
    /// No column holds images, or several do; or the one that was asked for is not there.
    pub fn find(
        path: &Path,
        metadata: &ParquetMetaData,
        features: &Features,
        options: &LoadOptions,
    ) -> Result<Self, DataError> {
        let all = fields(metadata);
        let image = image(path, metadata, features, &all, options.table.image_column.as_deref())?;
        let label = label(path, features, &all, &image, options)?;
        let is_list = label
            .as_ref()
            .is_some_and(|label| leaves(metadata).any(|leaf| field(leaf) == label && leaf.max_rep_level() > 0));
        let others = all.into_iter().filter(|name| *name != image && Some(name) != label.as_ref()).collect();
        Ok(Columns { image, label, is_list, others })
    }

    /// The number of the images' leaf in a file.
    ///
    /// # Errors
    /// It is not there, or compressed in a way that is not read.
    pub fn image_of(&self, path: &Path, metadata: &ParquetMetaData) -> Result<usize, ShardError> {
        let found = leaves(metadata).position(|leaf| field(leaf) == self.image && holds_bytes(leaf));
        let column = found.ok_or_else(|| self.missing(path, &self.image, metadata))?;
        readable(path, metadata, column)?;
        Ok(column)
    }

    /// The number of the labels' leaf in a file; none if there are no labels.
    ///
    /// # Errors
    /// As [`image_of`](Self::image_of), or it is a struct.
    pub fn label_of(&self, path: &Path, metadata: &ParquetMetaData) -> Result<Option<usize>, ShardError> {
        let Some(label) = &self.label else { return Ok(None) };
        let found: Vec<usize> =
            leaves(metadata).enumerate().filter(|(_, leaf)| field(leaf) == label).map(|(i, _)| i).collect();
        match found[..] {
            [column] => readable(path, metadata, column).map(|()| Some(column)),
            [] => Err(self.missing(path, label, metadata)),
            _ => Err(ShardError::Malformed {
                path: path.to_path_buf(),
                reason: format!("column `{label}` is a struct of {} fields, not a label", found.len()),
            }),
        }
    }

    fn missing(&self, path: &Path, name: &str, metadata: &ParquetMetaData) -> ShardError {
        ShardError::NoColumn { path: path.to_path_buf(), name: name.into(), found: fields(metadata) }
    }

    /// Nothing says the labels.
    pub fn no_label(&self, path: &Path, metadata: &ParquetMetaData) -> ShardError {
        let looked = vec![format!("no column is called label or class; found {}", fields(metadata).join(", "))];
        let images = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
        let advice = "--label-column NAME, if one of them has the labels";
        ShardError::NoLabels { path: path.to_path_buf(), images, looked, advice }
    }

    /// Which columns nothing is read from.
    pub fn note(&self) -> Option<String> {
        (!self.others.is_empty()).then(|| format!("columns ignored: {}", self.others.join(", ")))
    }
}

fn image(
    path: &Path,
    metadata: &ParquetMetaData,
    features: &Features,
    all: &[String],
    said: Option<&str>,
) -> Result<String, DataError> {
    let mut found: Vec<&str> = leaves(metadata).filter(|leaf| holds_bytes(leaf)).map(field).collect();
    if let Some(said) = said {
        if found.contains(&said) {
            return Ok(said.into());
        }
        let (path, name) = (path.to_path_buf(), said.to_string());
        if all.contains(&name) {
            let reason = format!("column `{name}` holds no bytes of images");
            return Err(ShardError::Malformed { path, reason }.into());
        }
        return Err(ShardError::NoColumn { path, name, found: all.to_vec() }.into());
    }
    let of_images = features.of_type("Image");
    if found.len() > 1 && found.iter().any(|name| of_images.contains(name)) {
        found.retain(|name| of_images.contains(name));
    }
    if let ([_, _, ..], Some(named)) = (&found[..], found.iter().find(|name| ["image", "img"].contains(name))) {
        found = vec![named];
    }
    match &found[..] {
        [one] => Ok((*one).into()),
        [] => {
            let (path, members) = (path.to_path_buf(), all.len());
            Err(ShardError::NoPictures { path, members, what: "columns: none holds bytes" }.into())
        }
        several => {
            let columns = several.iter().map(|name| (*name).to_string()).collect();
            let (path, what) = (path.to_path_buf(), "images");
            Err(TableError::TwoColumns { path, what, columns, key: Role::IMAGE.key }.into())
        }
    }
}

fn label(
    path: &Path,
    features: &Features,
    all: &[String],
    image: &str,
    options: &LoadOptions,
) -> Result<Option<String>, DataError> {
    let at = |name: &str| all.iter().position(|own| own == name);
    let taken = [at(image)];
    if let Some(said) = options.table.label_column.as_deref() {
        if at(said).is_some() {
            return Ok(Some(said.into()));
        }
        let (path, name) = (path.to_path_buf(), said.to_string());
        return Err(ShardError::NoColumn { path, name, found: all.to_vec() }.into());
    }
    match Role::LABEL.named(path, all, &taken)? {
        None => {}
        found => return Ok(found.map(|i| all[i].clone())),
    }
    let classes: Vec<&str> = features.of_type("ClassLabel").into_iter().filter(|name| at(name).is_some()).collect();
    match &classes[..] {
        [] => Ok(Role::LABEL.other(path, all, &taken)?.map(|i| all[i].clone())),
        [one] => Ok(Some((*one).into())),
        several => {
            let columns = several.iter().map(|name| (*name).to_string()).collect();
            let (path, what) = (path.to_path_buf(), "classes");
            Err(TableError::TwoColumns { path, what, columns, key: Role::LABEL.key }.into())
        }
    }
}

/// Checks that every part of a column is compressed in a way that is read.
fn readable(path: &Path, metadata: &ParquetMetaData, column: usize) -> Result<(), ShardError> {
    let known =
        |codec: Compression| matches!(codec, Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_));
    let codecs = metadata.row_groups().iter().filter_map(|group| group.columns().get(column)).map(|c| c.compression());
    match codecs.into_iter().find(|codec| !known(*codec)) {
        None => Ok(()),
        Some(codec) => Err(ShardError::Codec {
            path: path.to_path_buf(),
            codec: codec.to_string().split(['(', '_']).next().unwrap_or_default().to_string(),
        }),
    }
}
