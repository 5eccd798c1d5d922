//! Where the bytes of a picture are: in a file of its own, or in a shard among others.

use std::cmp::Ordering;
use std::fmt;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lepton_kernels::random;

use super::DecodeError;
#[cfg(feature = "parquet")]
use super::rows::Row;
use super::stamp::Stamp;
use crate::data::names::escaped;
use crate::platform::files::{self, below};

/// Where the bytes of a picture are. Shown as the file's path, or as `shard.tar: path/in/it.jpg`.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file of its own.
    File(Own),
    /// A range of bytes in a shard.
    Member(Member),
    /// A row of a Parquet file.
    #[cfg(feature = "parquet")]
    Row(Row),
}

/// A file of its own.
#[derive(Clone, Debug)]
pub struct Own {
    path: PathBuf,
    /// As it was when it was listed; nothing for one that never was.
    stamp: Option<Stamp>,
}

/// A range of bytes in a shard.
#[derive(Clone, Debug)]
pub struct Member {
    shard: Arc<Shard>,
    name: Box<str>,
    offset: u64,
    bytes: u64,
}

/// A file that holds many pictures, as it was when they were listed.
#[derive(Debug)]
pub struct Shard {
    path: PathBuf,
    stamp: Stamp,
}

impl Shard {
    /// A shard as it is now.
    ///
    /// # Errors
    /// What the system says.
    pub fn at(path: &Path) -> io::Result<Arc<Self>> {
        let stamp = Stamp::of(&files::open(path)?.metadata()?);
        Ok(Arc::new(Shard { path: path.to_path_buf(), stamp }))
    }

    /// The range of bytes that has this name.
    pub fn member(self: &Arc<Self>, name: &str, offset: u64, bytes: u64) -> Place {
        Place::Member(Member { shard: Arc::clone(self), name: name.into(), offset, bytes })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its bytes.
    pub fn bytes(&self) -> u64 {
        self.stamp.bytes
    }
}

impl Own {
    /// As it was when it was listed, or as it is now.
    fn stamp(&self) -> Stamp {
        let now = || self.path.metadata().map_or(Stamp::default(), |metadata| Stamp::of(&metadata));
        self.stamp.unwrap_or_else(now)
    }

    /// The file and what it is now, if that is as it was when it was listed.
    fn open(&self) -> io::Result<(File, Stamp)> {
        let file = files::open(&self.path)?;
        let now = Stamp::of(&file.metadata()?);
        match self.stamp {
            Some(listed) if !listed.is_of(now) => {
                Err(io::Error::other("it was changed after it was listed; start again"))
            }
            _ => Ok((file, now)),
        }
    }
}

impl Member {
    /// Its bytes from the first on, at most so many.
    fn open(&self, most: u64) -> io::Result<impl Read> {
        let mut file = files::open(&self.shard.path)?;
        if !self.shard.stamp.is_of(Stamp::of(&file.metadata()?)) {
            return Err(io::Error::other("its shard was changed after it was listed; start again"));
        }
        file.seek(SeekFrom::Start(self.offset))?;
        Ok(file.take(self.bytes.min(most)))
    }
}

impl Place {
    /// A file that is listed, with its first bytes, at most so many. From now on it is read only as long as it stays the same.
    pub fn listed(path: PathBuf, most: usize) -> (Self, io::Result<Vec<u8>>) {
        let mut own = Own { path, stamp: None };
        let start = own.open().and_then(|(file, stamp)| {
            own.stamp = Some(stamp);
            let mut start = Vec::with_capacity(most);
            file.take(most as u64).read_to_end(&mut start)?;
            Ok(start)
        });
        (Place::File(own), start)
    }

    /// The file, or the shard that holds it.
    pub fn path(&self) -> &Path {
        match self {
            Place::File(own) => &own.path,
            Place::Member(member) => &member.shard.path,
            #[cfg(feature = "parquet")]
            Place::Row(row) => row.path(),
        }
    }

    /// The file, if it is one of its own.
    pub fn file(&self) -> Option<&Path> {
        if let Place::File(own) = self { Some(&own.path) } else { None }
    }

