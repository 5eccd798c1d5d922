//! What a tar file holds, by its headers: names, and where their bytes are. Only small texts and numbers are read.

use std::io::{self, Read, Seek};

use tar::{Archive, Entry, EntryType};

use crate::data::names;

/// A member of a tar file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path in the file, with slashes.
    pub name: String,
    /// Where its bytes begin.
    pub offset: u64,
    pub bytes: u64,
    /// Why its bytes are no file.
    pub problem: Option<String>,
    /// What it says, if that was wanted.
    pub content: Option<Vec<u8>>,
}

/// The members of a tar file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    pub members: Vec<Member>,
    /// Its folders, as far as they are members of their own.
    pub folders: Vec<String>,
    /// Why there are no more members, if the file is not whole.
    pub damage: Option<String>,
    /// Whether nothing says that this is all: a file that was cut behind a member has no end.
    pub is_open: bool,
}

/// The most bytes of a text about a picture.
pub const MOST_TEXT: u64 = 1 << 20;

impl Index {
    /// Reads the headers of a tar file of so many bytes, and the content of the members that are `wanted` by their names.
    pub fn of(file: impl Read + Seek, bytes: u64, wanted: fn(&str) -> bool) -> Self {
        let mut index = Index::default();
        let mut archive = Archive::new(file);
        let outcome = archive.entries_with_seek().and_then(|entries| {
            for entry in entries {
                if !index.take(entry?, bytes, wanted)? {
                    break;
                }
            }
            Ok(())
        });
        if let Err(error) = outcome {
            let after = index.members.last().map_or(String::new(), |member| format!(" after {}", member.name));
            let reason = if error.kind() == io::ErrorKind::UnexpectedEof || error.to_string().contains("entire block") {
                "it is cut in a header".to_string()
            } else {
                error.to_string()
            };
            index.damage = Some(format!("damaged{after}, and what follows is lost: {reason}"));
        }
        // the end is marked by blocks of zeros (POSIX.1-1988, ustar)
        let end = index.members.last().map_or(0, |last| (last.offset + last.bytes).next_multiple_of(512));
        index.is_open = index.damage.is_none() && bytes < end.saturating_add(512);
        index
    }

    /// Takes in a member; whether others can follow.
    fn take(&mut self, mut entry: Entry<'_, impl Read>, total: u64, wanted: fn(&str) -> bool) -> io::Result<bool> {
        let name = names::escaped(&entry.path_bytes());
        let (offset, bytes) = (entry.raw_file_position(), entry.size());
        let problem = problem(&mut entry)?;
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind == EntryType::XGlobalHeader {
            self.folders.extend(kind.is_dir().then_some(name));
            return Ok(true);
        }
        let room = total.saturating_sub(offset);
        let own = entry.header().entry_size().unwrap_or(bytes);
        let stored = if kind.is_gnu_sparse() { own } else { bytes };
        if stored > room {
            let problem = format!("cut: it has {stored} bytes, and its shard ends after {room} of them");
            self.members.push(Member { name, offset, bytes, problem: Some(problem), content: None });
            return Ok(false);
        }
        let mut content = None;
        if problem.is_none() && wanted(&name) && bytes <= MOST_TEXT {
            let mut read = Vec::new();
            entry.read_to_end(&mut read)?;
            content = Some(read);
        }
        self.members.push(Member { name, offset, bytes, problem, content });
        Ok(true)
    }
}

/// Why the bytes of a member are no file.
fn problem(entry: &mut Entry<'_, impl Read>) -> io::Result<Option<String>> {
    let kind = entry.header().entry_type();
    let target =
        |entry: &Entry<'_, _>| String::from_utf8_lossy(&entry.link_name_bytes().unwrap_or_default()).into_owned();
    let mut sparse = kind.is_gnu_sparse();
    if let Some(extensions) = entry.pax_extensions()? {
        sparse |= extensions.flatten().any(|extension| extension.key_bytes().starts_with(b"GNU.sparse"));
    }
    Ok(match kind {
        _ if sparse => {
            Some("stored with holes (a sparse file), which is not supported; pack it again without --sparse".into())
        }
        EntryType::Symlink | EntryType::Link => Some(format!("a link to {}, not the image itself", target(entry))),
        EntryType::Regular | EntryType::Continuous | EntryType::Directory | EntryType::XGlobalHeader => None,
        _ => Some("neither a file nor a folder".into()),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn index(bytes: &[u8]) -> Index {
        Index::of(Cursor::new(bytes), bytes.len() as u64, |name| name.ends_with(".cls"))
    }

    #[test]
    fn members_are_where_the_index_says() {
        let long = format!("{}1.jpg", "deep/".repeat(40));
        let bytes = tar(&[("a/0.jpg", b"picture"), ("a/0.cls", b"3"), (&long, b"x")]);
        let index = index(&bytes);
        assert_eq!(index.damage, None);
        let names: Vec<&str> = index.members.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["a/0.jpg", "a/0.cls", &long]);
        let Member { offset, bytes: count, .. } = index.members[0];
        assert_eq!(&bytes[offset as usize..][..count as usize], b"picture");
        assert_eq!(index.members[1].content.as_deref(), Some(&b"3"[..]));
        assert_eq!(index.members[0].content, None);
    }

    #[test]
    fn a_cut_file_keeps_what_is_whole_at_every_length() {
        let bytes = tar(&[("0.jpg", &[7; 700]), ("1.jpg", &[8; 700])]);
        for length in 0..bytes.len() {
            let index = index(&bytes[..length]);
            let whole = index.members.iter().filter(|member| member.problem.is_none()).count();
            let wanted = usize::from(length >= 512 + 700) + usize::from(length >= 1536 + 512 + 700);
            assert_eq!(whole, wanted, "{length} bytes");
            let said = index.damage.is_some() || index.members.iter().any(|member| member.problem.is_some());
            let cut = (1..512).contains(&length) || (512..1212).contains(&length) || (1537..2748).contains(&length);
            // behind a block of zeros nothing is read
            assert_eq!(said, cut || (3073..3584).contains(&length), "{length} bytes: {index:?}");
        }
    }
}
