//! Tar shards in WebDataset's layout: members of one name up to its first dot are a sample, `000123.jpg` with `000123.cls`. A tar
//! file of a folder of pictures by class is read, too.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use rayon::prelude::*;

mod index;
mod label;
mod sample;

use super::folder::{Marks, ignored_note};
use super::shards::{self, Labelled, ShardError, Shards};
use super::{Detected, Format, Loading};
use crate::data::io::{io_error, is_gzip};
use crate::data::picture::{Place, Shard};
use crate::data::pictures::{Catalog, Damaged, Part};
use crate::data::{DataError, DataKind, Dataset, LoadOptions, TableOptions};
use crate::platform::files;
use index::{Index, Member};
use label::Source;
use sample::{Sample, Told};

pub(super) const FORMAT: Format = Format {
    name: "webdataset",
    what: "tar shards of images (train-{0000..0012}.tar, or a folder of them)",
    kind: DataKind::Pictures,
    detect,
    load,
    list: Some(list),
};

/// Ends of names of archives, packed ones among them.
const ENDS: [&str; 3] = [".tar", ".tar.gz", ".tgz"];

fn is_shard(path: &Path) -> bool {
    shards::ends_with(path, &ENDS)
}

/// Members that are looked at for a picture.
const LOOKED_AT: usize = 64;
/// Bytes of a packed archive that are looked at.
const MOST_UNPACKED: u64 = 8 << 20;

fn detect(path: &Path, _: &TableOptions) -> Detected {
    let found = if path.is_file() {
        // by its content, whatever it is called
        Some(Shards { files: vec![(path.to_path_buf(), Part::Unknown)], ..Shards::default() })
    } else {
        Shards::find(path, is_shard)
    };
    match found {
        Some(shards) if shards.files.iter().take(4).any(|(file, _)| holds_picture(file)) => Detected::ByContent,
        Some(shards) if !path.exists() || path.is_dir() => {
            if shards.files.is_empty() || path.is_dir() {
                Detected::ByName
            } else {
                Detected::ByContent
            }
        }
        _ => Detected::No,
    }
}

/// Whether there is a picture among the first members of an archive, packed or not.
fn holds_picture(path: &Path) -> bool {
    let is_picture = |name: &str| sample::split_name(name).is_some_and(|(_, end)| sample::is_picture(end));
    let Ok(mut file) = files::open(path) else { return false };
    let mut start = [0; 262];
    if file.read_exact(&mut start).is_err() {
        return false;
    }
    if is_gzip(&start) {
        let Ok(file) = files::open(path) else { return false };
        let mut archive = tar::Archive::new(MultiGzDecoder::new(file).take(MOST_UNPACKED));
        let Ok(entries) = archive.entries() else { return false };
        let names =
            entries.map_while(Result::ok).map(|entry| String::from_utf8_lossy(&entry.path_bytes()).into_owned());
        return names.take(LOOKED_AT).any(|name| is_picture(&name));
    }
    if !start.ends_with(b"ustar") {
        return false;
    }
    let Ok(file) = files::open(path) else { return false };
    let mut archive = tar::Archive::new(file);
    let Ok(entries) = archive.entries_with_seek() else { return false };
    let names = entries.map_while(Result::ok).map(|entry| String::from_utf8_lossy(&entry.path_bytes()).into_owned());
    names.take(LOOKED_AT).any(|name| is_picture(&name))
}

fn load(path: &Path, loading: &Loading) -> Result<Dataset, DataError> {
    list(path, loading.options)?.load(loading.options, loading.cache, loading.on_pictures)
}

/// A shard that was listed.
struct Listed {
    part: Part,
    shard: std::sync::Arc<Shard>,
    index: Index,
}

/// Lists the samples of all shards.
///
/// # Errors
/// A shard cannot be read, is packed or missing; no picture, or nothing that says its class.
fn list(path: &Path, options: &LoadOptions) -> Result<Catalog, DataError> {
    let found = Shards::of_path(path, is_shard)?;
    let listed: Vec<Listed> =
        found.files.into_par_iter().map(|(file, part)| look(&file, part)).collect::<Result<_, DataError>>()?;
    let mut told = Told { notes: found.notes, ..Told::default() };
    let open: Vec<&Listed> = listed.iter().filter(|one| one.index.is_open).collect();
    if let Some(first) = open.first() {
        let name = first.shard.path().display();
        told.notes.push(format!("shards that do not end as a tar file does, and may be cut: {} ({name})", open.len()));
    }
    let members = || listed.iter().flat_map(|one| one.index.members.iter().map(|member| member.name.as_str()));
    let marks = Marks::of(members());
    let mut samples = Vec::new();
    for one in &listed {
        if let Some(reason) = &one.index.damage {
            told.damaged.push(Damaged { place: one.shard.path().into(), reason: reason.clone() });
        }
        samples.extend(sample::group(one.part, &one.shard, (&one.index, &marks), &mut told));
    }
    let Told { damaged, mut notes, ignored } = told;
    notes.extend(ignored_note(&ignored));
    notes.extend(marks.notes(members()));
    if samples.is_empty() && damaged.is_empty() {
        let members = listed.iter().map(|one| one.index.members.len()).sum();
        return Err(ShardError::NoPictures { path: path.to_path_buf(), members, what: "members" }.into());
    }
    let names = names_of_classes(path, &listed)?;
    let folders = listed.iter().flat_map(|one| &one.index.folders).map(String::as_str);
    let folders = marks.kept(folders.collect(), members());
    let mut catalog = labelled(path, (samples, &folders), names, options)?;
    catalog.damaged.extend(damaged);
    catalog.notes.splice(0..0, notes);
    Ok(catalog)
}

