//! A column of labels as texts.

use std::fs::File;
use std::path::Path;

use parquet::basic::Repetition;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::{SchemaDescriptor, Type};

use super::malformed;
use crate::data::formats::shards::ShardError;
use crate::data::names;

/// Rows that are read at a time.
const AT_A_TIME: usize = 1 << 14;

/// The value of each row as text, several with `|` between them; nothing for one without a value. All rows together may have `most`.
///
/// # Errors
/// The column cannot be read, or holds what is no label.
pub fn texts(
    path: &Path,
    reader: &SerializedFileReader<File>,
    column: usize,
    most: u64,
) -> Result<Vec<Option<String>>, ShardError> {
    let damaged = |error: ParquetError| malformed(path, &error);
    let mut form = Form { list: list_level(reader.metadata().file_metadata().schema_descr(), column), left: most };
    let mut all = Vec::new();
    for group in 0..reader.metadata().num_row_groups() {
        let rows = usize::try_from(reader.metadata().row_group(group).num_rows()).unwrap_or(0);
        let group = reader.get_row_group(group).map_err(damaged)?;
        let before = all.len();
        match group.get_column_reader(column).map_err(damaged)? {
            ColumnReader::BoolColumnReader(values) => {
                read(values, &mut form, &mut all, |value| u8::from(*value).to_string())
            }
            ColumnReader::Int32ColumnReader(values) => read(values, &mut form, &mut all, i32::to_string),
            ColumnReader::Int64ColumnReader(values) => read(values, &mut form, &mut all, i64::to_string),
            ColumnReader::FloatColumnReader(values) => read(values, &mut form, &mut all, f32::to_string),
            ColumnReader::DoubleColumnReader(values) => read(values, &mut form, &mut all, f64::to_string),
            ColumnReader::ByteArrayColumnReader(values) => {
                read(values, &mut form, &mut all, |value| names::composed(&String::from_utf8_lossy(value.data())))
            }
            _ => {
                let name = reader.metadata().file_metadata().schema_descr().column(column).path().string();
                let reason = format!("column `{name}` holds neither numbers nor texts");
                return Err(ShardError::Malformed { path: path.to_path_buf(), reason });
            }
        }
        .map_err(damaged)?;
        if all.len() - before != rows {
            let reason = format!("damaged: a row group has {rows} rows, but {} labels", all.len() - before);
            return Err(ShardError::Malformed { path: path.to_path_buf(), reason });
        }
    }
    Ok(all)
}

/// What a column is, and how much may still be read of it.
struct Form {
    /// The definition level from which on a list is there, if it is a column of lists.
    list: Option<i16>,
    /// Values that may follow.
    left: u64,
}

/// The definition level from which on the list of a row is there: the fields above its values that may be null.
fn list_level(schema: &SchemaDescriptor, column: usize) -> Option<i16> {
    let descriptor = schema.column(column);
    let mut names = descriptor.path().parts().iter().skip(1);
    let mut at: &Type = schema.get_column_root(column);
    let mut level = 0;
    loop {
        match at.get_basic_info().repetition() {
            Repetition::REPEATED => return Some(level),
            Repetition::OPTIONAL => level += 1,
            Repetition::REQUIRED => {}
        }
        let name = names.next()?;
        at = at.get_fields().iter().find(|field| field.name() == name)?;
    }
}

fn read<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    form: &mut Form,
    all: &mut Vec<Option<String>>,
    text: impl Fn(&T::T) -> String,
) -> Result<(), ParquetError> {
    loop {
        let (mut values, mut definitions, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
        let (records, _, levels) =
            reader.read_records(AT_A_TIME, Some(&mut definitions), Some(&mut repetitions), &mut values)?;
        if records == 0 && levels == 0 {
            return Ok(());
        }
        form.left = form
            .left
            .checked_sub(levels.max(records) as u64)
            .ok_or_else(|| ParquetError::General("more labels than a file of its size can hold".into()))?;
        let most = definitions.iter().copied().max().unwrap_or(0);
        let mut values = values.iter();
        for level in 0..levels.max(records) {
            let is_there = definitions.get(level).is_none_or(|&level| level == most && values.len() > 0);
            // a list that is there and has nothing in it says that there are no labels
            let is_empty = form.list.is_some_and(|list| definitions.get(level).is_some_and(|&level| level >= list));
            let value = match is_there {
                true => values.next().map(&text),
                false => is_empty.then(String::new),
            };
            match (repetitions.get(level).is_some_and(|&level| level > 0), all.last_mut()) {
                (true, Some(last)) => match (last.as_mut(), value) {
                    (Some(last), Some(value)) => *last = format!("{last}|{value}"),
                    (None, Some(value)) => *last = Some(value),
                    (_, None) => {}
                },
                _ => all.push(value),
            }
        }
    }
}
