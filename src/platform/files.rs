//! Files that are whole or absent: written beside, synced, renamed into place.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The most bytes that a file may have in this process (`ulimit -f`), if there is a limit.
pub(crate) fn size_limit() -> Option<u64> {
    #[cfg(unix)]
    return rustix::process::getrlimit(rustix::process::Resource::Fsize).current;
    #[cfg(not(unix))]
    return None;
}

/// Writes `bytes` to `path` so that a kill at any moment leaves either the old file or the new one. A new file is as readable as any that
/// the user makes; one that was there keeps its permissions.
///
/// # Errors
/// What the system says, with the old file intact.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (mut file, folder) = beside(path)?;
    file.write_all(bytes)?;
    let now = file.as_file().metadata()?.permissions();
    let before = std::fs::metadata(path).ok().filter(|there| there.is_file()).map(|there| there.permissions());
    if let Some(before) = before.filter(|before| *before != now) {
        file.as_file().set_permissions(before)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    sync_folder(folder)
}

/// A temporary file in the folder of a path, and that folder.
fn beside(path: &Path) -> io::Result<(tempfile::NamedTempFile, &Path)> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // temporary files are private otherwise; of these bits the umask leaves what the user's files have
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    Ok((builder.tempfile_in(folder)?, folder))
}

/// [`write_atomically`] into a folder that is made if it is missing.
pub(crate) fn write_with_folder(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    write_atomically(path, bytes)
}

/// Writes all that `from` gives to `path`, where there is no file, so that a failure leaves none. For what can be made again: nothing is
/// synced.
///
/// # Errors
/// What the system says; [`io::ErrorKind::AlreadyExists`] where there is a file by now.
pub(crate) fn write_new(path: &Path, from: &mut impl Read) -> io::Result<()> {
    let (mut file, _) = beside(path)?;
    io::copy(from, file.as_file_mut())?;
    file.persist_noclobber(path).map(|_| ()).map_err(|error| error.error)
}

/// The file by which a folder that this program wrote is known, for one that is among data.
pub(crate) const OUTPUT_MARK: &str = ".lepton-gpu";

/// Makes a folder for what this program writes, and marks it as no data. A folder that holds something else already is left as it is.
///
/// # Errors
/// What the system says.
pub(crate) fn make_output_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    if std::fs::read_dir(folder)?.next().is_none() {
        let text = "Written by lepton-gpu. Where this file is, a data set leaves the folder out; remove it to use what is here as data.\n";
        std::fs::write(folder.join(OUTPUT_MARK), text)?;
    }
    Ok(())
}

/// Opens a file for reading: the one way to what a user named or a folder holds. A pipe or a device is refused, since it may never
/// end, and a pipe without a writer never even opens.
///
/// # Errors
/// What the system says, or what stands at `path` instead of a file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let kind = std::fs::metadata(path)?.file_type();
    if kind.is_dir() {
        // as a read would say it
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    if !kind.is_file() {
        let problem = format!("it is {}, not a file; save what it gives in a file first", name_of(kind));
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    File::open(path)
}

/// Reads as many bytes as there is room for, from a place in a file, whoever else reads it at the same time.
///
/// # Errors
/// What the system says; [`io::ErrorKind::UnexpectedEof`] where the file ends before.
#[cfg(feature = "images")]
pub(crate) fn read_at(file: &File, bytes: &mut [u8], place: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, bytes, place);
    #[cfg(windows)]
    {
        let mut done = 0;
        while done < bytes.len() {
            match std::os::windows::fs::FileExt::seek_read(file, &mut bytes[done..], place + done as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => done += count,
            }
        }
        Ok(())
    }
}

/// Writes bytes to a place in a file, whoever else writes it at the same time.
///
/// # Errors
/// What the system says.
#[cfg(feature = "images")]
pub(crate) fn write_at(file: &File, bytes: &[u8], place: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_all_at(file, bytes, place);
    #[cfg(windows)]
    {
        let mut done = 0;
        while done < bytes.len() {
            match std::os::windows::fs::FileExt::seek_write(file, &bytes[done..], place + done as u64)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => done += count,
            }
        }
        Ok(())
    }
}

/// What is neither a file nor a folder, in words.
#[cfg(unix)]
fn name_of(kind: std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        kind if kind.is_fifo() => "a pipe (FIFO)",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn name_of(_kind: std::fs::FileType) -> &'static str {
    "a device"
}

/// Everything that a file holds.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let mut bytes = Vec::new();
    // what a file claims to hold may not fit, and what it holds counts in the end
    bytes.try_reserve_exact(usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The most bytes of a text that people write: models, recipes, tables of tiles.
const MOST_TEXT: u64 = 64 << 20;

/// The text of a file that people write.
///
/// # Errors
/// As [`open`], or that it is larger than any such file, or no UTF-8.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let (mut text, file) = (String::new(), open(path)?);
    if file.metadata()?.len() > MOST_TEXT {
        let problem = format!("it is larger than {} MiB, which no such file is", MOST_TEXT >> 20);
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    file.take(MOST_TEXT).read_to_string(&mut text)?;
    Ok(text)
}

/// SHA-256 of bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> Option<String> {
    use sha2::{Digest, Sha256};
    Some(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What lies in a folder; nothing where it cannot be read.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// A path from the folder on that data come from, or from the folder of the table or the pattern; empty for the root itself, and as it is
/// if it lies elsewhere.
#[cfg(any(feature = "images", feature = "text"))]
pub(crate) fn below<'a>(root: &Path, path: &'a Path) -> &'a Path {
    let is_plain = |folder: &&Path| !folder.to_string_lossy().contains(['*', '?', '{']);
    let folders = [Some(root), root.parent(), root.ancestors().skip(1).find(is_plain)];
    folders.into_iter().flatten().find_map(|folder| path.strip_prefix(folder).ok()).unwrap_or(path)
}

/// Removes a file that nobody needs, if that is possible.
pub(crate) fn discard(path: &Path) {
    let _ = std::fs::remove_file(path);
}

/// The rename itself must reach the disk, which is a property of the folder.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_said_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let linked = folder.path().join("linked");
        std::os::unix::fs::symlink(&pipe, &linked).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
        let said = |path: &Path| open(path).unwrap_err().to_string();
        assert!(said(&pipe).contains("a pipe (FIFO), not a file") && said(&linked) == said(&pipe));
        assert!(said(&folder.path().join("socket")).contains("a socket"));
        assert!(said(Path::new("/dev/zero")).contains("a device") && read(Path::new("/dev/random")).is_err());
        assert_eq!(read(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(read_text(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        // a file that is larger than it has blocks
        let sparse = folder.path().join("sparse");
        File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
        assert!(read_text(&sparse).unwrap_err().to_string().contains("larger than 64 MiB"));
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last.safetensors");
        write_atomically(&path, b"old").unwrap();
        // a folder under the final name cannot be replaced by a file
        let taken = folder.path().join("taken");
        std::fs::create_dir_all(taken.join("x")).unwrap();
        assert!(write_atomically(&taken, b"new").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing half-written stays");
    }
}
