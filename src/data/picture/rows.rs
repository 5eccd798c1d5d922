//! Pictures in a column of a Parquet file: their pages are read when they are needed, and rows that follow each other share one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use parquet::column::page::PageReader;
use parquet::column::reader::{ColumnReaderImpl, get_column_reader, get_typed_column_reader};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::DecodeError;
use super::place::Place;
use super::stamp::Stamp;
use crate::platform::{files, without_panic};

/// A column of pictures in a Parquet file, as it was when it was listed.
pub struct Rows {
    path: PathBuf,
    stamp: Stamp,
    column: usize,
    metadata: Arc<ParquetMetaData>,
}

/// Where reading stopped, in whatever file, for whoever goes on there: each holds a page.
static STOPPED: Mutex<Vec<Reader>> = Mutex::new(Vec::new());

/// A column of a row group that was read up to a row.
struct Reader {
    /// The file's; a file that nobody knows any more takes its readers with it.
    rows: Weak<Rows>,
    group: usize,
    /// The row that is read next.
    next: usize,
    column: ColumnReaderImpl<ByteArrayType>,
}

/// A picture in a row of a Parquet file.
#[derive(Clone, Debug)]
pub struct Row {
    rows: Arc<Rows>,
    group: u32,
    /// In its group, from 0.
    row: u32,
    /// In the file, from 0.
    number: u64,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rows({}, column {})", self.path.display(), self.column)
    }
}

impl Rows {
    /// A column of byte strings, by its number among all leaves of the schema.
    ///
    /// # Errors
    /// What the system says.
    pub fn at(path: &Path, column: usize, metadata: Arc<ParquetMetaData>) -> std::io::Result<Arc<Self>> {
        let stamp = Stamp::of(&files::open(path)?.metadata()?);
        Ok(Arc::new(Rows { path: path.to_path_buf(), stamp, column, metadata }))
    }

    /// The place of each row, in order.
    pub fn places(self: &Arc<Self>) -> impl Iterator<Item = Place> {
        let groups = self.metadata.row_groups().iter().enumerate();
        let rows = groups.flat_map(|(group, metadata)| {
            (0..u32::try_from(metadata.num_rows()).unwrap_or(0)).map(move |row| (group as u32, row))
        });
        let place =
            |(number, (group, row))| Place::Row(Row { rows: Arc::clone(self), group, row, number: number as u64 });
        rows.enumerate().map(place)
    }

    /// A reader that stands at this row or before it: the nearest that stopped, or a new one.
    fn reader(self: &Arc<Self>, group: usize, row: usize) -> Result<Reader, DecodeError> {
        let mut stopped = STOPPED.lock().unwrap_or_else(PoisonError::into_inner);
        let is_own = |reader: &Reader| std::ptr::eq(reader.rows.as_ptr(), Arc::as_ptr(self));
        let fits = |reader: &Reader| is_own(reader) && reader.group == group && reader.next <= row;
        let near = stopped.iter().enumerate().filter(|(_, reader)| fits(reader)).max_by_key(|(_, reader)| reader.next);
        if let Some((at, _)) = near {
            return Ok(stopped.remove(at));
        }
        drop(stopped);
        let file = files::open(&self.path)?;
        if !self.stamp.is_of(Stamp::of(&file.metadata()?)) {
            return Err(std::io::Error::other("its shard was changed after it was listed; start again").into());
        }
        let column = without_panic(|| self.column_of(file, group)).map_err(damaged)?;
        Ok(Reader { rows: Arc::downgrade(self), group, next: 0, column: column.map_err(damaged)? })
    }

    fn column_of(&self, file: File, group: usize) -> Result<ColumnReaderImpl<ByteArrayType>, ParquetError> {
        let group = self.metadata.row_group(group);
        let chunk = group.column(self.column);
        let pages = SerializedPageReader::new(Arc::new(file), chunk, group.num_rows() as usize, None)?;
        let pages: Box<dyn PageReader> = Box::new(pages);
        Ok(get_typed_column_reader(get_column_reader(chunk.column_descr_ptr(), pages)))
    }

    /// Keeps a reader that is not at the end of its group, instead of the one that was not used for longest.
    fn keep(&self, reader: Reader) {
        let rows = self.metadata.row_group(reader.group).num_rows();
        let most = std::thread::available_parallelism().map_or(2, |cores| 2 * cores.get());
        let mut stopped = STOPPED.lock().unwrap_or_else(PoisonError::into_inner);
        stopped.retain(|reader| reader.rows.strong_count() > 0);
        if (reader.next as i64) < rows {
            stopped.push(reader);
        }
        let more = stopped.len().saturating_sub(most);
        stopped.drain(..more);
    }
}

fn damaged(error: impl std::fmt::Display) -> DecodeError {
    DecodeError::Damaged(format!("damaged in its Parquet file: {error}"))
}

impl Row {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.rows.path
    }

    /// Its number in the file, from 0.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The number of its column.
    pub fn column(&self) -> usize {
        self.rows.column
    }

    pub(super) fn stamp(&self) -> Stamp {
        self.rows.stamp
    }

    /// Its bytes, if they are not more than `most`.
    pub(super) fn read(&self, most: u64) -> Result<Vec<u8>, DecodeError> {
        let row = self.row as usize;
        let mut reader = self.rows.reader(self.group as usize, row)?;
        let (mut values, mut levels): (Vec<ByteArray>, Vec<i16>) = Default::default();
        let ahead = row - reader.next;
        let read = without_panic(|| match reader.column.skip_records(ahead)? {
            skipped if skipped == ahead => Ok(reader.column.read_records(1, Some(&mut levels), None, &mut values)?.0),
            _ => Ok(0),
        });
        if read.map_err(damaged)?.map_err(|error: ParquetError| damaged(error))? == 0 {
            return Err(DecodeError::Damaged("cut: its Parquet file has fewer rows than it says".into()));
        }
        reader.next = row + 1;
        self.rows.keep(reader);
        let Some(value) = values.first() else {
            return Err(DecodeError::Damaged("no bytes in this row, at most the name of a file".into()));
        };
        if value.len() as u64 > most {
            return Err(DecodeError::Bytes { bytes: value.len() as u64, limit: most });
        }
        Ok(value.data().to_vec())
    }
}