    /// What it is called: the file's path, or the name in the shard; nothing for a row.
    pub fn name(&self) -> &Path {
        match self {
            Place::File(own) => &own.path,
            Place::Member(member) => Path::new(&*member.name),
            #[cfg(feature = "parquet")]
            Place::Row(_) => Path::new(""),
        }
    }

    /// Its row in its file, from 0, if it is in one of rows.
    pub fn row(&self) -> Option<u64> {
        match self {
            Place::File(_) | Place::Member(_) => None,
            #[cfg(feature = "parquet")]
            Place::Row(row) => Some(row.number()),
        }
    }

    /// Its bytes, if they are not more than `most`.
    ///
    /// # Errors
    /// The system's, or that they are more.
    pub fn read(&self, most: u64) -> Result<Vec<u8>, DecodeError> {
        let too_large = |bytes| DecodeError::Bytes { bytes, limit: most };
        let mut bytes = Vec::new();
        let claimed = match self {
            Place::File(own) => {
                let (file, Stamp { bytes: length, .. }) = own.open()?;
                if length <= most {
                    file.take(most + 1).read_to_end(&mut bytes)?;
                }
                length
            }
            Place::Member(member) => {
                if member.bytes <= most {
                    member.open(most)?.read_to_end(&mut bytes)?;
                    if (bytes.len() as u64) < member.bytes {
                        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                    }
                }
                member.bytes
            }
            #[cfg(feature = "parquet")]
            Place::Row(row) => return row.read(most),
        };
        let length = claimed.max(bytes.len() as u64);
        if length > most { Err(too_large(length)) } else { Ok(bytes) }
    }

    /// Its first bytes, at most so many.
    ///
    /// # Errors
    /// The system's.
    pub fn start(&self, most: usize) -> io::Result<Vec<u8>> {
        let mut start = Vec::with_capacity(most);
        match self {
            Place::File(own) => files::open(&own.path)?.take(most as u64).read_to_end(&mut start)?,
            Place::Member(member) => member.open(most as u64)?.read_to_end(&mut start)?,
            #[cfg(feature = "parquet")]
            Place::Row(row) => {
                let bytes = row.read(u64::MAX).map_err(io::Error::other)?;
                start.extend_from_slice(&bytes[..bytes.len().min(most)]);
                start.len()
            }
        };
        Ok(start)
    }

    /// What tells that it is still the same picture: its path from `root` on, its bytes, and when they and its name were changed.
    pub fn identity(&self, root: &Path) -> Vec<u8> {
        let mut identity = below(root, self.path()).as_os_str().as_encoded_bytes().to_vec();
        let stamp = match self {
            Place::File(own) => own.stamp(),
            Place::Member(member) => member.shard.stamp,
            #[cfg(feature = "parquet")]
            Place::Row(row) => row.stamp(),
        };
        identity.extend(format!("\0{stamp}").bytes());
        if let Place::Member(Member { name, offset, bytes, .. }) = self {
            identity.extend(format!("\0{name}\0{offset} {bytes}").bytes());
        }
        #[cfg(feature = "parquet")]
        if let Place::Row(row) = self {
            identity.extend(format!("\0{} {}", row.column(), row.number()).bytes());
        }
        identity.push(b'\n');
        identity
    }

    /// What tells it from other pictures wherever `root` is, and whenever it was copied there: its path from `root` on, and its bytes.
    pub fn key_from(&self, root: &Path) -> u64 {
        let mut name = String::new();
        let bytes = match self {
            Place::File(own) => own.stamp().bytes,
            Place::Member(member) => {
                name.push_str(&member.name);
                member.bytes
            }
            #[cfg(feature = "parquet")]
            Place::Row(row) => {
                name = format!("{} {}", row.column(), row.number());
                row.stamp().bytes
            }
        };
        let path = below(root, self.path()).to_string_lossy().replace('\\', "/");
        let hash = |hash, byte: u8| random::hash64(hash ^ u64::from(byte));
        let hash = path.bytes().chain([0]).chain(name.bytes()).fold(0, hash);
        random::hash64(hash ^ bytes)
    }