fn look(path: &Path, part: Part) -> Result<Listed, DataError> {
    let cannot = |error| io_error(path, "read", error);
    let mut file: File = files::open(path).map_err(cannot)?;
    let mut start = [0; 2];
    if file.read_exact(&mut start).is_ok() && is_gzip(&start) {
        return Err(packed(path).into());
    }
    let shard = Shard::at(path).map_err(cannot)?;
    std::io::Seek::rewind(&mut file).map_err(cannot)?;
    let index = Index::of(file, shard.bytes(), |name| label::is_wanted(name) || is_list(name));
    Ok(Listed { part, shard, index })
}

fn packed(path: &Path) -> ShardError {
    let name = crate::data::io::folder_name(path);
    let command =
        if shards::ends_with(path, &[".tgz"]) { format!("zcat {name} > {name}.tar") } else { format!("gunzip {name}") };
    ShardError::Packed { path: path.to_path_buf(), command }
}

/// Names of files that list classes.
const LISTS: [&str; 2] = ["classes.txt", "labels.txt"];

fn is_list(name: &str) -> bool {
    LISTS.contains(&name.rsplit('/').next().unwrap_or(name))
}

/// The names of classes, a line each, from a file in the shards or beside them; and where they are from.
fn names_of_classes(path: &Path, listed: &[Listed]) -> Result<Option<(Vec<String>, String)>, DataError> {
    let lines = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned();
        let names = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(crate::data::names::composed);
        names.collect::<Vec<_>>()
    };
    let mut lists = listed.iter().filter_map(|one| {
        let member = one.index.members.iter().find(|member| is_list(&member.name))?;
        Some((one.shard.path(), &member.name, lines(member.content.as_ref()?)))
    });
    if let Some((first, list, names)) = lists.next() {
        // a number stands for one class in all shards
        if let Some((path, _, own)) = lists.find(|(_, _, own)| *own != names) {
            let name = own.iter().zip(&names).find(|(a, b)| a != b).map(|(name, _)| name.clone());
            let name = name.unwrap_or_else(|| format!("{} classes instead of {}", own.len(), names.len()));
            let (path, first) = (path.to_path_buf(), first.to_path_buf());
            return Err(ShardError::OtherNames { path, name, first, names }.into());
        }
        return Ok(Some((names, format!("{}: {list}", first.display()))));
    }
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
    let Some(file) = LISTS.iter().map(|name| folder.join(name)).find(|file| file.is_file()) else { return Ok(None) };
    let bytes = files::read(&file).map_err(|error| io_error(&file, "read", error))?;
    Ok(Some((lines(&bytes), file.display().to_string())))
}

/// Samples with their labels, from whichever of their members has them.
fn labelled(
    path: &Path,
    (mut samples, folders): (Vec<Sample>, &[&str]),
    names: Option<(Vec<String>, String)>,
    options: &LoadOptions,
) -> Result<Catalog, DataError> {
    let source = Source::of(path, (&samples, folders), options)?;
    let mut notes = Vec::new();
    if let Some(note) = source.note(&samples) {
        notes.push(note);
    }
    notes.extend(source.choose(path, &mut samples));
    let labels = source.labels(names);
    let pictures = samples.into_iter().map(|sample| Labelled {
        label: source.label(path, &sample),
        part: if sample.part == Part::Unknown { source.part(path, &sample) } else { sample.part },
        place: sample.place,
    });
    let mut catalog = shards::catalog(path, pictures.collect(), labels, options)?;
    catalog.notes.extend(notes);
    Ok(catalog)
}

/// Where a picture of a shard is, for messages.
fn place_of(shard: &std::sync::Arc<Shard>, member: &Member) -> Place {
    shard.member(&member.name, member.offset, member.bytes)
}

/// The folder that a member lies in, and those above, from the outermost on.
fn folders(name: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
    parts.pop();
    parts
}
