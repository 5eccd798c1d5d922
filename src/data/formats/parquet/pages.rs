//! The headers of a column's pages, before any page is unpacked: memory follows what a header claims, so that is checked against
//! the bytes that are there. They are structs of Thrift's compact protocol (`parquet.thrift`, `PageHeader`).

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use parquet::file::metadata::ColumnChunkMetaData;

use crate::data::formats::shards::ShardError;

/// The most bytes that a byte of a page becomes, by any compression that is read (deflate: 1032), and what an empty page may take.
const MOST_OF_A_BYTE: u64 = 1100;
const MOST_OF_NOTHING: u64 = 1 << 16;
/// The most bytes of a header: statistics may be long.
const MOST_HEADER: u64 = 1 << 20;

/// What a page's header says.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    /// Its own bytes.
    length: u64,
    unpacked: u64,
    packed: u64,
    /// Values that it holds, and whether these are a dictionary: each of its own.
    values: u64,
    is_dictionary: bool,
}

impl Header {
    /// Whether its bytes can become what it claims.
    fn is_possible(&self, most_values: u64) -> bool {
        let most = if self.is_dictionary { self.unpacked } else { most_values };
        self.values <= most
            && self.unpacked <= self.packed.saturating_mul(MOST_OF_A_BYTE).saturating_add(MOST_OF_NOTHING)
    }
}

/// Checks the headers of a column's pages in a row group, of which none has more values than `most_values`.
///
/// # Errors
/// One claims more than its bytes can become.
pub fn check(path: &Path, (file, most_values): (&File, u64), chunk: &ColumnChunkMetaData) -> Result<(), ShardError> {
    let malformed = |reason: &str| ShardError::Malformed { path: path.to_path_buf(), reason: reason.into() };
    let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset()).min(chunk.data_page_offset());
    let (mut at, length) = match (u64::try_from(start), u64::try_from(chunk.compressed_size())) {
        (Ok(start), Ok(length)) => (start, length),
        _ => return Err(malformed("damaged: a column begins before the file")),
    };
    let end = at.saturating_add(length);
    let mut bytes = Vec::new();
    while at < end {
        // nobody can read beyond a header that is damaged, and whoever reads its page says so
        let Some(header) = read(file, at, end - at, &mut bytes) else { return Ok(()) };
        if !header.is_possible(most_values) {
            let Header { unpacked, packed, values, .. } = header;
            return Err(malformed(&format!(
                "damaged: a page of {packed} bytes claims to hold {unpacked}, and {values} values"
            )));
        }
        at = at.saturating_add(header.length + header.packed);
    }
    Ok(())
}

/// The header at a place, of which most have a few dozen bytes.
fn read(mut file: &File, at: u64, room: u64, bytes: &mut Vec<u8>) -> Option<Header> {
    for most in [256, MOST_HEADER] {
        bytes.clear();
        file.seek(SeekFrom::Start(at)).ok()?;
        file.take(most.min(room)).read_to_end(bytes).ok()?;
        if let Some(header) = parse(bytes) {
            return Some(header);
        }
    }
    None
}

fn parse(bytes: &[u8]) -> Option<Header> {
    let mut rest = Thrift { bytes };
    let (mut unpacked, mut packed, mut field) = (None, None, 0);
    let (mut values, mut is_dictionary) = (0, false);
    while let Some(kind) = rest.field(&mut field)? {
        match (field, kind) {
            (2, 5) => unpacked = Some(u64::try_from(rest.zigzag()?).ok()?),
            (3, 5) => packed = Some(u64::try_from(rest.zigzag()?).ok()?),
            // the header of data, of a dictionary, and of data in the second version: each begins with its number of values
            (5 | 7 | 8, 12) => (values, is_dictionary) = (rest.values()?, field == 7),
            _ => rest.skip(kind, 0)?,
        }
    }
    let length = (bytes.len() - rest.bytes.len()) as u64;
    Some(Header { length, unpacked: unpacked?, packed: packed?, values, is_dictionary })
}

/// What is left of a struct in Thrift's compact protocol.
struct Thrift<'a> {
    bytes: &'a [u8],
}

impl Thrift<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The kind of the next field, whose number is put into `field`; nothing inside where the struct ends.
    #[expect(clippy::option_option, reason = "whether it can be read, and whether there is one")]
    fn field(&mut self, field: &mut i64) -> Option<Option<u8>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Some(None);
        }
        *field = if byte >> 4 == 0 { self.zigzag()? } else { field.checked_add(i64::from(byte >> 4))? };
        Some(Some(byte & 0xf))
    }

    /// The first field of a struct, which is a number; the others are passed over.
    fn values(&mut self) -> Option<u64> {
        let (mut values, mut field) = (0, 0);
        while let Some(kind) = self.field(&mut field)? {
            match (field, kind) {
                (1, 5) => values = u64::try_from(self.zigzag()?).ok()?,
                _ => self.skip(kind, 1)?,
            }
        }
        Some(values)
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        let count = match kind {
            // flags are their kind
            1 | 2 => 0,
            3 => 1,
            4..=6 => return self.varint().map(drop),
            7 => 8,
            8 => self.varint()?,
            9 | 10 if depth < 8 => {
                let byte = self.byte()?;
                let count = if byte >> 4 == 15 { self.varint()? } else { u64::from(byte >> 4) };
                // in a list a flag is a byte
                let kind = if matches!(byte & 0xf, 1 | 2) { 3 } else { byte & 0xf };
                for _ in 0..count {
                    self.skip(kind, depth + 1)?;
                }
                0
            }
            12 if depth < 8 => {
                let mut field = 0;
                while let Some(kind) = self.field(&mut field)? {
                    self.skip(kind, depth + 1)?;
                }
                0
            }
            _ => return None,
        };
        self.bytes = self.bytes.get(usize::try_from(count).ok()?..)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_to_their_end() {
        // a data page: type 0, 300 bytes unpacked, 100 packed, a struct of 3 values in encodings 0, 3 and 3
        let header = [0x15, 0, 0x15, 0xd8, 4, 0x15, 0xc8, 1, 0x2c, 0x15, 6, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0];
        let length = header.len() as u64;
        let wanted = Header { length, unpacked: 300, packed: 100, values: 3, is_dictionary: false };
        assert!(wanted.is_possible(3) && !wanted.is_possible(2), "three values");
        assert_eq!(parse(&[&header[..], b"page"].concat()), Some(wanted));
        for length in 0..header.len() {
            assert_eq!(parse(&header[..length]), None, "{length} bytes");
        }
        // five bytes that claim 2 GiB are none
        let claim = parse(&[0x15, 0, 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0x15, 200, 1, 0]).unwrap();
        assert_eq!((claim.unpacked, claim.packed, claim.is_possible(9)), (0x7fff_ffff, 100, false));
        let zeros = Header { unpacked: 103_200, packed: 100, length: 9, values: 103_200, is_dictionary: true };
        assert!(zeros.is_possible(9), "zeros, deflated");
        assert!(!Header { values: 103_201, ..zeros }.is_possible(u64::MAX), "each value takes room in a dictionary");
        // sizes below zero, and lists in lists without end
        assert_eq!(parse(&[0x15, 0, 0x15, 1, 0x15, 2, 0]), None);
        assert_eq!(parse(&[0x19; 64]), None);
    }
}