    /// By file, then by place in the file.
    fn key(&self) -> (&Path, u64, &Path) {
        let at = match self {
            Place::File(_) => 0,
            Place::Member(member) => member.offset,
            #[cfg(feature = "parquet")]
            Place::Row(row) => row.number(),
        };
        (self.path(), at, self.name())
    }
}

impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        Place::File(Own { path, stamp: None })
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        path.to_path_buf().into()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(own) => f.write_str(&escaped(own.path.as_os_str().as_encoded_bytes())),
            Place::Member(member) => write!(f, "{}: {}", member.shard.path.display(), member.name),
            #[cfg(feature = "parquet")]
            Place::Row(row) => write!(f, "{}: row {}", row.path().display(), row.number()),
        }
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_named_from_where_its_data_lie() {
        let named = |root: &str, path: &'static str| below(Path::new(root), Path::new(path)).to_str().unwrap();
        for root in ["/x/photos", "/x/photos/table.csv", "/x/photos/{a,b}/train-*.tar", "/x/photos/b.tar"] {
            assert_eq!(named(root, "/x/photos/a.tar"), "a.tar", "{root}");
            assert_eq!(named(root, "/x/photos/a/1.tar"), "a/1.tar", "{root}");
            assert_eq!(named(root, "/elsewhere/a.tar"), "/elsewhere/a.tar", "{root}");
        }
        assert_eq!(named("/x/photos/a.tar", "/x/photos/a.tar"), "", "whatever it is called");
        assert_eq!(named("table.csv", "photos/a.png"), "photos/a.png");
        let folder = tempfile::tempdir().unwrap();
        let keys = ["here", "there"].map(|name| {
            let folder = folder.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("a.png"), "a picture").unwrap();
            Place::from(folder.join("a.png")).key_from(&folder.join("table.csv"))
        });
        assert_eq!(keys[0], keys[1], "wherever the table is");
        // the key of runs that there are
        assert_eq!(Place::from(folder.path().join("here/a.png")).key_from(folder.path()), 0xc4c6_8f44_bb49_9542);
    }

    #[test]
    fn a_listed_file_that_was_changed_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        std::fs::write(&path, "a picture").unwrap();
        let (place, start) = Place::listed(path.clone(), 3);
        assert_eq!((&start.unwrap()[..], &place.read(99).unwrap()[..]), (&b"a p"[..], &b"a picture"[..]));
        let (identity, key) = (place.identity(folder.path()), place.key_from(folder.path()));
        std::fs::write(&path, "another picture").unwrap();
        let error = place.read(99).unwrap_err().to_string();
        assert!(error.contains("changed after it was listed; start again"), "{error}");
        assert_eq!((place.identity(folder.path()), place.key_from(folder.path())), (identity, key), "as listed");
        assert_eq!(Place::from(path).read(99).unwrap(), b"another picture", "one that was not listed");
    }

    #[test]
    fn a_member_is_its_range_of_a_shard_and_says_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar");
        std::fs::write(&path, b"0123456789").unwrap();
        let shard = Shard::at(&path).unwrap();
        let one = shard.member("cats/1.png", 3, 4);
        assert_eq!(one.read(4).unwrap(), b"3456");
        assert_eq!(one.start(2).unwrap(), b"34");
        assert!(matches!(one.read(3), Err(DecodeError::Bytes { bytes: 4, limit: 3 })));
        assert_eq!(one.to_string(), format!("{}: cats/1.png", path.display()));
        assert_eq!(one.name().extension().unwrap(), "png");
        assert!(shard.member("", 8, 4).read(9).is_err(), "it ends behind the shard");
        let root = folder.path();
        assert_ne!(one.identity(root), shard.member("cats/1.png", 3, 5).identity(root));
        assert_eq!(one.identity(root), Shard::at(&path).unwrap().member("cats/1.png", 3, 4).identity(root));
        std::fs::write(&path, b"0123456789X").unwrap();
        let error = one.read(4).unwrap_err().to_string();
        assert!(error.contains("changed after it was listed"), "{error}");
    }
}
